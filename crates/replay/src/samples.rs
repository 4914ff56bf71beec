//! The samples of an experiment, with what identifies their file.

use std::path::Path;

use throughline_tasks::{Sample, read_samples};

use crate::{PlanError, sha256_hex};

/// Samples and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleSet {
    /// The file's name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The samples to replay: all of the file, or a choice of them.
    pub samples: Vec<Sample>,
}

impl SampleSet {
    /// Reads a file of samples.
    ///
    /// # Errors
    /// [`PlanError`] naming the file and the place in it.
    pub fn load(path: &Path) -> Result<Self, PlanError> {
        let bytes = std::fs::read(path).map_err(|source| PlanError::ReadSamples { path: path.to_owned(), source })?;
        let mut set = Self::parse(&path.to_string_lossy(), &bytes)?;
        set.file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(set)
    }

    /// Reads samples from a text that was shipped with the program or read already; `file` names it.
    ///
    /// # Errors
    /// [`PlanError::Samples`] naming the place.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PlanError> {
        let samples = read_samples(bytes).map_err(|source| PlanError::Samples { file: file.to_owned(), source })?;
        Ok(Self { file: file.to_owned(), sha256: sha256_hex(bytes), samples })
    }
}
