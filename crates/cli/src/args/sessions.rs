//! Arguments of `sessions`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

/// What to do with saved chats.
#[derive(Debug, Subcommand)]
pub(crate) enum Sessions {
    /// All sessions, the one that was changed last first.
    List {
        /// Print a JSON object for each.
        #[arg(long)]
        json: bool,
    },
    /// What was said, understood and replied in a session.
    #[command(after_help = "Examples:\n  throughline sessions show last\n  throughline sessions show 20260102-03")]
    Show {
        /// The session.
        id: String,
    },
    /// Where these words stand: in titles, in what was said and in replies, in any case.
    #[command(
        after_help = "Examples:\n  throughline sessions search fence\n  throughline sessions search how much paint --json"
    )]
    Search {
        /// The words; all of them stand in each place that is found.
        #[arg(required = true)]
        words: Vec<String>,
        /// Print a JSON object for each place.
        #[arg(long)]
        json: bool,
    },
    /// Give a session a title.
    #[command(
        after_help = "Examples:\n  throughline sessions rename last 'Paint for the fence'\n  throughline sessions rename last ''"
    )]
    Rename {
        /// The session.
        id: String,
        /// The title; an empty one takes the title away.
        title: String,
    },
    /// Delete a session.
    #[command(after_help = "Examples:\n  throughline sessions delete 20260102-03 --yes")]
    Delete {
        /// The session.
        id: String,
        /// Delete it indeed. Without this, only what would be deleted is told.
        #[arg(long)]
        yes: bool,
    },
    /// Begin a new session with the first turns of another, and print its name.
    #[command(after_help = "Examples:\n  throughline sessions fork last --turns 2")]
    Fork {
        /// The session.
        id: String,
        /// How many of its turns; all unless given.
        #[arg(long, value_name = "N")]
        turns: Option<usize>,
    },
    /// Write a session in another format.
    #[command(
        after_help = "Examples:\n  throughline sessions export last > fence.md\n  throughline sessions export last --to html -o fence.html\n  throughline sessions export last --to transcript | throughline mediate -\n  throughline sessions export last --to sample -o fence.json"
    )]
    Export {
        /// The session.
        id: String,
        /// The format.
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
        to: ExportFormat,
        /// The file, `-` for standard output.
        #[arg(long, short, value_name = "FILE", default_value = "-")]
        output: PathBuf,
        /// Replace the file if it is there already.
        #[arg(long)]
        force: bool,
    },
}

/// Formats that chats are exported to.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ExportFormat {
    /// To read, and to pass on.
    #[default]
    Markdown,
    /// One page by itself, without scripts.
    Html,
    /// A line of a transcript file, which `view`, `convert` and `mediate` read.
    Transcript,
    /// A sample for `replay`, with the turns as its shards; `task` and `answer` are left for you to fill in.
    Sample,
}
