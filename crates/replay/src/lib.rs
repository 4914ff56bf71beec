//! Replaying samples: settings, user simulators, the experiment plan, the run directory and resume.
//!
//! A [`Setting`] is a pure function from what happened so far to what the assistant reads now; nothing else here
//! decides that. A [`Plan`] is the grid of samples, settings and repeats; an [`Experiment`] carries it out and
//! keeps every finished run in a [`RunDirectory`], so that the same experiment, started again after any kind of
//! end, does only what is left. A run that fails is recorded as an error, never as a score.

mod cast;
mod digest;
mod directory;
mod error;
mod experiment;
mod failure;
mod journal;
mod manifest;
mod plan;
mod recorder;
mod respond;
mod run;
mod samples;
mod settings;
mod simulator;

pub use cast::{Cast, Listener, RoleRecord, Roles};
pub use digest::{derive_seed, sha256_hex};
pub use directory::RunDirectory;
pub use error::{DirectoryError, PlanError, ReplayError, RunError, SettingError};
pub use experiment::{Experiment, Progress, Summary};
pub use failure::Failure;
pub use manifest::{Manifest, SamplesRecord};
pub use plan::{Grid, Plan, PlannedRun};
pub use respond::{StopReason, response_type};
pub use run::replay;
pub use samples::SampleSet;
pub use settings::{RenderSpec, Setting, SoFar, Turns, setting, settings};
pub use simulator::{JUST_GO, Said, Verbatim};

#[cfg(test)]
mod tests;
