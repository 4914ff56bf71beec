//! Judges recorded answers again, and made-up ones beside a reference. Skips where the recordings or the reference are
//! absent.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test: it may fail, and says when it skips")]

mod actions;
mod bleu;
mod math;
mod mutations;
mod reference;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;
use throughline_tasks::{Environment, Evaluation, Sample, TaskFamily, read_samples};

/// The shared folder: `$THROUGHLINE_SHARED`, else beside the project.
fn shared() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::env::var_os("THROUGHLINE_SHARED").map_or_else(|| root.join("shared"), PathBuf::from)
}

/// The folder with the recordings.
fn recordings() -> Option<PathBuf> {
    let folder = shared().join("data/lost-in-conversation");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there are no recordings in {}", folder.display());
    None
}

/// Judges an answer for which nothing else is needed.
fn judged(family: &dyn TaskFamily, sample: &Sample, answer: &str) -> Evaluation {
    family.evaluate(sample, answer, &Environment::default()).unwrap()
}

fn samples(file: &Path) -> Vec<Sample> {
    read_samples(File::open(file).unwrap()).unwrap()
}

/// An answer attempt, and what the recording says of it.
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

/// Every answer attempt of a file of transcripts. Ids with `/` are written with `-`.
fn attempts(file: &Path) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let conversation: Value = serde_json::from_str(line).unwrap();
        let mut reply = String::new();
        for entry in conversation["trace"].as_array().unwrap() {
            if entry["role"] == "assistant" {
                entry["content"].as_str().unwrap().clone_into(&mut reply);
            } else if entry["content"]["type"] == "answer-evaluation" {
                attempts.push(Attempt {
                    task_id: conversation["task_id"].as_str().unwrap().replace('/', "-"),
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
