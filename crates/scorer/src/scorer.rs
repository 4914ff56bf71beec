//! Collecting runs from inputs.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use throughline_conversation::{Transcript, TranscriptError, TranscriptReader};

use crate::cells::Cells;
use crate::input::{Watched, files};
use crate::report::notes::Counts;
use crate::run::Run;
use crate::{Place, Problem, Report, ScoreError, Skipped};

/// Lines of recorded conversations run to many kilobytes.
const BUFFER: usize = 1 << 17;

/// How to take what cannot be scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Leaves out what is unreadable, malformed, unevaluated or read before, and counts it in the report, instead of
    /// stopping with an error. Paths that do not exist are errors all the same.
    pub keep_going: bool,
}

/// Reads transcripts and keeps of each run what the measures need, not its trace.
///
/// All inputs of one scorer are one set: a conversation id that comes twice is an error, because a run counted twice
/// falsifies N. After an error the scorer has read a part of that input; drop it.
#[derive(Debug, Default)]
pub struct Scorer {
    options: Options,
    inputs: Vec<String>,
    /// Where each conversation was read: the input's index and the line.
    seen: HashMap<String, (usize, usize)>,
    cells: Cells,
    counts: Counts,
    skipped: BTreeMap<Problem, Skipped>,
}

impl Scorer {
    /// A scorer that has read nothing yet.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Reads a file, or every `*.jsonl` file in a folder and below it, in the order of their paths. Of a run directory
    /// (a folder with a `manifest.toml`) only `transcripts.jsonl` is read. Standard input is no path: give it to
    /// [`Scorer::add_reader`].
    ///
    /// # Errors
    /// [`ScoreError`] naming the path, or the file and the line.
    pub fn add_path(&mut self, path: &Path) -> Result<(), ScoreError> {
        for file in files(path)? {
            let name = file.display().to_string();
            match File::open(&file) {
                Ok(opened) => self.add_reader(&name, BufReader::with_capacity(BUFFER, opened))?,
                Err(reason) => self.put_aside(ScoreError::Unreadable { at: name, reason })?,
            }
        }
        Ok(())
    }

    /// Reads transcripts, one a line, to the end of `reader`; `name` is what errors call it.
    ///
    /// # Errors
    /// [`ScoreError`] naming the input and the line.
    pub fn add_reader(&mut self, name: &str, reader: impl BufRead) -> Result<(), ScoreError> {
        self.inputs.push(name.to_owned());
        let (watched, failed) = Watched::new(reader);
        let mut lines = TranscriptReader::new(watched);
        while let Some(read) = lines.next() {
            let taken = read
                .map_err(|reason| match reason {
                    TranscriptError::Read { line, source } if failed.get() => {
                        let at = Place { name: name.to_owned(), line }.to_string();
                        ScoreError::Unreadable { at, reason: source }
                    }
                    reason => ScoreError::Transcript { name: name.to_owned(), reason },
                })
                .and_then(|transcript| self.take(&transcript, lines.line()));
            if let Err(error) = taken {
                self.put_aside(error)?;
            }
            if failed.get() {
                break;
            }
        }
        Ok(())
    }

    /// Everything that was read, measured.
    ///
    /// # Errors
    /// [`ScoreError::NoRuns`] where there was nothing to score: a report without rows would look like a result.
    pub fn finish(self) -> Result<Report, ScoreError> {
        let skipped: Vec<Skipped> = self.skipped.into_values().collect();
        if self.cells.is_empty() {
            let left_out =
                if skipped.is_empty() { String::new() } else { format!(", {}", Skipped::sentence(&skipped)) };
            return Err(ScoreError::NoRuns { inputs: subject(&self.inputs), left_out });
        }
        Ok(Report::new(&self.cells, &self.counts, skipped))
    }

    fn take(&mut self, transcript: &Transcript, line: usize) -> Result<(), ScoreError> {
        let place = self.place(self.inputs.len().saturating_sub(1), line);
        let run = Run::of(transcript, &place)?;
        if let Some(&(input, line)) = self.seen.get(&transcript.conv_id) {
            let first = self.place(input, line);
            return Err(ScoreError::Duplicate { conv_id: transcript.conv_id.clone(), first, again: place });
        }
        self.seen.insert(transcript.conv_id.clone(), (self.inputs.len().saturating_sub(1), line));
        self.counts.add(run.oddities);
        self.cells.add(run);
        Ok(())
    }

    fn place(&self, input: usize, line: usize) -> Place {
        Place { name: self.inputs.get(input).cloned().unwrap_or_default(), line }
    }

    /// Counts the error if that was asked for and it concerns one line or one file; hands it back otherwise.
    fn put_aside(&mut self, error: ScoreError) -> Result<(), ScoreError> {
        match error.problem() {
            Some((problem, place)) if self.options.keep_going => {
                self.skipped.entry(problem).or_insert(Skipped { problem, count: 0, first: place }).count += 1;
                Ok(())
            }
            _ => Err(error),
        }
    }
}

/// The inputs as the subject of "... no conversation to score".
fn subject(inputs: &[String]) -> String {
    match inputs {
        [] => "no input was given, so there is".into(),
        [one] => format!("{one} holds"),
        [first, rest @ ..] => format!("{first} and {} more hold", rest.len()),
    }
}
