//! Which operations a mediator drafted, in the terms of the labels.

use serde::{Deserialize, Serialize};
use throughline_conversation::{Edit, Spec};

/// An operation that a label can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Something new.
    Add,
    /// Something in the place of a clause.
    Revise,
    /// A clause is taken back.
    Withdraw,
    /// Another goal.
    Redirect,
    /// A part of a reply.
    Refer,
    /// An answer to a question.
    Answer,
    /// Something filled in.
    Assume,
    /// Agreement.
    Approve,
    /// Nothing to record.
    Chat,
}

impl Operation {
    /// Those that are judged, in the order of reports: the readings of a user's words. What is assumed is the
    /// mediator's own doing.
    pub const JUDGED: [Self; 8] =
        [Self::Add, Self::Revise, Self::Withdraw, Self::Redirect, Self::Refer, Self::Answer, Self::Approve, Self::Chat];

    /// Its name in labels and edits.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Revise => "revise",
            Self::Withdraw => "withdraw",
            Self::Redirect => "redirect",
            Self::Refer => "refer",
            Self::Answer => "answer",
            Self::Assume => "assume",
            Self::Approve => "approve",
            Self::Chat => "chat",
        }
    }

    /// Whether it takes something out of force.
    pub(super) fn removes(self) -> bool {
        matches!(self, Self::Revise | Self::Withdraw | Self::Redirect)
    }

    /// What an edit of the spec as it was `before` it is in the terms of the labels, where it is a reading of the user's
    /// words. The first goal is something new: labels call it `add`.
    pub(super) fn of(edit: &Edit, before: &Spec) -> Option<Self> {
        Some(match edit {
            Edit::Redirect { .. } if before.goal.is_none() && before.former_goals.is_empty() => Self::Add,
            Edit::Add { .. } => Self::Add,
            Edit::Revise { .. } => Self::Revise,
            Edit::Withdraw { .. } => Self::Withdraw,
            Edit::Redirect { .. } => Self::Redirect,
            Edit::Refer { .. } => Self::Refer,
            Edit::Answer { .. } => Self::Answer,
            Edit::Approve { .. } => Self::Approve,
            Edit::Chat { .. } => Self::Chat,
            // The user's own hands, and the mediator's own words.
            Edit::Confirm { .. } | Edit::Dismiss { .. } | Edit::Pin { .. } | Edit::Assume { .. } | Edit::Ask { .. } => {
                return None;
            }
        })
    }
}
