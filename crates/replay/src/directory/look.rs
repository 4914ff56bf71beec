//! Looking at a run directory, also while another process writes to it.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use throughline_journal::read_lines;

use super::{failed, failure, is_failure, is_transcript, transcript};
use crate::{DirectoryError, Failure, Manifest, RunDirectory, Tally};

/// How an experiment stands.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The experiment.
    pub manifest: Manifest,
    /// What its runs came to, failed attempts among them.
    pub tally: Tally,
    /// The last error of every run that has failed and not succeeded since.
    pub failures: Vec<Failure>,
    /// When a run was last kept or failed, where the system tells.
    pub changed: Option<SystemTime>,
}

impl RunDirectory {
    /// How the experiment in a folder stands. Nothing is changed there, and nobody kept out.
    ///
    /// # Errors
    /// [`DirectoryError`] when the folder is no run directory, cannot be read or is damaged.
    pub fn look(path: &Path) -> Result<Overview, DirectoryError> {
        let manifest = manifest(path)?;
        let (mut tally, mut finished) = (Tally::default(), HashSet::new());
        let file = path.join(Self::TRANSCRIPTS);
        each_line(&file, is_transcript, |text, line| {
            let transcript = transcript(&file, text, line)?;
            tally.add(&transcript);
            finished.insert(transcript.conv_id);
            Ok(())
        })?;
        let mut failures = BTreeMap::new();
        let file = path.join(Self::ERRORS);
        each_line(&file, is_failure, |text, line| {
            let failure = failure(&file, text, line)?;
            tally.add_failure(&failure);
            failures.insert(failure.conv_id.clone(), failure);
            Ok(())
        })?;
        failures.retain(|conv_id, _| !finished.contains(conv_id));
        let changed = [Self::TRANSCRIPTS, Self::ERRORS].iter().filter_map(|name| {
            let metadata = std::fs::metadata(path.join(name)).ok().filter(|metadata| metadata.len() > 0);
            metadata?.modified().ok()
        });
        Ok(Overview { manifest, tally, failures: failures.into_values().collect(), changed: changed.max() })
    }
}

/// The manifest of a run directory.
pub(super) fn manifest(path: &Path) -> Result<Manifest, DirectoryError> {
    let file = path.join(RunDirectory::MANIFEST);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(DirectoryError::NoDirectory { path: path.to_owned() });
        }
        Err(source) => return Err(failed("read", &file)(source)),
    };
    Manifest::parse(&text).map_err(|reason| DirectoryError::Manifest { path: file, reason })
}

/// Hands the whole lines of a file over; a file that is not there has none.
pub(super) fn each_line(
    file: &Path,
    whole: impl Fn(&str) -> bool,
    read: impl FnMut(&str, usize) -> Result<(), DirectoryError>,
) -> Result<(), DirectoryError> {
    let input = match File::open(file) {
        Ok(input) => input,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed("read", file)(source)),
    };
    read_lines(file, BufReader::new(input), whole, read).map(|_| ())
}
