//! The samples by which answers are judged.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use throughline_tasks::{Sample, TaskFamily, canonical_task, family};

use crate::names;

/// Two samples with one name and different content: which of them is meant cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sample {task_id} of task {task} is given twice, with different content; give only the one that was replayed")]
pub struct SampleConflict {
    /// The task family.
    pub task: String,
    /// The sample's name.
    pub task_id: String,
}

/// What there is to judge an attempt by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A sample.
    Sample,
    /// An evaluator, but no sample with this name.
    NoSample(String),
    /// No evaluator of the family.
    NoEvaluator,
}

/// Samples by task family and name, each in one spelling.
#[derive(Debug)]
pub(super) struct GoldSamples {
    samples: HashMap<(String, String), Sample>,
    /// Samples of task families that have no evaluator here, by family.
    pub(super) unused: BTreeMap<String, usize>,
}

impl GoldSamples {
    /// The same sample may come twice: the study's files overlap, with other shards at times.
    pub(super) fn new(samples: impl IntoIterator<Item = Sample>) -> Result<Self, SampleConflict> {
        let mut known: HashMap<(String, String), Sample> = HashMap::new();
        let mut unused = BTreeMap::new();
        for sample in samples {
            if family(&sample.task).is_none() {
                *unused.entry(sample.task).or_default() += 1;
                continue;
            }
            match known.entry(key(&sample.task, &sample.task_id)) {
                Entry::Vacant(vacant) => drop(vacant.insert(sample)),
                Entry::Occupied(first) if first.get().fields == sample.fields => {}
                Entry::Occupied(_) => {
                    return Err(SampleConflict { task: sample.task, task_id: sample.task_id });
                }
            }
        }
        Ok(Self { samples: known, unused })
    }

    /// The evaluator and the sample for a transcript's task and instruction, or what is lacking.
    pub(super) fn find(&self, task: &str, task_id: &str) -> Result<(&'static dyn TaskFamily, &Sample), Found> {
        let family = family(task).ok_or(Found::NoEvaluator)?;
        let key = key(task, task_id);
        match self.samples.get(&key) {
            Some(sample) => Ok((family, sample)),
            None => Err(Found::NoSample(key.1)),
        }
    }
}

fn key(task: &str, task_id: &str) -> (String, String) {
    (canonical_task(task).to_owned(), names::instruction(task_id).into_owned())
}
