//! Which shards instructions have.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use throughline_tasks::{Sample, canonical_task};

use crate::names;

/// Two samples with one name and other shards: which of them was replayed cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sample {task_id} of task {task} is given twice, with other shards; give only the one that was replayed")]
pub struct ShardConflict {
    /// The task family.
    pub task: String,
    /// The sample's name.
    pub task_id: String,
}

/// Which shards instructions have by their samples. Transcripts alone do not hold this: a shard that no run of an
/// instruction reveals is not missed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleShards(HashMap<(String, String), BTreeSet<i64>>);

impl SampleShards {
    /// The shards of these samples that say something.
    ///
    /// # Errors
    /// [`ShardConflict`] where two samples have the same name but not the same shards.
    pub fn new<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Result<Self, ShardConflict> {
        let mut known: HashMap<_, BTreeSet<i64>> = HashMap::new();
        for sample in samples {
            let name = (canonical_task(&sample.task).to_owned(), names::instruction(&sample.task_id).into_owned());
            let shards = sample.spoken().map(|shard| shard.shard_id).collect();
            match known.entry(name) {
                Entry::Vacant(vacant) => drop(vacant.insert(shards)),
                Entry::Occupied(first) if *first.get() == shards => {}
                Entry::Occupied(_) => {
                    return Err(ShardConflict { task: sample.task.clone(), task_id: sample.task_id.clone() });
                }
            }
        }
        Ok(Self(known))
    }

    /// The shards of an instruction; `None` where its sample was not given.
    pub(crate) fn of(&self, task: &str, instruction: &str) -> Option<&BTreeSet<i64>> {
        self.0.get(&(task.to_owned(), instruction.to_owned()))
    }
}

/// Which shards the instructions of some runs have: by their samples, or else all that any run reveals.
#[derive(Debug, Default)]
pub(crate) struct Shards<'a> {
    known: BTreeMap<(&'a str, &'a str), BTreeSet<i64>>,
    /// Where they are known from.
    pub(crate) origin: Origin,
}

/// How many instructions have their shards from where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// From their sample.
    pub(crate) samples: usize,
    /// From what their runs reveal, because there is no sample.
    pub(crate) runs: usize,
    /// From their sample, although runs reveal shards that it does not have.
    pub(crate) beyond: usize,
}

impl<'a> Shards<'a> {
    /// `revealed` holds what the runs of each instruction reveal, by task and id.
    pub(crate) fn new(revealed: BTreeMap<(&'a str, &'a str), BTreeSet<i64>>, samples: &SampleShards) -> Self {
        let mut shards = Self { known: revealed, ..Self::default() };
        for ((task, instruction), known) in &mut shards.known {
            match samples.of(task, instruction) {
                Some(sample) => {
                    shards.origin.samples += 1;
                    shards.origin.beyond += usize::from(!known.is_subset(sample));
                    known.clone_from(sample);
                }
                None => shards.origin.runs += 1,
            }
        }
        shards
    }

    /// The shards of an instruction.
    pub(crate) fn of(&self, task: &'a str, instruction: &'a str) -> &BTreeSet<i64> {
        static NONE: BTreeSet<i64> = BTreeSet::new();
        self.known.get(&(task, instruction)).unwrap_or(&NONE)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use serde_json::json;
    use throughline_tasks::Shard;

    use super::*;
    use crate::{Options, Report, Scorer};

    fn sample(task: &str, task_id: &str, shards: &[&str]) -> Sample {
        let shards = (1..).zip(shards).map(|(number, words)| Shard::new(number, *words)).collect();
        Sample { task_id: task_id.into(), task: task.into(), shards, fields: serde_json::Map::new() }
    }

    /// A failed run that answers at its second turn, and another of the same instruction that reveals one shard less.
    fn report(samples: &[Sample]) -> Report {
        let run = |number: u32, revealed: &[i64]| {
            let user = || json!({"role": "user", "content": "go on"});
            let log = |shard| json!({"role": "log", "content": {"type": "shard_revealed", "shard_id": shard}});
            let mut trace: Vec<_> = revealed.iter().flat_map(|shard| [user(), log(*shard)]).collect();
            trace.insert(
                4,
                json!({"role": "log", "content": {"type": "answer-evaluation", "exact_answer": "x", "score": 0}}),
            );
            json!({
                "conv_id": number.to_string(), "conv_type": "sharded", "task": "apis", "task_id": "p/1",
                "assistant_model": "m", "trace": trace, "score": 0,
            })
        };
        let text = format!("{}\n{}\n", run(1, &[1, 2, 3]), run(2, &[1, 2]));
        let shards = SampleShards::new(samples).unwrap();
        let mut scorer = Scorer::new(Options { shards, ..Options::default() });
        scorer.add_reader("runs", Cursor::new(text)).unwrap();
        scorer.finish().unwrap()
    }

    #[test]
    fn samples_tell_what_no_run_reveals() {
        let left = |report: &Report| report.details[0].faults.unrevealed_shards;
        let note = |report: &Report| report.notes.iter().find(|note| note.starts_with("Shards of")).cloned();
        let without = report(&[]);
        assert_eq!((left(&without), note(&without)), (1, None));
        assert_eq!(without.details[0].first_attempt[1].runs, 2, "turn 2 of 3");

        // Names are matched as those of transcripts are; a shard without words is none.
        let nine = report(&[sample("actions", "p-1", &["a", "b", "c", "d", "e", "f", "g", "h", "i", " "])]);
        assert_eq!(left(&nine), 2);
        assert_eq!(nine.details[0].first_attempt[0].runs, 2, "turn 2 of 9");
        assert_eq!(note(&nine).unwrap(), "Shards of 1 instruction by the samples given.");

        let other = report(&[sample("actions", "p-1", &["a", "b"])]);
        assert_eq!(left(&other), 0);
        assert!(note(&other).unwrap().contains("other samples were replayed"));

        let elsewhere = report(&[sample("math", "p-1", &["a", "b", "c", "d"])]);
        assert_eq!((left(&elsewhere), note(&elsewhere)), (1, None));
    }

    #[test]
    fn samples_with_one_name_have_the_same_shards() {
        let twice = [sample("apis", "p/1", &["a", "b"]), sample("actions", "p-1", &["c", "d"])];
        assert_eq!(SampleShards::new(&twice).unwrap().of("actions", "p-1").unwrap().len(), 2);
        let refused = SampleShards::new(&[sample("math", "a", &["x"]), sample("math", "a", &["x", "y"])]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "sample a of task math is given twice, with other shards; give only the one that was replayed"
        );
    }
}
