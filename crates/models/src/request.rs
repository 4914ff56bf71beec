//! What is asked of a model.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_conversation::Message;

use crate::ModelError;

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
#[derive(Clone, Debug, Default, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
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

    /// Checks what every backend would refuse, before anything is sent or decoded.
    ///
    /// # Errors
    /// [`ModelError::InvalidRequest`], naming the field.
    pub fn validate(&self) -> Result<(), ModelError> {
        let Sampling { temperature, top_p, max_tokens, .. } = self.sampling;
        let reason = if self.messages.is_empty() {
            "it has no messages".to_owned()
        } else if !(temperature.is_finite() && temperature >= 0.0) {
            format!("temperature is {temperature}; it must be 0 or above")
        } else if !(top_p > 0.0 && top_p <= 1.0) {
            format!("top_p is {top_p}; it must be above 0 and at most 1")
        } else if max_tokens == 0 {
            "max_tokens is 0; it must be 1 or above".to_owned()
        } else if self.logprobs.is_some_and(|top| top > 20) {
            "logprobs asks for more than 20 alternatives".to_owned()
        } else {
            return Ok(());
        };
        Err(ModelError::InvalidRequest { reason })
    }
}
