//! Arguments of the commands that talk: `demo`, `ask`, `chat`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The run directory.
    #[arg(long, short, value_name = "DIR", default_value = "runs/demo")]
    pub(crate) output: PathBuf,
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The request. What is piped into standard input follows it as quoted content.
    pub(crate) request: Option<String>,
    /// Print a JSON object with the spec, the findings and the reply.
    #[arg(long)]
    pub(crate) json: bool,
    /// Let the planner propose steps first, which the assistant then reads beside the spec.
    #[arg(long)]
    pub(crate) plan: bool,
    /// An experience file, beside those of the configuration; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
}

/// Arguments of `chat`.
#[derive(Debug, Default, Args)]
pub(crate) struct Chat {
    /// Line by line, without a full screen: for pipes and screen readers.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Go on with a saved session: its name or the beginning of it, or `last`.
    #[arg(long, short, value_name = "SESSION")]
    pub(crate) resume: Option<String>,
    /// In so many lines below what the terminal shows. Turns that are over go to its own scrollback, and the mouse is its own.
    #[arg(long, value_name = "LINES", num_args = 0..=1, default_missing_value = "20", conflicts_with = "plain")]
    pub(crate) inline: Option<u16>,
    /// Leave the mouse to the terminal.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) no_mouse: bool,
    /// Colours: dark, light, high-contrast or plain. Without it dark, and plain where `NO_COLOR` is set.
    #[arg(long, value_name = "NAME", conflicts_with = "plain")]
    pub(crate) theme: Option<String>,
    /// Let the planner propose steps first, which the assistant then reads beside the spec.
    #[arg(long)]
    pub(crate) plan: bool,
    /// An experience file, beside those of the configuration; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
}
