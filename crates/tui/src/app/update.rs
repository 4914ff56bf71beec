//! From what the screen is told to what it wants done.

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

use super::{App, Focus};
use crate::completion::{Completion, Kind};
use crate::composer::Typed;
use crate::keys::{Action, Context, action_in};
use crate::message::{Effect, Msg};

/// How many rows a turn of the wheel scrolls.
const WHEEL: isize = 3;

impl App {
    /// Takes in what it is told, and says what it wants done.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::Terminal(TerminalEvent::Key(event)) if event.kind != KeyEventKind::Release => self.key(event),
            Msg::Terminal(TerminalEvent::Paste(text)) => self.paste(&text),
            Msg::Terminal(TerminalEvent::Mouse(event)) => self.mouse(event),
            Msg::Terminal(_) => Vec::new(),
            Msg::Report(report) => self.report(report),
            Msg::Tick(now) => {
                self.now = now;
                Vec::new()
            }
        }
    }

    fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let stop = action_in(Context::Anywhere, &event) == Some(Action::Stop);
        if !stop {
            self.leaving = false;
            self.notice = None;
        }
        if self.overlay.is_some() && !stop {
            return self.overlay_key(event);
        }
        if self.completion.is_some()
            && let Some(effects) = self.completion_key(&event)
        {
            return effects;
        }
        if let Some(effects) = self.choice_key(&event) {
            return effects;
        }
        let typing = self.focus == Focus::Composer;
        let own = action_in(self.focus.context(), &event).filter(|action| *action != Action::Complete);
        if let Some(action) = own
            && let Some(effects) = self.act(action)
        {
            return effects;
        }
        // What is a character belongs to what is typed, once something is.
        let is_character =
            matches!(event.code, KeyCode::Char(_)) && event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        if !(typing && is_character && !self.composer.is_empty())
            && let Some(action) = action_in(Context::Anywhere, &event)
            && let Some(effects) = self.act(action)
        {
            return effects;
        }
        if typing {
            self.composer.key(event);
            return self.complete();
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.notice = None;
        if self.overlay.is_some() {
            return self.overlay_paste(text);
        }
        self.focus = Focus::Composer;
        self.composer.paste(text);
        self.complete()
    }

    /// A digit picks a choice of the question that waits, while nothing is typed.
    fn choice_key(&mut self, event: &KeyEvent) -> Option<Vec<Effect>> {
        let KeyCode::Char(digit) = event.code else { return None };
        let place = usize::try_from(digit.to_digit(10)?).ok()?.checked_sub(1)?;
        if !self.composer.is_empty() || !event.modifiers.is_empty() {
            return None;
        }
        let choice = self.open_question()?.choices.get(place)?.clone();
        Some(self.say(Typed { text: choice, files: Vec::new() }))
    }

    /// What is offered to complete what is typed, after it changed.
    pub(crate) fn complete(&mut self) -> Vec<Effect> {
        let before = self.completion.take();
        self.completion = Completion::of(&self.composer);
        let Some(completion) = &mut self.completion else { return Vec::new() };
        if completion.kind == Kind::File {
            if let Some(before) = before.filter(|before| before.kind == Kind::File) {
                completion.items = before.items;
            }
            return vec![Effect::FindFiles(completion.typed.clone())];
        }
        Vec::new()
    }

    /// A key while something is offered; `None` where it means what it means otherwise.
    fn completion_key(&mut self, event: &KeyEvent) -> Option<Vec<Effect>> {
        let completion = self.completion.as_mut()?;
        let named = |completion: &Completion| {
            completion
                .items
                .first()
                .is_some_and(|(name, _)| name.split_whitespace().next() == Some(&format!("/{}", completion.typed)))
        };
        match event.code {
            KeyCode::Down if completion.items.len() > 1 => completion.step(true),
            KeyCode::Up if completion.items.len() > 1 => completion.step(false),
            KeyCode::Tab if !completion.items.is_empty() => {
                completion.accept(&mut self.composer);
                self.completion = None;
            }
            // A command that is typed whole is sent.
            KeyCode::Enter
                if !completion.items.is_empty()
                    && event.modifiers.is_empty()
                    && !(completion.chosen == 0 && named(completion)) =>
            {
                completion.accept(&mut self.composer);
                self.completion = None;
            }
            KeyCode::Esc => self.completion = None,
            _ => return None,
        }
        Some(Vec::new())
    }

    fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        let at = Position { x: event.column, y: event.row };
        let (conversation, panel) = (self.areas.conversation, self.areas.panel);
        match event.kind {
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let down = event.kind == MouseEventKind::ScrollDown;
                if self.overlay.is_some() {
                    self.overlay_scroll(down);
                } else if panel.contains(at) {
                    self.panel.scroll_by(if down { WHEEL } else { -WHEEL });
                } else {
                    self.in_pane(|pane, scene| pane.scroll(scene, if down { WHEEL } else { -WHEEL }));
                }
            }
            MouseEventKind::Drag(_) if self.overlay.is_none() && conversation.contains(at) => {
                self.pane.mark_to(at.x - conversation.x, at.y - conversation.y);
            }
            MouseEventKind::Up(_) if self.overlay.is_none() => {
                if let Some(text) = self.pane.marked() {
                    return vec![Effect::Copy(text)];
                }
            }
            MouseEventKind::Down(_) if self.overlay.is_none() => {
                self.pane.unmark();
                if self.areas.composer.contains(at) {
                    self.focus = Focus::Composer;
                } else if panel.contains(at) {
                    self.focus = Focus::Spec;
                    self.panel.choose_at(at.y - panel.y);
                    self.look_up();
                } else if conversation.contains(at) {
                    // Who goes on typing still types.
                    self.pane.chosen = self.pane.at(at.y - conversation.y).map(|(turn, _)| turn);
                    self.look_down();
                    self.pane.mark(at.x - conversation.x, at.y - conversation.y);
                }
            }
            _ => {}
        }
        Vec::new()
    }
}
