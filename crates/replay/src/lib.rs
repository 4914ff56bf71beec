//! Replaying samples: settings, user simulators, the experiment plan, the run directory and resume.
//!
//! A [`Setting`] decides, by pure functions of what happened so far, what the user says and what the assistant reads now;
//! nothing else here does. A [`Plan`] is the grid of samples, settings and repeats; an [`Experiment`] carries it out and
//! keeps every finished run in a [`RunDirectory`], so that the same experiment, started again after any kind of
//! end, does only what is left. A run that fails is recorded as an error, never as a score.

mod cast;
mod clock;
mod digest;
mod directory;
mod entropy;
mod error;
mod experiment;
mod failure;
mod judge;
mod limits;
mod manifest;
mod plan;
mod recorder;
mod respond;
mod rewriter;
mod run;
mod samples;
mod settings;
mod shard;
mod simulator;
mod tally;
mod worker;

pub use cast::{Cast, Listener, RoleRecord, Roles};
pub use digest::{derive_seed, sha256_hex};
pub use directory::{Merged, Overview, RunDirectory, Unlike, merge};
pub use error::{DirectoryError, PlanError, ReplayError, RunError, SettingError};
pub use experiment::{Experiment, Outcome, Progress, Summary, attempt};
pub use failure::Failure;
pub use judge::Judge;
pub use limits::{Limits, Reached};
pub use manifest::{Manifest, SamplesRecord};
pub use plan::{ERGO_TAU, Grid, Plan, PlannedRun};
pub use respond::{StopReason, response_type};
pub use rewriter::Rewriter;
pub use run::replay;
pub use samples::SampleSet;
pub use settings::{Needs, RenderSpec, Rewrite, Setting, SoFar, Turns, setting, settings};
pub use shard::{Shard, ShardError, ShardRecord};
pub use simulator::{
    ByModel, Heard, JUST_GO, Recorded, Recordings, Said, Shuffled, Simulator, Spent, User, UserModel, Verbatim,
    simulator,
};
pub use tally::{Scores, Tally};

#[cfg(test)]
mod tests;
