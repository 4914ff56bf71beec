//! SHA-256 of model files, computed once and remembered.
//!
//! Hashing a large model takes seconds. The result is therefore kept beside the models with the file's size and
//! modification time, and is computed again only when one of these differs.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What was found at `path` when it was hashed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    size: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    sha256: String,
}

/// The SHA-256 of a file in lower-case hex. `progress` gets the bytes done and the file's size.
///
/// # Errors
/// What the system says when the file cannot be read.
pub fn sha256_of(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<String> {
    let mut file = File::open(path)?;
    let total = file.metadata()?.len();
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(&block[..read]);
        done += read as u64;
        progress(done, total);
    }
}

/// The SHA-256 of a file in lower-case hex, computed only if it is not known from an earlier call with the same
/// models' directory `dir`, for a file of the same path, size and modification time.
///
/// # Errors
/// What the system says when the file cannot be read. A hash that cannot be remembered is no error.
pub fn remembered_sha256(path: &Path, dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<String> {
    if let Some(known) = recall(path, dir)? {
        return Ok(known);
    }
    let before = state(path)?;
    let sha256 = sha256_of(path, progress)?;
    if state(path)? == before {
        remember(path, dir, &sha256);
    }
    Ok(sha256)
}

/// Keeps the hash of the file as it is now.
pub(super) fn remember(path: &Path, dir: &Path, sha256: &str) {
    let kept = state(path).and_then(|(path, size, modified)| {
        let place = record_of(&path, dir);
        let record = Record { path, size, modified, sha256: sha256.into() };
        std::fs::create_dir_all(dir.join(FOLDER))?;
        // Written beside and renamed, so that a reader never meets half a record.
        let mut whole = tempfile::NamedTempFile::new_in(dir.join(FOLDER))?;
        serde_json::to_writer(&mut whole, &record)?;
        whole.persist(place)?;
        Ok(())
    });
    if let Err(error) = kept {
        tracing::debug!(path = %path.display(), %error, "the file's hash could not be remembered");
    }
}

/// Whether this is a SHA-256 in lower-case hex.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Bytes in lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const FOLDER: &str = ".verified";

fn recall(path: &Path, dir: &Path) -> io::Result<Option<String>> {
    let (path, size, modified) = state(path)?;
    let Ok(text) = std::fs::read_to_string(record_of(&path, dir)) else { return Ok(None) };
    let record = serde_json::from_str::<Record>(&text).ok();
    Ok(record
        .filter(|record| record.path == path && record.size == size && record.modified == modified)
        .map(|record| record.sha256)
        .filter(|sha256| is_sha256(sha256)))
}

fn record_of(path: &Path, dir: &Path) -> PathBuf {
    let key = hex(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
    dir.join(FOLDER).join(format!("{}.json", &key[..16]))
}

/// The file's full path, size and modification time.
fn state(path: &Path) -> io::Result<(PathBuf, u64, u64)> {
    let path = path.canonicalize()?;
    let metadata = path.metadata()?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    Ok((path, metadata.len(), u64::try_from(modified).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    const HASH_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_hash_is_that_of_the_standard() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").expect("the file is written");
        let mut seen = Vec::new();
        let hash = sha256_of(&path, &mut |done, total| seen.push((done, total))).expect("the file is read");
        assert_eq!((hash.as_str(), seen), (HASH_OF_ABC, vec![(3, 3)]));
    }

    #[test]
    fn a_file_is_hashed_again_only_when_it_looks_different() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("model.gguf");
        let stamp = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let put = |text: &str, stamp: SystemTime| {
            std::fs::write(&path, text).expect("the file is written");
            File::options().write(true).open(&path).and_then(|file| file.set_modified(stamp)).expect("the time is set");
        };
        let hash = || remembered_sha256(&path, dir.path(), &mut |_, _| {}).expect("the file is read");
        put("abc", stamp);
        assert_eq!(hash(), HASH_OF_ABC);
        put("xyz", stamp);
        assert_eq!(hash(), HASH_OF_ABC, "same size and time: remembered");
        put("xyz", stamp + Duration::from_nanos(1));
        assert_ne!(hash(), HASH_OF_ABC, "another time: hashed");
        put("abcd", stamp);
        assert_ne!(hash(), HASH_OF_ABC, "another size: hashed");
    }

    #[test]
    fn a_damaged_record_is_no_error() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").expect("the file is written");
        remember(&path, dir.path(), HASH_OF_ABC);
        let full = path.canonicalize().expect("the path is there");
        std::fs::write(record_of(&full, dir.path()), "{\"path\":").expect("the record is damaged");
        assert_eq!(remembered_sha256(&path, dir.path(), &mut |_, _| {}).expect("the file is read"), HASH_OF_ABC);
    }
}
