//! Arguments of `import`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files of the packages, also compressed with gzip.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The file to write, `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// At most so many samples.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
}
