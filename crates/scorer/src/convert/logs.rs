//! Logs of inspect_ai: archives with a header and one file for each run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use throughline_conversation::Transcript;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::inspect::{self, Group, Totals};
use crate::names::NOT_NAMED;
use crate::output::{Output, OutputError};

/// How the file of one log ends.
const ENDING: &str = "eval";

/// Logs of inspect_ai in the making, one for each task, setting and model: inspect_ai averages over all of a log. None of
/// them is there before [`InspectLogs::finish`].
pub struct InspectLogs {
    path: PathBuf,
    replace: bool,
    logs: BTreeMap<Group, Log>,
}

struct Log {
    archive: ZipWriter<StreamWriter<Output>>,
    summaries: Vec<Value>,
    totals: Totals,
}

/// Why a log cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The conversations belong into several logs, and a single file was named.
    #[error(
        "{}: a log of inspect_ai holds one task, setting and model, and these are several ({first}; {second}); give a \
         folder instead",
        path.display()
    )]
    Several {
        /// The file.
        path: PathBuf,
        /// What it was begun with.
        first: String,
        /// What came then.
        second: String,
    },
    /// A conversation's verdict cannot be read.
    #[error("{conv_id}: {reason}")]
    Verdict {
        /// The conversation.
        conv_id: String,
        /// What is wrong, naming the field.
        reason: String,
    },
    /// The folder or the disk does not take it.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Writing failed half-way.
    #[error("{}: {reason}; check that the disk has room", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

impl InspectLogs {
    /// Begins `path`: one log where it ends in `.eval`, else a folder of logs, which is made where there is none. A log
    /// that is there already is only replaced if `replace`.
    pub fn new(path: &Path, replace: bool) -> Self {
        Self { path: path.to_owned(), replace, logs: BTreeMap::new() }
    }

    /// Puts a conversation into its log: as the next run (epoch) of its instruction, with its score where it was judged.
    ///
    /// # Errors
    /// [`InspectError`], naming the file or the conversation.
    pub fn add(&mut self, transcript: &Transcript) -> Result<(), InspectError> {
        let verdict = transcript.verdict();
        let score = verdict.map_err(|reason| InspectError::Verdict { conv_id: transcript.conv_id.clone(), reason })?;
        let group = Group::of(transcript);
        let unwritable = |reason: io::Error| InspectError::Unwritable { path: self.path.clone(), reason };
        if !self.logs.contains_key(&group) {
            let file = self.file(&group)?;
            self.logs.insert(group.clone(), Log::begin(Output::create(&file, self.replace)?, transcript));
        }
        self.logs.get_mut(&group).map_or(Ok(()), |log| log.add(transcript, score.score())).map_err(unwritable)
    }

    /// Ends every log and puts it in its place; tells how many there are.
    ///
    /// # Errors
    /// [`InspectError`]: then those that were not put in their place are not there.
    pub fn finish(self) -> Result<usize, InspectError> {
        let Self { path, logs, .. } = self;
        let count = logs.len();
        for (group, log) in logs {
            let ended = log.end(&group).map_err(|reason| InspectError::Unwritable { path: path.clone(), reason })?;
            ended.finish()?;
        }
        Ok(count)
    }

    /// The file of a new log.
    fn file(&self, group: &Group) -> Result<PathBuf, InspectError> {
        if self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING)) {
            return match self.logs.keys().next() {
                None => Ok(self.path.clone()),
                Some(first) => Err(InspectError::Several {
                    path: self.path.clone(),
                    first: first.to_string(),
                    second: group.to_string(),
                }),
            };
        }
        std::fs::create_dir_all(&self.path)
            .map_err(|reason| InspectError::Unwritable { path: self.path.clone(), reason })?;
        let name = group.file_name();
        // Names that differ only in what no file name may hold.
        let alike = self.logs.keys().filter(|other| other.file_name() == name).count();
        let number = if alike == 0 { String::new() } else { format!("_{}", alike + 1) };
        Ok(self.path.join(format!("{name}{number}.{ENDING}")))
    }
}

impl Log {
    fn begin(file: Output, first: &Transcript) -> Self {
        let dataset = first.other.get("dataset_fn").and_then(Value::as_str).filter(|name| *name != NOT_NAMED);
        let totals = Totals::new(first.conv_id.clone(), dataset.map(str::to_owned));
        Self { archive: ZipWriter::new_stream(file), summaries: Vec::new(), totals }
    }

    fn add(&mut self, transcript: &Transcript, score: Option<f64>) -> io::Result<()> {
        let epoch = self.totals.epochs.entry(transcript.task_id.clone()).or_default();
        *epoch += 1;
        let epoch = *epoch;
        let sample = inspect::sample(transcript, epoch, score);
        // As inspect_ai names it; no part of the name is a folder.
        let id = transcript.task_id.replace(['/', '\\'], "_");
        self.write(&format!("samples/{id}_epoch_{epoch}.json"), &sample.whole)?;
        self.summaries.push(sample.summary);
        self.totals.count(&sample.usages, score, sample.started);
        Ok(())
    }

    fn write(&mut self, name: &str, content: &Value) -> io::Result<()> {
        self.archive.start_file(name, SimpleFileOptions::default()).map_err(unzipped)?;
        serde_json::to_writer(&mut self.archive, content)?;
        Ok(())
    }

    fn end(mut self, group: &Group) -> io::Result<Output> {
        let summaries = Value::Array(std::mem::take(&mut self.summaries));
        self.write("summaries.json", &summaries)?;
        let header = inspect::header(group, &self.totals);
        self.write("header.json", &header)?;
        let mut file = self.archive.finish().map_err(unzipped)?.into_inner();
        file.flush()?;
        Ok(file)
    }
}

fn unzipped(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}
