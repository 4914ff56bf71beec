//! Recorded attempts of the family `actions`.

use std::collections::HashMap;
use std::path::Path;

use throughline_tasks::{Sample, family};

use crate::{Attempt, attempts, judged, recordings, reference, samples};

const FILES: [&str; 2] = ["actions.jsonl", "snowball-actions-gpt-4o-mini.jsonl"];

/// The samples behind the recordings, by id with `-`. Both files hold some of them.
fn known(folder: &Path) -> HashMap<String, Sample> {
    let files = ["tasks/actions.json", "tasks/actions-recorded.json"];
    let samples = files.iter().flat_map(|file| samples(&folder.join(file)));
    samples.map(|sample| (sample.task_id.replace('/', "-"), sample)).collect()
}

fn recorded(folder: &Path) -> Vec<Attempt> {
    FILES.iter().flat_map(|file| attempts(&folder.join("transcripts").join(file))).collect()
}

#[test]
fn recorded_calls_get_their_recorded_verdicts() {
    let Some(folder) = recordings() else { return };
    let known = known(&folder);
    let actions = family("actions").unwrap();
    let attempts = recorded(&folder);
    let mut compared = 0;
    for attempt in &attempts {
        let Some(sample) = known.get(&attempt.task_id) else { continue };
        let judged = judged(actions, sample, &attempt.exact_answer);
        let right = judged.score >= 1.0;
        assert_eq!(right, attempt.right, "{}: {}: {}", attempt.task_id, attempt.exact_answer, judged.details);
        compared += 1;
    }
    println!("{compared} of {} attempts compared; of the others there is no sample", attempts.len());
    assert!(compared >= 1203, "{compared}");
}

#[test]
fn recorded_calls_get_the_verdicts_of_the_reference() {
    let Some(folder) = recordings() else { return };
    let known = known(&folder);
    let attempts = recorded(&folder);
    let answers: Vec<(&Sample, &str)> = attempts
        .iter()
        .filter_map(|attempt| Some((known.get(&attempt.task_id)?, attempt.exact_answer.as_str())))
        .collect();
    let Some(reference) = reference::verdicts(&answers) else { return };
    let actions = family("actions").unwrap();
    let mut parsed = 0;
    for ((sample, answer), right) in answers.iter().zip(reference.right) {
        let judged = judged(actions, sample, answer);
        assert_eq!(judged.score >= 1.0, right, "{}: {answer}: {}", sample.task_id, judged.details);
        let error = judged.details["error"].as_str().unwrap_or_default();
        parsed += u64::from(!error.starts_with("no list of calls: line "));
    }
    assert_eq!(parsed, reference.parsed);
    println!("{} attempts, {parsed} of them calls", answers.len());
}

/// In sharded runs a model decided which replies were attempts; the verdicts on those are the same where we decide.
#[test]
fn recorded_replies_get_the_verdicts_of_their_answers() {
    let Some(folder) = recordings() else { return };
    let known = known(&folder);
    let actions = family("actions").unwrap();
    let (mut compared, mut not_attempted) = (0, 0);
    for attempt in recorded(&folder) {
        let Some(sample) = known.get(&attempt.task_id) else { continue };
        let ours = actions.extract(sample, &attempt.reply);
        let right = ours.as_ref().is_some_and(|ours| judged(actions, sample, ours).score >= 1.0);
        assert_eq!(right, attempt.right, "{}: {}", attempt.task_id, attempt.reply);
        compared += 1;
        not_attempted += u32::from(ours.is_none());
    }
    println!("{compared} attempts, {not_attempted} of which are none by our rule");
    assert!(compared >= 1203 && not_attempted * 25 < compared, "{not_attempted} of {compared}");
}
