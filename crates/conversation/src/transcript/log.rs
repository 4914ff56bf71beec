//! Observations in a trace: the study's log types, and ours beside them.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Decision, Edit, Finding};

/// A typed view of a log entry's content. Types and fields that are not named here stay in the entry as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
#[schemars(transform = with_older_names)]
pub enum LogEvent {
    /// The user turn before it revealed this shard. Older recordings call it `hint_revealed`, with `hint_id`.
    #[serde(rename = "shard_revealed", alias = "hint_revealed")]
    ShardRevealed {
        /// The shard.
        #[serde(alias = "hint_id")]
        shard_id: i64,
    },
    /// The reply before it was classified.
    #[serde(rename = "system-verification")]
    SystemVerification {
        /// The classification.
        response: Verification,
    },
    /// The answer attempt before it was evaluated. As in a transcript, either verdict field may be `null`.
    #[serde(rename = "answer-evaluation")]
    AnswerEvaluation {
        /// The answer, as extracted from the reply.
        exact_answer: Value,
        /// Whether it is right.
        #[serde(default)]
        is_correct: Option<bool>,
        /// Its score from 0 to 1.
        #[serde(default)]
        score: Option<f64>,
        /// What else the evaluator returned.
        #[serde(default)]
        evaluation_return: Value,
    },
    /// The conversation ended with a right answer.
    #[serde(rename = "conversation-completed")]
    ConversationCompleted {
        /// Always true in recordings.
        is_correct: bool,
    },
    /// What the mediator understood of the user turn before it (ours).
    #[serde(rename = "spec-edit")]
    SpecEdit {
        /// Index of the user turn, from 0.
        turn: usize,
        /// What it changed in the spec.
        edits: Vec<Edit>,
        /// What the guard noticed.
        findings: Vec<Finding>,
        /// Ask or proceed.
        decision: Decision,
    },
    /// The mediator asked; its words stand in the assistant entry behind this one (ours).
    #[serde(rename = "question")]
    Question {
        /// Index of the user turn before it, from 0.
        turn: usize,
        /// What was asked.
        text: String,
    },
    /// The rewriter put the user turns so far into one request, which the assistant read in their place (ours).
    #[serde(rename = "rewrite")]
    Rewrite {
        /// Index of the last user turn that the request stands for, from 0.
        turn: usize,
        /// The request.
        text: String,
    },
    /// The planner proposed steps, which the assistant read beside the spec (ours).
    #[serde(rename = "plan")]
    Plan {
        /// Index of the user turn before it, from 0.
        turn: usize,
        /// The steps.
        text: String,
    },
    /// The assistant's reply to the user turn before was set aside and given again, as its setting demands (ours).
    #[serde(rename = "reply-dropped")]
    ReplyDropped {
        /// Index of the user turn, from 0.
        turn: usize,
        /// The reply that nobody read.
        text: String,
        /// Its mean next-token entropy in nats, where that was measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entropy: Option<f64>,
    },
    /// What a model call cost (ours).
    #[serde(rename = "usage")]
    Usage {
        /// The role that called: `mediator`, `assistant`, …
        role: String,
        /// The tokens.
        #[serde(flatten)]
        tokens: TokenUsage,
        /// How long the call took, in seconds.
        seconds: f64,
    },
    /// How sure the assistant was of the reply before it (ours).
    #[serde(rename = "confidence")]
    Confidence {
        /// From 0 to 1.
        value: f64,
        /// How it was measured.
        method: String,
    },
    /// Something went wrong that is not the model's doing (ours).
    #[serde(rename = "fault")]
    Fault {
        /// Who is at fault: `simulator`, `mediator`, …
        role: String,
        /// What happened.
        message: String,
    },
}

/// The schema does not know the names under which older recordings hold a type or a field; this adds them.
fn with_older_names(schema: &mut Schema) {
    let older = json!({
        "description": "What older recordings call `shard_revealed`.",
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": "hint_revealed"},
            "hint_id": {"type": "integer", "format": "int64"},
            "shard_id": {"type": "integer", "format": "int64"}
        },
        "required": ["type"],
        "oneOf": [{"required": ["hint_id"]}, {"required": ["shard_id"]}]
    });
    if let Some(Value::Array(variants)) = schema.get_mut("oneOf") {
        variants.push(older);
    }
}

/// How a reply was classified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// `answer_attempt`, `clarification`, `interrogation`, `discussion`, `hedge`, `refuse`, `missing`; recordings
    /// hold others as well.
    pub response_type: String,
}

/// Tokens that a model call read and wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenUsage {
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Tokens of the reply.
    pub completion_tokens: u64,
}

impl std::ops::AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
    }
}

impl LogEvent {
    /// Reads the content of a log entry; `None` for a type not known here or one that lacks its fields.
    pub fn from_content(content: &Map<String, Value>) -> Option<Self> {
        Self::deserialize(content).ok()
    }

    /// The content of a log entry.
    pub fn to_content(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(content)) => content,
            // A derived, internally tagged enum always serialises to an object.
            Ok(_) | Err(_) => Map::new(),
        }
    }
}
