//! Arguments of the commands about what lies on this machine: `models`, `cache`.

use clap::Subcommand;

/// What to do with models.
#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// The models of the catalogue, and which of them are here.
    List,
    /// Fetch a model and verify it.
    Fetch {
        /// A name of the catalogue or a hub name; the default model unless given.
        name: Option<String>,
    },
}

/// What to do with the response cache.
#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// What is in it.
    Stats,
    /// Delete what is in it.
    Clear,
}
