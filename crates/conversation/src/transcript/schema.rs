//! JSON Schemas of what is written to files.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::Transcript;
use super::log::LogEvent;
use crate::Spec;

/// The JSON Schema of one transcript line, with the log types known here under `$defs/LogEvent`.
pub fn transcript_schema() -> Value {
    let mut generator = generator();
    generator.subschema_for::<LogEvent>();
    generator.into_root_schema_for::<Transcript>().into()
}

/// The JSON Schema of a spec.
pub fn spec_schema() -> Value {
    let schema: Schema = generator().into_root_schema_for::<Spec>();
    schema.into()
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}
