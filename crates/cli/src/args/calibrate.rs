//! Arguments of `calibrate`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// Labelled conversations, a line each.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The calibration to write. What it holds of other models' readings stays, where it is replaced.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Labelled conversations to validate on that are not fitted to.
    #[arg(long, value_name = "FILE")]
    pub(crate) validate: Option<PathBuf>,
    /// Fit the words alone, and call no model.
    #[arg(long)]
    pub(crate) words: bool,
    /// How many conversations go on at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
}
