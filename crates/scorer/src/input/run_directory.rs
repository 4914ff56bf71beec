//! What stands beside the transcripts of a run directory: how many runs were planned, and which ended in an error.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::files::{MANIFEST, is_run_directory, is_transcripts};
use crate::ScoreError;

/// Where a run directory keeps its errors, one a line. A transcript of the same run, written later, supersedes it.
const ERRORS: &str = "errors.jsonl";

/// The field of a manifest in which two directories of one experiment may differ.
const CREATED: &str = "created";

/// A run directory, without its transcripts.
pub(crate) struct RunDirectory {
    /// The folder.
    pub(crate) path: PathBuf,
    /// The experiment, as far as the manifest is one that this program writes.
    pub(crate) plan: Option<Plan>,
    /// The ids of the runs that failed at least once. A line that a killed process left unfinished counts for nothing.
    pub(crate) failed: BTreeSet<String>,
}

/// An experiment, by its manifest.
pub(crate) struct Plan {
    /// The same text for the same experiment, and for no other one.
    pub(crate) experiment: String,
    /// How many runs it has.
    pub(crate) runs: usize,
}

impl RunDirectory {
    /// What stands beside this file; `None` where it does not hold the transcripts of a run directory.
    pub(crate) fn of(transcripts: &Path) -> Result<Option<Self>, ScoreError> {
        let folder = transcripts.parent().filter(|folder| is_run_directory(folder) && is_transcripts(transcripts));
        let Some(folder) = folder else { return Ok(None) };
        let manifest = folder.join(MANIFEST);
        let plan = Plan::of(&fs::read_to_string(&manifest).map_err(unreadable(&manifest))?);
        Ok(Some(Self { path: folder.to_owned(), plan, failed: failed(&folder.join(ERRORS))? }))
    }
}

impl Plan {
    fn of(manifest: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Manifest {
            settings: Vec<String>,
            repeats: usize,
            samples: Samples,
        }
        #[derive(Deserialize)]
        struct Samples {
            chosen: Vec<String>,
        }
        let mut recorded: toml::Table = manifest.parse().ok()?;
        recorded.remove(CREATED);
        let experiment = recorded.to_string();
        let Manifest { settings, repeats, samples } = recorded.try_into().ok()?;
        let runs = samples.chosen.len().checked_mul(settings.len())?.checked_mul(repeats)?;
        Some(Self { experiment, runs })
    }
}

fn failed(path: &Path) -> Result<BTreeSet<String>, ScoreError> {
    #[derive(Deserialize)]
    struct Failure {
        conv_id: String,
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(unreadable(path)(error)),
    };
    let mut failed = BTreeSet::new();
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(unreadable(path))?;
        failed.extend(serde_json::from_slice::<Failure>(&line).map(|failure| failure.conv_id));
    }
    Ok(failed)
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> ScoreError {
    move |reason| ScoreError::Unreadable { at: path.display().to_string(), reason }
}
