//! Judges the answers of recorded conversations again. Skips where the recordings are absent.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::PathBuf;

use serde_json::Value;
use throughline_tasks::{Sample, TaskFamily, family, read_samples};

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

fn attempts(transcripts: &str) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for line in transcripts.lines() {
        let conversation: Value = serde_json::from_str(line).unwrap();
        let mut reply = String::new();
        for entry in conversation["trace"].as_array().unwrap() {
            if entry["role"] == "assistant" {
                reply = entry["content"].as_str().unwrap().to_owned();
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
    let samples = read_samples(File::open(folder.join("tasks/math-recorded.json")).unwrap()).unwrap();
    let samples: HashMap<&str, &Sample> = samples.iter().map(|sample| (sample.task_id.as_str(), sample)).collect();
    let math = family("math").unwrap();
    let attempts = attempts(&fs::read_to_string(folder.join("transcripts/math.jsonl")).unwrap());
    let mut differing = BTreeMap::new();
    for attempt in &attempts {
        let right = math.evaluate(samples[attempt.task_id.as_str()], &attempt.exact_answer).score >= 1.0;
        if right != attempt.right {
            *differing.entry((attempt.exact_answer.as_str(), right)).or_insert(0) += 1;
        }
    }
    assert_eq!(attempts.len(), 1274);
    println!("{differing:?}");
    extraction(math, &samples, &attempts);
}

fn extraction(math: &dyn TaskFamily, samples: &HashMap<&str, &Sample>, attempts: &[Attempt]) {
    let mut counts: BTreeMap<&str, [u32; 4]> = BTreeMap::new();
    for attempt in attempts {
        let sample = samples[attempt.task_id.as_str()];
        let ours = math.extract(sample, &attempt.reply);
        let right = ours.as_deref().is_some_and(|answer| math.evaluate(sample, answer).score >= 1.0);
        let same = ours.as_deref() == Some(&attempt.exact_answer)
            || ours.as_deref().map(|o| math.evaluate(sample, o).details["answer"].clone()) == Some(math.evaluate(sample, &attempt.exact_answer).details["answer"].clone());
        let count = counts.entry(attempt.setting.as_str()).or_default();
        count[0] += 1;
        count[1] += u32::from(same);
        count[2] += u32::from(right == attempt.right);
        count[3] += u32::from(ours.is_none());
        if right != attempt.right && !attempt.exact_answer.is_empty() {
            let tail: String = attempt.reply.chars().rev().take(300).collect::<String>().chars().rev().collect();
            println!("----- {} ours {ours:?} recorded {:?} {} \n{tail}", attempt.task_id, attempt.exact_answer, attempt.right);
        }
    }
    println!("{counts:?}");
}
