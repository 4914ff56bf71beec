//! HumanEval: functions to complete, tested by assertions.

use serde_json::{Map, Value, json};

use super::text;
use crate::{Sample, Shard};

/// Whether a record is one of HumanEval, complete or not.
pub(super) fn is_one(record: &Map<String, Value>) -> bool {
    record.contains_key("task_id") && record.contains_key("prompt") && !record.contains_key("shards")
}

/// The sample. Its tests are the source of `check(candidate)`; the solution stands beside, for checks alone, and is made
/// whole: HumanEval gives what follows the prompt.
pub(super) fn sample(mut record: Map<String, Value>) -> Result<Sample, String> {
    let task_id = text(&mut record, "task_id")?;
    let prompt = text(&mut record, "prompt")?;
    let name = text(&mut record, "entry_point")?;
    let test = text(&mut record, "test")?;
    let mut fields = Map::new();
    fields.insert("source".into(), "humaneval".into());
    fields.insert("metadata".into(), json!({ "func_name": name }));
    fields.insert("test".into(), test.into());
    if let Ok(solution) = text(&mut record, "canonical_solution") {
        fields.insert("canonical_solution".into(), format!("{prompt}{solution}").into());
    }
    let shards = vec![Shard::new(1, prompt.trim())];
    fields.insert("prompt".into(), prompt.into());
    for (field, value) in record {
        fields.entry(field).or_insert(value);
    }
    Ok(Sample { task_id, task: "code".into(), shards, fields })
}
