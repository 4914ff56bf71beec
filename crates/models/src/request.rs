//! What is asked of a model.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_conversation::Message;

use crate::ModelError;

/// The most alternatives a token's log-probability can be reported with.
const TOP_LOGPROBS_MAX: u8 = 20;

/// How tokens are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Temperature, 0 or above; 0 always takes the likeliest token.
    pub temperature: f32,
    /// Nucleus: the likeliest tokens up to this share of probability, above 0 up to 1.
    pub top_p: f32,
    /// At most this many tokens are written.
    pub max_tokens: u32,
    /// Repeats the draw where the backend is deterministic; `None` leaves it to the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// Texts that end the reply; they are not part of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_p: 1.0, max_tokens: 1000, seed: None, stop: Vec::new() }
    }
}

/// What form the reply must have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub enum Output {
    /// Any text.
    #[default]
    Text,
    /// JSON that fits this schema.
    JsonSchema {
        /// A name for the schema: letters, digits, `-` and `_`.
        name: String,
        /// The schema.
        schema: Value,
    },
    /// Text that fits this GBNF grammar, whose start rule is `root`.
    Grammar(String),
}

/// One call of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Request {
    /// What the model reads; it replies as the assistant.
    pub messages: Vec<Message>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// What form the reply must have.
    pub output: Output,
    /// Report each token's log-probability, with this many of the likeliest alternatives (0 to 20).
    pub logprobs: Option<u8>,
}

impl Request {
    /// A request for any text.
    pub fn new(messages: Vec<Message>, sampling: Sampling) -> Self {
        Self { messages, sampling, ..Self::default() }
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// [`ModelError::InvalidRequest`] when there are no messages, a sampling setting or the number of alternatives is
    /// out of its range, a stop text is empty, or the output's schema or grammar cannot be one.
    pub fn validate(&self) -> Result<(), ModelError> {
        self.fault().map_or(Ok(()), |reason| Err(ModelError::InvalidRequest { reason }))
    }

    fn fault(&self) -> Option<String> {
        if self.messages.is_empty() {
            return Some("it has no messages".into());
        }
        if let Some(top) = self.logprobs.filter(|top| *top > TOP_LOGPROBS_MAX) {
            return Some(format!("logprobs asks for {top} alternatives; at most {TOP_LOGPROBS_MAX} can be reported"));
        }
        self.sampling.fault().or_else(|| self.output.fault())
    }
}

impl Sampling {
    fn fault(&self) -> Option<String> {
        if !self.temperature.is_finite() || self.temperature < 0.0 {
            return Some(format!("temperature is {}; it must be 0 or above", self.temperature));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Some(format!("top_p is {}; it must be above 0 and at most 1", self.top_p));
        }
        if self.max_tokens == 0 {
            return Some("max_tokens is 0; it must be 1 or above".into());
        }
        self.stop.iter().any(String::is_empty).then(|| "a stop text is empty".into())
    }
}

impl Output {
    fn fault(&self) -> Option<String> {
        match self {
            Self::Text => None,
            Self::JsonSchema { name, .. } if !is_schema_name(name) => {
                Some(format!("the JSON schema's name {name:?} must be 1 to 64 letters, digits, `-` or `_`"))
            }
            Self::JsonSchema { name, schema } => jsonschema::meta::validate(schema).err().map(|error| {
                format!("the JSON schema {name:?} is not valid at {:?}: {error}", error.instance_path().as_str())
            }),
            Self::Grammar(grammar) => grammar.trim().is_empty().then(|| "the grammar is empty".into()),
        }
    }
}

fn is_schema_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(change: impl FnOnce(&mut Request)) -> String {
        let mut request = Request::new(vec![Message::user("Hi")], Sampling::default());
        request.validate().unwrap();
        change(&mut request);
        match request.validate() {
            Err(ModelError::InvalidRequest { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        assert!(reason(|r| r.messages.clear()).contains("messages"));
        assert!(reason(|r| r.sampling.temperature = f32::NAN).contains("temperature"));
        assert!(reason(|r| r.sampling.temperature = -0.1).contains("temperature"));
        assert!(reason(|r| r.sampling.top_p = 0.0).contains("top_p"));
        assert!(reason(|r| r.sampling.top_p = f32::NAN).contains("top_p"));
        assert!(reason(|r| r.sampling.max_tokens = 0).contains("max_tokens"));
        assert!(reason(|r| r.sampling.stop.push(String::new())).contains("stop"));
        assert!(reason(|r| r.logprobs = Some(21)).contains("21"));
    }

    #[test]
    fn a_schema_that_is_none_is_named() {
        let schema = |name: &str, schema| Output::JsonSchema { name: name.into(), schema };
        assert!(reason(|r| r.output = schema("a b", json!({}))).contains("a b"));
        assert!(reason(|r| r.output = schema("edits", json!({"type": "objekt"}))).contains("/type"));
        assert!(reason(|r| r.output = schema("edits", json!([1]))).contains("edits"));
        assert!(reason(|r| r.output = schema("edits", json!({"$schema": "gopher://none"}))).contains("edits"));
        assert!(reason(|r| r.output = Output::Grammar(" \n".into())).contains("grammar"));
    }
}
