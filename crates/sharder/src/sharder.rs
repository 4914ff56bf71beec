//! The sharder's model call: an instruction in, shards out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use throughline_models::{AgentFile, CancellationToken, ChatModel, ModelError, Output, Request};

/// More shards than this no instruction has.
const MOST: usize = 12;
/// How long a quote or a shard can be, in characters.
const LONGEST: usize = 600;

/// Writes shards of instructions.
#[derive(Clone)]
pub struct Sharder {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

/// One shard, as the model wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The words of the instruction that it stands for.
    pub quote: String,
    /// How the user says it.
    pub shard: String,
}

/// What the model wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Written {
    /// Shards, perhaps none.
    Shards(Vec<Piece>),
    /// Nothing that can be read.
    Unreadable,
    /// The instruction is too long for the model.
    TooLong,
}

#[derive(Deserialize)]
struct Reply {
    shards: Vec<Piece>,
}

impl Sharder {
    /// The sharder's agent file, as shipped.
    pub const AGENT: &'static str = include_str!("../../../agents/sharder.md");

    /// A sharder on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// The shards of an instruction. What the model writes is never an error.
    ///
    /// # Errors
    /// [`ModelError`] when the model cannot be called, or the call is cancelled.
    pub async fn shard(&self, instruction: &str, seed: u32, cancel: &CancellationToken) -> Result<Written, ModelError> {
        let text = json!({"type": "string", "minLength": 1, "maxLength": LONGEST});
        let schema = json!({
            "type": "object",
            "properties": {"shards": {"type": "array", "minItems": 1, "maxItems": MOST, "items": {
                "type": "object",
                "properties": {"quote": text, "shard": text},
                "required": ["quote", "shard"],
                "additionalProperties": false,
            }}},
            "required": ["shards"],
            "additionalProperties": false,
        });
        let output = Output::JsonSchema { name: "shards".into(), schema };
        let request = Request { output, ..self.agent.request(instruction.trim(), Some(seed)) };
        let text = match self.model.complete(request, cancel.clone()).await {
            Ok(completion) => completion.text,
            Err(ModelError::SchemaMismatch { .. }) => return Ok(Written::Unreadable),
            Err(ModelError::ContextOverflow { .. }) => return Ok(Written::TooLong),
            Err(error) => return Err(error),
        };
        Ok(serde_json::from_str(&text).map_or(Written::Unreadable, |reply: Reply| Written::Shards(reply.shards)))
    }
}
