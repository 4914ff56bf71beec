//! Experiments: from a file, within limits, in parts, several assistants at once; and what `runs` and `merge` make of them.

use serde_json::Value;

use crate::harness::{Sandbox, json_lines, root, samples};
use crate::replay::{arguments, cells, grid};
use crate::server::{KEY, Server};

/// The settings of the replays here.
const SETTINGS: &str = "full,sharded";

/// The arguments of a replay, and some more.
fn with(limit: usize, more: &[&str]) -> Vec<String> {
    let mut arguments = arguments(limit, SETTINGS);
    arguments.extend(more.iter().map(|&word| word.to_owned()));
    arguments
}

#[test]
fn the_documented_experiment_can_be_carried_out_and_again_from_its_record() {
    let sandbox = Sandbox::new();
    let file = root().join("docs/experiment.toml").display().to_string();
    let small = ["--limit", "1", "--repeats", "1", "--max-tokens", "8", "--settings", SETTINGS];
    let replayed = sandbox.run(&[&["replay", &file, "-o", "run"], &small[..]].concat()).good();
    assert!(replayed.stderr.contains("4 runs finished\n"), "{}", replayed.stderr);
    assert!(replayed.stderr.contains("all runs together: "), "{}", replayed.stderr);
    let manifest: toml::Table = sandbox.read("run/manifest.toml").parse().unwrap();
    let files = manifest["samples"].as_array().unwrap();
    assert_eq!((files.len(), manifest["seed"].as_integer()), (2, Some(7)), "{manifest}");
    assert_eq!(files[1]["chosen"].as_array().unwrap(), &[toml::Value::from("throughline-actions-02")]);

    // The record is an experiment itself, from whatever folder.
    let again = sandbox.run(&["replay", "run/experiment.toml", "-o", "run"]).good();
    assert!(again.stderr.contains("0 runs finished, 4 were there before\n"), "{}", again.stderr);
    let manifest = |name: &str| {
        let mut manifest: toml::Table = sandbox.read(&format!("{name}/manifest.toml")).parse().unwrap();
        manifest.remove("created");
        manifest
    };
    sandbox.run(&["replay", "run/experiment.toml", "-o", "copy", "--quiet"]).good();
    assert_eq!(manifest("run"), manifest("copy"));
}

#[test]
fn an_experiment_that_is_wrong_is_named_by_file_line_and_field() {
    let sandbox = Sandbox::without_models();
    let replay = ["replay", "experiment.toml", "-o", "run"];
    let samples = format!("[[samples]]\nfile = {:?}\n", samples());
    for (text, named) in [
        (format!("seed = 1\n{samples}limit = -1\n"), vec!["experiment.toml", "line 4", "samples[0].limit"]),
        (format!("repeat = 3\n{samples}"), vec!["experiment.toml", "line 1", "repeat", "repeats"]),
        (format!("settings = [\"fulll\"]\n{samples}"), vec!["line 1", "settings", "fulll", "shuffle-concat"]),
        ("seed = 1\n".to_owned(), vec!["experiment.toml", "names no samples", "[[samples]]"]),
        ("[[samples]]\nfile = \"none.json\"\n".to_owned(), vec!["samples[0].file", "cannot read", "none.json"]),
        (format!("{samples}choose = [\"x/1\"]\n"), vec!["samples[0].choose", "math.json", "x/1"]),
    ] {
        sandbox.write("experiment.toml", text);
        sandbox.run(&replay).refused(&named);
    }
    sandbox.run(&["replay", "experiment.toml", "other.json", "-o", "run"]).refused(&["experiment.toml", "alone"]);
    sandbox.run(&["replay", &crate::harness::samples(), "-o", "run", "--shard", "3/2"]).refused(&["3/2", "1/4"]);
    assert!(!sandbox.path("run").exists());
}

#[test]
fn a_limit_leaves_runs_for_a_higher_one() {
    let sandbox = Sandbox::new();
    let limited = sandbox.run(&with(4, &["--concurrency", "1", "--max-total-tokens", "1"]));
    assert_eq!(limited.code(), 3, "{limited:?}");
    let told = "1 runs finished, 7 left; the limit on tokens is reached: ";
    assert!(limited.stderr.contains(told) && limited.stderr.contains("higher limit"), "{}", limited.stderr);
    assert_eq!(cells(&sandbox).len(), 1);
    let again = sandbox.run(&with(4, &["--concurrency", "1", "--max-total-tokens", "1"]));
    assert_eq!((again.code(), cells(&sandbox).len()), (3, 1), "what earlier invocations took counts");
    sandbox.run(&with(4, &["--max-total-tokens", "1000000"])).good();
    assert_eq!(cells(&sandbox), grid(4, SETTINGS));

    // A limit that nothing could ever reach is refused.
    sandbox.configure("[models.served]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"any\"\n");
    let unpriced = sandbox.run(&with(4, &["--assistant", "served", "--max-cost", "1", "--quiet"]));
    unpriced.refused(&["limit on cost", "served", "input_price"]);
}

#[test]
fn a_limit_on_cost_is_reached_with_a_server_that_has_prices() {
    let mut sandbox = Sandbox::new();
    sandbox.set("E2E_KEY", KEY);
    let server = Server::start();
    sandbox.configure(&format!("{}input_price = 1\noutput_price = 2\n", server.profile("E2E_KEY")));
    // A run reads some 60 tokens and writes 12: about 0.0001 USD. The limit lets the second one begin.
    let by_server = ["--assistant", "served", "--concurrency", "1", "--max-cost"];
    let limited = sandbox.run(&with(4, &[&by_server[..], &["0.00011"]].concat()));
    assert_eq!(limited.code(), 3, "{limited:?}");
    let told = " left; the limit on cost is reached: ";
    assert!(limited.stderr.contains(told) && limited.stderr.contains(" USD"), "{}", limited.stderr);
    let kept = cells(&sandbox).len();
    assert!((1..8).contains(&kept), "{kept}");
    let priced = |run: &Value| run["calls"]["assistant"]["cost_usd"].as_f64().unwrap_or_default() > 0.0;
    assert!(json_lines(&sandbox.read("run/transcripts.jsonl")).iter().all(priced));
    sandbox.run(&with(4, &[&by_server[..], &["1"]].concat())).good();
    assert_eq!(cells(&sandbox), grid(4, SETTINGS));
}

#[test]
fn parts_are_merged_scored_and_gone_on_with() {
    let sandbox = Sandbox::new();
    for part in ["1", "2"] {
        let mut arguments = with(3, &["--shard", &format!("{part}/2"), "--quiet"]);
        let output = arguments.iter_mut().find(|word| *word == "run").unwrap();
        *output = format!("part-{part}");
        sandbox.run(&arguments).good();
        let scored = sandbox.run(&["score", &format!("part-{part}")]).good();
        assert!(!scored.stdout.contains("incomplete"), "a part is whole in itself: {}", scored.stdout);
    }
    let one = sandbox.run(&["merge", "part-1", "-o", "run"]).good();
    assert!(one.stderr.contains("without --shard goes on with the rest"), "{}", one.stderr);
    let missing = sandbox.run(&["score", "run"]).good().stdout;
    assert!(missing.contains("planned runs are missing: "), "{missing}");
    let merged = sandbox.run(&["merge", "part-1", "part-2", "-o", "run"]).good();
    assert!(merged.stderr.starts_with("6 of 6 runs in run, "), "{}", merged.stderr);
    assert_eq!(cells(&sandbox), grid(3, SETTINGS));
    let whole = sandbox.run(&with(3, &[])).good();
    assert!(whole.stderr.contains("0 runs finished, 6 were there before\n"), "{}", whole.stderr);

    let table = |paths: &[&str]| sandbox.run(&[&["score", "--together", "--format", "csv"], paths].concat()).good();
    assert_eq!(table(&["run"]).stdout, table(&["part-1", "part-2"]).stdout, "parts count as one experiment");
    sandbox.run(&with(3, &["--shard", "4/4", "--quiet"])).refused(&["--shard 4/4", "at most 3"]);
    sandbox.run(&["merge", "part-1", "-o", "part-1"]).refused(&["part-1", "another directory"]);
}

#[test]
fn assistants_are_compared_and_run_directories_shown() {
    let sandbox = Sandbox::new();
    sandbox.configure("[models.narrow]\nkind = \"llama-cpp\"\nmodel = \"smollm2\"\nthreads = 1\ncontext = 256\n");
    let long = format!("What is 2 + 2? {}", "Take your time. ".repeat(200));
    let sample = |name: &str, question: &str| {
        serde_json::json!({
            "task_id": name, "task": "math", "question": question, "answer": "#### 4",
            "shards": [{"shard_id": 1, "shard": question}],
        })
    };
    let samples = serde_json::json!([sample("long", &long), sample("short", "What is 2 + 2?")]);
    sandbox.write("samples.json", samples.to_string());
    let replay = ["replay", "samples.json", "-o", "runs/first", "--settings", "full", "--max-tokens", "8"];
    let replayed = sandbox.run(&[&replay[..], &["--assistants", "small,narrow", "--no-cache"]].concat());
    assert_eq!(replayed.code(), 1, "{replayed:?}");
    let models: Vec<Value> = json_lines(&sandbox.read("runs/first/transcripts.jsonl"));
    let mut models: Vec<&str> = models.iter().map(|run| run["assistant_model"].as_str().unwrap()).collect();
    models.sort_unstable();
    assert_eq!(models, ["narrow", "small", "small"]);
    assert!(sandbox.run(&["score", "runs/first"]).good().stdout.contains("narrow"));

    let listed = sandbox.run(&["runs", "list"]).good().stdout;
    assert!(listed.contains("runs/first  3/4 runs, 2 samples, 1 failed, changed "), "{listed}");
    assert!(listed.contains("small full ") && listed.contains("narrow full "), "{listed}");
    let json = sandbox.run(&["runs", "list", "runs", "--json"]).good().json_lines();
    assert_eq!((&json[0]["finished"], &json[0]["runs"], &json[0]["failed"]), (&3.into(), &4.into(), &1.into()));
    let shown = sandbox.run(&["runs", "show", "runs/first"]).good().stdout;
    for words in [
        "2 samples of samples.json (sha256 ",
        "3 of 4 runs are finished",
        "assistant: narrow (sha256 ",
        "shards exhausted",
        "1 context_overflow (assistant, permanent)",
        "the context holds 256",
        "throughline runs retry-errors runs/first",
        "tokens read",
    ] {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
    // Tried again without a word of what was asked for, and nothing else is tried.
    let before = sandbox.read("runs/first/transcripts.jsonl");
    let retried = sandbox.run(&["runs", "retry-errors", "runs/first"]);
    assert_eq!(retried.code(), 1, "{retried:?}");
    assert!(retried.stderr.contains("0 runs finished, 3 were there before, 1 failed"), "{}", retried.stderr);
    assert_eq!(json_lines(&sandbox.read("runs/first/errors.jsonl")).len(), 2);
    assert_eq!(sandbox.read("runs/first/transcripts.jsonl"), before);
    sandbox.run(&["runs", "show", "runs"]).refused(&["runs is no run directory", "throughline replay"]);
    std::fs::remove_file(sandbox.path("runs/first/experiment.toml")).unwrap();
    sandbox.run(&["runs", "retry-errors", "runs/first"]).refused(&["runs/first", "experiment.toml"]);
}
