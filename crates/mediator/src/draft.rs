//! What the mediator's model writes: draft edits, under a JSON schema.

use std::sync::LazyLock;

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
    /// One short question, when something essential is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) question: Option<String>,
}

/// One draft edit. The common one, an addition, holds two fields: each token that the model writes is time that the
/// user waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftEdit {
    /// What the words do.
    pub(crate) op: Op,
    /// The user's words, copied.
    pub(crate) quote: String,
    /// What is changed, answered or pointed at: `c2`, `q1`, `p3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// How it reads on its own, where the quote alone would mislead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// What the clause is about, where it is no plain fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<ClauseKind>,
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
pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema: Value = settings.into_generator().into_root_schema_for::<Draft>().into();
    drop_null(&mut schema);
    schema
}

/// An optional field is left out, never written as `null`: one way to say it, and fewer tokens.
fn drop_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let only = match object.get("type") {
                Some(Value::Array(kinds)) => kinds.iter().find(|kind| **kind != "null").cloned(),
                _ => None,
            };
            object.extend(only.map(|kind| ("type".to_owned(), kind)));
            object.remove("default");
            let only = match object.get("anyOf") {
                Some(Value::Array(choices)) => choices.iter().find(|choice| choice["type"] != "null").cloned(),
                _ => None,
            };
            if let Some(Value::Object(only)) = only {
                object.remove("anyOf");
                object.extend(only);
            }
            object.values_mut().for_each(drop_null);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null),
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
        assert!(!schema.to_string().contains("$ref") && !schema.to_string().contains("null"));
    }
}
