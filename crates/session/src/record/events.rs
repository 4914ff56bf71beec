//! From a record back to the events that make it.

use jiff::Timestamp;
use throughline_conversation::Turn;

use super::{Exchange, Fork, Record, Reply};
use crate::event::{Event, FORMAT, Lane, Line, SessionId};

impl Record {
    /// The fewest events that make this record, with the time of each turn: what was undone is not among them, and each
    /// reply is one piece.
    pub fn events(&self) -> Vec<Line> {
        let begun = |event| Line { at: self.started, event };
        let (id, forked_from) = (self.id.clone(), self.forked_from.clone());
        let mut lines = vec![begun(Event::Started { format: FORMAT, id, forked_from })];
        lines.extend(self.title.clone().map(|title| begun(Event::Renamed { title })));
        for (turn, exchange) in self.conversation.turns.iter().zip(&self.exchanges) {
            lines.extend(exchange.events(turn).into_iter().map(|event| Line { at: exchange.at, event }));
        }
        let at = self.exchanges.last().map_or(self.started, |exchange| exchange.at);
        let said = self.pending.clone().map(|text| Event::Said { text });
        let unheard = self.unheard.clone().map(|message| failed("mediator", message, Lane::default()));
        lines.extend(said.into_iter().chain(unheard).map(|event| Line { at, event }));
        lines
    }

    /// A session of that name that begins, at that time, with the first turns of this one; all of them where there are
    /// fewer. What was said and not heard stays behind.
    #[must_use]
    pub fn fork(&self, turns: usize, id: SessionId, at: Timestamp) -> Self {
        let turns = turns.min(self.exchanges.len());
        let mut fork = self.clone();
        fork.conversation.turns.truncate(turns);
        fork.exchanges.truncate(turns);
        fork.refold();
        fork.forked_from = Some(Fork { session: std::mem::replace(&mut fork.id, id), turns });
        (fork.started, fork.pending, fork.unheard) = (at, None, None);
        fork
    }
}

impl Exchange {
    fn events(&self, turn: &Turn) -> Vec<Event> {
        let turn = Turn { reply: None, ..turn.clone() };
        let mut events = vec![if self.corrected {
            Event::Corrected { turn }
        } else {
            let (question, model, spent) = (self.question.clone(), self.model.clone(), self.spent);
            Event::Heard { turn, question, model, spent }
        }];
        events.extend(self.plan.clone().map(|text| Event::Planned { text, spent: self.planned }));
        let failures = self.failures.iter();
        events.extend(failures.map(|failure| failed(&failure.role, failure.message.clone(), Lane::default())));
        // Replies that others took the place of go ahead in a lane whose reply does so here as well.
        let first = if self.mediated.is_some() { Lane::Mediated } else { Lane::Unmediated };
        let second = if self.mediated.is_some() { Lane::Unmediated } else { Lane::Mediated };
        let ahead = self.earlier.iter().chain(self.reply(first)).map(|reply| (first, reply));
        let replies = ahead.chain(self.reply(second).map(|reply| (second, reply)));
        events.extend(replies.flat_map(|(lane, reply)| reply.events(lane)));
        if self.kept != Lane::default() {
            events.push(Event::Kept { lane: self.kept });
        }
        events
    }
}

impl Reply {
    fn events(&self, lane: Lane) -> impl Iterator<Item = Event> {
        let begun = Event::Replying { lane, model: self.model.clone() };
        let text = (!self.text.is_empty()).then(|| Event::Piece { lane, text: self.text.clone() });
        let ended = self.ended.clone().map(|replied| Event::Replied { lane, replied });
        let broken = self.failure.clone().map(|message| failed(super::ASSISTANT, message, lane));
        std::iter::once(begun).chain(text).chain(ended).chain(broken)
    }
}

fn failed(role: &str, message: String, lane: Lane) -> Event {
    Event::Failed { role: role.to_owned(), message, lane }
}
