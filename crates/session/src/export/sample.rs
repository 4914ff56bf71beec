//! A chat as a sample that lacks what no chat holds.

use serde_json::{Value, json};
use throughline_conversation::Clause;

use crate::record::Record;

/// The chat as a sample in the study's format: what the user said in each turn is a shard, and the spec in the end is the
/// whole instruction. `task` and `answer` are empty: which task family judges it, and what is right, is for a person to
/// fill in.
pub fn sample(record: &Record) -> Value {
    let said = record.conversation.turns.iter().map(|turn| turn.user.trim()).filter(|said| !said.is_empty());
    let shards: Vec<Value> = (1..).zip(said).map(|(id, said)| json!({ "shard_id": id, "shard": said })).collect();
    let clause = |clause: &Clause| clause.said.text.trim().to_owned();
    let question = record.spec().active().map(clause).collect::<Vec<_>>().join("\n");
    json!({ "task_id": record.id, "task": "", "question": question, "answer": "", "shards": shards })
}
