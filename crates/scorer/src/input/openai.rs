//! OpenAI-style records: `{"messages": [{"role": …, "content": …}]}`.

use serde_json::{Map, Value};
use throughline_conversation::{Entry, Transcript};

use super::fields;
use super::messages::{self, Dialect};
use crate::{Place, ScoreError};

/// The field that holds the conversation.
pub(super) const MESSAGES: &str = "messages";

pub(super) const DIALECT: Dialect = Dialect { role: "role", text: "content", roles: ["system", "user", "assistant"] };

/// Whether a record has a place for the entry.
pub(crate) fn writes(entry: &Entry) -> bool {
    messages::message(entry, &DIALECT).is_some()
}

/// The record for a conversation.
pub(crate) fn written(transcript: &Transcript) -> Value {
    let mut record = Map::new();
    record.insert(MESSAGES.into(), messages::written(&transcript.trace, &DIALECT).into());
    fields::describe(&mut record, transcript);
    record.into()
}

/// The conversation of a record, of which `messages` was taken out.
pub(super) fn read(messages: Value, record: Map<String, Value>, place: &Place) -> Result<Transcript, ScoreError> {
    let read = || {
        let mut transcript = fields::named(record, place)?;
        transcript.trace = messages::read(messages, MESSAGES, &DIALECT)?;
        Ok(transcript)
    };
    read().map_err(|wrong: super::Wrong| wrong.at(place))
}
