//! Arguments of `runs` and `merge`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::replay::{Evaluating, Pace};

/// What to do with run directories.
#[derive(Debug, Subcommand)]
pub(crate) enum Runs {
    /// The run directories in these folders: what is done, what failed, mean scores, when they last changed.
    #[command(after_help = "Examples:\n  throughline runs list\n  throughline runs list runs old/runs --json")]
    List {
        /// Folders to look through.
        #[arg(value_name = "DIR", default_value = ".")]
        folders: Vec<PathBuf>,
        /// Print a JSON object for each.
        #[arg(long)]
        json: bool,
    },
    /// One run directory: the experiment, how far each setting is, errors by class, and what it took.
    #[command(after_help = "Example:\n  throughline runs show runs/first")]
    Show {
        /// The run directory.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Try the runs that failed again, and no others, as `replay` was last asked to here.
    #[command(
        after_help = "What was asked for stands in DIR/experiment.toml; the configuration must be the one of then, and is checked to be.\n\nExamples:\n  throughline runs retry-errors runs/first\n  throughline runs retry-errors runs/first --max-cost 5"
    )]
    RetryErrors(RetryErrors),
}

/// Arguments of `runs retry-errors`.
#[derive(Debug, Args)]
pub(crate) struct RetryErrors {
    /// The run directory.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// How it goes on.
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Run directories of one experiment, such as its parts.
    #[arg(required = true, value_name = "DIR")]
    pub(crate) directories: Vec<PathBuf>,
    /// The run directory of the whole; what it holds already stays.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Where two directories hold different recordings of a run, keep that of the one named first, as is right for workers
    /// of a queue: one that is taken for dead, or dies before it can say that a run is done, leaves it to another.
    #[arg(long)]
    pub(crate) keep_first: bool,
}
