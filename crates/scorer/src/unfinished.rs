//! Runs that were planned and have no transcript.

use std::collections::HashSet;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::input::RunDirectory;
use crate::report::Missing;
use crate::seen::{IdHash, Seen};

/// What run directories say of the runs that they do not hold.
#[derive(Debug, Default)]
pub(crate) struct Unfinished {
    /// Runs that failed at least once, whether or not they succeeded later.
    failed: HashSet<IdHash>,
    /// By what their manifests hold: directories of one experiment make it up together.
    experiments: IndexMap<String, Experiment>,
    /// Run directories that do not say what was planned.
    unknown: usize,
}

#[derive(Debug)]
struct Experiment {
    /// The first of its directories.
    directory: PathBuf,
    /// The samples that its directories are to hold runs of; parts of an experiment hold some each.
    samples: HashSet<String>,
    /// How many runs of each of them.
    each: usize,
    /// The runs that have a transcript or ended in an error.
    begun: HashSet<IdHash>,
}

/// The place of an experiment among the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known(usize);

impl Unfinished {
    /// Takes note of a directory; `None` where it does not say what was planned.
    pub(crate) fn add(&mut self, directory: RunDirectory) -> Option<Known> {
        let failed: Vec<_> = directory.failed.iter().map(|conv_id| IdHash::of(conv_id)).collect();
        self.failed.extend(&failed);
        let Some(plan) = directory.plan else {
            self.unknown += 1;
            return None;
        };
        let entry = self.experiments.entry(plan.experiment);
        let known = Known(entry.index());
        let new = || Experiment {
            directory: directory.path,
            samples: HashSet::new(),
            each: plan.each,
            begun: HashSet::new(),
        };
        let experiment = entry.or_insert_with(new);
        experiment.samples.extend(plan.samples);
        experiment.begun.extend(failed);
        Some(known)
    }

    /// Takes note of a transcript in a directory.
    pub(crate) fn finished(&mut self, Known(experiment): Known, run: IdHash) {
        if let Some((_, experiment)) = self.experiments.get_index_mut(experiment) {
            experiment.begun.insert(run);
        }
    }

    /// Runs that failed and are not among those that were read.
    pub(crate) fn failed(&self, seen: &Seen) -> usize {
        self.failed.iter().filter(|run| !seen.holds(**run)).count()
    }

    /// Experiments with planned runs that neither were finished nor ended in an error.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let each = self.experiments.values().map(|Experiment { directory, samples, each, begun }| {
            let planned = samples.len().saturating_mul(*each);
            let missing = planned.saturating_sub(begun.len());
            Missing { directory: directory.display().to_string(), planned, missing }
        });
        each.filter(|experiment| experiment.missing > 0).collect()
    }

    /// Run directories that do not say what was planned.
    pub(crate) fn unknown(&self) -> usize {
        self.unknown
    }
}
