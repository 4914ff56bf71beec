//! `throughline replay` with the default model: complete, continued, recorded in full, errors recorded as errors.

use std::collections::BTreeSet;

use serde_json::Value;
use throughline_conversation::Transcript;

use crate::harness::{Sandbox, json_lines, samples};
use crate::server::{KEY, Server};

/// The arguments of a replay of the first so many shipped samples into the folder `run`.
pub(crate) fn arguments(limit: usize, settings: &str) -> Vec<String> {
    let samples = samples();
    let limit = limit.to_string();
    [
        "replay",
        &samples,
        "-o",
        "run",
        "--limit",
        &limit,
        "--settings",
        settings,
        "--max-tokens",
        "12",
        "--temperature",
        "0",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What a finished run is of: setting and sample.
pub(crate) type Cell = (String, String);

/// The cells that `transcripts.jsonl` holds. Every line must be whole, and no run may be there twice.
#[track_caller]
pub(crate) fn cells(sandbox: &Sandbox) -> BTreeSet<Cell> {
    let (mut cells, mut names) = (BTreeSet::new(), BTreeSet::new());
    for line in json_lines(&sandbox.read("run/transcripts.jsonl")) {
        let field = |name: &str| line[name].as_str().unwrap().to_owned();
        assert!(names.insert(field("conv_id")), "{} is there twice", line["conv_id"]);
        assert!(cells.insert((field("conv_type"), field("task_id"))), "{} is there twice", line["conv_id"]);
    }
    cells
}

/// The cells of the first so many shipped samples in these settings.
pub(crate) fn grid(limit: usize, settings: &str) -> BTreeSet<Cell> {
    let samples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(samples()).unwrap()).unwrap();
    let name = |sample: &Value| sample["task_id"].as_str().unwrap().to_owned();
    let settings = settings.split(',').map(str::to_owned);
    settings.flat_map(|setting| samples[..limit].iter().map(move |sample| (setting.clone(), name(sample)))).collect()
}

#[test]
fn a_replay_is_complete_and_is_not_repeated() {
    let sandbox = Sandbox::new();
    let settings = "full,concat,shuffle-concat,sharded,recap,snowball,user-only,ergo,free-rewrite,mediated";
    let arguments = arguments(2, settings);
    let replayed = sandbox.run(&arguments).good();
    assert_eq!(replayed.stdout, "");
    assert!(replayed.stderr.contains("20 runs finished\n") && replayed.stderr.contains("throughline score run"));
    assert_eq!(cells(&sandbox), grid(2, settings));
    assert_eq!(sandbox.read("run/errors.jsonl"), "");

    let before = sandbox.read("run/transcripts.jsonl");
    assert!(before.contains(r#""type":"confidence""#), "the default model tells how sure it is of its answers");
    let again = sandbox.run(&arguments).good();
    assert!(again.stderr.contains("0 runs finished, 20 were there before\n"), "{}", again.stderr);
    assert_eq!(sandbox.read("run/transcripts.jsonl"), before);

    for (number, line) in before.lines().enumerate() {
        let transcript = Transcript::from_line(line, number + 1).unwrap();
        let written: Value = serde_json::from_str(&transcript.to_line().unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(line).unwrap());
        check_record(&written);
    }

    let scored = sandbox.run(&["score", "run", "--format", "json"]).good();
    let rows: Vec<Value> = serde_json::from_str(&scored.stdout).unwrap();
    assert_eq!(rows.len(), 10);
    for row in rows {
        assert_eq!(
            (row["model"].as_str(), row["instances"].as_u64(), row["runs"].as_u64()),
            (Some("small"), Some(2), Some(2))
        );
    }

    let other = sandbox.run(&[&arguments[..], &["--seed".into(), "1".into(), "--quiet".into()]].concat());
    other.refused(&["run holds another experiment", "seed is 0 there and 1 here", "use another directory"]);
    let shorter: Vec<_> = arguments.iter().map(|word| if word == "12" { "13" } else { word }).collect();
    sandbox.run(&[&shorter[..], &["--quiet"]].concat()).refused(&["roles.assistant.settings.max_tokens is 12 there"]);

    let damaged = before.replacen("\n{", "\n[", 1);
    sandbox.write("run/transcripts.jsonl", &damaged);
    let refused = sandbox.run(&[&arguments[..], &["--quiet".into()]].concat());
    refused.refused(&["run/transcripts.jsonl", "line 2", "mend or move the line"]);
    assert_eq!(sandbox.read("run/transcripts.jsonl"), damaged, "nothing of it is touched");
}

/// Demands what a transcript says beside the words: who replied, what it cost, how it was judged.
#[track_caller]
fn check_record(transcript: &Value) {
    let kinds: Vec<_> =
        transcript["trace"].as_array().unwrap().iter().filter_map(|e| e["content"]["type"].as_str()).collect();
    assert!(kinds.contains(&"usage"), "{transcript}");
    let setting = transcript["conv_type"].as_str().unwrap();
    let per_shard = !["full", "concat", "shuffle-concat"].contains(&setting);
    assert_eq!(kinds.contains(&"shard_revealed"), per_shard, "{transcript}");
    let (mediated, rewritten) = (setting == "mediated", ["ergo", "free-rewrite"].contains(&setting));
    assert_eq!(kinds.contains(&"spec-edit"), mediated, "{transcript}");
    assert_eq!(transcript["system_model"] == "small", mediated || rewritten, "{transcript}");
    assert_eq!(transcript["usage"]["rewriter"].is_object(), kinds.contains(&"rewrite"), "{transcript}");
    assert!(kinds.contains(&"rewrite") || setting != "free-rewrite", "{transcript}");
    let replies = || transcript["trace"].as_array().unwrap().iter().filter(|entry| entry["role"] == "assistant");
    assert_eq!(replies().all(|reply| reply["entropy"].is_number()), setting == "ergo", "{transcript}");
    assert_eq!(transcript["assistant_model"], "small");
    assert_eq!(transcript["dataset_fn"], "math.json");
    assert!(transcript["score"].is_number() && transcript["is_correct"].is_boolean(), "{transcript}");
    let identity = transcript["roles"]["assistant"]["identity"].as_str().unwrap();
    assert!(identity.starts_with("sha256:") && identity.len() == 71, "{identity}");
    check_viewable(transcript);
}

/// Demands every field that a viewer of the study's transcripts reads, in its type.
#[track_caller]
fn check_viewable(transcript: &Value) {
    let texts = [
        "conv_id",
        "conv_type",
        "task",
        "task_id",
        "dataset_fn",
        "assistant_model",
        "system_model",
        "user_model",
        "git_version",
    ];
    for field in texts {
        assert!(transcript[field].is_string(), "{field}: {transcript}");
    }
    for entry in transcript["trace"].as_array().unwrap() {
        let (role, content) = (entry["role"].as_str().unwrap(), &entry["content"]);
        assert!(entry["timestamp"].as_str().is_some_and(|stamp| stamp.len() == 19), "{entry}");
        assert_eq!(content.is_object(), role == "log", "{entry}");
        assert!(content.is_string() || content["type"].is_string(), "{entry}");
        let whole = match content["type"].as_str() {
            Some("shard_revealed") => content["shard_id"].is_i64(),
            Some("system-verification") => content["response"]["response_type"].is_string(),
            Some("answer-evaluation") => ["exact_answer", "score", "is_correct", "evaluation_return"]
                .iter()
                .all(|field| content.get(field).is_some()),
            Some("conversation-completed") => content["is_correct"].is_boolean(),
            _ => ["system", "user", "assistant", "log"].contains(&role),
        };
        assert!(whole, "{entry}");
    }
}

#[test]
fn a_plan_and_further_samples_are_recorded_apart() {
    let sandbox = Sandbox::new();
    let mut arguments = arguments(1, "mediated");
    arguments.extend(["--plan", "--agreement", "2", "--quiet"].map(str::to_owned));
    sandbox.run(&arguments).refused(&["--agreement", "--temperature above 0"]);
    let sharded: Vec<_> = arguments.iter().map(|word| word.replace("mediated", "sharded").replace('2', "0")).collect();
    sandbox.run(&sharded).refused(&["--plan", "mediated"]);
    "0.7".clone_into(arguments.iter_mut().find(|word| *word == "0").unwrap());
    sandbox.run(&arguments).good();

    let transcript = &json_lines(&sandbox.read("run/transcripts.jsonl"))[0];
    let trace = transcript["trace"].as_array().unwrap();
    let of_type = |kind: &str| trace.iter().filter(|entry| entry["content"]["type"] == kind).count();
    let replies = trace.iter().filter(|entry| entry["role"] == "assistant").count() - of_type("question");
    assert_eq!((of_type("plan"), &transcript["calls"]["planner"]["made"]), (replies, &replies.into()));
    assert!(transcript["usage"]["planner"]["completion_tokens"].as_u64().unwrap() > 0);
    let attempts = of_type("answer-evaluation");
    let sampled = transcript["calls"]["sample-agreement"]["made"].as_u64().unwrap_or(0);
    assert_eq!(sampled, 2 * attempts as u64, "{transcript}");
    let manifest = sandbox.read("run/manifest.toml");
    assert!(manifest.contains("[roles.planner]") && manifest.contains("agreement = 2"), "{manifest}");
}

#[test]
fn the_same_seed_gives_the_same_replies() {
    let replies = || {
        let sandbox = Sandbox::new();
        let mut arguments = arguments(1, "full,sharded");
        let temperature = arguments.last_mut().unwrap();
        assert_eq!(temperature, "0");
        "0.8".clone_into(temperature);
        // What is computed beside a reply may change its last digits, and with them a draw.
        arguments.extend(["--concurrency", "1"].map(str::to_owned));
        sandbox.run(&arguments).good();
        let mut replies = Vec::new();
        for line in json_lines(&sandbox.read("run/transcripts.jsonl")) {
            let said = line["trace"].as_array().unwrap().iter().filter(|entry| entry["role"] == "assistant");
            replies.push((
                line["conv_type"].to_string(),
                said.map(|entry| entry["content"].to_string()).collect::<Vec<_>>(),
            ));
        }
        replies.sort();
        replies
    };
    let first = replies();
    assert_eq!(first.len(), 2);
    assert_eq!(first, replies());
}

#[test]
fn a_run_that_overflows_is_an_error_and_the_rest_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.configure("[models.narrow]\nkind = \"llama-cpp\"\nmodel = \"smollm2\"\nthreads = 1\ncontext = 256\n");
    let sample = |name: &str, question: &str| {
        serde_json::json!({
            "task_id": name, "task": "math", "question": question, "answer": "#### 4",
            "shards": [{"shard_id": 1, "shard": question}],
        })
    };
    let long = format!("What is 2 + 2? {}", "Take your time. ".repeat(200));
    let samples = serde_json::json!([sample("long", &long), sample("short", "What is 2 + 2?")]);
    sandbox.write("samples.json", samples.to_string());
    let arguments = ["replay", "samples.json", "-o", "run", "--settings", "full", "-m", "narrow", "--max-tokens", "24"];
    for attempt in 1..=2 {
        let replayed = sandbox.run(&[&arguments[..], &["--quiet"]].concat());
        assert_eq!((replayed.code(), replayed.stdout.as_str(), replayed.stderr.as_str()), (1, "", ""));
        assert_eq!(cells(&sandbox), BTreeSet::from([("full".to_owned(), "short".to_owned())]));
        let errors = json_lines(&sandbox.read("run/errors.jsonl"));
        assert_eq!(errors.len(), attempt, "a run that failed is tried again");
        assert_eq!((&errors[0]["task_id"], &errors[0]["error"]), (&"long".into(), &"context_overflow".into()));
        assert!(errors[0]["message"].as_str().unwrap().contains("the context holds 256"), "{errors:?}");
    }
    let told = sandbox.run(&arguments);
    assert!(told.stderr.contains("1 failed (see run/errors.jsonl)"), "{}", told.stderr);
    assert!(told.stderr.contains("failed: long.full.0."), "{}", told.stderr);
}

#[test]
fn a_server_that_dies_costs_only_the_runs_that_needed_it() {
    let mut sandbox = Sandbox::new();
    sandbox.set("E2E_KEY", KEY);
    let mut server = Server::start();
    sandbox.configure(&server.profile("E2E_KEY"));
    let mut arguments = arguments(6, "full,sharded");
    arguments.extend(["--assistant", "served", "--concurrency", "2", "--quiet"].map(str::to_owned));

    let mut running = sandbox.start(&arguments);
    crate::harness::wait_until("a run is finished", || !running.goes_on() || finished(&sandbox) > 0);
    server.stop();
    let ended = running.end();
    assert_eq!((ended.code(), ended.stdout.as_str(), ended.stderr.as_str()), (1, "", ""));
    let (grid, before) = (grid(6, "full,sharded"), cells(&sandbox));
    assert!(before.is_subset(&grid) && before.len() < grid.len(), "{before:?}");
    let errors = json_lines(&sandbox.read("run/errors.jsonl"));
    assert_eq!(errors.len(), grid.len() - before.len(), "every other run is on record: {errors:?}");
    for error in errors {
        assert!(["unreachable", "cut_stream"].iter().any(|class| error["error"] == *class), "{error}");
        assert_eq!(error["role"], "assistant");
        assert!(!error.to_string().contains(KEY), "{error}");
    }
    sandbox.run(&["score", "run"]).good();

    let _server = server.restart();
    let told = sandbox.run(&["runs", "retry-errors", "run"]).good();
    assert!(told.stderr.contains(&format!("{} were there before", before.len())), "{}", told.stderr);
    assert_eq!(cells(&sandbox), grid);
    for file in ["manifest.toml", "transcripts.jsonl", "errors.jsonl"] {
        assert!(!sandbox.read(&format!("run/{file}")).contains(KEY), "the key is in {file}");
    }
}

/// How many lines the transcripts have by now.
pub(crate) fn finished(sandbox: &Sandbox) -> usize {
    std::fs::read_to_string(sandbox.path("run/transcripts.jsonl")).map_or(0, |text| text.matches('\n').count())
}
