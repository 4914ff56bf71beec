//! What figures do not hold, in words.

use std::collections::BTreeSet;

use super::notes::list;
use super::text::{count, printable};
use super::{Missing, Report, Skipped};

/// What the figures do not hold.
#[derive(Debug)]
pub(crate) struct Absent {
    /// What could not be read, by kind.
    pub(crate) skipped: Vec<Skipped>,
    /// Runs that ended in an error and have no transcript.
    pub(crate) failed: usize,
    /// Runs that were planned and did neither.
    pub(crate) missing: Vec<Missing>,
    /// Run directories that do not say what was planned.
    pub(crate) unknown: usize,
}

impl Absent {
    /// What this and another set of runs do not hold.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            skipped: [self.skipped, other.skipped].concat(),
            failed: self.failed + other.failed,
            missing: [self.missing, other.missing].concat(),
            unknown: self.unknown + other.unknown,
        }
    }

    /// Why there are not more runs.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = String> {
        let skipped = (!self.skipped.is_empty()).then(|| printable(&Skipped::sentence(&self.skipped)));
        skipped.into_iter().chain(unfinished(self.failed, &self.missing))
    }
}

impl Report {
    /// Which runs of run directories are in no figure because they are not finished, and how to go on with them: a
    /// sentence without a stop for those that failed, and one for those that are missing. For where the report itself
    /// is not shown: its warnings say the same.
    pub fn unfinished(&self) -> impl Iterator<Item = String> {
        unfinished(self.failed_runs, &self.missing_runs)
    }
}

fn unfinished(failed: usize, missing: &[Missing]) -> impl Iterator<Item = String> + use<> {
    let failed = (failed > 0).then(|| {
        format!(
            "{} ended in an error (errors.jsonl); the same `throughline replay` tries them again",
            count(failed, "run")
        )
    });
    let each: BTreeSet<String> = missing
        .iter()
        .map(|Missing { directory, planned, missing }| format!("{missing} of {planned} in {}", printable(directory)))
        .collect();
    let missing = (!each.is_empty())
        .then(|| format!("planned runs are missing: {}; the same `throughline replay` goes on with them", list(&each)));
    failed.into_iter().chain(missing)
}
