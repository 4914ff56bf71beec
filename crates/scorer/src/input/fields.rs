//! What names and scores a conversation, in formats that leave it to their users.

use serde_json::{Map, Value};
use throughline_conversation::Transcript;

use super::Wrong;
use crate::Place;
use crate::names::NOT_NAMED;

const CONV_ID: &[&str] = &["conv_id", "conversation_id", "id", "custom_id"];
const MODEL: &[&str] = &["assistant_model", "model"];
pub(super) const SETTING: &[&str] = &["conv_type", "setting"];
const TASK: &[&str] = &["task"];
const INSTRUCTION: &[&str] = &["task_id", "instruction_id", "sample_id", "prompt_id"];

/// Where a record may hold fields beside its own.
pub(super) const METADATA: &str = "metadata";

/// A transcript without a trace, named and scored by the fields of a record or of its `metadata`; every other field is
/// kept. A conversation without an id goes by its place. What names no task, model or setting is `NA`; an instruction
/// is not made up.
pub(super) fn named(mut record: Map<String, Value>, place: &Place) -> Result<Transcript, Wrong> {
    let name = |record: &mut _, names| name(record, names);
    let conv_id = name(&mut record, CONV_ID)?.unwrap_or_else(|| format!("{}:{}", place.name, place.line));
    let conv_type = name(&mut record, SETTING)?.unwrap_or_else(|| NOT_NAMED.into());
    let task = name(&mut record, TASK)?.unwrap_or_else(|| NOT_NAMED.into());
    let task_id = name(&mut record, INSTRUCTION)?.unwrap_or_default();
    let assistant_model = name(&mut record, MODEL)?.unwrap_or_else(|| NOT_NAMED.into());
    let is_correct = take(&mut record, "is_correct").map(|(_, value)| value);
    let score = take(&mut record, "score").map(|(_, value)| value);
    if record.get(METADATA).and_then(Value::as_object).is_some_and(Map::is_empty) {
        record.shift_remove(METADATA);
    }
    Ok(Transcript {
        conv_id,
        conv_type,
        task,
        task_id,
        assistant_model,
        trace: Vec::new(),
        is_correct,
        score,
        other: record,
    })
}

/// The first of these fields that is there, as a name.
fn name(record: &mut Map<String, Value>, names: &[&str]) -> Result<Option<String>, Wrong> {
    for name in names {
        match take(record, name) {
            None | Some((_, Value::Null)) => {}
            Some((_, Value::String(text))) => return Ok(Some(text)),
            Some((_, Value::Number(number))) => return Ok(Some(number.to_string())),
            Some((field, other)) => return Err(Wrong::new(field, format!("{} is no name", kind(&other)))),
        }
    }
    Ok(None)
}

/// Takes a field out of a record or its metadata, with the path at which it stood.
fn take(record: &mut Map<String, Value>, name: &str) -> Option<(String, Value)> {
    if let Some(value) = record.shift_remove(name) {
        return Some((name.to_owned(), value));
    }
    let metadata = record.get_mut(METADATA)?.as_object_mut()?;
    Some((format!("{METADATA}.{name}"), metadata.shift_remove(name)?))
}

/// Writes what [`named`] reads into the metadata of a record, and the transcript's other fields beside it. What is
/// there already, and what would then be read as something else, is left out.
pub(super) fn describe(record: &mut Map<String, Value>, transcript: &Transcript) {
    let mut metadata = Map::new();
    for (name, value) in [
        ("conv_id", &transcript.conv_id),
        ("conv_type", &transcript.conv_type),
        ("task", &transcript.task),
        ("task_id", &transcript.task_id),
        ("assistant_model", &transcript.assistant_model),
    ] {
        metadata.insert(name.into(), value.as_str().into());
    }
    let verdict = [("is_correct", &transcript.is_correct), ("score", &transcript.score)];
    for (name, value) in verdict {
        metadata.extend(value.as_ref().map(|value| (name.into(), value.clone())));
    }
    for (name, value) in &transcript.other {
        match value {
            Value::Object(fields) if name == METADATA => {
                for (name, value) in fields.iter().filter(|(name, _)| verdict.iter().all(|(field, _)| field != name)) {
                    metadata.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            value => drop(record.entry(name.clone()).or_insert_with(|| value.clone())),
        }
    }
    record.insert(METADATA.into(), metadata.into());
}

/// What a value is, for errors that must not quote it at length.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
