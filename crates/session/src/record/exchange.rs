//! What happened in a turn, beside what the conversation keeps of it.

use jiff::Timestamp;

use crate::event::{Lane, Replied, Spent};

/// What happened in a turn, beside what the conversation keeps of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// When it was heard.
    pub at: Timestamp,
    /// Whether the user changed the spec with their own hands, rather than said something.
    pub corrected: bool,
    /// What the mediator asked, as it was put.
    pub question: Option<String>,
    /// The name of the mediator's model; empty where none was called.
    pub model: String,
    /// What the calls of the mediator's model took.
    pub spent: Spent,
    /// The steps that the planner proposed.
    pub plan: Option<String>,
    /// What the calls of the planner's model took.
    pub planned: Spent,
    /// What went wrong where no reply was being written.
    pub failures: Vec<Failure>,
    /// The reply to the spec.
    pub mediated: Option<Reply>,
    /// The reply without the mediator.
    pub unmediated: Option<Reply>,
    /// Replies that others took the place of, oldest first.
    pub earlier: Vec<Reply>,
    /// Whose reply counts.
    pub kept: Lane,
}

/// A reply, whole or as far as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// The model's name.
    pub model: String,
    /// What it wrote.
    pub text: String,
    /// How it ended; `None` while it is being written, and where its model failed.
    pub ended: Option<Replied>,
    /// Why it broke off, where its model failed.
    pub failure: Option<String>,
}

/// A model that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Whose model.
    pub role: String,
    /// What was wrong, in words for the user.
    pub message: String,
}

impl Exchange {
    /// The reply of that lane.
    pub fn reply(&self, lane: Lane) -> Option<&Reply> {
        match lane {
            Lane::Mediated => self.mediated.as_ref(),
            Lane::Unmediated => self.unmediated.as_ref(),
        }
    }

    /// Every reply to the turn, also those that others took the place of.
    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.earlier.iter().chain(&self.mediated).chain(&self.unmediated)
    }

    pub(super) fn reply_mut(&mut self, lane: Lane) -> &mut Option<Reply> {
        match lane {
            Lane::Mediated => &mut self.mediated,
            Lane::Unmediated => &mut self.unmediated,
        }
    }
}

impl Reply {
    /// Whether it is being written, as far as the events tell.
    pub fn is_open(&self) -> bool {
        self.ended.is_none() && self.failure.is_none()
    }
}
