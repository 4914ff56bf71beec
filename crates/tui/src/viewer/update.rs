//! What keys, the mouse and reports bring about.

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

use super::{Effect, Opened, Report, Viewer};
use crate::app::Notice;
use crate::keys::{Action, Context, action_in};
use crate::overlay::scrolled;

/// How many rows a turn of the wheel scrolls.
const WHEEL: isize = 3;

impl Viewer {
    pub(super) fn report(&mut self, report: Report) -> Vec<Effect> {
        match report {
            Report::Listed(entries) => self.list.extend(entries),
            Report::Complete => {
                self.complete = true;
                // Where there is nothing to choose from, nobody is made to choose.
                if self.list.len() == 1 && self.open.is_none() {
                    return self.want(0);
                }
            }
            Report::Opened(place, recording) => {
                if self.wanted == Some(place) {
                    self.wanted = None;
                    self.open = Some(Opened::new(*recording));
                }
            }
            Report::Notice(text) => self.notice = Some(Notice { text, trouble: false }),
            Report::Trouble(text) => {
                self.wanted = None;
                self.notice = Some(Notice { text, trouble: true });
            }
        }
        Vec::new()
    }

    pub(super) fn event(&mut self, event: TerminalEvent) -> Vec<Effect> {
        match event {
            TerminalEvent::Key(event) if event.kind != KeyEventKind::Release => self.key(event),
            TerminalEvent::Paste(text) if self.open.is_none() && self.help.is_none() => {
                let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
                self.list.narrow([&self.list.typed, &*line].concat());
                Vec::new()
            }
            TerminalEvent::Mouse(event) => self.mouse(event),
            _ => Vec::new(),
        }
    }

    fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        self.notice = None;
        let context = if self.open.is_some() { Context::Recording } else { Context::Listing };
        let action = action_in(context, &event);
        if let Some(row) = self.help {
            let closes = matches!(event.code, KeyCode::Char('q' | '?') | KeyCode::F(1) | KeyCode::Enter | KeyCode::Esc);
            self.help = (!closes).then(|| scrolled(row, event.code));
            return if action == Some(Action::Stop) { vec![Effect::Quit] } else { Vec::new() };
        }
        match action {
            Some(Action::Stop) => vec![Effect::Quit],
            Some(Action::Suspend) => vec![Effect::Suspend],
            Some(Action::Redraw) => vec![Effect::Redraw],
            Some(Action::Help) => {
                self.help = Some(0);
                Vec::new()
            }
            Some(action) if self.open.is_some() => self.in_recording(action),
            Some(action) => self.in_list(action),
            None if self.open.is_none() => self.typed(event),
            None => Vec::new(),
        }
    }

    fn typed(&mut self, event: KeyEvent) -> Vec<Effect> {
        let mut typed = self.list.typed.clone();
        match event.code {
            KeyCode::Backspace => drop(typed.pop()),
            KeyCode::Char(letter)
                if !letter.is_control() && event.modifiers.difference(KeyModifiers::SHIFT).is_empty() =>
            {
                typed.push(letter);
            }
            _ => return Vec::new(),
        }
        self.list.narrow(typed);
        Vec::new()
    }

    fn in_list(&mut self, action: Action) -> Vec<Effect> {
        let page = isize::try_from(self.rows()).unwrap_or(1).max(1);
        match action {
            Action::Open => return self.list.place().map_or_else(Vec::new, |place| self.want(place)),
            Action::Back if self.wanted.take().is_some() => {}
            Action::Back if self.list.typed.is_empty() => return vec![Effect::Quit],
            Action::Back => self.list.narrow(String::new()),
            Action::SelectUp => self.list.step(-1),
            Action::SelectDown => self.list.step(1),
            Action::PageUp => self.list.step(-page),
            Action::PageDown => self.list.step(page),
            Action::Top => self.list.choose(0),
            Action::Bottom => self.list.choose(usize::MAX),
            _ => {}
        }
        Vec::new()
    }

    /// How many conversations are in sight: what is typed and the names of the columns stand above them.
    pub(super) fn rows(&self) -> usize {
        usize::from(self.areas.status.y.saturating_sub(self.areas.title.y + 3))
    }

    /// Asks for the conversation at that place.
    fn want(&mut self, place: usize) -> Vec<Effect> {
        self.wanted = Some(place);
        vec![Effect::Open(place)]
    }

    fn in_recording(&mut self, action: Action) -> Vec<Effect> {
        let theme = self.theme;
        let Some(opened) = &mut self.open else { return Vec::new() };
        match action {
            Action::SelectUp | Action::SelectDown if opened.in_spec => {
                opened.panel.step(action == Action::SelectDown);
                opened.show_lit();
            }
            Action::SelectUp => opened.go_to(opened.turn.saturating_sub(1)),
            Action::SelectDown => opened.go_to(opened.turn + 1),
            Action::Top => {
                opened.go_to(0);
                opened.pane.go_to_top();
            }
            Action::Bottom => {
                opened.go_to(usize::MAX);
                opened.pane.follow();
            }
            Action::PageUp => opened.in_pane(|pane, scene| pane.page(scene, false), theme),
            Action::PageDown => opened.in_pane(|pane, scene| pane.page(scene, true), theme),
            Action::FocusNext if opened.panel.open || opened.recording.mediated => {
                opened.panel.open = true;
                opened.focus(!opened.in_spec);
            }
            Action::TogglePanel if !self.areas.wide && opened.panel.open => opened.focus(!opened.in_spec),
            Action::TogglePanel => {
                opened.panel.open = !opened.panel.open;
                opened.focus(opened.panel.open && !self.areas.wide);
            }
            Action::Details => opened.details = !opened.details,
            Action::NextConversation | Action::PreviousConversation => {
                let before = self.list.place();
                self.list.step(if action == Action::NextConversation { 1 } else { -1 });
                return match self.list.place() {
                    Some(place) if before != Some(place) => self.want(place),
                    _ => {
                        let text = "there is no other one in the list".to_owned();
                        self.notice = Some(Notice { text, trouble: false });
                        Vec::new()
                    }
                };
            }
            Action::CopySelected => return opened.words().map_or_else(Vec::new, |text| vec![Effect::Copy(text)]),
            Action::Back if opened.in_spec => opened.focus(false),
            Action::Back => {
                self.wanted = None;
                self.open = None;
                if self.list.len() == 0 {
                    return vec![Effect::Quit];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn mouse(&mut self, event: MouseEvent) -> Vec<Effect> {
        let at = Position { x: event.column, y: event.row };
        let theme = self.theme;
        match (event.kind, &mut self.open) {
            (MouseEventKind::ScrollUp | MouseEventKind::ScrollDown, opened) => {
                let rows = if event.kind == MouseEventKind::ScrollDown { WHEEL } else { -WHEEL };
                match (&mut self.help, opened) {
                    (Some(row), _) => *row = row.saturating_add_signed(rows),
                    (None, Some(opened)) if self.areas.panel.contains(at) => opened.panel.scroll_by(rows),
                    (None, Some(opened)) => opened.in_pane(|pane, scene| pane.scroll(scene, rows), theme),
                    (None, None) => self.list.step(rows),
                }
            }
            (_, _) if self.help.is_some() => {}
            (MouseEventKind::Down(_), Some(opened)) if self.areas.panel.contains(at) => {
                opened.focus(true);
                opened.panel.choose_at(at.y - self.areas.panel.y);
                opened.show_lit();
            }
            (MouseEventKind::Down(_), Some(opened)) if self.areas.conversation.contains(at) => {
                opened.focus(false);
                let (column, row) = (at.x - self.areas.conversation.x, at.y - self.areas.conversation.y);
                if let Some((turn, _)) = opened.pane.at(row) {
                    opened.choose(turn);
                }
                opened.pane.mark(column, row);
            }
            (MouseEventKind::Drag(_), Some(opened)) if self.areas.conversation.contains(at) => {
                opened.pane.mark_to(at.x - self.areas.conversation.x, at.y - self.areas.conversation.y);
            }
            (MouseEventKind::Up(_), Some(opened)) => {
                return opened.pane.marked().map_or_else(Vec::new, |text| vec![Effect::Copy(text)]);
            }
            (MouseEventKind::Down(_), None) => {
                let row = usize::from(at.y).checked_sub(usize::from(self.areas.title.y) + 3);
                if let Some(row) = row.filter(|row| *row < self.rows()) {
                    let place = self.first() + row;
                    if place < self.list.fitting() {
                        let again = place == self.list.chosen();
                        self.list.choose(place);
                        return if again { self.in_list(Action::Open) } else { Vec::new() };
                    }
                }
            }
            _ => {}
        }
        Vec::new()
    }
}

impl Opened {
    /// Chooses a turn and brings it into sight.
    fn go_to(&mut self, turn: usize) {
        self.choose(turn);
        self.pane.reveal(self.turn);
    }

    fn focus(&mut self, spec: bool) {
        self.in_spec = spec;
        if !spec {
            self.panel.leave();
        } else if self.panel.chosen().is_none() {
            self.panel.step(true);
        }
    }

    /// Brings the words into sight that the chosen line of the spec stands on.
    fn show_lit(&mut self) {
        if let Some(source) = self.panel.lit() {
            self.pane.reveal(source.turn);
        }
    }

    /// The reply of the chosen turn, or what was said in it.
    fn words(&self) -> Option<String> {
        let turn = self.recording.record.conversation.turns.get(self.turn)?;
        Some(turn.reply.clone().unwrap_or_else(|| turn.user.clone()))
    }
}
