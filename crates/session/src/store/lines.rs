//! The lines of a session file.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use throughline_journal::{JournalError, read_lines};

use super::StoreError;
use crate::event::{Event, Line, SessionId};
use crate::record::Record;

/// The record that a file amounts to now, whoever writes to it.
pub(super) fn read(path: &Path, id: &SessionId) -> Result<Record, StoreError> {
    let file = File::open(path).map_err(unreadable(path, id))?;
    let mut record = Record::default();
    read_lines(path, BufReader::new(file), is_whole, fold(path, &mut record))?;
    name(path, &mut record, id)?;
    Ok(record)
}

/// Whether a text is a whole line.
pub(super) fn is_whole(text: &str) -> bool {
    serde_json::from_str::<Line>(text).is_ok()
}

/// Takes lines into a record.
pub(super) fn fold<'a>(
    path: &'a Path,
    record: &'a mut Record,
) -> impl FnMut(&str, usize) -> Result<(), JournalError> + 'a {
    move |text, number| {
        let damaged = |reason| damaged(path, number, reason);
        let line: Line = serde_json::from_str(text).map_err(|error| damaged(reason(&error)))?;
        if record.id.0.is_empty() && !matches!(line.event, Event::Started { .. }) {
            return Err(damaged("a session begins with `started`".to_owned()));
        }
        record.apply(line.at, &line.event).map_err(|error| damaged(error.to_string()))
    }
}

/// A session is named by its file, whatever that was called when it began.
pub(super) fn name(path: &Path, record: &mut Record, id: &SessionId) -> Result<(), JournalError> {
    if record.id.0.is_empty() {
        return Err(damaged(path, 1, "there is nothing in it".to_owned()));
    }
    record.id = id.clone();
    Ok(())
}

/// The error of a file that cannot be opened.
pub(super) fn unreadable<'a>(path: &'a Path, id: &'a SessionId) -> impl Fn(io::Error) -> StoreError + 'a {
    move |source| match source.kind() {
        io::ErrorKind::NotFound => StoreError::Unknown(id.to_string()),
        _ => StoreError::Io { action: "read", path: path.to_owned(), source },
    }
}

/// What serde_json says, without the place in the line that it takes for one in the file.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rfind(" at line ").and_then(|end| said.get(..end)).unwrap_or(&said).to_owned()
}

fn damaged(path: &Path, line: usize, reason: String) -> JournalError {
    JournalError::Line { path: path.to_owned(), line, reason }
}
