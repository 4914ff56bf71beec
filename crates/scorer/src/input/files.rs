//! From paths to the files that hold conversations.

use std::fs;
use std::path::{Path, PathBuf};

use crate::ScoreError;

/// What marks a folder as a run directory.
pub(super) const MANIFEST: &str = "manifest.toml";

/// The transcripts of a run directory; other files beside it (errors, for one) are no transcripts.
const TRANSCRIPTS: &str = "transcripts";

/// How files that hold conversations end, and how those that are compressed go on.
const ENDINGS: [&str; 4] = [".jsonl", ".ndjson", ".json", ".eval"];
const COMPRESSED: [&str; 4] = ["", ".gz", ".zst", ".zstd"];

/// Whether `path` is a run directory: a folder that an experiment wrote, with its manifest beside its transcripts.
pub fn is_run_directory(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
}

/// Whether a file is named as the transcripts of a run directory are.
pub(super) fn is_transcripts(path: &Path) -> bool {
    transcripts().any(|name| path.file_name().is_some_and(|file| file == &*name))
}

fn transcripts() -> impl Iterator<Item = String> {
    COMPRESSED.iter().map(|ending| format!("{TRANSCRIPTS}.jsonl{ending}"))
}

/// The files that `path` stands for: itself; or, in a folder, every file below it whose name ends as such files do; or
/// what it matches as a pattern, where there is no such path. Sorted by path. Of a run directory only its transcripts
/// count. Links to files are followed, links to folders are not.
///
/// # Errors
/// [`ScoreError`] naming the path: it is not there or cannot be listed, or holds or matches no such file.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, ScoreError> {
    if !path.exists()
        && let Some(pattern) = path.to_str().filter(|text| text.contains(['*', '?', '[']))
    {
        return matched(pattern);
    }
    let mut found = Vec::new();
    if !fs::metadata(path).map_err(failed(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        if is_run_directory(&folder) {
            found.extend(transcripts().map(|name| folder.join(name)).find(|file| file.is_file()));
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
            let entry = entry.map_err(failed(&folder))?;
            let inner = entry.path();
            if entry.file_type().map_err(failed(&inner))?.is_dir() {
                folders.push(inner);
            } else if is_named_so(&inner) && inner.is_file() {
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

/// The files behind a pattern, in the order of their paths.
fn matched(pattern: &str) -> Result<Vec<PathBuf>, ScoreError> {
    let wrong =
        |reason: glob::PatternError| ScoreError::Pattern { pattern: pattern.into(), reason: reason.to_string() };
    let mut found = Vec::new();
    for path in glob::glob(pattern).map_err(wrong)? {
        let path = path.map_err(|error| ScoreError::Path { path: error.path().into(), reason: error.into() })?;
        found.extend(files(&path)?);
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Err(ScoreError::Pattern { pattern: pattern.into(), reason: "no file matches it".into() });
    }
    Ok(found)
}

fn is_named_so(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    ENDINGS.iter().any(|ending| COMPRESSED.iter().any(|compressed| name.ends_with(&format!("{ending}{compressed}"))))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> ScoreError {
    let path = path.to_owned();
    move |reason| ScoreError::Path { path, reason }
}
