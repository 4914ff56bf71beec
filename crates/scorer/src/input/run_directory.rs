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

/// The fields of a manifest in which two directories of one experiment may differ: when it was begun, and which part of
/// the experiment the directory holds.
const CREATED: &str = "created";
const SHARD: &str = "shard";

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
    /// The samples that the directory is to hold runs of.
    pub(crate) samples: Vec<String>,
    /// How many runs of each of them.
    pub(crate) each: usize,
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
            #[serde(default)]
            further_assistants: Vec<toml::Table>,
        }
        /// Of one file, as manifests of the first form have it, or of several.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Samples {
            One(Chosen),
            Many(Vec<Chosen>),
        }
        #[derive(Deserialize)]
        struct Chosen {
            chosen: Vec<String>,
        }
        #[derive(Deserialize)]
        struct Shard {
            samples: Vec<String>,
        }
        let mut recorded: toml::Table = manifest.parse().ok()?;
        recorded.remove(CREATED);
        let shard = recorded.remove(SHARD).map(Shard::deserialize).transpose().ok()?;
        let experiment = recorded.to_string();
        let Manifest { settings, repeats, samples, further_assistants } = recorded.try_into().ok()?;
        let samples = match (shard, samples) {
            (Some(shard), _) => shard.samples,
            (None, Samples::One(samples)) => samples.chosen,
            (None, Samples::Many(files)) => files.into_iter().flat_map(|samples| samples.chosen).collect(),
        };
        let each = settings.len().checked_mul(repeats)?.checked_mul(1 + further_assistants.len())?;
        each.checked_mul(samples.len())?;
        Some(Self { experiment, samples, each })
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
