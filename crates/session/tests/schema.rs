//! The committed JSON Schema is that of the type. `UPDATE_SCHEMAS=1` writes it anew.

use std::path::Path;

use serde_json::{Value, json};
use throughline_session::session_schema;

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/schema/session.schema.json");
    let schema = session_schema();
    if std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())).unwrap();
    }
    let held: Option<Value> = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert!(held == Some(schema), "{} is stale; run this test with UPDATE_SCHEMAS=1", path.display());
}

#[test]
fn lines_are_told_from_what_is_none() {
    let validator = jsonschema::validator_for(&session_schema()).unwrap();
    let at = "2026-01-02T03:04:05.678Z";
    for line in [
        json!({"at": at, "event": "started", "format": 1, "id": "s1"}),
        json!({"at": at, "event": "heard", "turn": {"user": "hi", "edits": [], "findings": [], "decision": "ask", "reply": null}}),
        json!({"at": at, "event": "piece", "text": "so"}),
        json!({"at": at, "event": "replied", "lane": "unmediated", "reason": "stop", "seconds": 1.5}),
        json!({"at": at, "event": "undone"}),
    ] {
        let errors: Vec<String> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{line}");
    }
    for line in [
        json!({"event": "undone"}),
        json!({"at": at, "event": "sneezed"}),
        json!({"at": at, "event": "piece"}),
        json!({"at": at, "event": "kept", "lane": "neither"}),
    ] {
        assert!(!validator.is_valid(&line), "{line}");
    }
}
