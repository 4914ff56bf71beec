//! A conversation as the mediator keeps it: turns with what each changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Edit, Finding, FoldError, Spec};

/// What the mediator decided after a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Something essential is missing: ask the user.
    Ask,
    /// The spec suffices: let the assistant carry it out.
    #[default]
    Proceed,
}

/// One user turn and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// What the user said.
    pub user: String,
    /// What it changed in the spec.
    pub edits: Vec<Edit>,
    /// What the guard noticed.
    pub findings: Vec<Finding>,
    /// Ask or proceed.
    pub decision: Decision,
    /// The assistant's reply; `null` while there is none, and where the mediator asked instead.
    pub reply: Option<String>,
}

/// The turns so far. The spec is derived from them, never stored beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conversation {
    /// The turns, oldest first.
    pub turns: Vec<Turn>,
}

impl Conversation {
    /// All edits so far, in order.
    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        self.turns.iter().flat_map(|turn| &turn.edits)
    }

    /// The spec after all turns.
    ///
    /// # Errors
    /// [`FoldError`] naming the first edit that does not fit.
    pub fn spec(&self) -> Result<Spec, FoldError> {
        Spec::fold(self.edits())
    }

    /// Takes the last turn back, with everything it changed.
    pub fn undo(&mut self) -> Option<Turn> {
        self.turns.pop()
    }
}
