//! Appending whole lines.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use crate::{JournalError, Tail, read_lines};

/// An append-only file of lines.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Takes over a file that was opened to read and append, and hands each line that counts, with its number from 1, to
    /// `read`. Blank lines are passed over. `path` names the file in errors.
    ///
    /// A last line without an end is what a process leaves that was killed while it wrote. `whole` tells whether
    /// its text is complete nevertheless; then only its end is added, and otherwise it is cut off. Nothing else is
    /// ever dropped.
    ///
    /// # Errors
    /// [`JournalError`] when the file cannot be read or written or a line is no UTF-8, and what `read` returns; the file
    /// is then as before.
    pub fn open<E: From<JournalError>>(
        path: &Path,
        file: File,
        whole: impl Fn(&str) -> bool,
        read: impl FnMut(&str, usize) -> Result<(), E>,
    ) -> Result<(Self, Tail), E> {
        let journal = Self { path: path.to_owned(), file };
        let input = journal.file.try_clone().map_err(|source| journal.failed("read", source))?;
        let tail = read_lines(path, BufReader::new(input), whole, read)?;
        if tail.unended {
            journal.push(b"\n", true)?;
        }
        if tail.unfinished > 0 {
            let cut = journal.file.set_len(tail.whole).and_then(|()| journal.file.sync_data());
            cut.map_err(|source| journal.failed("write", source))?;
        }
        Ok((journal, tail))
    }

    /// Appends one line, in one piece, and returns once it is on the disk. When that fails, the file is as before.
    ///
    /// # Errors
    /// [`JournalError::Io`] when the disk does not take it.
    pub fn append(&mut self, line: &str) -> Result<(), JournalError> {
        self.push(&ended(line), true)
    }

    /// Appends one line, in one piece, and returns once the system has it: it outlives this process, and a power failure
    /// from the next [`append`](Self::append) on. When that fails, the file is as before.
    ///
    /// # Errors
    /// [`JournalError::Io`] when the system does not take it.
    pub fn append_unsynced(&mut self, line: &str) -> Result<(), JournalError> {
        self.push(&ended(line), false)
    }

    fn push(&self, bytes: &[u8], sync: bool) -> Result<(), JournalError> {
        let before = self.file.metadata().map_err(|source| self.failed("write", source))?.len();
        let written = (&self.file).write_all(bytes);
        let written = if sync { written.and_then(|()| self.file.sync_data()) } else { written };
        written.map_err(|source| {
            // A full disk may have taken a part. Should even this fail, the next opening drops that part.
            let _ = self.file.set_len(before);
            self.failed("write", source)
        })
    }

    fn failed(&self, action: &'static str, source: std::io::Error) -> JournalError {
        JournalError::Io { action, path: self.path.clone(), source }
    }
}

fn ended(line: &str) -> Vec<u8> {
    [line.as_bytes(), b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs::OpenOptions;

    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> bool {
        serde_json::from_str::<serde_json::Value>(text).is_ok()
    }

    fn open(path: &Path) -> (Journal, Tail, Vec<String>) {
        let lines = RefCell::new(Vec::new());
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).unwrap();
        let (journal, tail) = Journal::open::<JournalError>(path, file, whole, |text, _| {
            lines.borrow_mut().push(text.to_owned());
            Ok(())
        })
        .unwrap();
        (journal, tail, lines.into_inner())
    }

    #[test]
    fn lines_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let (mut journal, tail, lines) = open(&path);
        assert_eq!((tail.unfinished, lines.len()), (0, 0));
        journal.append("[1]").unwrap();
        journal.append("[2]").unwrap();
        assert_eq!(open(&path).2, ["[1]", "[2]"]);
    }

    #[test]
    fn a_line_that_only_lacks_its_end_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, "[1]\n[2]").unwrap();
        let (mut journal, tail, lines) = open(&path);
        journal.append("[3]").unwrap();
        assert_eq!((tail.unfinished, lines), (0, vec!["[1]".to_owned(), "[2]".to_owned()]));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[1]\n[2]\n[3]\n");
    }

    #[test]
    fn a_damaged_whole_line_is_named_and_nothing_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, b"[1]\n\xff\n[2").unwrap();
        let file = OpenOptions::new().read(true).append(true).open(&path).unwrap();
        let error = Journal::open::<JournalError>(&path, file, whole, |_, _| Ok(())).unwrap_err();
        assert!(matches!(error, JournalError::Line { line: 2, .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"[1]\n\xff\n[2");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        let mut journal = Journal { path, file };
        for error in [journal.append("[1]").unwrap_err(), journal.append_unsynced("[1]").unwrap_err()] {
            assert!(error.to_string().contains("/dev/full"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_costs_at_most_the_last_line(
            texts in proptest::collection::vec(".{0,12}", 1..6),
            place in any::<prop::sample::Index>(),
        ) {
            let lines: Vec<String> = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string()).collect();
            let written = lines.join("\n") + "\n";
            let cut = place.index(written.len() + 1);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lines");
            std::fs::write(&path, &written.as_bytes()[..cut]).unwrap();
            let mut watched = Vec::new();
            let input = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
            read_lines::<JournalError>(&path, input, whole, |text, _| { watched.push(text.to_owned()); Ok(()) }).unwrap();
            prop_assert_eq!(std::fs::metadata(&path).unwrap().len(), cut as u64, "reading changes nothing");
            let (mut journal, _, read) = open(&path);
            prop_assert_eq!(&watched, &read);

            let mut end = 0;
            let complete = lines.iter().take_while(|line| { end += line.len() + 1; end - 1 <= cut }).count();
            prop_assert_eq!(&read, &lines[..complete]);
            for (place, line) in lines[complete..].iter().enumerate() {
                if place % 2 == 0 { journal.append(line).unwrap() } else { journal.append_unsynced(line).unwrap() }
            }
            prop_assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
        }
    }
}
