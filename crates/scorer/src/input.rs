//! From paths to the files that hold transcripts, and from files to lines.

use std::cell::Cell;
use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::ScoreError;

/// What marks a folder as a run directory.
const MANIFEST: &str = "manifest.toml";

/// The transcripts of a run directory; other files beside it (errors, for one) are no transcripts.
const TRANSCRIPTS: &str = "transcripts.jsonl";

/// The transcript files that `path` stands for: itself, or every `*.jsonl` file below it, sorted by path. Of a run
/// directory only its `transcripts.jsonl` counts. Links to files are followed, links to folders are not.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, ScoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |reason| ScoreError::Path { path, reason }
    };
    if !fs::metadata(path).map_err(failed(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.join(MANIFEST).is_file() {
            found.extend(Some(folder.join(TRANSCRIPTS)).filter(|file| file.is_file()));
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
            let entry = entry.map_err(failed(&folder))?;
            let inner = entry.path();
            if entry.file_type().map_err(failed(&inner))?.is_dir() {
                folders.push(inner);
            } else if inner.extension().is_some_and(|extension| extension == "jsonl") && inner.is_file() {
                found.push(inner);
            }
        }
    }
    if found.is_empty() {
        return Err(ScoreError::NoFiles { path: path.to_owned() });
    }
    found.sort();
    Ok(found)
}

/// An input that remembers whether it failed by itself. A reader of lines reports a line that is not UTF-8 and a disk
/// that does not answer alike; only after the former can reading go on.
pub(crate) struct Watched<R> {
    inner: R,
    failed: Rc<Cell<bool>>,
}

impl<R: BufRead> Watched<R> {
    /// The watched input, and what tells whether it has failed.
    pub(crate) fn new(inner: R) -> (Self, Rc<Cell<bool>>) {
        let failed = Rc::new(Cell::new(false));
        (Self { inner, failed: Rc::clone(&failed) }, failed)
    }
}

impl<R: BufRead> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|_| self.failed.set(true))
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let failed = &self.failed;
        self.inner.fill_buf().inspect_err(|error| failed.set(error.kind() != io::ErrorKind::Interrupted))
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}
