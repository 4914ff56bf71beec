//! What a chat amounts to: the fold of its events.

mod events;
mod exchange;

use jiff::Timestamp;
use throughline_conversation::{Conversation, FoldError, Spec, Turn};

use crate::event::{self, Event, FORMAT, Fork, Lane, Line, SessionId};
pub use exchange::{Exchange, Failure, Reply};

/// The roles whose failures concern more than the turn.
const MEDIATOR: &str = "mediator";
const ASSISTANT: &str = "assistant";

/// A chat so far. It changes by events alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Its name; empty until it began.
    pub id: SessionId,
    /// When it began.
    pub started: Timestamp,
    /// Its title, once it was given one.
    pub title: Option<String>,
    /// Where it was forked from.
    pub forked_from: Option<Fork>,
    /// The turns, with the replies that count.
    pub conversation: Conversation,
    /// What else happened in each turn; as many as there are turns.
    pub exchanges: Vec<Exchange>,
    /// What the user said that the mediator has not heard yet.
    pub pending: Option<String>,
    /// Why what was said last was not heard.
    pub unheard: Option<String>,
    /// The fold of the turns' edits, kept because folding them anew for each turn makes long chats slow.
    spec: Spec,
}

/// An event that cannot follow those before it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is about a turn, a reply or a word that was never there.
    #[error("`{event}` without {without} before it")]
    Without {
        /// The event.
        event: &'static str,
        /// What should have come before.
        without: &'static str,
    },
    /// The session has begun already.
    #[error("`started` a second time")]
    StartedTwice,
    /// The session was written by a later version of the program.
    #[error("the session's format is {0}, and this version knows those up to {FORMAT}; use a newer version")]
    Format(u32),
    /// An edit of the turn does not fit the spec before it.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl Record {
    /// The record that these events make.
    ///
    /// # Errors
    /// [`RecordError`] of the first event that cannot follow those before it.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Result<Self, RecordError> {
        let mut record = Self::default();
        for line in lines {
            record.apply(line.at, &line.event)?;
        }
        Ok(record)
    }

    /// The spec after all turns.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Takes in one event.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot follow those before it; the record is then unchanged.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> Result<(), RecordError> {
        match event {
            Event::Started { format, id, forked_from } => {
                if *format > FORMAT {
                    return Err(RecordError::Format(*format));
                }
                if !self.id.0.is_empty() {
                    return Err(RecordError::StartedTwice);
                }
                (self.id, self.started, self.forked_from) = (id.clone(), at, forked_from.clone());
            }
            Event::Renamed { title } => self.title = event::title(title),
            Event::Said { text } => (self.pending, self.unheard) = (Some(text.clone()), None),
            Event::Heard { turn, question, model, spent } => {
                let (question, model, spent) = (question.clone(), model.clone(), *spent);
                self.enter(turn, Exchange { at, question, model, spent, ..Exchange::default() })?;
                (self.pending, self.unheard) = (None, None);
            }
            Event::Corrected { turn } => {
                self.enter(turn, Exchange { at, corrected: true, ..Exchange::default() })?;
            }
            Event::Planned { text, spent } => {
                let exchange = self.last("planned")?;
                (exchange.plan, exchange.planned) = (Some(text.clone()), *spent);
            }
            Event::Replying { lane, model } => {
                let exchange = self.last("replying")?;
                let begun = Reply { model: model.clone(), ..Reply::default() };
                let former = exchange.reply_mut(*lane).replace(begun);
                exchange.earlier.extend(former);
                self.settle(*lane);
            }
            Event::Piece { lane, text } => {
                self.open(*lane, "piece")?.text.push_str(text);
                let kept = self.exchanges.last().is_some_and(|exchange| exchange.kept == *lane);
                if let Some(turn) = self.conversation.turns.last_mut().filter(|_| kept) {
                    turn.reply.get_or_insert_default().push_str(text);
                }
            }
            Event::Replied { lane, replied } => self.open(*lane, "replied")?.ended = Some(replied.clone()),
            Event::Failed { role, message, .. } if role == MEDIATOR => self.unheard = Some(message.clone()),
            Event::Failed { role, message, lane } => {
                // Before the first turn there is nothing that it could have kept from happening.
                let Some(exchange) = self.exchanges.last_mut() else { return Ok(()) };
                match exchange.reply_mut(*lane).as_mut().filter(|reply| role == ASSISTANT && reply.is_open()) {
                    Some(reply) => reply.failure = Some(message.clone()),
                    None => exchange.failures.push(Failure { role: role.clone(), message: message.clone() }),
                }
            }
            Event::Kept { lane } => {
                let exchange = self.last("kept")?;
                if exchange.reply(*lane).is_none() {
                    return Err(RecordError::Without { event: "kept", without: "a reply of that lane" });
                }
                exchange.kept = *lane;
                self.settle(*lane);
            }
            Event::Undone => {
                self.last("undone")?;
                self.exchanges.pop();
                self.conversation.undo();
                self.refold();
            }
        }
        Ok(())
    }

    /// Whether a reply is being written, as far as the events tell.
    pub fn is_replying(&self, lane: Lane) -> bool {
        self.exchanges.last().and_then(|exchange| exchange.reply(lane)).is_some_and(Reply::is_open)
    }

    fn enter(&mut self, turn: &Turn, exchange: Exchange) -> Result<(), RecordError> {
        for (place, edit) in turn.edits.iter().enumerate() {
            if let Err(error) = self.spec.apply(place, edit) {
                self.refold();
                return Err(error.into());
            }
        }
        self.conversation.turns.push(Turn { reply: None, ..turn.clone() });
        self.exchanges.push(exchange);
        Ok(())
    }

    /// The spec anew, of the turns that are left. They folded once, so they do again.
    fn refold(&mut self) {
        self.spec = self.conversation.spec().unwrap_or_default();
    }

    fn last(&mut self, event: &'static str) -> Result<&mut Exchange, RecordError> {
        self.exchanges.last_mut().ok_or(RecordError::Without { event, without: "a turn" })
    }

    fn open(&mut self, lane: Lane, event: &'static str) -> Result<&mut Reply, RecordError> {
        let reply = self.last(event)?.reply_mut(lane).as_mut();
        reply.filter(|reply| reply.is_open()).ok_or(RecordError::Without { event, without: "a reply begun" })
    }

    /// The conversation keeps the words of the reply that counts.
    fn settle(&mut self, lane: Lane) {
        let (Some(turn), Some(exchange)) = (self.conversation.turns.last_mut(), self.exchanges.last()) else { return };
        if exchange.kept == lane {
            turn.reply = exchange.reply(lane).map(|reply| reply.text.clone());
        }
    }
}

#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
mod tests;
