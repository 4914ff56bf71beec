use std::io::Cursor;

use serde_json::{Value, json};
use throughline_tasks::{Environment, Sample, read_samples};

use super::*;
use crate::TableOptions;

fn samples() -> Vec<Sample> {
    let math = |id: &str, gold: &str| {
        json!({
            "task_id": id, "task": "math", "question": "How many?", "answer": format!("#### {gold}"),
            "shards": [{"shard_id": 1, "shard": "how many?"}],
        })
    };
    let call = json!({
        "task_id": "sharded-BFCL/parallel_0", "task": "actions", "shards": [{"shard_id": 1, "shard": "call f"}],
        "fully_specified_question": [[{"role": "user", "content": "Call f with 1."}]],
        "function": [{"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "integer"}}}}],
        "reference_answer": [{"f": {"a": [1]}}],
    });
    read_samples(json!([math("m-1", "3"), math("m/2", "17000"), call]).to_string().as_bytes()).unwrap()
}

/// A conversation with one attempt a turn: the reply, the recorded answer, and the verdict fields.
fn conversation(conv_id: &str, task: &str, task_id: &str, attempts: &[(&str, Value, Value)]) -> String {
    let mut trace = vec![json!({"role": "system", "content": "Answer."})];
    for (reply, answer, verdict) in attempts {
        let mut evaluated = json!({"type": "answer-evaluation", "exact_answer": answer});
        for (field, value) in verdict.as_object().unwrap() {
            evaluated[field] = value.clone();
        }
        trace.push(json!({"role": "user", "content": "Go on."}));
        trace.push(json!({"role": "assistant", "content": reply}));
        trace.push(json!({"role": "log", "content": evaluated}));
    }
    let line = json!({
        "conv_id": conv_id, "conv_type": "sharded", "task": task, "task_id": task_id, "assistant_model": "abacus",
        "trace": trace, "score": null, "is_correct": null,
    });
    format!("{line}\n")
}

fn judge(text: &str, keep_going: bool) -> Result<Reevaluation, ScoreError> {
    let mut reevaluator = Reevaluator::new(samples(), Environment::default(), keep_going).unwrap();
    reevaluator.add_reader("runs.jsonl", Cursor::new(text.to_owned()))?;
    reevaluator.finish()
}

fn recordings() -> String {
    let right = || json!({"is_correct": true, "score": null});
    let wrong = || json!({"score": 0, "is_correct": null});
    [
        conversation("a", "math", "m-1", &[("It is 2.", json!("2"), wrong()), ("It is 3.", json!("3"), right())]),
        conversation("b", "math", "m/1", &[("So it is 3.0", json!("3.0"), wrong())]),
        // The blank does not break: the study's evaluator read two numbers, our extraction reads one.
        conversation("c", "math", "m-2", &[("It costs $17\u{a0}000", json!("$17\u{a0}000"), wrong())]),
        conversation(
            "d",
            "apis",
            "sharded-BFCL-parallel_0",
            &[
                ("[f(a=1)]", json!("[f(a=1)]"), right()),
                ("Which a | do you *mean*?", json!("[f(a=)]\n"), json!({"score": 1.0})),
            ],
        ),
        conversation("e", "math", "m-9", &[("It is 3.", json!("3"), right())]),
        conversation("f", "poetry", "h-1", &[("def f(): pass", json!("def f(): pass"), right())]),
        conversation("g", "math", "m-1", &[("It is 3.", json!(null), json!({"score": null}))]),
        conversation("h", "math", "m-1", &[]),
    ]
    .concat()
}

#[test]
fn samples_that_nothing_judges_are_named() {
    let mut with_other = samples();
    with_other.push(Sample { task: "poetry".into(), ..with_other[0].clone() });
    let mut reevaluator = Reevaluator::new(with_other, Environment::default(), false).unwrap();
    reevaluator.add_reader("runs.jsonl", Cursor::new(recordings())).unwrap();
    let notes = reevaluator.finish().unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("Samples left out") && note.ends_with("1 poetry.")), "{notes:?}");
    let without = judge(&recordings(), false).unwrap().notes;
    assert!(!without.iter().any(|note| note.contains("Samples left out")), "{without:?}");
}

#[test]
fn every_attempt_is_judged_by_its_answer_and_by_its_reply() {
    let judged = judge(&recordings(), false).unwrap();
    assert_eq!(judged.conversations, 8);
    let tasks: Vec<_> = judged.tasks.iter().map(|task| (task.task.as_str(), task.attempts)).collect();
    assert_eq!(tasks, [("actions", 2), ("math", 6), ("poetry", 1)]);
    let [actions, math, poetry] = judged.tasks.as_slice() else { panic!("{:?}", judged.tasks) };
    assert_eq!(
        (actions.answers, actions.replies),
        (Agreement { same: 1, compared: 2 }, Agreement { same: 1, compared: 2 })
    );
    assert_eq!((actions.without_answer, poetry.without_evaluator), (1, 1));
    assert_eq!((math.answers, math.replies), (Agreement { same: 3, compared: 4 }, Agreement { same: 2, compared: 4 }));
    assert_eq!((math.without_sample, math.without_verdict), (1, 1));
    assert_eq!(math.missing_samples, ["m-9"]);
    let places: Vec<_> = judged
        .disagreements
        .iter()
        .map(|found| {
            (found.conv_id.as_str(), found.line, found.turn, found.evaluated, found.recorded_score, found.score)
        })
        .collect();
    assert_eq!(
        places,
        [
            ("b", 2, 1, Evaluated::Answer, 0.0, 1.0),
            ("b", 2, 1, Evaluated::Reply, 0.0, 1.0),
            ("c", 3, 1, Evaluated::Reply, 0.0, 1.0),
            ("d", 4, 2, Evaluated::Answer, 1.0, 0.0),
            ("d", 4, 2, Evaluated::Reply, 1.0, 0.0),
        ]
    );
    assert_eq!(judged.disagreements[2].answer.as_deref(), Some("$17,000"));
    assert!(judged.disagreements[3].reason.contains("line 1, column 5"), "{}", judged.disagreements[3].reason);
    assert_eq!(judged.disagreements[4].answer, None);
}

#[test]
fn every_format_shows_every_disagreement() {
    let judged = judge(&recordings(), false).unwrap();
    insta::assert_snapshot!("table", judged.to_table(&TableOptions::default()));
    insta::assert_snapshot!("markdown", judged.to_markdown());
    insta::assert_snapshot!("csv", judged.to_csv());
    let json: Value = serde_json::from_str(&judged.to_json()).unwrap();
    assert_eq!(json["disagreements"].as_array().unwrap().len(), 5);
    assert_eq!(json["disagreements"][0]["input"], "runs.jsonl");
    assert_eq!(json["disagreements"][0]["evaluated"], "answer");
    assert_eq!(json["tasks"][1]["answers"], json!({"same": 3, "compared": 4}));
}

#[test]
fn a_conversation_that_comes_twice_is_refused_or_counted() {
    let twice = conversation("a", "math", "m-1", &[("3", json!("3"), json!({"score": 1}))]).repeat(2);
    let said = judge(&twice, false).unwrap_err().to_string();
    assert!(said.starts_with("runs.jsonl: line 2: conversation a was read before, at runs.jsonl: line 1"), "{said}");
    let judged = judge(&(twice + "{\"trace\": 5}\n"), true).unwrap();
    assert_eq!((judged.conversations, judged.tasks[0].attempts), (1, 1));
    assert_eq!(judged.skipped.len(), 2);
    assert!(judged.notes.last().unwrap().starts_with("These figures are incomplete; left out: "), "{:?}", judged.notes);
}

#[test]
fn without_attempts_there_is_nothing_to_report() {
    let said = judge(&conversation("a", "math", "m-1", &[]), false).unwrap_err().to_string();
    assert!(said.starts_with("none of the 1 conversations that were read holds an answer"), "{said}");
}

#[test]
fn samples_may_come_twice_but_not_differ() {
    let mut samples = [samples(), samples()].concat();
    assert!(Reevaluator::new(samples.clone(), Environment::default(), false).is_ok());
    samples[0].fields["answer"] = json!("#### 4");
    let said = Reevaluator::new(samples, Environment::default(), false).unwrap_err().to_string();
    assert!(said.starts_with("sample m-1 of task math is given twice, with different content"), "{said}");
}

#[test]
fn what_cannot_be_judged_is_an_error_and_no_verdict() {
    let code = json!({
        "task_id": "c-1", "task": "code", "prompt": "def f(): pass", "metadata": {"func_name": "f"},
        "test": "def check(f): pass", "shards": [{"shard_id": 1, "shard": "f"}],
    });
    let samples = read_samples(code.to_string().as_bytes()).unwrap();
    // There is no sandbox, which no conversation is to blame for: it is not left out either.
    let mut reevaluator = Reevaluator::new(samples, Environment::default(), true).unwrap();
    let text =
        conversation("a", "code", "c-1", &[("```\ndef f(): pass\n```", json!("def f(): pass"), json!({"score": 1}))]);
    let error = reevaluator.add_reader("runs.jsonl", Cursor::new(text)).unwrap_err();
    assert_eq!(error.to_string(), "runs.jsonl: line 1: an answer could not be judged");
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("no sandbox"));
}

#[test]
fn answers_are_shown_in_parts_and_without_control_characters() {
    let long = format!("\u{1b}[31m{}", "4 ".repeat(2000));
    let judged = judge(&conversation("a", "math", "m-1", &[(&long, json!(long), json!({"score": 1}))]), false).unwrap();
    let table = judged.to_table(&TableOptions::default());
    assert!(!table.contains('\u{1b}') && table.contains("…") && table.len() < 3000, "{table}");
}
