//! Input files, run directories and configurations that cannot be used: one clear line each, exit code 2, nothing on
//! standard output.

use crate::harness::{Sandbox, samples};

const TRANSCRIPT: &str = r#"{"conv_id": "a", "conv_type": "full", "task": "math", "task_id": "t", "assistant_model": "m", "trace": [{"role": "user", "content": "Two and two?"}, {"role": "assistant", "content": "4"}], "is_correct": true, "score": 1.0}"#;

/// A list with one good sample, changed by `change`.
fn sample(change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) -> String {
    let mut sample = serde_json::json!({
        "task_id": "one", "task": "math", "question": "What is 2 + 2?", "answer": "#### 4",
        "shards": [{"shard_id": 1, "shard": "what is the sum?"}, {"shard_id": 2, "shard": "2 and 2"}],
    });
    change(sample.as_object_mut().unwrap());
    serde_json::json!([sample]).to_string()
}

#[test]
fn transcripts_that_cannot_be_scored() {
    let sandbox = Sandbox::without_models();
    let cut = &TRANSCRIPT[..TRANSCRIPT.len() / 2];
    for (content, named) in [
        (format!("{TRANSCRIPT}\n{{oops\n"), &["line 2", "column 2"][..]),
        (format!("{TRANSCRIPT}\n\n{cut}"), &["line 3", "cut off", "truncated"]),
        (TRANSCRIPT.replace("\"conv_type\"", "\"kind\""), &["line 1", "conv_type"]),
        (TRANSCRIPT.replace("\"4\"", "4"), &["line 1", "trace"]),
        (TRANSCRIPT.replace("1.0", "7"), &["line 1", "conversation a", "`score`", "outside 0 to 1"]),
        (TRANSCRIPT.replace("true", "null").replace("1.0", "null"), &["line 1", "conversation a", "never evaluated"]),
        (format!("{TRANSCRIPT}\n{TRANSCRIPT}\n"), &["line 2", "conversation a", "line 1"]),
        (String::new(), &["no conversation to score"]),
    ] {
        sandbox.write("t.jsonl", &content);
        sandbox.run(&["score", "t.jsonl"]).refused(&[&["t.jsonl"], named].concat());
        sandbox.run_with(&["score", "-"], content).refused(&[&["standard input"], named].concat());
    }
    sandbox.write("latin.jsonl", b"{\"conv_id\": \"\xe9\"}\n");
    sandbox.run(&["score", "latin.jsonl"]).refused(&["latin.jsonl", "line 1", "UTF-8"]);
    sandbox.run(&["score", "missing.jsonl"]).refused(&["missing.jsonl", "No such file", "check the path"]);
    std::fs::create_dir(sandbox.path("nothing")).unwrap();
    sandbox.run(&["score", "nothing"]).refused(&["nothing", "no .jsonl, "]);
}

#[test]
fn commands_that_cannot_be_understood() {
    let sandbox = Sandbox::without_models();
    for (arguments, named) in [
        (&["score"][..], &["required", "<PATH>"][..]),
        (&["scor", "x"], &["unrecognized subcommand 'scor'", "'score'"]),
        (&["score", "x", "--formt", "json"], &["--formt", "'--format'"]),
        (&["score", "x", "--format", "jsn"], &["'jsn'", "--format", "json, csv", "--help"]),
        (&["score", "x", "--sections", "weather"], &["weather", "cells, intervals"]),
        (&["score", "x", "--level", "200"], &["200", "between 0 and 100"]),
        (
            &["score", "x", "--html", "y", "--reevaluate", "--samples", "z"],
            &["--html", "cannot be used with", "--reevaluate"],
        ),
        (&["convert", "x"], &["--output"]),
        (&["convert", "x", "-o", "x.eval"], &["x.eval", "--to inspect-ai"]),
        (&["replay", "x", "--temperature", "-1", "-o", "y"], &["--temperature", "0 or above"]),
    ] {
        sandbox.run(arguments).refused(named);
    }
}

#[test]
fn conversations_that_cannot_be_mediated() {
    let sandbox = Sandbox::without_models();
    let good = r#"{"id": "a", "turns": [{"user": "Name a colour."}]}"#;
    let cut = &TRANSCRIPT[..TRANSCRIPT.len() / 2];
    for (content, named) in [
        (format!("{good}\n{{oops\n"), &["line 2, column 2"][..]),
        (format!("{good}\n\n{}", &good[..good.len() / 2]), &["line 3", "cut off"]),
        (format!("{good}\n{cut}"), &["line 2", "cut off"]),
        (good.replace("\"id\"", "\"name\""), &["line 1", "`id`"]),
        (format!("{good}\n{}", good.replace("\"user\"", "\"said\"")), &["line 2", "`user`"]),
        (TRANSCRIPT.replace("\"4\"", "4"), &["line 1", "trace"]),
        (String::new(), &["no conversation"]),
    ] {
        sandbox.write("c.jsonl", &content);
        let line = sandbox.run(&["mediate", "c.jsonl", "--json", "--quiet"]).refused(&[&["c.jsonl"], named].concat());
        // Another line than the one at fault must not be named beside it.
        assert!(line.matches("line ").count() <= 1, "{line}");
        sandbox.run_with(&["mediate", "-", "-q"], content).refused(&[&["standard input"], named].concat());
    }
    sandbox.write("latin.jsonl", b"{\"id\": \"\xe9\"}\n");
    sandbox.run(&["mediate", "latin.jsonl", "-q"]).refused(&["latin.jsonl", "line 1", "UTF-8"]);
    sandbox.run(&["mediate", "missing.jsonl", "-q"]).refused(&["missing.jsonl", "No such file"]);
}

#[test]
fn samples_that_cannot_be_replayed() {
    let sandbox = Sandbox::without_models();
    let whole = std::fs::read_to_string(samples()).unwrap();
    for (content, named) in [
        (sample(|s| s["task"] = "alchemy".into()), &["sample one", "`alchemy`", "known are `math`"][..]),
        (sample(|s| s["answer"] = "nobody knows".into()), &["sample one", "`answer`", "no gold answer", "####"]),
        (sample(|s| drop(s.remove("answer"))), &["sample one", "`answer` is missing"]),
        (sample(|s| s["question"] = "  ".into()), &["sample one", "`question` is empty"]),
        (sample(|s| s["shards"] = serde_json::json!([])), &["sample one", "`shards` is empty"]),
        (sample(|s| s["shards"][1]["shard"] = 4.into()), &["sample one", "`shards[1].shard`"]),
        (sample(|s| drop(s.remove("task_id"))), &["no. 1", "task_id"]),
        (whole[..whole.len() / 2].to_owned(), &["line ", "cut off"]),
        ("[]".to_owned(), &["no sample"]),
        ("{\"task_id\": \"one\"\n".to_owned(), &["line 1"]),
    ] {
        sandbox.write("samples.json", content);
        let replayed = sandbox.run(&["replay", "samples.json", "-o", "run", "--quiet"]);
        replayed.refused(&[&["samples.json"], named].concat());
    }
    sandbox.run(&["replay", "missing.json", "-o", "run", "-q"]).refused(&["missing.json", "No such file"]);
    assert!(!sandbox.path("run").exists(), "nothing was begun");
}

#[test]
fn settings_that_are_not_known() {
    let sandbox = Sandbox::without_models();
    let replay = |settings: &str| sandbox.run(&["replay", &samples(), "-o", "run", "-q", "--settings", settings]);
    replay("full,sharted").refused(&["\"sharted\"", "full, concat, shuffle-concat, sharded, recap"]);
    assert!(!sandbox.path("run").exists(), "nothing was begun");
}

#[test]
fn run_directories_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    let replay = |directory: &str| {
        let samples = samples();
        sandbox.run(&["replay", &samples, "--limit", "1", "--settings", "full", "-o", directory, "--quiet"])
    };
    sandbox.write("file", "not a folder");
    replay("file").refused(&["cannot create file"]);
    replay("file/inside").refused(&["cannot create file/inside"]);
    std::fs::create_dir(sandbox.path("strange")).unwrap();
    sandbox.write("strange/transcripts.jsonl", TRANSCRIPT);
    replay("strange").refused(&["strange", "no manifest.toml", "use another directory"]);
    assert_eq!(sandbox.read("strange/transcripts.jsonl"), TRANSCRIPT, "what was there is untouched");
    std::fs::create_dir(sandbox.path("broken")).unwrap();
    sandbox.write("broken/manifest.toml", "format = 1\nprogram = \n");
    replay("broken").refused(&["broken/manifest.toml", "line 2", "use another directory"]);
    // Not even the superuser can write there.
    #[cfg(target_os = "linux")]
    replay("/proc/run").refused(&["cannot create /proc/run"]);
}

#[test]
fn configurations_that_are_wrong() {
    let sandbox = Sandbox::without_models();
    for (content, named) in [
        ("[roles]\nmediator = \"small\"\nasistant = \"small\"\n", &["line 3", "`asistant`", "`assistant`"][..]),
        ("[models.x]\nkind = \"llama\"\nmodel = \"m\"\n", &["line 2", "`llama`", "`llama-cpp`"]),
        ("[models.x]\nkind = \"llama-cpp\"\nmodel = \"m\"\nthread = 2\n", &["`thread`", "`threads`"]),
        ("[mediator]\nquestions = \"two\"\n", &["line 2", "\"two\""]),
        ("[mediator\n", &["line 1"]),
    ] {
        sandbox.write("throughline.toml", content);
        sandbox.run(&["config"]).refused(&[&["throughline.toml"], named].concat());
    }
    sandbox.run(&["config", "--config", "missing.toml"]).refused(&["missing.toml", "No such file"]);
}

#[test]
fn agent_files_that_are_wrong() {
    let sandbox = Sandbox::new();
    sandbox.write("throughline.toml", "[agents]\nassistant = \"agents/mine.md\"\n");
    let ask = || sandbox.run(&["ask", "Name a colour.", "--quiet"]);
    ask().refused(&["agents/mine.md", "No such file"]);
    std::fs::create_dir(sandbox.path("agents")).unwrap();
    sandbox.write("agents/mine.md", "+++\ntemperature = \"hot\"\n+++\nDo it.\n");
    ask().refused(&["agents/mine.md", "temperature"]);
    sandbox.write("agents/mine.md", "Do it.\n");
    ask().refused(&["agents/mine.md", "`+++`"]);
    let replay = || {
        let samples = samples();
        sandbox.run(&["replay", &samples, "--limit", "1", "--settings", "mediated", "-o", "run", "--quiet"])
    };
    sandbox.write("agents/mine.md", "+++\n+++\nDo it.\n");
    ask().refused(&["agents/mine.md", "`[user]`"]);
    replay().refused(&["agents/mine.md", "`[user]`"]);
    sandbox.write("agents/mine.md", "+++\n+++\nDo it.\n[user]\n{% if goal %}\n");
    ask().refused(&["agents/mine.md", "template"]);
    replay().refused(&["agents/mine.md", "template"]);
    assert!(!sandbox.path("run").exists(), "nothing was begun");
}

#[test]
fn there_is_nothing_to_ask() {
    Sandbox::without_models().run(&["ask", "--quiet"]).refused(&["give a request"]);
}

#[test]
fn a_damaged_run_directory_is_named_in_a_list() {
    let sandbox = Sandbox::without_models();
    std::fs::create_dir_all(sandbox.path("runs/a")).unwrap();
    sandbox.write("runs/a/manifest.toml", "format = ");
    let told = sandbox.run(&["runs", "list", "runs"]).stderr;
    assert!(told.contains("manifest.toml: line 1") && !told.contains("no run directory"), "{told}");
}

#[test]
fn databases_are_looked_for_where_there_is_a_folder() {
    let sandbox = Sandbox::without_models();
    sandbox.write("s.json", sample(|_| ()));
    let replay = ["replay", "s.json", "--databases", "nowhere", "-o", "runs"];
    sandbox.run(&replay).refused(&["--databases", "'nowhere'", "there is no such folder"]);
}
