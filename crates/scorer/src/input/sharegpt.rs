//! ShareGPT-style records: `{"conversations": [{"from": …, "value": …}]}`.

use serde_json::{Map, Value};
use throughline_conversation::{Entry, Role, Transcript};

use super::fields;
use super::messages::{self, Dialect};
use crate::{Place, ScoreError};

/// The field that holds the conversation.
pub(super) const CONVERSATIONS: &str = "conversations";

/// Where some collections hold the system message.
const SYSTEM: &str = "system";

pub(super) const DIALECT: Dialect = Dialect { role: "from", text: "value", roles: ["system", "human", "gpt"] };

/// Whether a record has a place for the entry.
pub(crate) fn writes(entry: &Entry) -> bool {
    messages::message(entry, &DIALECT).is_some()
}

/// The record for a conversation.
pub(crate) fn written(transcript: &Transcript) -> Value {
    let system = transcript.other.get(SYSTEM).and_then(Value::as_str).map(|text| Entry::said(Role::System, text));
    let trace = match transcript.trace.split_first() {
        Some((first, others)) if system.as_ref() == Some(first) => others,
        _ => &transcript.trace,
    };
    let mut record = Map::new();
    record.insert(CONVERSATIONS.into(), messages::written(trace, &DIALECT).into());
    fields::describe(&mut record, transcript);
    record.into()
}

/// The conversation of a record, of which `conversations` was taken out.
pub(super) fn read(turns: Value, record: Map<String, Value>, place: &Place) -> Result<Transcript, ScoreError> {
    let read = || {
        let mut transcript = fields::named(record, place)?;
        transcript.trace = messages::read(turns, CONVERSATIONS, &DIALECT)?;
        // Some collections hold the system message beside the turns. It stays there as well, to be written again.
        if let Some(Value::String(system)) = transcript.other.get(SYSTEM) {
            let system = Entry::said(Role::System, system.as_str());
            transcript.trace.insert(0, system);
        }
        Ok(transcript)
    };
    read().map_err(|wrong: super::Wrong| wrong.at(place))
}
