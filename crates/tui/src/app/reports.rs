//! What the screen is told of what was done.

use jiff::Timestamp;
use throughline_session::{Event, Record};

use super::{App, Focus};
use crate::completion::Kind;
use crate::composer::Typed;
use crate::message::{Effect, Report};
use crate::overlay::{self, Overlay};

impl App {
    pub(crate) fn report(&mut self, report: Report) -> Vec<Effect> {
        match report {
            Report::Happened(at, event) => self.happened(at, &event),
            Report::Opened(record) => {
                self.open(*record);
                self.overlay = None;
            }
            Report::Doing(activity) => {
                self.activity = activity;
                return self.say_waiting();
            }
            Report::Staff(staff) => self.staff = staff,
            Report::Sessions(listed) if listed.is_empty() => self.tell("there is no such session"),
            Report::Sessions(listed) => self.overlay = Some(Overlay::Sessions(overlay::sessions(listed))),
            Report::Models(choices) => {
                self.choices = choices;
                self.offer_models();
            }
            Report::Files(found) => {
                if let Some(completion) = self.completion.as_mut().filter(|offered| offered.kind == Kind::File) {
                    completion.items = found.into_iter().map(|path| (path, String::new())).collect();
                    completion.chosen = 0;
                }
            }
            Report::Edited(text) => {
                self.composer.clear();
                self.composer.put(text.trim_end());
                self.focus = Focus::Composer;
            }
            Report::Unsent { text, files } => self.composer.give_back(Typed { text, files }),
            Report::Notice(text) => self.tell(text),
            Report::Trouble(text) => self.complain(text),
        }
        Vec::new()
    }

    /// Shows another session.
    pub(crate) fn open(&mut self, record: Record) {
        self.pane.reset();
        self.panel.leave();
        for turn in record.conversation.turns.iter().zip(&record.exchanges).filter(|(_, exchange)| !exchange.corrected)
        {
            self.composer.remember(&turn.0.user);
        }
        // What was said last and never heard is there to be sent again.
        if let Some(pending) = &record.pending {
            self.composer.put(pending);
        }
        let turns = record.exchanges.len();
        let former = std::mem::replace(&mut self.record, record);
        self.parted = self.handed_over.map(|told| (former, told));
        // What was said there before is not handed over, but for the last turn, which may still change.
        self.handed_over = self.handed_over.map(|_| turns.saturating_sub(1));
        self.panel.refresh(&self.record.conversation.turns, self.record.spec());
    }

    fn happened(&mut self, at: Timestamp, event: &Event) {
        let said = self.record.pending.clone();
        if let Err(error) = self.record.apply(at, event) {
            self.complain(error.to_string());
            return;
        }
        match event {
            Event::Piece { .. } => return,
            Event::Failed { role, message, .. } => {
                self.complain(message.clone());
                // Nothing that was typed is lost.
                if let Some(text) = said.filter(|_| role == "mediator") {
                    self.composer.give_back(Typed { text, files: Vec::new() });
                }
            }
            Event::Undone => self.pane.chosen = None,
            _ => {}
        }
        self.panel.refresh(&self.record.conversation.turns, self.record.spec());
    }
}
