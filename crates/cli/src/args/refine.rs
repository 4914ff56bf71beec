//! Arguments of `refine`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Evaluating;

/// Arguments of `refine`.
#[derive(Debug, Args)]
pub(crate) struct Refine {
    /// Run directories or files of transcripts.
    #[arg(required = true, value_name = "RUNS")]
    pub(crate) runs: Vec<PathBuf>,
    /// The samples that were replayed, in the study's format: the whole instructions are taken from them.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(crate) samples: Vec<PathBuf>,
    /// The experience file to write.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Keep the failed conversations themselves, each beside its whole instruction, instead of rules.
    #[arg(long)]
    pub(crate) raw: bool,
    /// Whose prompt the experience enters.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) reader: ReaderRole,
    /// At most so many rules or conversations.
    #[arg(long, value_name = "N", default_value = "6")]
    pub(crate) most: std::num::NonZeroUsize,
    /// At most so many words in the reader's prompt, so that rules and conversations can be compared at equal cost.
    #[arg(long, value_name = "N")]
    pub(crate) words: Option<usize>,
    /// The share of the samples that is kept aside for the validation.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    pub(crate) aside: f64,
    /// How often each sample kept aside is replayed, without and with the experience.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeats: u32,
    /// The seed that every draw is derived from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// How many conversations go on at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// The assistant's temperature in the validation; 1 as in the study.
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    pub(crate) temperature: f32,
    /// The most tokens of a reply in the validation, instead of that of the agent file.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u32>,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}

/// A role whose prompt experience can enter.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ReaderRole {
    /// Who listens to the user.
    #[default]
    Mediator,
    /// Who carries the spec out.
    Assistant,
}

fn share(part: &str) -> Result<f64, String> {
    let parsed = part.parse().ok().filter(|share: &f64| 0.0 < *share && *share < 1.0);
    parsed.ok_or_else(|| "a number between 0 and 1".to_owned())
}
