//! What stands in a spec beside its clauses: references, assumptions, questions.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clause::{ClauseId, Status, id};
use crate::Source;

id! {
    /// Names a reference within its spec: `r1`, `r2`, …
    ReferenceId
}
id! {
    /// Names an assumption within its spec: `a1`, `a2`, …
    AssumptionId
}
id! {
    /// Names a question within its spec: `q1`, `q2`, …
    QuestionId
}

/// A part of an assistant's reply that the user explicitly pointed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// Its name; unique within the spec.
    pub id: ReferenceId,
    /// The part of the reply, verbatim.
    pub text: String,
    /// Where that part stands: turn and span of the assistant's reply.
    pub artifact: Source,
    /// The user's words that point at it.
    pub quote: String,
    /// Where those words stand.
    pub source: Source,
    /// Whether it is in force.
    #[serde(flatten)]
    pub status: Status,
}

/// Something filled in without a word of the user to stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assumption {
    /// Its name; unique within the spec.
    pub id: AssumptionId,
    /// What is assumed.
    pub text: String,
    /// Why it had to be assumed.
    pub reason: String,
    /// What the user made of it.
    #[serde(default, skip_serializing_if = "AssumptionState::is_standing")]
    pub state: AssumptionState,
}

/// Where an assumption stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssumptionState {
    /// In force, as nothing but an assumption.
    #[default]
    Standing,
    /// The user made it their own: this clause says it now.
    ConfirmedBy(ClauseId),
    /// The user took it away.
    Dismissed,
}

impl AssumptionState {
    /// Whether the assistant reads it as an assumption.
    pub fn is_standing(&self) -> bool {
        *self == Self::Standing
    }
}

/// A question that the mediator asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// Its name; unique within the spec.
    pub id: QuestionId,
    /// What was asked.
    pub text: String,
    /// Answers to pick from, where they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The turn after which it was asked.
    pub asked_at: usize,
    /// Whether it still waits for an answer.
    #[serde(flatten)]
    pub state: QuestionState,
}

/// Where a question stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum QuestionState {
    /// Waits for an answer.
    #[default]
    Open,
    /// Answered.
    Answered {
        /// The clause that holds the answer.
        answered_by: ClauseId,
    },
}
