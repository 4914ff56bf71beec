//! A file of lines that only ever grows by whole lines, whatever ends the process.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use crate::DirectoryError;

/// An append-only file of lines.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

/// What opening a journal found at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// Bytes of an unfinished last line, which were dropped.
    pub(crate) dropped: usize,
}

impl Journal {
    /// Opens or creates the file and hands each whole line, with its number from 1, to `read`. Blank lines are
    /// passed over.
    ///
    /// A last line without an end is what a process leaves that was killed while it wrote. `whole` tells whether
    /// its text is complete nevertheless; then only its end is added, and otherwise it is dropped. Nothing else is
    /// ever dropped.
    pub(crate) fn open(
        path: &Path,
        whole: impl Fn(&str) -> bool,
        mut read: impl FnMut(&str, usize) -> Result<(), DirectoryError>,
    ) -> Result<(Self, Tail), DirectoryError> {
        let failed = |action| move |source| DirectoryError::Io { action, path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed("write"))?;
        let mut journal = Self { path: path.to_owned(), file };
        let mut tail = Tail::default();
        let mut input = BufReader::new(journal.file.try_clone().map_err(failed("read"))?);
        let mut bytes = Vec::new();
        let mut end: u64 = 0;
        for number in 1.. {
            bytes.clear();
            let length = input.read_until(b'\n', &mut bytes).map_err(failed("read"))?;
            if length == 0 {
                break;
            }
            let ended = bytes.last() == Some(&b'\n');
            let text = std::str::from_utf8(&bytes).map(|text| text.trim_matches(['\n', '\r', ' ', '\t']));
            if !ended {
                match text {
                    Ok(text) if whole(text) => journal.write(b"\n")?,
                    _ => {
                        journal.file.set_len(end).map_err(failed("write"))?;
                        journal.file.sync_data().map_err(failed("write"))?;
                        tail.dropped = length;
                        break;
                    }
                }
            }
            end += length as u64;
            match text {
                Ok("") => {}
                Ok(text) => read(text, number)?,
                Err(error) => return Err(journal.damaged(number, format!("no valid UTF-8 ({error})"))),
            }
        }
        Ok((journal, tail))
    }

    /// Appends one line, in one piece, and returns once it is on the disk. When that fails, the file is as before.
    pub(crate) fn append(&mut self, line: &str) -> Result<(), DirectoryError> {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        self.write(&bytes)
    }

    /// The error of a whole line that cannot be read.
    pub(crate) fn damaged(&self, line: usize, reason: String) -> DirectoryError {
        DirectoryError::Line { path: self.path.clone(), line, reason }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DirectoryError> {
        let failed = |source| DirectoryError::Io { action: "write", path: self.path.clone(), source };
        let before = self.file.metadata().map_err(failed)?.len();
        (&self.file).write_all(bytes).and_then(|()| self.file.sync_data()).map_err(|source| {
            // A full disk may have taken a part. Should even this fail, the next opening drops that part.
            let _ = self.file.set_len(before);
            failed(source)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str) -> bool {
        serde_json::from_str::<serde_json::Value>(text).is_ok()
    }

    fn open(path: &Path) -> (Journal, Tail, Vec<String>) {
        let lines = RefCell::new(Vec::new());
        let (journal, tail) = Journal::open(path, whole, |text, _| {
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
        assert_eq!((tail.dropped, lines.len()), (0, 0));
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
        assert_eq!((tail.dropped, lines), (0, vec!["[1]".to_owned(), "[2]".to_owned()]));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[1]\n[2]\n[3]\n");
    }

    #[test]
    fn a_damaged_whole_line_is_named_and_nothing_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, b"[1]\n\xff\n[2").unwrap();
        let error = Journal::open(&path, whole, |_, _| Ok(())).unwrap_err();
        assert!(matches!(error, DirectoryError::Line { line: 2, .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"[1]\n\xff\n[2");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        let error = Journal { path, file }.append("[1]").unwrap_err();
        assert!(error.to_string().contains("/dev/full"), "{error}");
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
            let (mut journal, _, read) = open(&path);

            let mut end = 0;
            let complete = lines.iter().take_while(|line| { end += line.len() + 1; end - 1 <= cut }).count();
            prop_assert_eq!(&read, &lines[..complete]);
            for line in &lines[complete..] {
                journal.append(line).unwrap();
            }
            prop_assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
        }
    }
}
