//! The Berkeley Function-Calling Leaderboard: questions with functions in one file, possible answers in another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{NotImported, text};
use crate::{Sample, Shard};

/// What the names of categories with calls in other languages than Python contain.
const OTHER_LANGUAGES: [&str; 2] = ["java", "javascript"];

/// A question, with the functions that may be called.
pub(super) struct Question {
    id: String,
    turns: Value,
    functions: Value,
    other: Map<String, Value>,
}

pub(super) fn is_question(record: &Map<String, Value>) -> bool {
    record.contains_key("id") && record.contains_key("question")
}

pub(super) fn is_answer(record: &Map<String, Value>) -> bool {
    record.contains_key("id") && record.contains_key("ground_truth") && !record.contains_key("question")
}

pub(super) fn question(mut record: Map<String, Value>) -> Result<Question, String> {
    let id = text(&mut record, "id")?;
    let turns = record.shift_remove("question").unwrap_or_default();
    // Categories without functions have no calls to judge, and no answers either.
    let functions = record.shift_remove("function").unwrap_or_default();
    Ok(Question { id, turns, functions, other: record })
}

/// The id of a question, and its possible answers.
pub(super) fn answer(mut record: Map<String, Value>) -> Result<(String, Value), String> {
    let id = text(&mut record, "id")?;
    let calls = record.shift_remove("ground_truth").unwrap_or_default();
    Ok((id, calls))
}

/// The sample of a question, which takes its possible answers out of those that are known.
pub(super) fn sample(question: Question, answers: &mut BTreeMap<String, Value>) -> Result<Sample, NotImported> {
    let Question { id, turns, functions, other } = question;
    let calls = answers.remove(&id);
    let category = category(&id);
    if category.split('_').any(|part| OTHER_LANGUAGES.contains(&part)) {
        return Err(NotImported::Language);
    }
    let instruction = instruction(&turns).ok_or(NotImported::Turns)?.to_owned();
    let calls = calls.ok_or(NotImported::Unanswered)?;
    let mut fields = Map::new();
    fields.insert("language".into(), "Python".into());
    fields.insert("test_category".into(), category.into());
    fields.insert("fully_specified_question".into(), turns);
    fields.insert("function".into(), functions);
    fields.insert("reference_answer".into(), calls);
    for (field, value) in other {
        fields.entry(field).or_insert(value);
    }
    Ok(Sample { shards: vec![Shard::new(1, instruction)], task_id: id, task: "actions".into(), fields })
}

/// The category, which stands before the number: `live_simple` of `live_simple_3-2-0`.
fn category(id: &str) -> &str {
    id.trim_end_matches(|end: char| end.is_ascii_digit() || end == '-').trim_end_matches('_')
}

/// The only message of the only turn.
fn instruction(turns: &Value) -> Option<&str> {
    let [turn] = turns.as_array()?.as_slice() else { return None };
    let [message] = turn.as_array()?.as_slice() else { return None };
    message.get("content")?.as_str()
}
