//! The committed JSON Schemas are those of the types, and recorded conversations are valid by them.
//!
//! After a change of the types, `UPDATE_SCHEMAS=1 cargo test -p throughline-conversation --test schemas` writes them
//! anew.

#![expect(clippy::unwrap_used, reason = "a test: it may fail, and says when it skips")]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use throughline_conversation::{
    Conversation, Decision, Edit, Entry, Header, LogEvent, Role, TokenUsage, Transcript, Turn, spec_schema,
    transcript_schema,
};

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/schema").join(format!("{name}.schema.json"))
}

fn check_committed(name: &str, schema: &Value) {
    let path = committed(name);
    if std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1") {
        fs::write(&path, format!("{}\n", serde_json::to_string_pretty(schema).unwrap())).unwrap();
    }
    let held: Option<Value> = fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert!(held.as_ref() == Some(schema), "{} is stale; run this test with UPDATE_SCHEMAS=1", path.display());
}

#[test]
fn the_committed_schemas_are_current() {
    check_committed("transcript", &transcript_schema());
    check_committed("spec", &spec_schema());
}

/// The schema of one of the definitions within a schema.
fn definition(schema: &Value, name: &str) -> Validator {
    let schema = json!({"$defs": schema["$defs"], "$ref": format!("#/$defs/{name}")});
    jsonschema::validator_for(&schema).unwrap()
}

fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn recorded_lines_are_valid() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let shared = std::env::var_os("THROUGHLINE_SHARED").map_or_else(|| root.join("shared"), PathBuf::from);
    let folder = shared.join("data/lost-in-conversation/transcripts");
    if !folder.is_dir() {
        eprintln!("skipped: there are no recordings in {}", folder.display());
        return;
    }
    let schema = transcript_schema();
    let (line_schema, event_schema) = (jsonschema::validator_for(&schema).unwrap(), definition(&schema, "LogEvent"));
    for (file, lines) in [("math", 900), ("actions", 630), ("snowball-actions-gpt-4o-mini", 105)] {
        let text = fs::read_to_string(folder.join(file).with_extension("jsonl")).unwrap();
        assert_eq!(text.lines().count(), lines, "{file}");
        for (number, line) in text.lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(errors(&line_schema, &line), Vec::<String>::new(), "{file}, line {}", number + 1);
            for entry in line["trace"].as_array().unwrap() {
                // What the types know as an event is one by the schema, and the reverse.
                let known = entry["content"].as_object().and_then(LogEvent::from_content).is_some();
                assert_eq!(known, event_schema.is_valid(&entry["content"]), "{file}, line {}: {entry}", number + 1);
            }
        }
    }
}

/// One edit of each kind, with every status that a clause can come to.
fn edits() -> Vec<Edit> {
    let source = json!({"turn": 0, "span": {"start": 0, "end": 6}});
    let clause = |id| json!({"id": id, "text": "6 rows", "quote": "6 rows", "source": source, "kind": "fact"});
    let sure = |earned| json!({"earned": earned, "reason": "said so"});
    let edits = json!([
        {"op": "redirect", "clause": clause("c1"), "removal": sure(true)},
        {"op": "redirect", "clause": clause("c2"), "removal": sure(true)},
        {"op": "add", "clause": clause("c3")},
        {"op": "revise", "target": "c3", "clause": clause("c4"), "removal": sure(true)},
        {"op": "revise", "target": "c4", "clause": clause("c5"), "removal": sure(false)},
        {"op": "withdraw", "target": "c4", "clause": clause("c6"), "removal": sure(true)},
        {"op": "ask", "question": {"id": "q1", "text": "how many?", "choices": ["5", "6"], "asked_at": 0, "state": "open"}},
        {"op": "ask", "question": {"id": "q2", "text": "what for?", "asked_at": 0, "state": "open"}},
        {"op": "answer", "question": "q1", "clause": clause("c7")},
        {"op": "assume", "assumption": {"id": "a1", "text": "tulips", "reason": "left open"}},
        {"op": "refer", "reference": {
            "id": "r1", "text": "a plan", "artifact": source, "quote": "6 rows", "source": source, "status": "active"
        }},
        {"op": "approve", "source": source},
        {"op": "chat", "source": source}
    ]);
    serde_json::from_value(edits).unwrap()
}

fn ours() -> Transcript {
    let mut transcript = Transcript::new(Header {
        conv_id: "run-1".into(),
        conv_type: "mediated".into(),
        task: "math".into(),
        task_id: "throughline-math-01".into(),
        dataset_fn: "math.json".into(),
        assistant_model: "small".into(),
        system_model: "NA".into(),
        user_model: "NA".into(),
        git_version: "0.1.0".into(),
    });
    let decision = Decision::Proceed;
    let tokens = TokenUsage { prompt_tokens: 12, completion_tokens: 3 };
    let events = [
        LogEvent::ShardRevealed { shard_id: 1 },
        LogEvent::SpecEdit { turn: 0, edits: edits(), findings: Vec::new(), decision },
        LogEvent::Question { turn: 0, text: "how many?".into() },
        LogEvent::Usage { role: "assistant".into(), tokens, seconds: 0.5 },
        LogEvent::Confidence { value: 0.9, method: "mean log-probability".into() },
        LogEvent::Fault { role: "simulator".into(), message: "said nothing".into() },
        LogEvent::ConversationCompleted { is_correct: true },
    ];
    transcript.trace.push(Entry::said(Role::User, "6 rows").at("2026-01-01 00:00:00"));
    transcript.trace.extend(events.iter().map(Entry::observed));
    transcript.set_score(1.0);
    transcript
}

#[test]
fn what_we_write_is_valid() {
    let schema = transcript_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let transcript = ours();
    let line = serde_json::to_value(&transcript).unwrap();
    assert_eq!(errors(&validator, &line), Vec::<String>::new());
    let event_schema = definition(&schema, "LogEvent");
    assert_eq!(transcript.trace.iter().filter_map(Entry::log).count(), transcript.trace.len() - 1);
    for entry in line["trace"].as_array().unwrap().iter().skip(1) {
        assert_eq!(errors(&event_schema, &entry["content"]), Vec::<String>::new(), "{entry}");
    }

    let conversation = Conversation { turns: vec![Turn { edits: edits(), ..Turn::default() }] };
    let spec = serde_json::to_value(conversation.spec().unwrap()).unwrap();
    assert_eq!(errors(&jsonschema::validator_for(&spec_schema()).unwrap(), &spec), Vec::<String>::new());
}

#[test]
fn what_is_no_transcript_is_invalid() {
    let validator = jsonschema::validator_for(&transcript_schema()).unwrap();
    let valid = serde_json::to_value(ours()).unwrap();
    for (field, value) in [
        ("/conv_id", json!(5)),
        ("/score", json!("1.0")),
        ("/is_correct", json!([])),
        ("/trace", json!({})),
        ("/trace/0/role", json!("narrator")),
        ("/trace/0/content", json!({"type": "question"})),
        ("/trace/1/content", json!("a text")),
        ("/trace/1/content", json!({"shard_id": 1})),
    ] {
        let mut line = valid.clone();
        *line.pointer_mut(field).unwrap() = value;
        assert!(!validator.is_valid(&line), "{field}");
    }
}
