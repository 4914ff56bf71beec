//! What can go wrong in planning, recording and replaying.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

use throughline_assistant::AssistantError;
use throughline_conversation::{FoldError, TranscriptError};
use throughline_journal::JournalError;
use throughline_mediator::MediatorError;
use throughline_models::{ModelError, RetryClass};
use throughline_queue::QueueError;
use throughline_tasks::{EvaluationError, SampleError};

/// Why a setting cannot say what the assistant reads.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The setting reads a spec, and there is none.
    #[error("the setting {setting} reads a spec, but no mediator has listened")]
    NoSpec {
        /// The setting.
        setting: &'static str,
    },
    /// The setting reads a rewrite, and there is none.
    #[error("the setting {setting} reads rewritten user turns, but no rewriter has written")]
    NoRewrite {
        /// The setting.
        setting: &'static str,
    },
    /// The spec cannot be rendered.
    #[error("the spec cannot be rendered into a prompt")]
    Render(#[from] AssistantError),
}

/// Why one run failed. The others go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The assistant's model failed.
    #[error("the assistant's model failed")]
    Assistant(#[from] ModelError),
    /// The mediator failed.
    #[error("the mediator failed")]
    Mediator(#[from] MediatorError),
    /// The rewriter's model failed.
    #[error("the rewriter's model failed")]
    Rewriter(#[source] ModelError),
    /// The planner's model failed.
    #[error("the planner's model failed")]
    Planner(#[source] ModelError),
    /// The simulated user's model failed.
    #[error("the user's model failed")]
    User(#[source] ModelError),
    /// The judge's model failed.
    #[error("the judge's model failed")]
    Judge(#[source] ModelError),
    /// What the judge wrote is no JSON.
    #[error("the judge's verdict is no JSON: {verdict:?}")]
    Verdict {
        /// What it wrote.
        verdict: String,
    },
    /// The setting cannot say what the assistant reads.
    #[error("the setting failed")]
    Setting(#[from] SettingError),
    /// The mediator's edits do not fit the spec.
    #[error("the mediator's edits do not fit the spec")]
    Fold(#[from] FoldError),
    /// The setting needs log-probabilities, and the assistant's model gives none.
    #[error(
        "the setting {setting} needs log-probabilities of alternative tokens, and the assistant's model gives none; leave it out, or take a local model"
    )]
    NoEntropy {
        /// The setting.
        setting: &'static str,
    },
    /// The setting needs a role that the cast lacks.
    #[error("the setting {setting} needs a {role}; name a model for the {role}")]
    NoRole {
        /// The setting.
        setting: &'static str,
        /// The role.
        role: &'static str,
    },
    /// The answer could not be judged.
    #[error("the answer could not be judged")]
    Evaluation(#[from] EvaluationError),
    /// The family's score is outside 0 to 1.
    #[error("the evaluator of {task} returned the score {score}, which is outside 0 to 1")]
    Score {
        /// The task family.
        task: String,
        /// The score.
        score: f64,
    },
}

impl RunError {
    /// Who is to blame and how, as one short word or two for tables: `context_overflow`, `unreachable`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Assistant(error)
            | Self::Rewriter(error)
            | Self::Planner(error)
            | Self::User(error)
            | Self::Judge(error)
            | Self::Mediator(MediatorError::Model(error)) => model_error_kind(error),
            Self::Mediator(_) | Self::Fold(_) => "mediator",
            Self::Setting(_) => "prompt",
            Self::NoRole { .. } => "no_role",
            Self::NoEntropy { .. } => "request",
            Self::Verdict { .. } => "judge",
            Self::Score { .. } | Self::Evaluation(_) => "evaluator",
        }
    }

    /// Whether the same run may succeed later.
    pub fn class(&self) -> RetryClass {
        match self {
            Self::Assistant(error)
            | Self::Rewriter(error)
            | Self::Planner(error)
            | Self::User(error)
            | Self::Judge(error)
            | Self::Mediator(MediatorError::Model(error)) => error.retry_class(),
            _ => RetryClass::Permanent,
        }
    }

    /// The role whose call failed.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Assistant(_) | Self::NoEntropy { .. } => "assistant",
            Self::Mediator(_) | Self::Fold(_) => "mediator",
            Self::Rewriter(_) => "rewriter",
            Self::Planner(_) => "planner",
            Self::User(_) => "user",
            Self::Judge(_) | Self::Verdict { .. } => "judge",
            Self::NoRole { role, .. } => role,
            Self::Setting(_) => "setting",
            Self::Score { .. } | Self::Evaluation(_) => "evaluator",
        }
    }
}

fn model_error_kind(error: &ModelError) -> &'static str {
    match error {
        ModelError::Load { .. } | ModelError::NoChatTemplate { .. } => "model_file",
        ModelError::Template { .. } => "chat_template",
        ModelError::ContextOverflow { .. } => "context_overflow",
        ModelError::Unsupported { .. } | ModelError::InvalidRequest { .. } => "request",
        ModelError::SchemaMismatch { .. } => "schema",
        ModelError::Unreachable { .. } => "unreachable",
        ModelError::Timeout { .. } => "timeout",
        ModelError::Authentication { .. } => "authentication",
        ModelError::RateLimited { .. } => "rate_limit",
        ModelError::Endpoint { .. } => "endpoint",
        ModelError::Protocol { .. } => "protocol",
        ModelError::CutStream => "cut_stream",
        ModelError::Cancelled => "cancelled",
        ModelError::Engine { .. } => "engine",
    }
}

/// An error and everything that caused it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

/// Why an experiment cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// No setting has that name.
    #[error("there is no setting {name:?}; known are {known}")]
    UnknownSetting {
        /// The name.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// No user simulator has that name.
    #[error("there is no user simulator {name:?}; known are verbatim, shuffled, model, recorded")]
    UnknownSimulator {
        /// The name.
        name: String,
    },
    /// The user simulator has no user for a sample.
    #[error(
        "sample {task_id} has no recorded conversation, which the user simulator {simulator} repeats; leave the sample out"
    )]
    NoUser {
        /// The sample.
        task_id: String,
        /// The simulator.
        simulator: &'static str,
    },
    /// No task family has that name.
    #[error("sample {task_id}: there is no task {task:?}; known are {known}")]
    UnknownTask {
        /// The sample.
        task_id: String,
        /// The name.
        task: String,
        /// The names that are known.
        known: String,
    },
    /// The samples' file cannot be read.
    #[error("cannot read {}", path.display())]
    ReadSamples {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The samples' file holds something else.
    #[error("{file}")]
    Samples {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: SampleError,
    },
    /// There is nothing to replay.
    #[error("nothing to replay: give at least one {missing}")]
    Empty {
        /// What there is none of.
        missing: &'static str,
    },
    /// A part of the experiment holds nothing.
    #[error(
        "--shard {shard}: there are only {samples} samples, and none is left for this part; split them into at most {samples}"
    )]
    EmptyShard {
        /// The part.
        shard: crate::Shard,
        /// How many samples there are.
        samples: usize,
    },
    /// Some assistants have nobody to play them, or the other way round.
    #[error("there are {assistants} assistants to compare, but {casts} casts")]
    Casts {
        /// Assistants of the plan.
        assistants: usize,
        /// Casts.
        casts: usize,
    },
    /// Two runs would have the same name.
    #[error("{what} {name:?} is given twice")]
    Twice {
        /// What is given twice: `sample` or `setting`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Answers to a sample cannot be judged here.
    #[error("sample {task_id} cannot be replayed here")]
    NotReady {
        /// The sample.
        task_id: String,
        /// What is missing.
        source: EvaluationError,
    },
    /// The sample cannot be revealed piece by piece.
    #[error("sample {task_id} has no shards, which the setting {setting} needs")]
    NoShards {
        /// The sample.
        task_id: String,
        /// The setting.
        setting: &'static str,
    },
    /// A setting needs a role that the cast lacks.
    #[error("the setting {setting} needs a {role}; name a model for the {role}")]
    NoRole {
        /// The setting.
        setting: &'static str,
        /// The role.
        role: &'static str,
    },
    /// The user simulator speaks through a model, and there is none.
    #[error("the user simulator {simulator} needs a user; name a model for the user")]
    NoUserModel {
        /// The simulator.
        simulator: &'static str,
    },
    /// Answers to a sample are judged by a model, and there is none.
    #[error("answers to sample {task_id} are judged by a model; name one for the judge")]
    NoJudge {
        /// The sample.
        task_id: String,
    },
    /// The threshold of `ergo` is none.
    #[error("tau is {tau}; it must be 0 or above")]
    Tau {
        /// The threshold.
        tau: f64,
    },
}

/// Why a run directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `write`, `create`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process writes to the directory.
    #[error("{} is in use by another process; wait until it ends, or use another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The manifest is not one.
    #[error("{}: {reason}; use another directory", path.display())]
    Manifest {
        /// The manifest's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The directory holds transcripts that nothing describes.
    #[error("{} holds transcripts but no manifest.toml; use another directory", path.display())]
    NoManifest {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds another experiment.
    #[error(
        "{} holds another experiment: {field} is {recorded} there and {requested} here; use another directory, or the same settings as before",
        path.display()
    )]
    Mismatch {
        /// The directory.
        path: PathBuf,
        /// The first field of the manifest that differs.
        field: String,
        /// Its value in the manifest.
        recorded: String,
        /// Its value in the experiment that was asked for.
        requested: String,
    },
    /// The folder is no run directory.
    #[error("{} is no run directory: it has no manifest.toml; give a folder that `throughline replay` wrote", path.display())]
    NoDirectory {
        /// The folder.
        path: PathBuf,
    },
    /// No directory was given to merge.
    #[error("nothing to merge; give at least one run directory")]
    NothingToMerge,
    /// A directory would be merged into itself.
    #[error("{} is to be merged and to hold what is merged; name another directory for that", path.display())]
    MergeIntoItself {
        /// The directory.
        path: PathBuf,
    },
    /// Directories to be merged hold different experiments.
    #[error(
        "{} holds another experiment than {}: {field} is {requested} there and {recorded} in the latter; merge parts of one experiment",
        path.display(), first.display()
    )]
    OtherExperiment {
        /// The first directory.
        first: PathBuf,
        /// The one that differs.
        path: PathBuf,
        /// The first field of the manifest that differs.
        field: String,
        /// Its value in the first directory.
        recorded: String,
        /// Its value in the other one.
        requested: String,
    },
    /// Directories to be merged hold different recordings of the same run.
    #[error(
        "the run {conv_id} is in {} and in {}, and not the same; remove it from one of them, or keep the first \
         (--keep-first) where workers of a queue did it twice",
        first.display(), path.display()
    )]
    Unlike {
        /// The run.
        conv_id: String,
        /// A directory that holds it.
        first: PathBuf,
        /// Another one.
        path: PathBuf,
    },
    /// A whole line of a recording is damaged.
    #[error("{} is damaged; mend or move the line, or use another directory", path.display())]
    Transcript {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        source: TranscriptError,
    },
    /// A file of it cannot be read or written, or holds a damaged line.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A transcript cannot be written as JSON.
    #[error("the transcript {conv_id} cannot be written as JSON")]
    Unwritable {
        /// The run.
        conv_id: String,
        /// What serde_json said.
        source: serde_json::Error,
    },
}

/// Why an experiment stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Its run directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The queue that deals its runs out cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
}
