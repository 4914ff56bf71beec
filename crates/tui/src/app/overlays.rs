//! Keys while something is laid over the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use throughline_conversation::Correction;
use throughline_session::SessionId;

use super::App;
use crate::commands;
use crate::keys::{Action, Context, action_in};
use crate::message::{Effect, ModelRole};
use crate::overlay::{self, Chosen, Comparison, Overlay, Picker, Prompt, Purpose, scrolled};

impl App {
    /// A key for what is laid over.
    pub(crate) fn overlay_key(&mut self, event: KeyEvent) -> Vec<Effect> {
        if event.code == KeyCode::Esc {
            self.overlay = None;
            return Vec::new();
        }
        match self.overlay.take() {
            Some(Overlay::Help(row)) => self.help_key(row, &event),
            Some(Overlay::Palette(picker)) => self.palette_key(picker, &event),
            Some(Overlay::Sessions(picker)) => self.sessions_key(picker, &event),
            Some(Overlay::Models(role, picker)) => self.models_key(role, picker, &event),
            Some(Overlay::Prompt(prompt)) => self.prompt_key(prompt, event),
            Some(Overlay::Delete(session, title)) => match event.code {
                KeyCode::Char('y') => vec![Effect::Delete(session)],
                KeyCode::Char('n') => Vec::new(),
                _ => self.stay(Overlay::Delete(session, title)),
            },
            Some(Overlay::Comparison(comparison)) => self.comparison_key(comparison, &event),
            None => Vec::new(),
        }
    }

    /// A paste for what is laid over.
    pub(crate) fn overlay_paste(&mut self, text: &str) -> Vec<Effect> {
        let line: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        match &mut self.overlay {
            Some(Overlay::Prompt(prompt)) => {
                prompt.area.insert_str(line.trim());
            }
            Some(Overlay::Palette(picker)) => type_into(picker, &line),
            Some(Overlay::Sessions(picker)) => type_into(picker, &line),
            Some(Overlay::Models(_, picker)) => type_into(picker, &line),
            _ => {}
        }
        Vec::new()
    }

    /// The wheel over what is laid over.
    pub(crate) fn overlay_scroll(&mut self, down: bool) {
        let code = if down { KeyCode::Down } else { KeyCode::Up };
        self.overlay_key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    fn stay(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlay = Some(overlay);
        Vec::new()
    }

    fn help_key(&mut self, row: usize, event: &KeyEvent) -> Vec<Effect> {
        match event.code {
            KeyCode::Char('q' | '?') | KeyCode::F(1) | KeyCode::Enter => Vec::new(),
            code => self.stay(Overlay::Help(scrolled(row, code))),
        }
    }

    fn palette_key(&mut self, mut picker: Picker<Chosen>, event: &KeyEvent) -> Vec<Effect> {
        if event.code != KeyCode::Enter {
            picker.key(event);
            return self.stay(Overlay::Palette(picker));
        }
        match picker.chosen().map(|item| item.value) {
            Some(Chosen::Key(action)) => self.act(action).unwrap_or_default(),
            Some(Chosen::Command(name, false)) => match commands::order(&format!("/{name}")) {
                Some(Ok(order)) => self.carry_out(order),
                _ => Vec::new(),
            },
            Some(Chosen::Command(name, true)) => {
                self.composer.put(&format!("/{name} "));
                Vec::new()
            }
            None => self.stay(Overlay::Palette(picker)),
        }
    }

    fn sessions_key(&mut self, mut picker: Picker<SessionId>, event: &KeyEvent) -> Vec<Effect> {
        let chosen = picker.chosen().map(|item| (item.value.clone(), item.label.clone()));
        let rename = event.code == KeyCode::Char('r') && event.modifiers == KeyModifiers::CONTROL;
        match (event.code, chosen) {
            (KeyCode::Enter, Some((session, _))) => return vec![Effect::OpenSession(session)],
            (KeyCode::Delete, Some((session, title))) => return self.stay(Overlay::Delete(session, title)),
            (_, Some((session, title))) if rename => {
                let prompt = Prompt::new("A new title".to_owned(), &title, Purpose::Rename(session));
                return self.stay(Overlay::Prompt(prompt));
            }
            _ => picker.key(event),
        }
        self.stay(Overlay::Sessions(picker))
    }

    fn models_key(&mut self, role: ModelRole, mut picker: Picker<String>, event: &KeyEvent) -> Vec<Effect> {
        match event.code {
            KeyCode::Enter => {
                if let Some(name) = picker.chosen().map(|item| item.value.clone()) {
                    return vec![Effect::ChooseModel { role, name }];
                }
                // What is typed is a model as well: a path, or a name of the hub.
                let name = picker.typed.trim().to_owned();
                if !name.is_empty() {
                    return vec![Effect::ChooseModel { role, name }];
                }
            }
            KeyCode::Tab | KeyCode::BackTab => {
                let other = match role {
                    ModelRole::Mediator => ModelRole::Assistant,
                    ModelRole::Assistant => ModelRole::Mediator,
                };
                return self.stay(Overlay::Models(other, picker));
            }
            _ => picker.key(event),
        }
        self.stay(Overlay::Models(role, picker))
    }

    fn prompt_key(&mut self, mut prompt: Box<Prompt>, event: KeyEvent) -> Vec<Effect> {
        if event.code != KeyCode::Enter {
            prompt.area.input(event);
            return self.stay(Overlay::Prompt(prompt));
        }
        let text = prompt.text();
        if text.is_empty() {
            return self.stay(Overlay::Prompt(prompt));
        }
        match prompt.purpose {
            Purpose::Reword(clause) => self.correction(Correction::Reword { clause, text }),
            Purpose::Rename(session) => vec![Effect::Rename { session: Some(session), title: text }],
        }
    }

    fn comparison_key(&mut self, mut comparison: Box<Comparison>, event: &KeyEvent) -> Vec<Effect> {
        match action_in(Context::Comparison, event) {
            Some(Action::Close) => Vec::new(),
            Some(action) => {
                self.overlay = Some(Overlay::Comparison(comparison));
                self.act(action).unwrap_or_default()
            }
            None => {
                comparison.row = scrolled(comparison.row, event.code);
                self.stay(Overlay::Comparison(comparison))
            }
        }
    }

    /// Shows the models to choose from.
    pub(crate) fn offer_models(&mut self) {
        let picker = overlay::models(&self.choices);
        self.overlay = Some(Overlay::Models(ModelRole::Assistant, picker));
    }
}

fn type_into<T>(picker: &mut Picker<T>, text: &str) {
    for character in text.trim().chars() {
        picker.key(&KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE));
    }
}
