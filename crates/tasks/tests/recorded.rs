//! Judges the answers of recorded conversations again. Skips where the recordings are absent.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: it may fail, and says when it skips")]

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;
use throughline_tasks::{Sample, family, read_samples};

/// The folder with the recordings: under `$THROUGHLINE_SHARED`, else beside the project.
fn recordings() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let shared = std::env::var_os("THROUGHLINE_SHARED").map_or_else(|| root.join("shared"), PathBuf::from);
    let folder = shared.join("data/lost-in-conversation");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there are no recordings in {}", folder.display());
    None
}

struct Attempt {
    task_id: String,
    setting: String,
    reply: String,
    exact_answer: String,
    right: bool,
}

/// A recorded verdict: `score` and `is_correct` stand for each other, one of them is null.
fn verdict(event: &Value) -> bool {
    event["score"].as_f64().map_or_else(|| event["is_correct"].as_bool().unwrap(), |score| score >= 1.0)
}

fn samples(folder: &Path) -> HashMap<String, Sample> {
    let samples = read_samples(File::open(folder.join("tasks/math-recorded.json")).unwrap()).unwrap();
    samples.into_iter().map(|sample| (sample.task_id.clone(), sample)).collect()
}

fn attempts(folder: &Path) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for line in fs::read_to_string(folder.join("transcripts/math.jsonl")).unwrap().lines() {
        let conversation: Value = serde_json::from_str(line).unwrap();
        let mut reply = String::new();
        for entry in conversation["trace"].as_array().unwrap() {
            if entry["role"] == "assistant" {
                entry["content"].as_str().unwrap().clone_into(&mut reply);
            } else if entry["content"]["type"] == "answer-evaluation" {
                attempts.push(Attempt {
                    task_id: conversation["task_id"].as_str().unwrap().to_owned(),
                    setting: conversation["conv_type"].as_str().unwrap().to_owned(),
                    reply: reply.clone(),
                    exact_answer: entry["content"]["exact_answer"].as_str().unwrap().to_owned(),
                    right: verdict(&entry["content"]),
                });
            }
        }
    }
    attempts
}

#[test]
fn recorded_answers_get_their_recorded_verdicts() {
    let Some(folder) = recordings() else { return };
    let samples = samples(&folder);
    let math = family("math").unwrap();
    let attempts = attempts(&folder);
    let mut differing = BTreeMap::new();
    for attempt in &attempts {
        let right = math.evaluate(&samples[&attempt.task_id], &attempt.exact_answer).score >= 1.0;
        if right != attempt.right {
            *differing.entry((attempt.exact_answer.as_str(), right)).or_insert(0) += 1;
        }
    }
    assert_eq!(attempts.len(), 1274);
    // Right answers in a notation that the recording evaluator did not know. It knew every other one.
    let known = [("$17\u{a0}000", true), ("3.0", true), ("3{,}360", true)];
    assert_eq!(differing, BTreeMap::from(known.map(|answer| (answer, 1))));
}

/// How often the answer that we find in a reply gets the verdict that the recorded answer got. The recordings were
/// made with a model that extracts, so this is agreement, not correctness; where they hold an empty answer, their
/// extraction failed.
#[test]
fn answers_found_in_recorded_replies_agree_with_the_recorded_ones() {
    let Some(folder) = recordings() else { return };
    let samples = samples(&folder);
    let math = family("math").unwrap();
    let mut counts: BTreeMap<String, [u32; 4]> = BTreeMap::new();
    for attempt in attempts(&folder) {
        let sample = &samples[&attempt.task_id];
        let judged = |answer: &str| math.evaluate(sample, answer);
        let ours = math.extract(sample, &attempt.reply);
        let same = ours
            .as_deref()
            .is_some_and(|ours| judged(ours).details["answer"] == judged(&attempt.exact_answer).details["answer"]);
        let right = ours.as_deref().is_some_and(|ours| judged(ours).score >= 1.0);
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
    let samples = read_samples(File::open(folder.join("tasks/math.json")).unwrap()).unwrap();
    assert_eq!(samples.len(), 260);
    for sample in &samples {
        let gold = sample.text("answer").unwrap().rsplit("####").next().unwrap();
        assert!(math.evaluate(sample, gold).score >= 1.0, "{}", sample.task_id);
        assert_eq!(math.extract(sample, sample.text("answer").unwrap()).as_deref(), Some(gold.trim()));
    }
    let refused = read_samples(File::open(folder.join("tasks/actions.json")).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("`task` holds `actions`"), "{refused}");
}
