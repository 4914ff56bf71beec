//! What lies over the screen until it is closed.

mod comparison;
mod picker;
mod view;

use crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui_textarea::TextArea;
use throughline_conversation::ClauseId;
use throughline_session::SessionId;

pub(crate) use comparison::Comparison;
pub(crate) use picker::{Item, Picker};
pub(crate) use view::help;

use crate::commands::COMMANDS;
use crate::keys::{Action, BINDINGS, Context};
use crate::message::{Choice, Listed, ModelRole};

/// The part of a screen that something is laid over: all but the line at the bottom.
pub(crate) fn over(screen: Rect) -> Rect {
    Rect { height: screen.height.saturating_sub(1), ..screen }
}

/// What is laid over.
#[derive(Debug)]
pub(crate) enum Overlay {
    /// Keys and commands, from this row on.
    Help(usize),
    /// Every command by name.
    Palette(Picker<Chosen>),
    /// Saved sessions.
    Sessions(Picker<SessionId>),
    /// Models to choose from, for that role.
    Models(ModelRole, Picker<String>),
    /// Something to type on one line.
    Prompt(Box<Prompt>),
    /// Something to agree to.
    Delete(SessionId, String),
    /// The replies with and without the mediator.
    Comparison(Box<Comparison>),
}

/// What the palette offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// What a key does.
    Key(Action),
    /// What a command does; one that takes arguments is put where it can be completed.
    Command(&'static str, bool),
}

/// Something to type on one line.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) title: String,
    pub(crate) area: TextArea<'static>,
    pub(crate) purpose: Purpose,
}

/// What is typed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Other words for a clause.
    Reword(ClauseId),
    /// A title for a session.
    Rename(SessionId),
}

impl Prompt {
    pub(crate) fn new(title: String, text: &str, purpose: Purpose) -> Box<Self> {
        let mut area = TextArea::new(vec![text.to_owned()]);
        area.move_cursor(ratatui_textarea::CursorMove::End);
        Box::new(Self { title, area, purpose })
    }

    /// What was typed.
    pub(crate) fn text(&self) -> String {
        self.area.lines().join(" ").trim().to_owned()
    }
}

/// Everything that can be done, by name.
pub(crate) fn palette() -> Picker<Chosen> {
    let commands = COMMANDS.iter().map(|command| Item {
        label: format!("/{} {}", command.name, command.arguments).trim_end().to_owned(),
        detail: command.help.to_owned(),
        value: Chosen::Command(command.name, !command.arguments.is_empty()),
    });
    let keys = BINDINGS.iter().filter(|binding| binding.context == Context::Anywhere).map(|binding| Item {
        label: binding.chords.first().map(ToString::to_string).unwrap_or_default(),
        detail: binding.help.to_owned(),
        value: Chosen::Key(binding.action),
    });
    Picker::new("Commands", "", commands.chain(keys).collect())
}

/// Saved sessions to choose from.
pub(crate) fn sessions(listed: Vec<Listed>) -> Picker<SessionId> {
    let items =
        listed.into_iter().map(|session| Item { label: session.title, detail: session.detail, value: session.id });
    Picker::new("Sessions", "Ctrl+R rename · Delete delete", items.collect())
}

/// Models to choose from.
pub(crate) fn models(choices: &[Choice]) -> Picker<String> {
    let items = choices.iter().map(|choice| Item {
        label: choice.name.clone(),
        detail: choice.detail.clone(),
        value: choice.name.clone(),
    });
    Picker::new("Models", "Tab mediator or assistant", items.collect())
}

/// The first row after a key that scrolls; what is behind the end is left to the view.
pub(crate) fn scrolled(row: usize, code: KeyCode) -> usize {
    match code {
        KeyCode::Down | KeyCode::Char('j') => row + 1,
        KeyCode::Up | KeyCode::Char('k') => row.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => row + 10,
        KeyCode::PageUp => row.saturating_sub(10),
        KeyCode::Home => 0,
        _ => row,
    }
}
