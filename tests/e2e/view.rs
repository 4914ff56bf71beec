//! `throughline view` where there is no screen.

use serde_json::{Value, json};

use crate::harness::{Sandbox, recorded};

fn log(content: &Value) -> Value {
    json!({ "role": "log", "content": content })
}

/// A transcript in which one shard is revealed and one answer attempted.
fn transcript(id: &str, setting: &str, score: f64) -> String {
    let source = json!({ "turn": 0, "span": { "start": 0, "end": 12 } });
    let clause = json!({ "id": "c1", "text": "Count to 10.", "quote": "Count to 10.", "source": source });
    let mut trace = vec![
        json!({ "role": "system", "content": "Be \u{1b}[31mbrief." }),
        json!({ "role": "user", "content": "Count to 10." }),
        log(&json!({ "type": "shard_revealed", "shard_id": 4 })),
    ];
    if setting == "mediated" {
        let removal = json!({ "earned": true, "reason": "there was no goal before" });
        let edits = json!([{ "op": "redirect", "clause": clause, "removal": removal }]);
        trace.push(log(
            &json!({ "type": "spec-edit", "turn": 0, "edits": edits, "findings": [], "decision": "proceed" }),
        ));
    }
    trace.extend([
        json!({ "role": "assistant", "content": "1 to 10" }),
        log(&json!({ "type": "system-verification", "response": { "response_type": "answer_attempt" } })),
        log(&json!({ "type": "answer-evaluation", "exact_answer": "10", "score": score })),
    ]);
    json!({
        "conv_id": id, "conv_type": setting, "task": "math", "task_id": "s/1", "assistant_model": "small", "trace": trace,
        "score": score, "is_correct": score >= 1.0
    })
    .to_string()
}

#[test]
fn conversations_are_listed_and_told() {
    let sandbox = Sandbox::without_models();
    let lines = [transcript("run-1", "sharded", 0.0), transcript("run-2", "mediated", 1.0)];
    sandbox.write("a.jsonl", lines.join("\n"));
    sandbox.write("b.json", r#"[{"messages": [{"role": "user", "content": "Hi"}]}]"#);
    // Without a terminal there is no screen to ask for.
    let listed = sandbox.run(&["view", "a.jsonl", "b.json"]).good().stdout;
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["run-1", "math", "sharded", "small", "wrong"]);
    assert_eq!(rows[1], ["run-2", "math", "mediated", "small", "right"]);
    assert_eq!((rows.len(), rows[2][4]), (3, "not evaluated"));

    let told = sandbox.run(&["view", "--plain", "a.jsonl", "-c", "run-2"]).good().stdout;
    insta::assert_snapshot!("view-mediated", told);
    let told = sandbox.run(&["view", "--plain", "a.jsonl", "-c", "run-1", "--details"]).good().stdout;
    assert!(told.contains("  · instructions: Be \u{fffd}[31mbrief.\n") && !told.contains("goal"), "{told}");
    sandbox.run(&["view", "a.jsonl", "-c", "run-"]).refused(&["run-", "2 conversations"]);
    sandbox.run(&["view", "a.jsonl", "-c", "run-3"]).refused(&["run-3"]);
}

#[test]
fn what_cannot_be_viewed_is_refused() {
    let sandbox = Sandbox::without_models();
    sandbox.write("bad.jsonl", "no conversation\n");
    sandbox.write("empty.jsonl", "\n");
    sandbox.write("mixed.jsonl", format!("nothing\n{}\n", transcript("run-1", "sharded", 1.0)));
    sandbox.run(&["view", "bad.jsonl"]).refused(&["bad.jsonl", "line 1"]);
    let kept_going = sandbox.run(&["view", "bad.jsonl", "--keep-going"]);
    assert!(kept_going.code() == 2 && kept_going.stderr.contains("no conversation"), "{kept_going:?}");
    sandbox.run(&["view", "empty.jsonl"]).refused(&["empty.jsonl", "no conversation"]);
    sandbox.run(&["view", "nowhere.jsonl"]).refused(&["nowhere.jsonl", "no saved chat"]);
    sandbox.run(&["view", "runs/nowhere"]).refused(&["runs/nowhere"]);
    sandbox.run(&["view", "mixed.jsonl"]).refused(&["mixed.jsonl", "line 1"]);
    let left_out = sandbox.run(&["view", "mixed.jsonl", "--keep-going"]).good();
    assert!(left_out.stdout.starts_with("run-1\t") && left_out.stderr.contains("left out 1"), "{left_out:?}");
}

#[test]
fn recordings_of_others_are_listed() {
    let Some(path) = recorded("lost-in-conversation/transcripts/snowball-actions-gpt-4o-mini.jsonl") else { return };
    let listed = Sandbox::without_models().run(&["view".into(), path]).good().stdout;
    assert_eq!(listed.lines().count(), 105);
    assert!(listed.lines().all(|line| line.split('\t').count() == 5), "{listed}");
}
