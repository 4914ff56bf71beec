//! Arguments of `mediate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `mediate`.
#[derive(Debug, Args)]
pub(crate) struct Mediate {
    /// The conversations, `-` for standard input.
    pub(crate) file: PathBuf,
    /// Print one JSON object for each conversation.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only the first so many conversations.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How many conversations are mediated at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// Judge what was understood by the labels of the conversations, and print tables; with `--json`, one object.
    #[arg(long)]
    pub(crate) evaluate: bool,
    /// What is judged: the mediator, and what else could be made of the user's turns.
    #[arg(
        long,
        value_enum,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "mediated,concat",
        requires = "evaluate"
    )]
    pub(crate) settings: Vec<Understanding>,
    /// An experience file, beside those of the configuration; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long, requires = "evaluate")]
    pub(crate) no_cache: bool,
}

/// What can be made of a conversation without carrying it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Understanding {
    /// The mediator's spec.
    Mediated,
    /// Every user turn word for word; nothing is removed and nothing is asked.
    Concat,
    /// The mediator's drafts as the model wrote them, without the guard.
    Unguarded,
    /// All user turns so far, put into one request by the rewriter.
    FreeRewrite,
}
