//! The chat screen's state.

mod actions;
mod overlays;
mod reports;
mod update;

use std::time::Duration;

use ratatui::layout::Rect;
use throughline_conversation::{Question, Source};
use throughline_session::{Lane, Record, Reply};

use crate::completion::Completion;
use crate::composer::Composer;
use crate::keys::Context;
use crate::layout::Areas;
use crate::message::{Activity, Choice, Staff};
use crate::overlay::Overlay;
use crate::pane::{Pane, Scene};
use crate::panel::Panel;
use crate::theme::Theme;

/// The chat screen: what it is told goes into [`App::update`], what it shows comes out of [`App::view`].
pub struct App {
    pub(crate) record: Record,
    pub(crate) staff: Staff,
    pub(crate) activity: Activity,
    pub(crate) theme: &'static Theme,
    pub(crate) composer: Composer,
    pub(crate) completion: Option<Completion>,
    pub(crate) pane: Pane,
    pub(crate) panel: Panel,
    pub(crate) focus: Focus,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) notice: Option<Notice>,
    /// The models that can be chosen, once they were listed.
    choices: Vec<Choice>,
    /// Whether the next Ctrl+C leaves.
    leaving: bool,
    pub(crate) areas: Areas,
    /// Whether code in sight is still to get colours.
    colouring: bool,
    /// The time since the screen was opened.
    pub(crate) now: Duration,
}

/// What the keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Focus {
    /// What is being typed.
    #[default]
    Composer,
    /// The conversation.
    Conversation,
    /// What was understood.
    Spec,
}

impl Focus {
    fn context(self) -> Context {
        match self {
            Self::Composer => Context::Composer,
            Self::Conversation => Context::Conversation,
            Self::Spec => Context::Spec,
        }
    }
}

/// Something told in passing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) trouble: bool,
}

impl App {
    /// A screen for a session as far as it has come.
    pub fn new(record: Record, staff: Staff, theme: &'static Theme) -> Self {
        let mut app = Self {
            record: Record::default(),
            staff,
            activity: Activity::Idle,
            theme,
            composer: Composer::new(),
            completion: None,
            pane: Pane::default(),
            panel: Panel::opened(),
            focus: Focus::default(),
            overlay: None,
            notice: None,
            choices: Vec::new(),
            leaving: false,
            areas: Areas::default(),
            colouring: false,
            now: Duration::ZERO,
        };
        app.open(record);
        app
    }

    /// The session as far as it has come.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Whether something on the screen moves by itself.
    pub fn animates(&self) -> bool {
        self.activity != Activity::Idle || self.colouring
    }

    /// Makes ready what is to be drawn on a screen of that size; [`view`](Self::view) then only draws.
    pub fn prepare(&mut self, area: Rect) {
        self.areas = Areas::of(self, area);
        let (lit, open) = (self.lit(), self.open_question().cloned());
        let scene = Scene {
            record: &self.record,
            theme: self.theme,
            lit,
            open: open.as_ref(),
            writing: self.activity == Activity::Replying(Lane::Mediated),
            observed: None,
            details: false,
        };
        self.pane.prepare(scene, self.areas.conversation.width, self.areas.conversation.height);
        self.colouring = self.pane.colour();
        let panel = self.areas.panel;
        self.panel.prepare(self.theme, panel.width, panel.height);
    }

    /// Does something with the pane, which needs to know what it shows.
    fn in_pane(&mut self, act: impl FnOnce(&mut Pane, Scene<'_>)) {
        let (lit, open) = (self.lit(), self.open_question().cloned());
        let scene = Scene {
            record: &self.record,
            theme: self.theme,
            lit,
            open: open.as_ref(),
            writing: self.activity == Activity::Replying(Lane::Mediated),
            observed: None,
            details: false,
        };
        act(&mut self.pane, scene);
    }

    /// The words that are lit up.
    fn lit(&self) -> Option<Source> {
        self.panel.lit()
    }

    /// The question that waits for an answer right now: the last turn's, unless more was said.
    pub(crate) fn open_question(&self) -> Option<&Question> {
        let last = self.record.conversation.turns.len().checked_sub(1)?;
        self.panel.spec.open_questions().find(|asked| asked.asked_at == last)
    }

    /// The last reply that counts.
    pub(crate) fn last_reply(&self) -> Option<&Reply> {
        self.record.exchanges.iter().rev().find_map(|exchange| exchange.reply(exchange.kept))
    }

    fn tell(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), trouble: false });
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), trouble: true });
    }
}
