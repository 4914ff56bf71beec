//! Recorded attempts of the family `math`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use throughline_tasks::{Sample, family};

use crate::{attempts, judged, recordings, samples};

/// The instructions behind the recordings, by name.
fn known(folder: &Path) -> HashMap<String, Sample> {
    let samples = samples(&folder.join("tasks/math-recorded.json"));
    samples.into_iter().map(|sample| (sample.task_id.clone(), sample)).collect()
}

#[test]
fn recorded_answers_get_their_recorded_verdicts() {
    let Some(folder) = recordings() else { return };
    let samples = known(&folder);
    let math = family("math").unwrap();
    let attempts = attempts(&folder.join("transcripts/math.jsonl"));
    let mut differing = BTreeMap::new();
    for attempt in &attempts {
        let right = judged(math, &samples[&attempt.task_id], &attempt.exact_answer).score >= 1.0;
        if right != attempt.right {
            *differing.entry((attempt.exact_answer.as_str(), right)).or_insert(0) += 1;
        }
    }
    assert_eq!(attempts.len(), 1274);
    // Recorded as wrong for the gold answer 3.
    assert_eq!(differing, BTreeMap::from([(("3.0", true), 1)]));
}

/// How often the answer that we find in a reply gets the verdict that the recorded answer got. The recordings were
/// made with a model that extracts, so this is agreement, not correctness; where they hold an empty answer, their
/// extraction failed.
#[test]
fn answers_found_in_recorded_replies_agree_with_the_recorded_ones() {
    let Some(folder) = recordings() else { return };
    let samples = known(&folder);
    let math = family("math").unwrap();
    let mut counts: BTreeMap<String, [u32; 4]> = BTreeMap::new();
    for attempt in attempts(&folder.join("transcripts/math.jsonl")) {
        let sample = &samples[&attempt.task_id];
        let judge = |answer: &str| judged(math, sample, answer);
        let ours = math.extract(sample, &attempt.reply);
        let same = ours
            .as_deref()
            .is_some_and(|ours| judge(ours).details["answer"] == judge(&attempt.exact_answer).details["answer"]);
        let right = ours.as_deref().is_some_and(|ours| judge(ours).score >= 1.0);
        let count = counts.entry(attempt.setting).or_default();
        count[0] += 1;
        if attempt.exact_answer.is_empty() {
            count[1] += 1;
        } else {
            count[2] += u32::from(same);
            count[3] += u32::from(right == attempt.right);
        }
    }
    for (setting, [attempts, empty, same, agreeing]) in counts {
        let extracted = attempts - empty;
        println!(
            "{setting}: {attempts} attempts, {extracted} with a recorded answer; ours is the same number in {same} and gets the same verdict in {agreeing}"
        );
        assert!(f64::from(agreeing) >= 0.95 * f64::from(extracted), "{setting}: {agreeing} of {extracted}");
    }
}

#[test]
fn the_study_s_samples_are_read_and_their_gold_answers_are_right() {
    let Some(folder) = recordings() else { return };
    let math = family("math").unwrap();
    let samples = samples(&folder.join("tasks/math.json"));
    assert_eq!(samples.len(), 260);
    for sample in &samples {
        let gold = sample.text("answer").unwrap().rsplit("####").next().unwrap();
        assert!(judged(math, sample, gold).score >= 1.0, "{}", sample.task_id);
        assert_eq!(math.extract(sample, sample.text("answer").unwrap()).as_deref(), Some(gold.trim()));
    }
}
