//! The chat screen's state.

mod actions;
mod overlays;
mod reports;
mod update;

use std::ops::Range;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use throughline_conversation::Question;
use throughline_session::{Lane, Record, Reply};

use crate::completion::Completion;
use crate::composer::{Composer, Typed};
use crate::keys::Context;
use crate::layout::Areas;
use crate::message::{Activity, Choice, Staff};
use crate::overlay::{Overlay, over};
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
    /// What is said as soon as the model is there that is being loaded.
    pub(crate) waiting: Option<Typed>,
    pub(crate) completion: Option<Completion>,
    pub(crate) pane: Pane,
    /// So many turns were handed over to the terminal, where it keeps what is over; `None` where it keeps nothing.
    handed_over: Option<usize>,
    /// The session that was open before, and how many of its turns were handed over.
    parted: Option<(Record, usize)>,
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
            waiting: None,
            completion: None,
            pane: Pane::default(),
            handed_over: None,
            parted: None,
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
        let (width, height) = (self.areas.conversation.width, self.areas.conversation.height);
        self.in_pane(|pane, scene| pane.prepare(scene, width, height));
        self.colouring = self.pane.colour();
        if let (Some(Overlay::Comparison(comparison)), Some(exchange)) =
            (&mut self.overlay, self.record.exchanges.last())
        {
            self.colouring |= comparison.prepare(exchange, self.theme, over(area));
        }
        let panel = self.areas.panel;
        self.panel.prepare(self.theme, panel.width, panel.height);
    }

    /// The turns that are over and were not told before, at that width. The last one may still change, so that it is over
    /// when the next one begins, or with the chat. What was said before the session was opened is not told.
    pub fn passed(&mut self, width: u16, leaving: bool) -> Vec<Buffer> {
        let turns = self.record.exchanges.len();
        let over = if leaving { turns } else { turns.saturating_sub(1) };
        let told = self.handed_over.unwrap_or(over);
        self.handed_over = Some(told.max(over));
        let mut passed = Vec::new();
        let mut pass = |record: &Record, turns: Range<usize>| {
            passed.extend(turns.flat_map(|turn| Pane::whole(record, turn, width, self.theme)));
        };
        if let Some((record, told)) = self.parted.take() {
            pass(&record, told..record.exchanges.len());
        }
        pass(&self.record, told..over);
        passed
    }

    /// Does something with the pane, which needs to know what it shows.
    fn in_pane<T>(&mut self, act: impl FnOnce(&mut Pane, Scene<'_>) -> T) -> T {
        let scene = Scene {
            record: &self.record,
            theme: self.theme,
            lit: self.panel.lit(),
            open: open_question(&self.record, &self.panel),
            writing: self.activity == Activity::Replying(Lane::Mediated),
            observed: None,
            details: false,
            // After an undo the last turn is one that was told.
            from: self.handed_over.unwrap_or(0).min(self.record.exchanges.len().saturating_sub(1)),
        };
        act(&mut self.pane, scene)
    }

    /// The question that waits for an answer right now.
    pub(crate) fn open_question(&self) -> Option<&Question> {
        open_question(&self.record, &self.panel)
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

/// The question that waits for an answer: the last turn's, unless more was said.
fn open_question<'a>(record: &Record, panel: &'a Panel) -> Option<&'a Question> {
    let last = record.conversation.turns.len().checked_sub(1)?;
    panel.spec.open_questions().find(|asked| asked.asked_at == last)
}
