//! What the mediator's model writes: draft edits, under a JSON schema.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_conversation::ClauseKind;

/// What the model writes about one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// What the turn changes.
    pub(crate) edits: Vec<DraftEdit>,
    /// One short question, when something essential is missing; else `null`.
    pub(crate) question: Option<String>,
}

/// One draft edit. Every field is present, so that the grammar stays small and the model has no choice of layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftEdit {
    /// What the clause is about.
    pub(crate) kind: ClauseKind,
    /// What the words do.
    pub(crate) op: Op,
    /// The user's words, copied.
    pub(crate) quote: String,
    /// What is changed, answered or pointed at: `c2`, `q1`, `p3`; else `null`.
    pub(crate) target: Option<String>,
    /// How it reads on its own, where the quote alone would mislead; else `null`.
    pub(crate) text: Option<String>,
}

/// The operations that a model may draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    Add,
    Revise,
    Withdraw,
    Redirect,
    Refer,
    Answer,
    Approve,
    Chat,
}

impl Op {
    /// The operation's name as it stands in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Revise => "revise",
            Self::Withdraw => "withdraw",
            Self::Redirect => "redirect",
            Self::Refer => "refer",
            Self::Answer => "answer",
            Self::Approve => "approve",
            Self::Chat => "chat",
        }
    }
}

/// The JSON Schema of a [`Draft`], self-contained, for constrained output.
pub(crate) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema: Value = settings.into_generator().into_root_schema_for::<Draft>().into();
    // A schema derived from `Option` leaves a field optional; all of them are written, so that the grammar has no
    // alternatives to explore.
    require_all(&mut schema);
    schema
}

fn require_all(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                let names = properties.keys().cloned().map(Value::String).collect();
                object.insert("required".into(), Value::Array(names));
            }
            object.values_mut().for_each(require_all);
        }
        Value::Array(items) => items.iter_mut().for_each(require_all),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_closed_and_self_contained() {
        let schema = schema();
        insta::assert_json_snapshot!(schema);
        assert!(!schema.to_string().contains("$ref"));
    }
}
