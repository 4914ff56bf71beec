//! Reading transcript lines one by one.

use std::io::BufRead;

use super::Transcript;
use super::entry::{Content, EntryRole};

/// Why a line is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// The line could not be read at all.
    #[error("line {line}: {source}")]
    Read {
        /// The line, from 1.
        line: usize,
        /// What the system said.
        source: std::io::Error,
    },
    /// The line is not the JSON of a transcript.
    #[error("line {line}, column {column}: {reason}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong, with the field's name where there is one.
        reason: String,
    },
    /// The line stops before its JSON ends: the file was cut.
    #[error("line {line} is cut off after {length} bytes; the file seems to be truncated")]
    Truncated {
        /// The line, from 1.
        line: usize,
        /// The line's length in bytes.
        length: usize,
    },
    /// An entry of the trace does not hold what its role requires.
    #[error("line {line}: trace[{entry}]: {reason}")]
    Entry {
        /// The line, from 1.
        line: usize,
        /// The entry, from 0.
        entry: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Transcript {
    /// Reads one line, or an object that is broken into several; `line` is the number of the first, from 1, and only
    /// names it in an error.
    ///
    /// # Errors
    /// [`TranscriptError`] naming the line and what is wrong with it.
    pub fn from_line(text: &str, line: usize) -> Result<Self, TranscriptError> {
        let mut input = serde_json::Deserializer::from_str(text);
        let transcript: Self = serde_path_to_error::deserialize(&mut input).map_err(|error| {
            let field = error.path().to_string();
            unreadable(text, line, &field, &error.into_inner())
        })?;
        input.end().map_err(|error| unreadable(text, line, ".", &error))?;
        for (entry, held) in transcript.trace.iter().enumerate() {
            let reason = match (&held.content, held.role) {
                (Content::Event(content), EntryRole::Log)
                    if content.get("type").is_some_and(serde_json::Value::is_string) =>
                {
                    continue;
                }
                (Content::Text(_), EntryRole::System | EntryRole::User | EntryRole::Assistant) => continue,
                (_, EntryRole::Log) => "the content of a log entry is an object with a text `type`",
                (Content::Event(_), _) => "the content of a message is a text",
            };
            return Err(TranscriptError::Entry { line, entry, reason });
        }
        Ok(transcript)
    }

    /// The line, without its end-of-line character.
    ///
    /// # Errors
    /// What serde_json says when a number is not finite.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// The error for a line; `field` is the path to what could not be read, `.` for the line as a whole.
fn unreadable(text: &str, line: usize, field: &str, error: &serde_json::Error) -> TranscriptError {
    if error.is_eof() {
        return TranscriptError::Truncated { line, length: text.len() };
    }
    let said = error.to_string();
    // serde_json counts lines within the text that it was given, and says 0 for one without any.
    let line = line + error.line().max(1) - 1;
    let said = said.rfind(" at line ").and_then(|end| said.get(..end)).unwrap_or(&said);
    let reason = if field == "." || error.is_syntax() { said.to_owned() } else { format!("field `{field}`: {said}") };
    // serde_json says 0 where it stopped before the first character.
    TranscriptError::Malformed { line, column: error.column().max(1), reason }
}

/// Reads the transcripts of a JSONL text one by one; empty lines are passed over. A line that cannot be read is an
/// error of its own, and the lines behind it are still read.
#[derive(Debug)]
pub struct TranscriptReader<R> {
    input: R,
    line: usize,
    buffer: String,
    broken: bool,
}

impl<R: BufRead> TranscriptReader<R> {
    /// Reads from the start of `input`.
    pub fn new(input: R) -> Self {
        Self { input, line: 0, buffer: String::new(), broken: false }
    }

    /// The number of the line read last, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl<R: BufRead> Iterator for TranscriptReader<R> {
    type Item = Result<Transcript, TranscriptError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.broken {
            self.buffer.clear();
            match self.input.read_line(&mut self.buffer) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(source) => {
                    self.line += 1;
                    // A line that is not UTF-8 was read to its end; any other failure would only come again.
                    self.broken = source.kind() != std::io::ErrorKind::InvalidData;
                    return Some(Err(TranscriptError::Read { line: self.line, source }));
                }
            }
            if !self.buffer.trim().is_empty() {
                return Some(Transcript::from_line(self.buffer.trim_end_matches(['\n', '\r']), self.line));
            }
        }
        None
    }
}
