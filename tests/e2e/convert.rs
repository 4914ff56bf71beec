//! `throughline convert`, and the formats that `throughline score` reads.

use serde_json::json;

use crate::harness::Sandbox;

/// A run as an OpenAI-style record.
fn chat(id: u32, score: f64) -> String {
    let record = json!({
        "id": format!("run-{id}"), "model": "abacus-2024", "setting": "full", "task": "math", "task_id": "a", "score": score,
        "messages": [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}],
    });
    format!("{record}\n")
}

#[test]
fn records_become_transcripts_and_go_back() {
    let sandbox = Sandbox::without_models();
    sandbox.write("chats.jsonl", chat(1, 1.0) + &chat(2, 0.0));
    let told = sandbox.run(&["convert", "chats.jsonl", "-o", "runs.jsonl.gz"]).good();
    assert_eq!((&*told.stdout, &*told.stderr), ("", "2 conversations written\n"));
    let scored = sandbox.run(&["score", "runs.jsonl.gz", "--format", "csv"]).good().stdout;
    assert_eq!(scored, sandbox.run(&["score", "chats.jsonl", "--format", "csv"]).good().stdout);
    let back = sandbox.run(&["convert", "runs.jsonl.gz", "--to", "openai", "-o", "-"]).good();
    assert_eq!(back.json_lines()[0]["messages"][1]["content"], "2");
    // A second time there is such a file.
    sandbox.run(&["convert", "chats.jsonl", "-o", "runs.jsonl.gz"]).refused(&["runs.jsonl.gz", "--force"]);
    sandbox.run(&["convert", "chats.jsonl", "-o", "runs.jsonl.gz", "--force", "--to", "sharegpt"]).good();
}

#[test]
fn what_is_lost_or_left_out_is_said() {
    let sandbox = Sandbox::without_models();
    let run = json!({
        "conv_id": "1", "conv_type": "full", "task": "math", "task_id": "a", "assistant_model": "m", "score": 1,
        "trace": [{"role": "user", "content": "x"}, {"role": "log", "content": {"type": "shard_revealed", "shard_id": 1}}],
    });
    sandbox.write("t.jsonl", format!("{run}\n{{oops\n"));
    sandbox.run(&["convert", "t.jsonl", "-o", "out.jsonl"]).refused(&["t.jsonl", "line 2"]);
    assert!(!sandbox.path("out.jsonl").exists());
    let told = sandbox.run(&["convert", "t.jsonl", "-o", "out.jsonl", "--to", "sharegpt", "--keep-going"]).good();
    for words in
        ["1 conversation written", "log entries that the format has no place for: left out 1", "left out 1: malformed"]
    {
        assert!(told.stderr.contains(words), "{}", told.stderr);
    }
}

#[test]
fn patterns_are_read_and_aliases_merge_models() {
    let sandbox = Sandbox::without_models();
    sandbox.write("a.jsonl", chat(1, 1.0));
    sandbox.write("b.jsonl", chat(2, 0.0).replace("abacus-2024", "abacus"));
    sandbox.write("aliases.toml", "\"abacus-2024\" = \"abacus\"\n");
    let table = sandbox.run(&["score", "[ab].jsonl", "--aliases", "aliases.toml"]).good().stdout;
    assert!(table.contains("1 of abacus-2024 as abacus"), "{table}");
    let apart = sandbox.run(&["score", "[ab].jsonl", "--format", "csv"]).good().stdout;
    assert_eq!(apart.lines().count(), 3, "nothing is merged that is not declared: {apart}");
    sandbox.run(&["score", "*.csv"]).refused(&["*.csv", "no file matches"]);
    sandbox.write("aliases.toml", "abacus-2024 = 7\n");
    sandbox.run(&["score", "a.jsonl", "--aliases", "aliases.toml"]).refused(&["aliases.toml", "line 1"]);
}

#[test]
fn logs_of_inspect_are_written_and_score_the_same() {
    let sandbox = Sandbox::without_models();
    let (one, other) = (chat(1, 1.0) + &chat(2, 0.0), chat(3, 0.5).replace("\"full\"", "\"sharded\""));
    sandbox.write("chats.jsonl", format!("{one}{other}"));
    let export = |more: &[&str]| sandbox.run(&[&["export", "chats.jsonl", "--to", "inspect-ai", "-o"], more].concat());
    let told = export(&["logs"]).good();
    assert_eq!((&*told.stdout, &*told.stderr), ("", "3 conversations written into 2 logs\n"));
    let scored = sandbox.run(&["score", "logs", "--format", "csv"]).good().stdout;
    assert_eq!(scored, sandbox.run(&["score", "chats.jsonl", "--format", "csv"]).good().stdout);
    export(&["logs"]).refused(&["logs", ".eval", "--force"]);
    export(&["logs", "--force"]).good();
    // One file has room for one setting.
    export(&["all.eval"]).refused(&["all.eval", "math, full, abacus-2024", "math, sharded, abacus-2024", "folder"]);
    assert!(!sandbox.path("all.eval").exists());
    export(&["-"]).refused(&["standard output", ".eval"]);
    sandbox.write("full.jsonl", one);
    sandbox.run(&["convert", "full.jsonl", "--to", "inspect-ai", "-o", "full.eval"]).good();
    sandbox.run(&["score", "full.eval"]).good();
}
