//! Arguments of `view`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `view`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct View {
    /// Files of recorded conversations, run directories, folders, patterns; or a saved chat.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only the conversation of that id, or the one whose id alone begins like that.
    #[arg(long, short, value_name = "ID")]
    pub(crate) conversation: Option<String>,
    /// Print instead of showing a screen: for pipes and screen readers.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Print also instructions, prompts, tokens and other logs of the conversation. On the screen, `d` shows them.
    #[arg(long, requires = "conversation")]
    pub(crate) details: bool,
    /// Leave out what cannot be read, and say how much that was.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scorer: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) no_mouse: bool,
    /// Colours: dark, light, high-contrast or plain. Without it dark, and plain where `NO_COLOR` is set.
    #[arg(long, value_name = "NAME", conflicts_with = "plain")]
    pub(crate) theme: Option<String>,
}
