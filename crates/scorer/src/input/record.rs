//! One record: which format it has, and the conversation in it.

use serde_json::{Map, Value};
use throughline_conversation::{Transcript, TranscriptError};

use super::openai::{self, MESSAGES};
use super::sharegpt::{self, CONVERSATIONS};
use crate::{Place, ScoreError};

/// Fields of which a transcript has all.
const OF_TRANSCRIPTS: [&str; 3] = ["conv_id", "conv_type", "trace"];

/// The conversation that the text of a record holds, whatever its format.
pub(super) fn transcript(text: &str, place: &Place) -> Result<Transcript, ScoreError> {
    let error = match Transcript::from_line(text, place.line) {
        Ok(transcript) => return Ok(transcript),
        Err(error) => error,
    };
    let malformed = |reason| ScoreError::Transcript { name: place.name.clone(), reason };
    if !matches!(error, TranscriptError::Malformed { .. }) {
        return Err(malformed(error));
    }
    // Whatever is no object has been named as such.
    let Ok(mut record) = serde_json::from_str::<Map<String, Value>>(text) else { return Err(malformed(error)) };
    if OF_TRANSCRIPTS.iter().all(|field| !record.contains_key(*field)) {
        let messages = record.shift_remove(MESSAGES);
        let conversations = record.shift_remove(CONVERSATIONS);
        return match (messages, conversations) {
            (Some(messages), None) => openai::read(messages, record, place),
            (None, Some(turns)) => sharegpt::read(turns, record, place),
            _ => Err(ScoreError::Unknown { place: place.clone(), fields: record.keys().cloned().collect() }),
        };
    }
    Err(malformed(error))
}
