//! Edits: what one user turn changes in the spec.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clause::{ClauseId, NewClause};
use super::items::{Assumption, AssumptionId, Question, QuestionId, Reference};
use crate::Source;

/// One change of the spec. A spec is the fold of all edits so far, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Edit {
    /// Brings in a clause.
    Add {
        /// The clause.
        clause: NewClause,
    },
    /// Puts a clause in the place of another one.
    Revise {
        /// The clause that is replaced.
        target: ClauseId,
        /// The clause that holds instead.
        clause: NewClause,
        /// Whether the replacement is certain.
        removal: Removal,
    },
    /// Takes a clause back.
    Withdraw {
        /// The clause that is taken back.
        target: ClauseId,
        /// The words that take it back; they enter the spec only when the removal is contested.
        clause: NewClause,
        /// Whether the withdrawal is certain.
        removal: Removal,
    },
    /// Sets the goal, in the place of an earlier one if there is one.
    Redirect {
        /// The new goal.
        clause: NewClause,
        /// Whether leaving the earlier goal is certain; of no effect where there is none.
        removal: Removal,
    },
    /// Points at a part of an assistant's reply.
    Refer {
        /// What is pointed at.
        reference: Reference,
    },
    /// Answers a question of the mediator.
    Answer {
        /// The question.
        question: QuestionId,
        /// The answer: a clause of its own, or one in force that says it.
        clause: NewClause,
    },
    /// Fills something in that the user left open.
    Assume {
        /// What is assumed, and why.
        assumption: Assumption,
    },
    /// Makes what was assumed the user's own word.
    Confirm {
        /// The assumption.
        assumption: AssumptionId,
        /// What holds now.
        clause: NewClause,
    },
    /// Takes an assumption away.
    Dismiss {
        /// The assumption.
        assumption: AssumptionId,
        /// The words that take it away.
        source: Source,
    },
    /// Holds a clause fast, so that only the user's own hands take it out of force, or lets it go again.
    Pin {
        /// The clause.
        target: ClauseId,
        /// Whether it is held fast from now on.
        pinned: bool,
        /// The words that say so.
        source: Source,
    },
    /// Agrees with what was understood; adds nothing.
    Approve {
        /// The words that agree.
        source: Source,
    },
    /// Talk with nothing to record.
    Chat {
        /// The words.
        source: Source,
    },
    /// Records a question of the mediator; the one edit that does not come from a user turn.
    Ask {
        /// The question.
        question: Question,
    },
}

/// Whether something may leave force. Taking away must be earned: what is not certain is contested, and both
/// readings stay in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Removal {
    /// True when the older clause leaves force; false when the removal is contested.
    pub earned: bool,
    /// Why, in plain words.
    pub reason: String,
    /// How probable it is that the user wants the older clause out of force, from 0 to 1, where that was estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

impl Edit {
    /// The operation's name as it stands in JSON.
    pub fn op(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Revise { .. } => "revise",
            Self::Withdraw { .. } => "withdraw",
            Self::Redirect { .. } => "redirect",
            Self::Refer { .. } => "refer",
            Self::Answer { .. } => "answer",
            Self::Assume { .. } => "assume",
            Self::Confirm { .. } => "confirm",
            Self::Dismiss { .. } => "dismiss",
            Self::Pin { .. } => "pin",
            Self::Approve { .. } => "approve",
            Self::Chat { .. } => "chat",
            Self::Ask { .. } => "ask",
        }
    }

    /// What the edit takes out of force, and why; `None` for an edit that takes nothing away.
    pub fn removal(&self) -> Option<&Removal> {
        match self {
            Self::Revise { removal, .. } | Self::Withdraw { removal, .. } | Self::Redirect { removal, .. } => {
                Some(removal)
            }
            _ => None,
        }
    }

    /// The clause that this edit brings, if it brings one.
    pub fn clause(&self) -> Option<&NewClause> {
        match self {
            Self::Add { clause }
            | Self::Revise { clause, .. }
            | Self::Withdraw { clause, .. }
            | Self::Redirect { clause, .. }
            | Self::Answer { clause, .. }
            | Self::Confirm { clause, .. } => Some(clause),
            Self::Refer { .. }
            | Self::Assume { .. }
            | Self::Dismiss { .. }
            | Self::Pin { .. }
            | Self::Approve { .. }
            | Self::Chat { .. }
            | Self::Ask { .. } => None,
        }
    }

    /// The words of the turn that this edit accounts for.
    pub fn source(&self) -> Option<Source> {
        match self {
            Self::Refer { reference } => Some(reference.source),
            Self::Approve { source }
            | Self::Chat { source }
            | Self::Dismiss { source, .. }
            | Self::Pin { source, .. } => Some(*source),
            Self::Assume { .. } | Self::Ask { .. } => None,
            Self::Add { .. }
            | Self::Revise { .. }
            | Self::Withdraw { .. }
            | Self::Redirect { .. }
            | Self::Answer { .. }
            | Self::Confirm { .. } => self.clause().map(|clause| clause.source),
        }
    }
}
