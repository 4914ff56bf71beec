mod evaluating;
mod extracting;

use serde_json::json;

use super::Math;
use crate::{Environment, Evaluation, Sample, TaskFamily};

fn sample(answer: &str) -> Sample {
    serde_json::from_value(json!({
        "task_id": "t",
        "task": "math",
        "shards": [{"shard_id": 1, "shard": "how many?"}, {"shard_id": 2, "shard": "2 times 3"}],
        "question": "How many is 2 times 3?",
        "answer": answer,
    }))
    .unwrap()
}

fn judged(sample: &Sample, answer: &str) -> Evaluation {
    Math.evaluate(sample, answer, &Environment::default()).unwrap()
}

fn right(answer: &str, gold: &str) -> bool {
    judged(&sample(gold), answer).score >= 1.0
}

#[test]
fn the_prompts_hold_the_instruction_and_state_the_format_once() {
    let sample = sample("#### 6");
    assert_eq!(Math.full_prompt(&sample), "How many is 2 times 3?");
    assert_eq!(
        Math.concat_prompt(&sample, &sample.pieces()),
        "Solve the problem that these pieces make up:\n- how many?\n- 2 times 3"
    );
    assert!(Math.system_prompt(&sample).contains("Answer: <number>"));
    assert!(!Math.full_prompt(&sample).contains("Answer:"));
}

#[test]
fn a_sample_needs_a_question_and_a_gold_number() {
    assert_eq!(Math.check(&sample("#### 6")), Ok(()));
    let said = Math.check(&sample("six")).unwrap_err();
    assert!(said.contains("`answer`") && said.contains("####"), "{said}");
    for (field, value) in [("question", json!(" ")), ("question", json!(5)), ("answer", json!(null))] {
        let mut sample = sample("#### 6");
        sample.fields.insert(field.into(), value);
        let said = Math.check(&sample).unwrap_err();
        assert!(said.contains(field), "{said}");
    }
}

#[test]
fn the_evaluation_says_what_was_read() {
    let evaluation = judged(&sample("2*600=1200\n#### 1,200"), "$1,200.50 in all");
    assert_eq!(evaluation.details, json!({"answer": "2401/2", "gold": "1200"}));
    assert_eq!(judged(&sample("#### 3"), "three").details, json!({"answer": null, "gold": "3"}));
}

#[test]
fn answers_are_the_same_when_their_numbers_are() {
    let sample =
        Sample { task_id: "t".into(), task: "math".into(), shards: Vec::new(), fields: serde_json::Map::default() };
    for (one, other, same) in [
        ("1,200", "$1200.00", true),
        ("0.33", "1/3", true),
        ("1/3", "0.33", true),
        ("50%", "50", true),
        ("12", "13", false),
        ("twelve", "twelve", false),
        ("12", "none", false),
    ] {
        assert_eq!(Math.same_answer(&sample, one, other), same, "{one} and {other}");
    }
}
