//! Reading conversations: from paths to files (`files`), from bytes to text (`open`), from text to records (`lines`,
//! `document`, `archive`), and from records of any format to transcripts (`record` and the formats).

mod archive;
mod document;
mod fields;
mod files;
mod glance;
mod inspect;
mod lines;
mod messages;
mod open;
pub(crate) mod openai;
mod record;
mod run_directory;
pub(crate) mod sharegpt;

use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use throughline_conversation::{Transcript, TranscriptError};

use crate::{Place, ScoreError};
use lines::{Blocks, End};
use open::Opened;

pub use files::{files, is_run_directory};
pub use glance::{Glance, Spot, glance, read_at};
pub(crate) use run_directory::RunDirectory;

/// What may be a conversation.
pub(crate) enum Found<'a> {
    /// The text of a record.
    Record(&'a str),
    /// A conversation that its format holds in another way.
    Transcript(Box<Transcript>),
}

/// A conversation with the place at which it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// The conversation, whatever its format was.
    pub transcript: Transcript,
    /// Where it was read.
    pub place: Place,
}

/// Reads every conversation of a file, of a folder (all files in it and below it that end in `.jsonl`, `.ndjson`,
/// `.json` or `.eval`, also with `.gz` or `.zst` behind it; of a run directory, which has a `manifest.toml`, its
/// `transcripts.jsonl` alone), or of what a pattern such as `runs/*.jsonl` matches, in the order of their paths.
/// `scorer` names the scorer whose scores count, where a log of inspect_ai holds those of several.
///
/// `take` gets each conversation, or the error in its place; what it returns as an error ends the reading.
///
/// # Errors
/// A path that is not there, and whatever `take` returns.
pub fn read_path(
    path: &Path,
    scorer: Option<&str>,
    mut take: impl FnMut(Result<Conversation, ScoreError>) -> Result<(), ScoreError>,
) -> Result<(), ScoreError> {
    for file in files(path)? {
        Flow { read: &whole, take: &mut take, scorer }.file(&file)?;
    }
    Ok(())
}

/// Reads every conversation of `reader`, which errors call `name`; as [`read_path`].
///
/// # Errors
/// Whatever `take` returns.
pub fn read_from(
    name: &str,
    reader: impl Read + Send,
    scorer: Option<&str>,
    mut take: impl FnMut(Result<Conversation, ScoreError>) -> Result<(), ScoreError>,
) -> Result<(), ScoreError> {
    Flow { read: &whole, take: &mut take, scorer }.reader(name, reader)
}

fn whole(found: Found<'_>, place: &Place) -> Result<Conversation, ScoreError> {
    Ok(Conversation { transcript: found.transcript(place)?, place: place.clone() })
}

/// Where what is found goes.
pub(crate) struct Flow<'a, O> {
    /// Makes of it what is needed. It may run several times at once.
    pub(crate) read: &'a (dyn Fn(Found<'_>, &Place) -> Result<O, ScoreError> + Sync),
    /// Gets what came of it, in the order of the input. Its error ends the reading.
    pub(crate) take: &'a mut dyn FnMut(Result<O, ScoreError>) -> Result<(), ScoreError>,
    /// The scorer whose scores count, where a log holds several.
    pub(crate) scorer: Option<&'a str>,
}

impl<O: Send> Flow<'_, O> {
    /// Reads a file to its end.
    pub(crate) fn file(&mut self, path: &Path) -> Result<(), ScoreError> {
        self.opened(&path.display().to_string(), open::file(path))
    }

    /// Reads to the end of `reader`, which `name` stands for.
    pub(crate) fn reader(&mut self, name: &str, reader: impl Read + Send) -> Result<(), ScoreError> {
        self.opened(name, open::reader(reader))
    }

    fn opened(&mut self, name: &str, opened: std::io::Result<Opened<'_>>) -> Result<(), ScoreError> {
        match opened {
            Ok(Opened::Archive(archive)) => archive::read(name, *archive, self),
            Ok(Opened::Text(head, text)) if document::starts_one(&head) => document::read(name, text, self),
            Ok(Opened::Text(_, text)) => self.lines(name, text),
            Err(reason) => (self.take)(Err(ScoreError::Unreadable { at: name.into(), reason })),
        }
    }

    /// Reads a text of one record a line. While what came of one block is handed on, the lines of the next are read, and
    /// the block behind it is fetched.
    fn lines(&mut self, name: &str, text: impl Read + Send) -> Result<(), ScoreError> {
        let mut blocks = Blocks::new(text);
        let mut block = blocks.next();
        let mut made = Vec::new();
        while let Some(current) = block {
            let lines = current.lines();
            let read = self.read;
            let here = || {
                let lines = lines.par_iter();
                lines.map(|(line, bytes)| self::line(bytes, &place(name, *line), read)).collect::<Vec<_>>()
            };
            // What stands behind a failure may never come.
            let (mut fresh, mut next) = (Vec::new(), None);
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| match current.end {
                    None => (fresh, next) = rayon::join(here, || blocks.next()),
                    Some(_) => fresh = here(),
                });
                std::mem::take(&mut made).into_iter().try_for_each(&mut *self.take)
            })?;
            made = fresh;
            block = next;
            let Some((line, end)) = current.end else { continue };
            let place = place(name, line);
            made.push(Err(match end {
                End::TooLong => ScoreError::TooLong { place },
                End::Failed(reason) => ScoreError::Unreadable { at: place.to_string(), reason },
            }));
            std::mem::take(&mut made).into_iter().try_for_each(&mut *self.take)?;
            block = blocks.next();
        }
        made.into_iter().try_for_each(&mut *self.take)
    }
}

fn line<O>(
    bytes: &[u8],
    place: &Place,
    read: &dyn Fn(Found<'_>, &Place) -> Result<O, ScoreError>,
) -> Result<O, ScoreError> {
    // One that ends in the block in which it grew too long is not passed over, but whole.
    if bytes.len() > lines::LONGEST {
        return Err(ScoreError::TooLong { place: place.clone() });
    }
    let text = simdutf8::compat::from_utf8(bytes).map_err(|error| {
        let (line, column) = (place.line, error.valid_up_to() + 1);
        let reason = match error.error_len() {
            // A character without its end.
            None => TranscriptError::Truncated { line, length: bytes.len() },
            Some(_) => TranscriptError::Malformed { line, column, reason: "the text is not UTF-8".into() },
        };
        ScoreError::Transcript { name: place.name.clone(), reason }
    })?;
    read(Found::Record(text), place)
}

/// What serde_json says of an error, without its own place.
fn said(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rfind(" at line ").and_then(|end| said.get(..end)).unwrap_or(&said).to_owned()
}

fn place(name: &str, line: usize) -> Place {
    Place { name: name.to_owned(), line }
}

impl Found<'_> {
    /// The conversation, whole.
    pub(crate) fn transcript(self, place: &Place) -> Result<Transcript, ScoreError> {
        match self {
            Found::Record(text) => record::transcript(text, place),
            Found::Transcript(transcript) => Ok(*transcript),
        }
    }
}

/// What a format does not hold as it should.
struct Wrong {
    field: String,
    reason: String,
}

impl Wrong {
    fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    fn at(self, place: &Place) -> ScoreError {
        ScoreError::Field { place: place.clone(), field: self.field, reason: self.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_line_is_as_long_as_is_said() {
        let read = |length| {
            let bytes = vec![b' '; length];
            line(&bytes, &place("a", 1), &|found, _| match found {
                Found::Record(text) => Ok(text.len()),
                Found::Transcript(_) => Ok(0),
            })
        };
        assert_eq!(read(lines::LONGEST).unwrap(), lines::LONGEST);
        assert!(matches!(read(lines::LONGEST + 1), Err(ScoreError::TooLong { .. })));
    }

    #[test]
    fn a_line_may_be_cut_off_within_a_character() {
        let read = |bytes: &[u8]| line(bytes, &place("a", 1), &|_, _| Ok(())).unwrap_err();
        assert!(read("[\"é".as_bytes().split_last().unwrap().1).is_cut());
        assert!(!read(b"[\"\xff\"]").is_cut());
    }
}
