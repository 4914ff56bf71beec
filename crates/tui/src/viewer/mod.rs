//! The viewer: recorded conversations, looked through in the widgets of the chat.
//!
//! A list of conversations, narrowed by what is typed, and one of them at a time, with the spec as of the chosen turn.
//! [`Viewer::update`] and [`Viewer::view`] are as pure as the chat's: the conversations come in [`Report`]s.

mod list;
mod recording;
#[cfg(test)]
mod tests;
mod update;
mod view;

use ratatui::layout::Rect;
use throughline_conversation::Spec;

pub use list::Entry;
pub use recording::{Mark, Observed, Recording, Remark, in_words};

use crate::Msg;
use crate::app::Notice;
use crate::layout::Areas;
use crate::pane::{Pane, Scene};
use crate::panel::Panel;
use crate::terminal::{Program, Step};
use crate::theme::Theme;
use list::Listing;

/// Something that the viewer wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the conversation at that place of the list, from 0.
    Open(usize),
    /// Put a text into the clipboard.
    Copy(String),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
}

/// What the viewer is told.
#[derive(Clone, Debug)]
pub enum Report {
    /// More conversations, behind those that are listed.
    Listed(Vec<Entry>),
    /// The list is complete.
    Complete,
    /// The conversation at that place of the list.
    Opened(usize, Box<Recording>),
    /// Something to tell in passing.
    Notice(String),
    /// Something went wrong.
    Trouble(String),
}

/// The viewer's screen.
pub struct Viewer {
    theme: &'static Theme,
    list: Listing,
    complete: bool,
    /// The conversation that was asked for.
    wanted: Option<usize>,
    open: Option<Opened>,
    /// Help, from this row on.
    help: Option<usize>,
    notice: Option<Notice>,
    areas: Areas,
    /// Whether code in sight is still to get colours.
    colouring: bool,
}

/// The conversation that is looked through.
struct Opened {
    recording: Recording,
    pane: Pane,
    panel: Panel,
    /// The chosen turn.
    turn: usize,
    /// Whether the keys go to the spec.
    in_spec: bool,
    details: bool,
}

impl Opened {
    fn new(recording: Recording) -> Self {
        let mut panel = Panel::default();
        panel.open = recording.mediated;
        let mut opened = Self { recording, pane: Pane::default(), panel, turn: 0, in_spec: false, details: false };
        opened.pane.go_to_top();
        opened.choose(0);
        opened
    }

    fn turns(&self) -> usize {
        self.recording.record.exchanges.len()
    }

    /// Chooses a turn, and shows the spec as it was after it.
    fn choose(&mut self, turn: usize) {
        self.turn = turn.min(self.turns().saturating_sub(1));
        self.pane.chosen = Some(self.turn);
        let turns = &self.recording.record.conversation.turns;
        let so_far = turns.get(..=self.turn).unwrap_or(turns);
        // The record holds no turn that does not fold.
        let spec = Spec::fold(so_far.iter().flat_map(|turn| &turn.edits)).unwrap_or_default();
        self.panel.refresh(so_far, &spec);
    }

    /// Does something with the pane, which needs to know what it shows.
    fn in_pane<T>(&mut self, act: impl FnOnce(&mut Pane, Scene<'_>) -> T, theme: &'static Theme) -> T {
        let observed = &self.recording.observed;
        let scene = Scene {
            record: &self.recording.record,
            theme,
            lit: self.panel.lit(),
            open: None,
            writing: false,
            observed: (!observed.is_empty()).then_some(observed),
            details: self.details,
            from: 0,
        };
        act(&mut self.pane, scene)
    }
}

impl Viewer {
    /// A list that is still empty.
    pub fn new(theme: &'static Theme) -> Self {
        Self {
            theme,
            list: Listing::default(),
            complete: false,
            wanted: None,
            open: None,
            help: None,
            notice: None,
            areas: Areas::default(),
            colouring: false,
        }
    }

    /// One conversation, without a list to go back to.
    pub fn of(recording: Recording, theme: &'static Theme) -> Self {
        Self { open: Some(Opened::new(recording)), complete: true, ..Self::new(theme) }
    }
}

impl Program for Viewer {
    type Report = Report;
    type Effect = Effect;

    fn update(&mut self, msg: Msg<Report>) -> Vec<Effect> {
        match msg {
            Msg::Terminal(event) => self.event(event),
            Msg::Report(report) => self.report(report),
            Msg::Tick(_) => Vec::new(),
        }
    }

    fn prepare(&mut self, area: Rect) {
        let (panel, focused) = self.open.as_ref().map_or((false, false), |opened| (opened.panel.open, opened.in_spec));
        self.areas = Areas::to_read(area, panel, focused);
        let (areas, theme) = (self.areas, self.theme);
        if let Some(opened) = &mut self.open {
            let (width, height) = (areas.conversation.width, areas.conversation.height);
            opened.in_pane(|pane, scene| pane.prepare(scene, width, height), theme);
            opened.panel.prepare(theme, areas.panel.width, areas.panel.height);
        }
        self.colouring = self.open.as_mut().is_some_and(|opened| opened.pane.colour());
    }

    fn view(&self, frame: &mut ratatui::Frame<'_>) {
        self.draw(frame);
    }

    fn animates(&self) -> bool {
        self.colouring
    }

    fn step(effect: Effect) -> Step<Effect> {
        match effect {
            Effect::Quit => Step::Quit,
            Effect::Suspend => Step::Aside(effect),
            Effect::Redraw => Step::Redraw,
            effect => Step::Do(effect),
        }
    }
}
