//! The run directory: an experiment's manifest, its transcripts and its errors.
//!
//! A run counts as finished once its line in `transcripts.jsonl` is on the disk, and never before. Only one process
//! at a time writes to a directory.

mod look;
mod merge;

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use throughline_conversation::Transcript;
use throughline_journal::{Journal, JournalError};

use crate::manifest::Difference;
use crate::{DirectoryError, Failure, Manifest, Tally};

pub use look::Overview;
pub use merge::{Merged, Unlike, merge};

/// An experiment's folder, open for writing.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    transcripts: Journal,
    errors: Journal,
    finished: HashSet<String>,
    failures: BTreeMap<String, Failure>,
    tally: Tally,
    dropped: usize,
    /// Held as long as the directory is open; the system releases it however the process ends.
    _lock: File,
}

impl RunDirectory {
    /// The manifest's file name.
    pub const MANIFEST: &'static str = "manifest.toml";
    /// The transcripts' file name: one line a finished run, in the order in which they finished.
    pub const TRANSCRIPTS: &'static str = "transcripts.jsonl";
    /// The error records' file name: one [`Failure`] a line.
    pub const ERRORS: &'static str = "errors.jsonl";
    const LOCK: &'static str = ".lock";

    /// Opens the directory of an experiment, and creates it where there is none. A line that was being written when
    /// an earlier process was killed is dropped; its run is not finished.
    ///
    /// # Errors
    /// [`DirectoryError`] when the directory cannot be written, is in use, holds another experiment or is damaged.
    pub fn open(path: &Path, manifest: &Manifest) -> Result<Self, DirectoryError> {
        std::fs::create_dir_all(path).map_err(failed("create", path))?;
        let lock = lock(path)?;
        settle_manifest(path, manifest)?;

        let (mut finished, mut tally) = (HashSet::new(), Tally::default());
        let file = path.join(Self::TRANSCRIPTS);
        let (transcripts, tail) = Journal::open(&file, appendable(&file)?, is_transcript, |text, line| {
            let transcript = transcript(&file, text, line)?;
            tally.add(&transcript);
            finished.insert(transcript.conv_id);
            Ok::<_, DirectoryError>(())
        })?;
        if tail.unfinished > 0 {
            tracing::warn!(file = %file.display(), bytes = tail.unfinished, "dropped an unfinished last line");
        }

        let mut failures = BTreeMap::new();
        let file = path.join(Self::ERRORS);
        let (errors, _) = Journal::open(&file, appendable(&file)?, is_failure, |text, line| {
            let failure = failure(&file, text, line)?;
            tally.add_failure(&failure);
            failures.insert(failure.conv_id.clone(), failure);
            Ok::<_, DirectoryError>(())
        })?;
        failures.retain(|conv_id, _| !finished.contains(conv_id));
        sync_folder(path)?;
        let dropped = tail.unfinished;
        Ok(Self { path: path.to_owned(), transcripts, errors, finished, failures, tally, dropped, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the finished runs.
    pub fn finished(&self) -> &HashSet<String> {
        &self.finished
    }

    /// The last error of every run that has failed and not succeeded since.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.values()
    }

    /// The last error of a run that has failed and not succeeded since.
    pub fn failure(&self, conv_id: &str) -> Option<&Failure> {
        self.failures.get(conv_id)
    }

    /// What all its runs came to, failed attempts among them.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many bytes of an unfinished last line were dropped from the transcripts when the directory was opened.
    pub fn dropped_bytes(&self) -> usize {
        self.dropped
    }

    /// Keeps a finished run. A run that is kept already is not written again.
    ///
    /// # Errors
    /// [`DirectoryError`] when the disk does not take it; the file is then as before.
    pub fn record(&mut self, transcript: &Transcript) -> Result<(), DirectoryError> {
        let conv_id = &transcript.conv_id;
        if self.finished.contains(conv_id) {
            return Ok(());
        }
        let line =
            transcript.to_line().map_err(|source| DirectoryError::Unwritable { conv_id: conv_id.clone(), source })?;
        self.transcripts.append(&line)?;
        self.tally.add(transcript);
        self.failures.remove(conv_id);
        self.finished.insert(conv_id.clone());
        Ok(())
    }

    /// Keeps the error of a run that failed.
    ///
    /// # Errors
    /// [`DirectoryError`] when the disk does not take it; the file is then as before.
    pub fn record_failure(&mut self, failure: &Failure) -> Result<(), DirectoryError> {
        let line = serde_json::to_string(failure)
            .map_err(|source| DirectoryError::Unwritable { conv_id: failure.conv_id.clone(), source })?;
        self.errors.append(&line)?;
        self.tally.add_failure(failure);
        self.failures.insert(failure.conv_id.clone(), failure.clone());
        Ok(())
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> DirectoryError + 'a {
    move |source| DirectoryError::Io { action, path: path.to_owned(), source }
}

fn lock(path: &Path) -> Result<File, DirectoryError> {
    let file = path.join(RunDirectory::LOCK);
    let lock =
        OpenOptions::new().write(true).create(true).truncate(false).open(&file).map_err(failed("write", &file))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(DirectoryError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(DirectoryError::Io { action: "lock", path: file, source }),
    }
}

fn appendable(file: &Path) -> Result<File, DirectoryError> {
    OpenOptions::new().read(true).append(true).create(true).open(file).map_err(failed("write", file))
}

/// Compares the manifest with the recorded one, or records it in a directory that is new.
fn settle_manifest(path: &Path, manifest: &Manifest) -> Result<(), DirectoryError> {
    let file = path.join(RunDirectory::MANIFEST);
    let unusable = |reason: String| DirectoryError::Manifest { path: file.clone(), reason };
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let transcripts = path.join(RunDirectory::TRANSCRIPTS);
            if std::fs::metadata(&transcripts).is_ok_and(|metadata| metadata.len() > 0) {
                return Err(DirectoryError::NoManifest { path: path.to_owned() });
            }
            let text = toml::to_string(manifest).map_err(|error| unusable(error.to_string()))?;
            return write_whole(&file, &text);
        }
        Err(source) => return Err(failed("read", &file)(source)),
    };
    let recorded = Manifest::parse(&text).map_err(unusable)?;
    match recorded.difference(manifest).map_err(|error| unusable(error.to_string()))? {
        None => Ok(()),
        Some(Difference { field, recorded, requested }) => {
            Err(DirectoryError::Mismatch { path: path.to_owned(), field, recorded, requested })
        }
    }
}

fn is_transcript(text: &str) -> bool {
    Transcript::from_line(text, 0).is_ok()
}

fn transcript(file: &Path, text: &str, line: usize) -> Result<Transcript, DirectoryError> {
    Transcript::from_line(text, line).map_err(|source| DirectoryError::Transcript { path: file.to_owned(), source })
}

fn is_failure(text: &str) -> bool {
    serde_json::from_str::<Failure>(text).is_ok()
}

fn failure(file: &Path, text: &str, line: usize) -> Result<Failure, DirectoryError> {
    let damaged =
        |error: serde_json::Error| JournalError::Line { path: file.to_owned(), line, reason: error.to_string() };
    Ok(serde_json::from_str(text).map_err(damaged)?)
}

/// Writes a file so that it is never seen half-written.
fn write_whole(file: &Path, text: &str) -> Result<(), DirectoryError> {
    let new = file.with_extension("toml.new");
    let write = || {
        let mut output = File::create(&new)?;
        output.write_all(text.as_bytes())?;
        output.sync_all()?;
        std::fs::rename(&new, file)
    };
    write().map_err(failed("write", file))
}

/// Makes the names of new files last through a power failure, where folders can be synced.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), DirectoryError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(failed("write", path))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), DirectoryError> {
    Ok(())
}
