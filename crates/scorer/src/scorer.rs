//! Collecting runs from inputs.

use std::io::Read;
use std::path::Path;

use throughline_conversation::Transcript;

use crate::aliases::Aliases;
use crate::cells::Cells;
use crate::input::{self, Flow, Found, RunDirectory};
use crate::report::absent::Absent;
use crate::report::html::Held;
use crate::report::notes::Counts;
use crate::run::Run;
use crate::seen::{IdHash, Seen};
use crate::unfinished::{Known, Unfinished};
use crate::{Archive, Figures, LeftOut, Place, Report, SampleShards, ScoreError};

/// How to take what is read, and what to make of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Leaves out what is unreadable, malformed, unevaluated or read before, and counts it in the report, instead of
    /// stopping with an error. Paths that do not exist are errors all the same.
    pub keep_going: bool,
    /// Models that go by several names.
    pub aliases: Aliases,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    pub scorer: Option<String>,
    /// Which shards instructions have, where their samples are at hand.
    pub shards: SampleShards,
    /// Which figures are wanted, and how their intervals are made.
    pub figures: Figures,
}

/// Reads transcripts and keeps of each run what the measures need, not its trace.
///
/// All inputs of one scorer are one set: a conversation id that comes twice is an error, because a run counted twice
/// falsifies N. After an error the scorer has read a part of that input; drop it.
#[derive(Debug, Default)]
pub struct Scorer {
    options: Options,
    inputs: Vec<String>,
    seen: Seen,
    cells: Cells,
    counts: Counts,
    left_out: LeftOut,
    unfinished: Unfinished,
    /// Where the runs are set down in full, if they are.
    archive: Option<Archive>,
}

/// What is kept of a conversation that was read.
struct Scored {
    place: Place,
    conv_id: String,
    hash: IdHash,
    run: Run,
    /// What an archive takes of it.
    held: Option<Held>,
}

impl Scored {
    fn of(transcript: &Transcript, place: &Place, holds: bool) -> Result<Self, ScoreError> {
        let mut scored = Self::new(transcript.conv_id.clone(), Run::of(transcript, place)?, place);
        scored.held = holds.then(|| Held::of(transcript));
        Ok(scored)
    }

    /// What is kept of a record, by the short way where that leads somewhere and the text is not to be held.
    fn found(found: Found<'_>, place: &Place, holds: bool) -> Result<Self, ScoreError> {
        if let Found::Record(text) = found
            && !holds
            && let Some((conv_id, run)) = Run::of_line(text)
        {
            return Ok(Self::new(conv_id, run, place));
        }
        Self::of(&found.transcript(place)?, place, holds)
    }

    fn new(conv_id: String, run: Run, place: &Place) -> Self {
        Self { hash: IdHash::of(&conv_id), conv_id, run, held: None, place: place.clone() }
    }
}

impl Scorer {
    /// A scorer that has read nothing yet.
    pub fn new(options: Options) -> Self {
        Self { left_out: LeftOut::new(options.keep_going), options, ..Self::default() }
    }

    /// From now on sets every run that counts down in `archive`, in full.
    pub fn keep_in(&mut self, archive: Archive) {
        self.archive = Some(archive);
    }

    /// Hands out the archive with what was set down so far, and sets no more down; `None` without [`Scorer::keep_in`].
    pub fn take_archive(&mut self) -> Option<Archive> {
        self.archive.take()
    }

    /// Reads a file of any format, or what [`crate::read_path`] takes a folder or a pattern for. Standard input is no
    /// path: give it to [`Scorer::add_reader`].
    ///
    /// # Errors
    /// [`ScoreError`] naming the path, or the file, the line and the field.
    pub fn add_path(&mut self, path: &Path) -> Result<(), ScoreError> {
        for file in input::files(path)? {
            self.inputs.push(file.display().to_string());
            let directory = RunDirectory::of(&file).or_else(|error| self.left_out.put_aside(error).map(|()| None))?;
            match directory.and_then(|directory| self.unfinished.add(directory)) {
                Some(experiment) => self.experiment(experiment, &file)?,
                None => self.flow(|flow| flow.file(&file))?,
            }
        }
        Ok(())
    }

    /// Reads to the end of `reader`, whatever its format; `name` is what errors call it.
    ///
    /// # Errors
    /// [`ScoreError`] naming the input, the line and the field.
    pub fn add_reader(&mut self, name: &str, reader: impl Read + Send) -> Result<(), ScoreError> {
        self.inputs.push(name.to_owned());
        self.flow(|flow| flow.reader(name, reader))
    }

    /// Takes a conversation that was read already, or an error in its place.
    ///
    /// # Errors
    /// [`ScoreError`] where the conversation cannot be scored.
    pub fn add(&mut self, read: Result<(&Transcript, &Place), ScoreError>) -> Result<(), ScoreError> {
        let holds = self.archive.is_some();
        self.take(read.and_then(|(transcript, place)| Scored::of(transcript, place, holds)))
    }

    /// Reads the transcripts of an experiment. One that is being written, or was when the process was killed, is not
    /// finished, and no error.
    fn experiment(&mut self, experiment: Known, file: &Path) -> Result<(), ScoreError> {
        let (options, holds) = (self.options.clone(), self.archive.is_some());
        let mut cut = None;
        Flow {
            read: &|found, place| Scored::found(found, place, holds),
            take: &mut |made| {
                if let Some(error) = cut.take() {
                    self.left_out.put_aside(error)?;
                }
                match made {
                    Err(error) if error.is_cut() => cut = Some(error),
                    made => {
                        if let Ok(scored) = &made {
                            self.unfinished.finished(experiment, scored.hash);
                        }
                        self.take(made)?;
                    }
                }
                Ok(())
            },
            scorer: options.scorer.as_deref(),
        }
        .file(file)
    }

    fn flow(&mut self, read: impl FnOnce(&mut Flow<'_, Scored>) -> Result<(), ScoreError>) -> Result<(), ScoreError> {
        let scorer = self.options.scorer.clone();
        let holds = self.archive.is_some();
        read(&mut Flow {
            read: &|found, place| Scored::found(found, place, holds),
            take: &mut |made| self.take(made),
            scorer: scorer.as_deref(),
        })
    }

    /// Everything that was read, measured.
    ///
    /// # Errors
    /// [`ScoreError::NoRuns`] where there was nothing to score: a report without rows would look like a result.
    pub fn finish(self) -> Result<Report, ScoreError> {
        self.checked()?;
        Ok(Report::new(&self.cells, &self.counts, self.absent(), &self.options, None))
    }

    /// Everything that was read, measured, with its cells compared with those of another set of runs, which is called
    /// `name`, on the instructions that both hold.
    ///
    /// # Errors
    /// [`ScoreError::NoRuns`] where one of them holds nothing to score, [`ScoreError::NothingShared`] where there is
    /// nothing to compare.
    pub fn finish_against(self, other: &Self, name: &str) -> Result<Report, ScoreError> {
        self.checked()?;
        other.checked()?;
        let against = Some((&other.cells, name));
        let absent = self.absent().and(other.absent());
        let counts = self.counts.and(&other.counts);
        let report = Report::new(&self.cells, &counts, absent, &self.options, against);
        if report.comparisons.is_empty() {
            return Err(ScoreError::NothingShared { name: name.to_owned() });
        }
        Ok(report)
    }

    fn checked(&self) -> Result<(), ScoreError> {
        if self.cells.is_empty() {
            let why = self.absent().reasons().fold(String::new(), |why, reason| why + ", " + &reason);
            return Err(ScoreError::NoRuns { inputs: subject(&self.inputs), why });
        }
        Ok(())
    }

    fn absent(&self) -> Absent {
        let Self { left_out, unfinished, seen, .. } = self;
        Absent {
            skipped: left_out.clone().into_skipped(),
            failed: unfinished.failed(seen),
            missing: unfinished.missing(),
            unknown: unfinished.unknown(),
        }
    }

    fn take(&mut self, made: Result<Scored, ScoreError>) -> Result<(), ScoreError> {
        match made.and_then(|scored| self.keep(scored)) {
            Err(error) => self.left_out.put_aside(error),
            Ok(()) => Ok(()),
        }
    }

    fn keep(&mut self, Scored { place, conv_id, hash, mut run, held }: Scored) -> Result<(), ScoreError> {
        if let Some(first) = self.seen.again(hash, &place) {
            return Err(ScoreError::Duplicate { conv_id, first, again: place });
        }
        self.options.aliases.apply(&mut run.cell.model, &mut self.counts.merged);
        if let (Some(archive), Some(held)) = (&mut self.archive, held) {
            let shards = self.options.shards.of(&run.cell.task, &run.instruction);
            archive.add(&conv_id, &run, held, shards).map_err(|reason| ScoreError::Temporary { reason })?;
        }
        self.counts.add(run.oddities);
        self.cells.add(run);
        Ok(())
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
