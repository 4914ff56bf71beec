//! User simulators: what the simulated user says in each turn, and which shards that reveals.
//!
//! A [`Simulator`] makes a [`User`] for each run. To add one: a file here, and a line in [`simulator`] unless it needs more
//! than its name.

mod model;
mod order;
mod recorded;
mod script;
mod shuffled;
mod verbatim;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use throughline_conversation::TokenUsage;
use throughline_models::{Calls, CancellationToken};
use throughline_tasks::{Sample, Shard};

use crate::{Cast, PlanError, PlannedRun, RunError};

pub use model::{ByModel, UserModel};
pub use recorded::{Recorded, Recordings};
pub use shuffled::Shuffled;
pub use verbatim::Verbatim;

/// What the simulated user says when it is asked and has nothing left to tell. The mediator must then proceed.
pub const JUST_GO: &str = "Just go ahead with what you have.";

/// What a model call of the user took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent {
    /// Its tokens, as far as the model told.
    pub tokens: Option<TokenUsage>,
    /// How long it took.
    pub elapsed: Duration,
    /// The call itself.
    pub calls: Calls,
}

/// One user turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The words.
    pub text: String,
    /// The shards that they reveal, in the order in which they do; empty where they reveal nothing.
    pub reveals: Vec<i64>,
    /// Whether the user wants the others to go ahead: the mediator must then proceed.
    pub go_ahead: bool,
    /// What went wrong in finding the words, a sentence each.
    pub faults: Vec<String>,
    /// What finding them took.
    pub spent: Vec<Spent>,
}

impl Said {
    /// A turn that reveals these shards.
    pub fn revealing(text: impl Into<String>, reveals: Vec<i64>) -> Self {
        Self { text: text.into(), reveals, ..Self::default() }
    }

    /// A turn that says a shard as it is.
    fn shard(run: &PlannedRun<'_>, shard: &Shard) -> Self {
        Self::revealing(run.family.says(run.sample, shard), vec![shard.shard_id])
    }

    /// A turn that reveals nothing and asks the others to go ahead.
    pub fn going_ahead(text: impl Into<String>) -> Self {
        Self { text: text.into(), go_ahead: true, ..Self::default() }
    }
}

/// The conversation as the user knows it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// What the user told in each turn, oldest first, without what the setting adds to it.
    pub told: &'a [String],
    /// What the user was told in turn: replies, and questions of the mediator.
    pub replies: &'a [String],
    /// Whether the last of them is a question of the mediator.
    pub asked: bool,
}

/// The user of one run.
pub trait User: Send {
    /// The next user turn. A user who was asked always says something; otherwise the conversation ends where there is
    /// nothing left to tell (`None`).
    fn next_turn<'a>(
        &'a mut self,
        heard: Heard<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Option<Said>, RunError>>;
}

/// A user simulator: makes the users of an experiment's runs. What it draws is drawn from the run's seed.
pub trait Simulator: Send + Sync {
    /// The simulator's name in commands, manifests and transcripts.
    fn name(&self) -> &'static str;

    /// What else tells it from others of its name, for manifests and names of runs: a hash of what its users say.
    fn identity(&self) -> Option<&str> {
        None
    }

    /// Whether its users speak through a model, the role `user`.
    fn needs_model(&self) -> bool {
        false
    }

    /// Whether it has a user for this sample.
    fn covers(&self, _sample: &Sample) -> bool {
        true
    }

    /// The recorded conversation whose user turns a run repeats, by its `conv_id`.
    fn source(&self, _run: &PlannedRun<'_>) -> Option<&str> {
        None
    }

    /// The user of a run.
    ///
    /// # Errors
    /// [`RunError`] where the cast lacks what the user needs.
    fn user<'a>(&'a self, run: &'a PlannedRun<'a>, cast: &'a Cast) -> Result<Box<dyn User + 'a>, RunError>;
}

/// The simulator of that name, of those that need nothing else.
///
/// # Errors
/// [`PlanError::UnknownSimulator`], which lists the names that are known.
pub fn simulator(name: &str) -> Result<Arc<dyn Simulator>, PlanError> {
    match name {
        Verbatim::NAME => Ok(Arc::new(Verbatim)),
        Shuffled::NAME => Ok(Arc::new(Shuffled)),
        ByModel::NAME => Ok(Arc::new(ByModel)),
        other => Err(PlanError::UnknownSimulator { name: other.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
