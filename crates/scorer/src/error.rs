//! What can go wrong, in words that name the file and the line and say what to do.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use throughline_conversation::TranscriptError;
use throughline_tasks::EvaluationError;

/// A line of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The input: a file's path, or the name given with a reader.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: line {}", self.name, self.line)
    }
}

/// Why the inputs cannot be scored. Messages stand on one line; an error's cause is part of its message,
/// but for [`ScoreError::Evaluation`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// A path that was asked for is not there, or a folder cannot be listed.
    #[error("{}: {reason}; check the path and its permissions", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A folder without transcript files.
    #[error("{}: no .jsonl, .ndjson, .json or .eval file (or one of them as .gz or .zst) in this folder or below it; give the files themselves if they end otherwise", path.display())]
    NoFiles {
        /// The folder.
        path: PathBuf,
    },
    /// A pattern that stands for no file.
    #[error("{pattern}: {reason}; check the path, or the pattern")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file could not be opened, or an input failed on the way.
    #[error("{at}: {reason}; check that it can be read, or leave out what cannot with `--keep-going`")]
    Unreadable {
        /// The file, or the line before which the input failed.
        at: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A line is no transcript.
    #[error("{name}: {reason}; repair or remove the line, or leave such lines out with `--keep-going`")]
    Transcript {
        /// The input.
        name: String,
        /// Its line, and what is wrong with it.
        reason: TranscriptError,
    },
    /// A record in none of the formats.
    #[error(
        "{place}: there is none of the fields `trace` (transcripts), `messages` (OpenAI-style) and `conversations` \
         (ShareGPT-style), only {}; convert it to one of these formats, or leave such records out with `--keep-going`",
        listed(fields)
    )]
    Unknown {
        /// Where.
        place: Place,
        /// The fields that are there.
        fields: Vec<String>,
    },
    /// A field of another format does not hold what it should.
    #[error("{place}: field `{field}`: {reason}; correct it, or leave such records out with `--keep-going`")]
    Field {
        /// Where.
        place: Place,
        /// The path to the field.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// A line or another record that is too long to be a conversation.
    #[error("{place}: the record is longer than 64 MiB; split it, or leave it out with `--keep-going`")]
    TooLong {
        /// Where.
        place: Place,
    },
    /// A transcript that does not say what it is a run of.
    #[error("{place}: field `{field}` is empty; fill it in, or leave such lines out with `--keep-going`")]
    Unnamed {
        /// Where.
        place: Place,
        /// The field.
        field: &'static str,
    },
    /// A transcript whose verdict makes no sense.
    #[error("{place}: conversation {conv_id}: {reason}; correct it, or leave such lines out with `--keep-going`")]
    Verdict {
        /// Where.
        place: Place,
        /// The run.
        conv_id: String,
        /// What is wrong, with the field's name.
        reason: String,
    },
    /// A transcript without a verdict.
    #[error(
        "{place}: conversation {conv_id} was never evaluated: neither `score` nor `is_correct` holds a value and no \
         reply was examined; evaluate it first, or leave such lines out with `--keep-going`"
    )]
    Unevaluated {
        /// Where.
        place: Place,
        /// The run.
        conv_id: String,
    },
    /// The same run twice, which would falsify N.
    #[error(
        "{again}: conversation {conv_id} was read before, at {first}; give each run once, or count the first alone \
         with `--keep-going`, or compare two sets of runs with `--against`"
    )]
    Duplicate {
        /// The run.
        conv_id: String,
        /// Where it was read first.
        first: Place,
        /// Where it stands again.
        again: Place,
    },
    /// An answer could not be judged again, whatever it says.
    #[error("{place}: an answer could not be judged")]
    Evaluation {
        /// Where its conversation stands.
        place: Place,
        /// Why.
        source: EvaluationError,
    },
    /// Nothing was left to judge again.
    #[error(
        "none of the {conversations} conversations that were read holds an answer that was evaluated; give transcripts \
         with `answer-evaluation` entries"
    )]
    NoAttempts {
        /// How many conversations were read.
        conversations: usize,
    },
    /// The conversations could not be set aside for a page.
    #[error(
        "the conversations could not be set aside in a temporary file: {reason}; free some space, or name another folder for such files in `TMPDIR`"
    )]
    Temporary {
        /// What the system said.
        reason: std::io::Error,
    },
    /// Whoever takes the conversations wants no more of them.
    #[error("reading was stopped before the end of the input")]
    Stopped,
    /// A conversation that was there is not there any more.
    #[error("{place}: the conversation is no longer there; the file has changed, so read it again")]
    Gone {
        /// Where it stood.
        place: Place,
    },
    /// Two sets of runs have nothing in common.
    #[error(
        "no instruction of a cell (task, model, setting) is also in {name}; compare runs of the same samples, or score \
         both as one set with `--together`"
    )]
    NothingShared {
        /// What the other set is called.
        name: String,
    },
    /// Nothing was left to score.
    #[error("{inputs} no conversation to score{why}; give transcript files with at least one evaluated run")]
    NoRuns {
        /// The inputs, as the subject of the sentence.
        inputs: String,
        /// What was left out or is not finished, if anything.
        why: String,
    },
}

/// The kinds of lines that `keep_going` leaves out and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Problem {
    /// A file, or the rest of one, could not be read.
    Unreadable,
    /// A line that is no transcript, or no text.
    Malformed,
    /// A line that is cut off.
    Truncated,
    /// A verdict that makes no sense.
    InvalidVerdict,
    /// No verdict.
    Unevaluated,
    /// A run that was read before.
    Duplicate,
}

impl Problem {
    /// A stable name for machines: `unevaluated`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::InvalidVerdict => "invalid-verdict",
            Self::Unevaluated => "unevaluated",
            Self::Duplicate => "duplicate",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InvalidVerdict => "with an invalid verdict",
            Self::Duplicate => "read before",
            other => other.name(),
        })
    }
}

impl ScoreError {
    /// Whether this is a line that stops before its end.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self, Self::Transcript { reason: TranscriptError::Truncated { .. }, .. })
    }

    /// The kind under which `keep_going` counts this, and where; `None` for what it does not leave out.
    pub(crate) fn problem(&self) -> Option<(Problem, String)> {
        Some(match self {
            Self::Unreadable { at, .. } => (Problem::Unreadable, at.clone()),
            Self::Transcript { name, reason } => match reason {
                TranscriptError::Truncated { line, .. } => (Problem::Truncated, at(name, *line)),
                // An input that failed by itself is `Unreadable`; what is left are lines that are no text.
                TranscriptError::Read { line, .. }
                | TranscriptError::Malformed { line, .. }
                | TranscriptError::Entry { line, .. } => (Problem::Malformed, at(name, *line)),
            },
            Self::Unknown { place, .. }
            | Self::Field { place, .. }
            | Self::TooLong { place }
            | Self::Unnamed { place, .. } => (Problem::Malformed, place.to_string()),
            Self::Verdict { place, .. } => (Problem::InvalidVerdict, place.to_string()),
            Self::Unevaluated { place, .. } => (Problem::Unevaluated, place.to_string()),
            Self::Duplicate { again, .. } => (Problem::Duplicate, again.to_string()),
            Self::Path { .. }
            | Self::NoFiles { .. }
            | Self::Pattern { .. }
            | Self::NoAttempts { .. }
            | Self::Evaluation { .. }
            | Self::Temporary { .. }
            | Self::Stopped
            | Self::Gone { .. }
            | Self::NothingShared { .. }
            | Self::NoRuns { .. } => return None,
        })
    }
}

/// The first fields of a record, for an error.
fn listed(fields: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = fields.iter().take(SHOWN).map(|field| format!("`{}`", field.escape_debug())).collect();
    match (fields.len(), fields.len().saturating_sub(SHOWN)) {
        (0, _) => "nothing".into(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn at(name: &str, line: usize) -> String {
    Place { name: name.to_owned(), line }.to_string()
}
