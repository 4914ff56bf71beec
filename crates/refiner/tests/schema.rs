//! The committed JSON Schema is that of the type. `UPDATE_SCHEMAS=1` writes it anew.

use std::path::Path;

use serde_json::Value;
use throughline_refiner::experience_schema;

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/schema/experience.schema.json");
    let schema = experience_schema();
    if std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())).unwrap();
    }
    let held: Option<Value> = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert!(held == Some(schema), "{} is stale; run this test with UPDATE_SCHEMAS=1", path.display());
}
