//! Arguments of `revise`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `revise`.
#[derive(Debug, Args)]
pub(crate) struct Revise {
    /// The samples, in the study's format.
    pub(crate) samples: PathBuf,
    /// The file to write, `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The seed that quantities, wordings and places are drawn from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// At most so many revised samples.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
}
