//! The samples that the project ships can be used: read, unique, and with gold answers that our own evaluator
//! accepts. `transcripts/check.py` checks their arithmetic.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of the test functions")]

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use serde_json::Value;
use throughline_tasks::{
    Environment, Evaluation, Revision, Sample, TaskFamily, family, read_any_samples, read_samples,
};

/// Judges an answer for which nothing else is needed.
fn judged(family: &dyn TaskFamily, sample: &Sample, answer: &str) -> Evaluation {
    family.evaluate(sample, answer, &Environment::default()).unwrap()
}

/// Reads the shipped samples of a family, those that do more than reveal among them, and checks what every family's
/// samples have in common.
fn shipped(task: &str) -> Vec<Sample> {
    let mut samples = read(task);
    samples.extend(read("beyond").into_iter().filter(|sample| sample.task == task));
    let mut names = HashSet::new();
    for sample in &samples {
        let name = &sample.task_id;
        assert!(name.starts_with(&format!("throughline-{task}-")) && names.insert(name), "{name}");
        assert_eq!(sample.task, task);
        assert!((3..=7).contains(&sample.spoken().count()), "{name}");
        assert!(sample.shards.iter().map(|shard| shard.shard_id).eq(1..=i64::try_from(sample.shards.len()).unwrap()));
    }
    samples
}

/// Samples with all fields that those of the study have, whose content is our own.
const STUDY: &str = include_str!("data/study.json");

#[test]
fn samples_with_the_fields_of_the_study_load_unchanged() {
    let samples = read_any_samples(STUDY.as_bytes()).unwrap();
    let written = serde_json::to_value(&samples).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(STUDY).unwrap());
    let mut families: Vec<_> = samples.iter().map(|sample| sample.task.as_str()).collect();
    families.dedup();
    assert_eq!(families, ["math", "actions", "code", "database", "data2text", "translation", "summary"]);
    // Each alone, as in a file of its family; those of a family that is known here can be replayed.
    for sample in samples.iter().filter(|sample| family(&sample.task).is_some()) {
        let alone = serde_json::to_vec(&[sample]).unwrap();
        let read = read_samples(alone.as_slice()).unwrap();
        let family = family(&sample.task).unwrap();
        for prompt in [family.full_prompt(&read[0]), family.concat_prompt(&read[0], &read[0].pieces())] {
            assert!(prompt.len() > 20, "{}: {prompt}", sample.task_id);
        }
    }
}

fn read(file: &str) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/samples");
    read_samples(File::open(folder.join(format!("{file}.json"))).unwrap()).unwrap()
}

#[test]
fn shipped_revisions_differ_from_their_samples_in_the_revision_alone() {
    let (samples, revised) = (shipped("math"), read("math-revised"));
    assert_eq!(revised.len(), 8);
    let math = family("math").unwrap();
    let gold = |sample: &Sample| sample.text("answer").unwrap().rsplit("#### ").next().unwrap().to_owned();
    for after in &revised {
        let before = samples.iter().find(|sample| format!("{}-revised", sample.task_id) == after.task_id).unwrap();
        let revision: Revision = serde_json::from_value(after.fields["revision"].clone()).unwrap();
        let kept = after.shards.iter().filter(|shard| shard.shard_id != revision.correction_id);
        assert!(kept.map(|shard| &shard.shard).eq(before.shards.iter().map(|shard| &shard.shard)), "{}", after.task_id);
        assert!(judged(math, after, &gold(after)).score >= 1.0, "{}", after.task_id);
        assert!(
            judged(math, after, &gold(before)).score <= 0.0,
            "{}: the wrong quantity is still right",
            after.task_id
        );
    }
}

#[test]
fn samples_that_do_more_than_reveal_are_of_every_family_and_kind() {
    let samples = read("beyond");
    assert!(samples.len() >= 64, "{} samples", samples.len());
    for task in ["math", "actions", "code", "database"] {
        let of_task: Vec<_> = samples.iter().filter(|sample| sample.task == task).collect();
        assert!(of_task.len() >= 16, "{task}: {} samples", of_task.len());
        for kind in ["revise", "withdraw", "redirect", "refer"] {
            let of_kind = |sample: &&&Sample| sample.fields["kinds"].as_array().unwrap().contains(&kind.into());
            assert!(of_task.iter().filter(of_kind).count() >= 4, "{task}: {kind}");
        }
    }
    for sample in &samples {
        // What ceases to hold must have been said before.
        assert_eq!(sample.fields["ordered"], true, "{}", sample.task_id);
        let gone = sample.fields["gone"].as_array().unwrap();
        let refers_alone = sample.fields["kinds"] == serde_json::json!(["refer"]);
        assert_eq!(gone.is_empty(), refers_alone, "{}", sample.task_id);
    }
}

#[test]
fn shipped_samples_are_usable() {
    let samples = shipped("math");
    assert!(samples.len() >= 36, "{} samples", samples.len());
    for sample in &samples {
        let name = &sample.task_id;
        let math = family(&sample.task).unwrap();
        let solution = sample.text("answer").unwrap();
        let gold = solution.rsplit("####").next().unwrap().trim();
        assert!(judged(math, sample, gold).score >= 1.0, "{name}: {gold}");
        assert!(judged(math, sample, &format!("{gold}1")).score <= 0.0, "{name}");
        assert_eq!(math.extract(sample, &format!("It is easy.\nAnswer: {gold}")).as_deref(), Some(gold));
        // The worked solution is itself a reply that gives the answer.
        assert_eq!(math.extract(sample, solution).as_deref(), Some(gold), "{name}");
    }
}

#[test]
fn shipped_calls_are_judged_as_they_are_meant() {
    let samples = shipped("actions");
    assert!(samples.len() >= 8, "{} samples", samples.len());
    let actions = family("actions").unwrap();
    for sample in &samples {
        // The expected calls, each with the first value that is accepted.
        let calls: Vec<String> = sample.fields["reference_answer"].as_array().unwrap().iter().rev().map(call).collect();
        let judge = |answer: &str| judged(actions, sample, answer);
        let right = judge(&format!("[{}]", calls.join(", ")));
        assert!(right.score >= 1.0, "{}: {}", sample.task_id, right.details);
        assert!(judge(&calls[1..].join(", ")).score <= 0.0, "{}", sample.task_id);
    }
}

#[test]
fn shipped_queries_are_judged_as_they_are_meant() {
    let samples = shipped("database");
    assert!(samples.len() >= 20, "{} samples", samples.len());
    let database = family("database").unwrap();
    let databases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/samples/databases");
    let environment = Environment { databases: vec![databases], ..Environment::default() };
    for sample in &samples {
        database.ready(sample, &environment).unwrap();
        let judged = |query: &str| database.evaluate(sample, query, &environment).unwrap();
        let reference = sample.text("reference_sql").unwrap();
        let reply = format!("Here it is:\n```sql\n{reference};\n```");
        assert!(judged(&database.extract(sample, &reply).unwrap()).score >= 1.0, "{}", sample.task_id);
        for wrong in ["SELECT 0", "SELECT name FROM sqlite_master", &reference.replace("SELECT ", "SELECT 0, ")] {
            assert!(judged(wrong).score <= 0.0, "{}: {wrong}", sample.task_id);
        }
        // Who overlooks a later turn is wrong.
        if let Some(stale) = sample.text("stale_answer") {
            assert!(judged(stale).score <= 0.0, "{}: {stale}", sample.task_id);
        }
    }
}

fn call(call: &Value) -> String {
    let (name, arguments) = call.as_object().unwrap().iter().next().unwrap();
    let given = arguments.as_object().unwrap().iter().filter(|(_, values)| values[0] != "");
    let given: Vec<String> = given.map(|(name, values)| format!("{name}={}", literal(&values[0]))).collect();
    format!("{name}({})", given.join(", "))
}

/// In Python's notation; of each entry of a dict, the first value that is accepted.
fn literal(value: &Value) -> String {
    match value {
        Value::Bool(value) => if *value { "True" } else { "False" }.into(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entry = |(key, values): (&String, &Value)| format!("'{key}': {}", literal(&values[0]));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
