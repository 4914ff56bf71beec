//! Reading the lines of a journal.

use std::io::BufRead;
use std::path::Path;

use crate::JournalError;

/// What stands at the end of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Bytes of the lines that count.
    pub whole: u64,
    /// Bytes behind them: of a last line that was not written to its end.
    pub unfinished: usize,
    /// Whether the last line that counts lacks its end, and nothing else.
    pub(crate) unended: bool,
}

/// Hands each line that counts, with its number from 1, to `read`. Blank lines are passed over. `path` names the input in
/// errors.
///
/// A last line without an end is what a process leaves that was killed while it wrote, and what another process shows
/// that is writing. `whole` tells whether its text is complete nevertheless, so that it counts.
///
/// # Errors
/// [`JournalError`] when the input cannot be read or a line is no UTF-8, and what `read` returns.
pub fn read_lines<E: From<JournalError>>(
    path: &Path,
    mut input: impl BufRead,
    whole: impl Fn(&str) -> bool,
    mut read: impl FnMut(&str, usize) -> Result<(), E>,
) -> Result<Tail, E> {
    let mut tail = Tail::default();
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let length = input.read_until(b'\n', &mut bytes).map_err(|source| JournalError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        if length == 0 {
            break;
        }
        let ended = bytes.last() == Some(&b'\n');
        let text = std::str::from_utf8(&bytes).map(|text| text.trim_matches(['\n', '\r', ' ', '\t']));
        if !ended && !text.is_ok_and(&whole) {
            tail.unfinished = length;
            break;
        }
        tail.unended = !ended;
        tail.whole += length as u64;
        match text {
            Ok("") => {}
            Ok(text) => read(text, number)?,
            Err(error) => {
                let reason = format!("no valid UTF-8 ({error})");
                return Err(JournalError::Line { path: path.to_owned(), line: number, reason }.into());
            }
        }
    }
    Ok(tail)
}
