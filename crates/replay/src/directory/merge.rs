//! Making one run directory of several.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::look::{each_line, manifest};
use super::{failure, is_failure, is_transcript, transcript};
use crate::manifest::Difference;
use crate::{DirectoryError, Failure, Manifest, RunDirectory, sha256_hex};

/// What came of merging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Finished runs that the merged directory holds now.
    pub finished: usize,
    /// How many of them it held before.
    pub earlier: usize,
    /// Runs that failed and are finished in none of the directories.
    pub failed: usize,
    /// Runs of which a further recording was left out, see [`Unlike::KeepFirst`].
    pub twice: usize,
    /// How many runs the experiment has.
    pub runs: usize,
}

/// What becomes of a run that two directories recorded differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// Nothing is merged: the directories may not be what they are taken for.
    Refuse,
    /// The recording that is merged already stays, or else that of the directory named first. Workers of a queue may do a
    /// run twice.
    KeepFirst,
}

/// Puts the runs of several directories of one experiment, such as its parts, into the directory `output`: the whole
/// experiment, which can be scored and continued. What is there already stays, so that parts that have grown can be
/// merged again. Errors of runs that are finished in any of the directories are left out.
///
/// # Errors
/// [`DirectoryError`] when the directories are not of one experiment, when two of them hold different recordings of the
/// same run (unless told to keep the first), when `output` is one of them, and when a directory cannot be read or written. Nothing is written unless all
/// of them can be merged.
pub fn merge(inputs: &[PathBuf], output: &Path, unlike: Unlike) -> Result<Merged, DirectoryError> {
    let manifest = common_manifest(inputs)?;
    if let Some(path) = inputs.iter().find(|input| same_place(input, output)) {
        return Err(DirectoryError::MergeIntoItself { path: path.clone() });
    }
    let mut recorded = Recorded { unlike, runs: HashMap::new(), twice: HashSet::new() };
    for directory in std::iter::once(output).chain(inputs.iter().map(PathBuf::as_path)) {
        recorded.read(directory, |_, _| Ok(()))?;
    }
    let mut directory = RunDirectory::open(output, &manifest)?;
    let earlier = directory.finished().len();
    for input in inputs {
        recorded.read(input, |conv_id, line| directory.take_over(conv_id, line))?;
    }
    let mut known: HashSet<String> = failures(output)?.into_iter().map(|(line, _)| line).collect();
    for input in inputs {
        for (line, failure) in failures(input)? {
            if known.insert(line) && !directory.finished.contains(&failure.conv_id) {
                directory.record_failure(&failure)?;
            }
        }
    }
    let (finished, failed) = (directory.finished().len(), directory.failures().count());
    Ok(Merged { finished, earlier, failed, twice: recorded.twice.len(), runs: manifest.runs() })
}

impl RunDirectory {
    /// Keeps a run as another directory recorded it, unless it is here.
    fn take_over(&mut self, conv_id: &str, line: &str) -> Result<(), DirectoryError> {
        if !self.finished.contains(conv_id) {
            self.transcripts.append(line)?;
            self.failures.remove(conv_id);
            self.finished.insert(conv_id.to_owned());
        }
        Ok(())
    }
}

/// The manifest of the whole experiment that all directories are of.
fn common_manifest(inputs: &[PathBuf]) -> Result<Manifest, DirectoryError> {
    let whole = |path: &PathBuf| manifest(path).map(|manifest| Manifest { shard: None, ..manifest });
    let mut manifests = inputs.iter().map(|path| Ok((path, whole(path)?)));
    let (first, mut common) = manifests.next().unwrap_or(Err(DirectoryError::NothingToMerge))?;
    for other in manifests {
        let (path, manifest) = other?;
        let unlike = common.difference(&manifest).map_err(|error| DirectoryError::Manifest {
            path: path.join(RunDirectory::MANIFEST),
            reason: error.to_string(),
        })?;
        if let Some(Difference { field, recorded, requested }) = unlike {
            let (first, path) = (first.clone(), path.clone());
            return Err(DirectoryError::OtherExperiment { first, path, field, recorded, requested });
        }
        common.created = common.created.min(manifest.created);
    }
    Ok(common)
}

/// Which runs are recorded where, and a hash of each recording.
struct Recorded {
    unlike: Unlike,
    runs: HashMap<String, (PathBuf, String)>,
    /// Those of which there are different recordings.
    twice: HashSet<String>,
}

impl Recorded {
    /// Reads the runs of a directory, and hands each with its line to `take` once it is known to contradict no other.
    fn read(
        &mut self,
        directory: &Path,
        mut take: impl FnMut(&str, &str) -> Result<(), DirectoryError>,
    ) -> Result<(), DirectoryError> {
        let file = directory.join(RunDirectory::TRANSCRIPTS);
        each_line(&file, is_transcript, |text, line| {
            let conv_id = transcript(&file, text, line)?.conv_id;
            let hash = sha256_hex(text.as_bytes());
            match self.runs.get(&conv_id) {
                Some((_, recorded)) if *recorded != hash && self.unlike == Unlike::KeepFirst => {
                    self.twice.insert(conv_id);
                    return Ok(());
                }
                Some((first, recorded)) if *recorded != hash => {
                    return Err(DirectoryError::Unlike { conv_id, first: first.clone(), path: directory.to_owned() });
                }
                Some(_) => {}
                None => {
                    self.runs.insert(conv_id.clone(), (directory.to_owned(), hash));
                }
            }
            take(&conv_id, text)
        })
    }
}

/// The errors in a directory, each with its line.
fn failures(directory: &Path) -> Result<Vec<(String, Failure)>, DirectoryError> {
    let file = directory.join(RunDirectory::ERRORS);
    let mut failures = Vec::new();
    each_line(&file, is_failure, |text, line| {
        failures.push((text.to_owned(), failure(&file, text, line)?));
        Ok(())
    })?;
    Ok(failures)
}

fn same_place(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
