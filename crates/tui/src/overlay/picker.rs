//! A list to choose from, narrowed by what is typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::fuzzy;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item<T> {
    /// Its name; what is typed is compared with this and the detail.
    pub(crate) label: String,
    /// What else there is to know.
    pub(crate) detail: String,
    /// What it stands for.
    pub(crate) value: T,
}

/// The list.
#[derive(Clone, Debug)]
pub(crate) struct Picker<T> {
    pub(crate) title: &'static str,
    /// What the keys do here beside Enter and Esc.
    pub(crate) hint: &'static str,
    pub(crate) typed: String,
    items: Vec<Item<T>>,
    fitting: Vec<usize>,
    chosen: usize,
}

impl<T> Picker<T> {
    pub(crate) fn new(title: &'static str, hint: &'static str, items: Vec<Item<T>>) -> Self {
        let fitting = (0..items.len()).collect();
        Self { title, hint, typed: String::new(), items, fitting, chosen: 0 }
    }

    /// The items that fit what is typed, the best first.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Item<T>> {
        self.fitting.iter().filter_map(|place| self.items.get(*place))
    }

    /// The chosen one's place among those shown.
    pub(crate) fn place(&self) -> usize {
        self.chosen
    }

    /// The chosen one.
    pub(crate) fn chosen(&self) -> Option<&Item<T>> {
        self.shown().nth(self.chosen)
    }

    /// Takes a key that narrows the list or goes through it.
    pub(crate) fn key(&mut self, event: &KeyEvent) {
        let many = self.fitting.len();
        match event.code {
            KeyCode::Down => self.chosen = (self.chosen + 1).min(many.saturating_sub(1)),
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::PageDown => self.chosen = (self.chosen + 10).min(many.saturating_sub(1)),
            KeyCode::PageUp => self.chosen = self.chosen.saturating_sub(10),
            KeyCode::Backspace => {
                self.typed.pop();
                self.narrow();
            }
            KeyCode::Char(character)
                if !character.is_control()
                    && !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                self.typed.push(character);
                self.narrow();
            }
            _ => {}
        }
    }

    fn narrow(&mut self) {
        let names: Vec<String> = self.items.iter().map(|item| format!("{} {}", item.label, item.detail)).collect();
        self.fitting = fuzzy::fitting(&self.typed, &names);
        self.chosen = 0;
    }
}
