//! Arguments of `convert`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// Files of recorded conversations, folders with them, patterns, `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The file to write, compressed if it ends in .gz or .zst; `-` for standard output. For inspect-ai, a file that ends
    /// in .eval, or a folder for a log of each task, setting and model.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The format to write.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) to: Target,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
    /// Leave out what cannot be read, and say how much that was.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scorer: Option<String>,
}

/// Formats that conversations are written in, all but the last one a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// Transcripts with everything that was read.
    #[default]
    Throughline,
    /// Transcripts with the study's log types alone.
    Study,
    /// `messages` with `role` and `content`.
    Openai,
    /// `conversations` with `from` and `value`.
    Sharegpt,
    /// Transcripts without a word of what was said: verdicts, shards, tokens and time, for figures that can be passed on.
    Figures,
    /// Logs of inspect_ai.
    InspectAi,
}
