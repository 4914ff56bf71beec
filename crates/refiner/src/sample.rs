//! Which samples an experience came from, and which are kept aside to validate it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use throughline_replay::{derive_seed, sha256_hex};
use throughline_tasks::{Sample, canonical_task, family};

/// A sample that went into an experience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsedSample {
    /// The task family.
    pub task: String,
    /// The sample.
    pub task_id: String,
    /// SHA-256 of what it says: the instruction and the shards.
    pub sha256: String,
}

impl UsedSample {
    /// This sample, used.
    pub fn new(sample: &Sample) -> Self {
        let task = canonical_task(&sample.task).to_owned();
        Self { task, task_id: sample.task_id.clone(), sha256: fingerprint(sample) }
    }

    /// Whether `sample` is this one: by its name, in either spelling of the study's files and whether it was revised
    /// since, or by what it says, whatever its name.
    pub fn is_of(&self, sample: &Sample) -> bool {
        self.sha256 == fingerprint(sample)
            || (self.task == canonical_task(&sample.task) && base(&self.task_id) == base(&sample.task_id))
    }
}

/// The name of what a sample was made from. Recordings write the same id with `-` or `/` behind the data set's name.
fn base(task_id: &str) -> String {
    task_id.strip_suffix("-revised").unwrap_or(task_id).replace('/', "-")
}

/// What a sample says, case and white space aside.
fn fingerprint(sample: &Sample) -> String {
    let instruction = family(&sample.task).map(|family| family.full_prompt(sample));
    let mut said: Vec<String> = Vec::new();
    for text in instruction.as_deref().into_iter().chain(sample.pieces()) {
        said.push(text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
    }
    sha256_hex(said.join("\n").as_bytes())
}

/// Parts samples: a `share` of them (0 to 1), drawn with `seed`, is kept aside; returns the others first. With two
/// samples or more, neither part is empty.
pub fn keep_aside(samples: &[Sample], share: f64, seed: u32) -> (Vec<Sample>, Vec<Sample>) {
    let mut drawn: Vec<&Sample> = samples.iter().collect();
    drawn.sort_by_cached_key(|sample| (derive_seed(seed, &[&sample.task_id, "aside"]), sample.task_id.clone()));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a number of samples, which is far below 2^52"
    )]
    let aside = (drawn.len() as f64 * share).round() as usize;
    let aside = aside.clamp(usize::from(drawn.len() > 1), drawn.len().saturating_sub(1));
    let part = |part: &[&Sample]| part.iter().map(|sample| (*sample).clone()).collect();
    (part(&drawn[aside..]), part(&drawn[..aside]))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn math(task_id: &str, question: &str) -> Sample {
        serde_json::from_value(json!({
            "task_id": task_id, "task": "math", "question": question, "answer": "#### 4",
            "shards": [{"shard_id": 1, "shard": "How many?"}, {"shard_id": 2, "shard": question}],
        }))
        .unwrap()
    }

    #[test]
    fn a_used_sample_is_known_by_any_name_and_by_its_words() {
        let used = UsedSample::new(&math("data/7", "2 and 2"));
        for (id, question, found) in [
            ("data/7", "2 and 2", true),
            ("data-7", "3 and 3", true),
            ("data-7-revised", "3 and 3", true),
            ("other", "2  and 2", true),
            ("data/70", "3 and 3", false),
            ("data/8", "2 and 22", false),
        ] {
            assert_eq!(used.is_of(&math(id, question)), found, "{id} {question}");
        }
        assert!(UsedSample::new(&math("a-revised", "x")).is_of(&math("a", "y")));
    }

    #[test]
    fn samples_are_parted_by_the_seed_alone() {
        let samples: Vec<Sample> = (0..10).map(|n| math(&format!("s{n}"), &format!("{n}"))).collect();
        let (refined, aside) = keep_aside(&samples, 0.3, 7);
        assert_eq!((refined.len(), aside.len()), (7, 3));
        assert!(aside.iter().all(|sample| !refined.contains(sample)));
        let reversed: Vec<Sample> = samples.iter().rev().cloned().collect();
        assert_eq!(keep_aside(&reversed, 0.3, 7), (refined, aside.clone()));
        assert_ne!(keep_aside(&samples, 0.3, 8).1, aside);
        for (count, share, parts) in [(2, 0.0, (1, 1)), (2, 1.0, (1, 1)), (1, 0.5, (1, 0)), (0, 0.5, (0, 0))] {
            let (refined, aside) = keep_aside(&samples[..count], share, 0);
            assert_eq!((refined.len(), aside.len()), parts);
        }
    }
}
