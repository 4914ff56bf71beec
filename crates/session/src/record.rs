//! What a chat amounts to: the fold of its events.

use jiff::Timestamp;
use throughline_conversation::{Conversation, FoldError, Spec, TokenUsage, Turn};

use crate::event::{Event, Fork, Lane, Replied, SessionId};

/// A chat so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Its name.
    pub id: SessionId,
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
}

/// What happened in a turn, beside what the conversation keeps of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// When it was heard.
    pub at: Timestamp,
    /// Whether the user changed the spec with their own hands, rather than said something.
    pub corrected: bool,
    /// What the mediator asked, as it was put.
    pub question: Option<String>,
    /// The tokens of the mediator's model calls.
    pub tokens: TokenUsage,
    /// How long the mediator took, in seconds.
    pub seconds: f64,
    /// The steps that the planner proposed.
    pub plan: Option<String>,
    /// The reply to the spec.
    pub mediated: Option<Reply>,
    /// The reply without the mediator.
    pub unmediated: Option<Reply>,
    /// Replies that others took the place of, oldest first.
    pub earlier: Vec<Reply>,
    /// Whose reply counts.
    pub kept: Lane,
}

/// A reply, whole or as far as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// The model's name.
    pub model: String,
    /// What it wrote.
    pub text: String,
    /// How it ended; `None` while it is being written, and where the program ended before it did.
    pub ended: Option<Replied>,
    /// Why it broke off, where its model failed.
    pub failure: Option<String>,
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
    /// An edit of the turn does not fit the spec before it.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl Exchange {
    /// The reply of that lane.
    pub fn reply(&self, lane: Lane) -> Option<&Reply> {
        match lane {
            Lane::Mediated => self.mediated.as_ref(),
            Lane::Unmediated => self.unmediated.as_ref(),
        }
    }

    fn reply_mut(&mut self, lane: Lane) -> &mut Option<Reply> {
        match lane {
            Lane::Mediated => &mut self.mediated,
            Lane::Unmediated => &mut self.unmediated,
        }
    }
}

impl Record {
    /// The spec after all turns.
    ///
    /// # Errors
    /// Never for a record that was made of events, as each was checked.
    pub fn spec(&self) -> Result<Spec, FoldError> {
        self.conversation.spec()
    }

    /// Takes in one event.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot follow those before it; the record is then unchanged.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> Result<(), RecordError> {
        match event {
            Event::Started { id, forked_from, .. } => {
                (self.id, self.forked_from) = (id.clone(), forked_from.clone());
            }
            Event::Renamed { title } => self.title = Some(title.clone()),
            Event::Said { text } => (self.pending, self.unheard) = (Some(text.clone()), None),
            Event::Heard { turn, question, tokens, seconds } => {
                let (question, tokens) = (question.clone(), *tokens);
                self.enter(turn, Exchange { at, question, tokens, seconds: *seconds, ..Exchange::default() })?;
            }
            Event::Corrected { turn } => {
                self.enter(turn, Exchange { at, corrected: true, ..Exchange::default() })?;
            }
            Event::Planned { text } => self.last("planned")?.plan = Some(text.clone()),
            Event::Replying { lane, model } => {
                let exchange = self.last("replying")?;
                let begun = Reply { model: model.clone(), ..Reply::default() };
                let former = exchange.reply_mut(*lane).replace(begun);
                exchange.earlier.extend(former);
                self.settle(*lane);
            }
            Event::Piece { lane, text } => {
                self.writing(*lane, "piece")?.text.push_str(text);
                let kept = self.exchanges.last().is_some_and(|exchange| exchange.kept == *lane);
                if let Some(turn) = self.conversation.turns.last_mut().filter(|_| kept) {
                    turn.reply.get_or_insert_default().push_str(text);
                }
            }
            Event::Replied { lane, replied } => {
                self.writing(*lane, "replied")?.ended = Some(replied.clone());
                self.settle(*lane);
            }
            Event::Failed { role, message, lane } => {
                if role == "mediator" {
                    self.unheard = Some(message.clone());
                } else if let Ok(reply) = self.writing(*lane, "failed") {
                    reply.failure = Some(message.clone());
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
            }
        }
        Ok(())
    }

    /// Whether a reply is being written, as far as the events tell.
    pub fn is_replying(&self, lane: Lane) -> bool {
        let reply = self.exchanges.last().and_then(|exchange| exchange.reply(lane));
        reply.is_some_and(|reply| reply.ended.is_none() && reply.failure.is_none())
    }

    fn enter(&mut self, turn: &Turn, exchange: Exchange) -> Result<(), RecordError> {
        let mut spec = self.spec()?;
        for (place, edit) in turn.edits.iter().enumerate() {
            spec.apply(place, edit)?;
        }
        self.conversation.turns.push(turn.clone());
        self.exchanges.push(exchange);
        (self.pending, self.unheard) = (None, None);
        Ok(())
    }

    fn last(&mut self, event: &'static str) -> Result<&mut Exchange, RecordError> {
        self.exchanges.last_mut().ok_or(RecordError::Without { event, without: "a turn" })
    }

    fn writing(&mut self, lane: Lane, event: &'static str) -> Result<&mut Reply, RecordError> {
        let reply = self.last(event)?.reply_mut(lane).as_mut();
        reply.filter(|reply| reply.ended.is_none()).ok_or(RecordError::Without { event, without: "a reply begun" })
    }

    /// The conversation keeps the words of the reply that counts.
    fn settle(&mut self, lane: Lane) {
        let (Some(turn), Some(exchange)) = (self.conversation.turns.last_mut(), self.exchanges.last()) else { return };
        if exchange.kept == lane {
            turn.reply = exchange.reply(lane).map(|reply| reply.text.clone());
        }
    }
}
