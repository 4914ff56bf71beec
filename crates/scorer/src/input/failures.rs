//! Runs of a run directory that ended in an error and have no transcript.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::files::is_run_directory;
use crate::ScoreError;

/// Where a run directory keeps its errors, one a line. A transcript of the same run, written later, supersedes it.
const ERRORS: &str = "errors.jsonl";

#[derive(Deserialize)]
struct Failure {
    conv_id: String,
}

/// The ids of the runs that failed at least once beside this file of transcripts; none where it is of no run directory.
/// A line that a killed process left unfinished counts for nothing.
pub(crate) fn failures(transcripts: &Path) -> Result<BTreeSet<String>, ScoreError> {
    let Some(folder) = transcripts.parent().filter(|folder| is_run_directory(folder)) else {
        return Ok(BTreeSet::new());
    };
    let path = folder.join(ERRORS);
    let unreadable = |reason| ScoreError::Unreadable { at: path.display().to_string(), reason };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut failed = BTreeSet::new();
    for line in BufReader::new(file).split(b'\n') {
        failed.extend(serde_json::from_slice::<Failure>(&line.map_err(unreadable)?).map(|failure| failure.conv_id));
    }
    Ok(failed)
}
