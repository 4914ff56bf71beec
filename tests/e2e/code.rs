//! Tasks whose answers are programs or queries: replayed with the default model, judged again, and never judged by what
//! cannot run.

use serde_json::{Value, json};

use crate::harness::{Sandbox, json_lines, samples_of};

/// Flags with which programs run anywhere.
const ANYWHERE: &str = "--allow-unsafe-code";

/// Two samples in two settings, with the default model.
const REPLAY: [&str; 11] =
    ["replay", "-o", "run", "--limit", "2", "--settings", "full,sharded", "--max-tokens", "60", "--temperature", "0"];

/// Replays, and finds each run of this task judged.
fn replays(sandbox: &Sandbox, task: &str, arguments: &[&str]) {
    sandbox.run(arguments).good();
    let runs = json_lines(&sandbox.read("run/transcripts.jsonl"));
    assert_eq!(runs.len(), 4);
    assert!(runs.iter().all(|run| run["task"] == task && run["score"].is_number()));
}

#[test]
fn programs_are_written_and_run() {
    let sandbox = Sandbox::new();
    let samples = samples_of("code");
    let arguments = [&REPLAY[..], &[&samples, ANYWHERE]].concat();
    replays(&sandbox, "code", &arguments);
    let manifest: toml::Table = sandbox.read("run/manifest.toml").parse().unwrap();
    assert!(manifest["config"]["code"]["python"].as_str().is_some_and(|version| version.starts_with("3.")));
    assert!(sandbox.run(&arguments).good().stderr.contains("4 were there before"));
}

/// A conversation in which a reply holds this program; the recording calls it wrong.
fn recorded(program: &str) -> String {
    let reply = format!("```python\n{program}\n```");
    let evaluated = json!({"type": "answer-evaluation", "exact_answer": program, "is_correct": false, "score": 0.0});
    let trace = json!([
        {"role": "user", "content": "Rotate it."}, {"role": "assistant", "content": reply},
        {"role": "log", "content": evaluated},
    ]);
    let run = json!({
        "conv_id": "a", "conv_type": "full", "task": "code", "task_id": "throughline-code-01",
        "assistant_model": "m", "trace": trace, "is_correct": false, "score": 0.0,
    });
    format!("{run}\n")
}

#[test]
fn recorded_programs_are_judged_again() {
    let sandbox = Sandbox::without_models();
    let right =
        "def rotate_shelf(books, steps):\n    steps %= len(books) or 1\n    return books[steps:] + books[:steps]";
    sandbox.write("t.jsonl", recorded(right));
    let samples = samples_of("code");
    let arguments = ["score", "t.jsonl", "--reevaluate", "--samples", &samples, "--format", "json", ANYWHERE];
    let judged: Value = serde_json::from_str(&sandbox.run(&arguments).good().stdout).unwrap();
    assert_eq!(judged["tasks"][0]["answers"], json!({"same": 0, "compared": 1}));
    assert_eq!(judged["disagreements"][0]["score"], 1.0);
    sandbox.write("t.jsonl", recorded("def rotate_shelf(books, steps):\n    return steps"));
    let judged: Value = serde_json::from_str(&sandbox.run(&arguments).good().stdout).unwrap();
    assert_eq!(judged["tasks"][0]["answers"], json!({"same": 1, "compared": 1}));
}

#[test]
fn queries_are_written_and_run() {
    let sandbox = Sandbox::new();
    let samples = samples_of("database");
    replays(&sandbox, "database", &[&REPLAY[..], &[&samples]].concat());
    // Without the databases beside them the samples are refused before a model is asked.
    sandbox.write("samples.json", std::fs::read_to_string(&samples).unwrap());
    let arguments = ["replay", "samples.json", "-o", "other", "--settings", "full"];
    sandbox.run(&arguments).refused(&["village_library", "databases"]);
    let folder = samples.replace("database.json", "databases");
    sandbox.run(&[&arguments[..], &["--limit", "1", "--max-tokens", "4", "--databases", &folder]].concat()).good();
}

#[test]
fn without_an_interpreter_nothing_is_judged() {
    let mut sandbox = Sandbox::without_models();
    sandbox.write("t.jsonl", recorded("def f(): pass"));
    sandbox.set("THROUGHLINE_PYTHON", "no-such-python");
    let samples = samples_of("code");
    sandbox.run(&["score", "t.jsonl", "--reevaluate", "--samples", &samples]).refused(&["no-such-python"]);
}
