//! Arguments of `shard`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;

use super::Evaluating;

/// Arguments of `shard`.
#[derive(Debug, Args)]
pub(crate) struct Shard {
    /// The instructions: samples of the study's format, whose shards, if they have any, do not count.
    pub(crate) instructions: PathBuf,
    /// The file to write the sharded samples to. Beside it: FILE.drafts.jsonl, what the model wrote; FILE.review.jsonl,
    /// what was rejected and what a person must look at; FILE.runs, the runs of --verify.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Let the assistant answer each sample so often in full, concat and shuffle-concat, and reject those of which concat
    /// or shuffle-concat falls below 0.8 of full.
    #[arg(long, value_name = "N")]
    pub(crate) verify: Option<NonZeroU32>,
    /// Only the first so many instructions.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The seed that every draw is derived from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// The assistant's temperature in the runs of --verify.
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    pub(crate) temperature: f64,
    /// The most tokens of a reply in the runs of --verify, instead of that of the agent file.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<NonZeroU32>,
    /// How many conversations go on at a time.
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}
