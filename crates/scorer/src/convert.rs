//! From a transcript, whatever format it was read from, to a line of a format.

mod inspect;
mod logs;

use serde_json::Value;
use throughline_conversation::{Content, Entry, Transcript};

use crate::Place;
use crate::figures;
use crate::input::{Found, openai, sharegpt};
use crate::names::NOT_NAMED;

pub use logs::{InspectError, InspectLogs};

/// A format that conversations can be written in, one a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Transcripts as they are: the study's format with the log types of this project.
    Throughline,
    /// Transcripts with the study's log types alone and all of its fields.
    Study,
    /// `{"messages": [{"role", "content"}], "metadata": {…}}`.
    OpenAi,
    /// `{"conversations": [{"from", "value"}], "metadata": {…}}`.
    ShareGpt,
    /// Transcripts without a word of what was said, for figures of conversations that may not be passed on.
    Figures,
}

/// A conversation as a line of another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The line, without its end.
    pub line: String,
    /// Entries of the trace that the format has no place for.
    pub left_out: usize,
    /// Whether the line, read again, gives the same conversation but for those entries.
    pub exact: bool,
}

/// The log types of this project, and that of messages which are no turn of a conversation.
const OWN_TYPES: [&str; 9] =
    ["spec-edit", "question", "rewrite", "plan", "reply-dropped", "usage", "confidence", "fault", "message"];

/// The study's fields that [`Transcript`] does not name.
const STUDY_FIELDS: [&str; 4] = ["dataset_fn", "system_model", "user_model", "git_version"];

/// Writes a conversation as a line of `format`.
///
/// # Errors
/// What serde_json says; a transcript that was read can be written.
pub fn convert(transcript: &Transcript, format: Format) -> Result<Converted, serde_json::Error> {
    let mut kept = transcript.clone();
    let line = match format {
        Format::Throughline => transcript.to_line()?,
        Format::Study => {
            kept.trace.retain(is_of_the_study);
            for field in STUDY_FIELDS {
                kept.other.entry(field).or_insert_with(|| NOT_NAMED.into());
            }
            kept.to_line()?
        }
        Format::OpenAi => {
            kept.trace.retain(openai::writes);
            openai::written(transcript).to_string()
        }
        Format::ShareGpt => {
            kept.trace.retain(sharegpt::writes);
            sharegpt::written(transcript).to_string()
        }
        Format::Figures => {
            kept = figures::of(transcript);
            kept.to_line()?
        }
    };
    let again = Found::Record(&line).transcript(&Place { name: String::new(), line: 1 });
    let exact = again.is_ok_and(|again| again == kept);
    Ok(Converted { line, left_out: transcript.trace.len() - kept.trace.len(), exact })
}

fn is_of_the_study(entry: &Entry) -> bool {
    let Content::Event(content) = &entry.content else { return true };
    !content.get("type").and_then(Value::as_str).is_some_and(|kind| OWN_TYPES.contains(&kind))
}
