//! What was left out instead of stopping.

use std::collections::BTreeMap;

use crate::{Problem, ScoreError, Skipped};

/// Errors that were put aside, counted by kind.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    keep_going: bool,
    kinds: BTreeMap<Problem, Skipped>,
}

impl LeftOut {
    /// Puts errors aside that concern one record or one file if `keep_going`, and none otherwise.
    pub fn new(keep_going: bool) -> Self {
        Self { keep_going, kinds: BTreeMap::new() }
    }

    /// Counts an error.
    ///
    /// # Errors
    /// The error itself, where it is not to be put aside.
    pub fn put_aside(&mut self, error: ScoreError) -> Result<(), ScoreError> {
        match error.problem() {
            Some((problem, first)) if self.keep_going => {
                self.kinds.entry(problem).or_insert(Skipped { problem, count: 0, first }).count += 1;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// What was put aside, by kind.
    pub fn into_skipped(self) -> Vec<Skipped> {
        self.kinds.into_values().collect()
    }
}
