//! `throughline score`: every format, every kind of input, and the study's recordings.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::harness::{Outcome, Sandbox, recorded, root};

/// Transcripts of one model on two instructions: all right in `full`, half right in `sharded`.
fn transcripts() -> String {
    let mut text = String::new();
    for (number, (setting, score)) in
        [("full", 1.0), ("full", 1.0), ("sharded", 1.0), ("sharded", 0.0)].iter().enumerate()
    {
        let line = json!({
            "conv_id": format!("run-{number}"), "conv_type": setting, "task": "math",
            "task_id": format!("math-{}", number % 2), "assistant_model": "abacus",
            "trace": [{"role": "user", "content": "Two and two?"}, {"role": "assistant", "content": "4"}],
            "is_correct": *score > 0.5, "score": score,
        });
        writeln!(text, "{line}").unwrap();
    }
    text
}

fn rows(outcome: &Outcome) -> Vec<Value> {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[track_caller]
fn row<'a>(rows: &'a [Value], model: &str, setting: &str) -> &'a Value {
    let found = rows.iter().find(|row| row["task"] == "math" && row["model"] == model && row["setting"] == setting);
    found.unwrap_or_else(|| panic!("no row {model} {setting} in {rows:?}"))
}

#[test]
fn json_holds_the_promised_fields() {
    let sandbox = Sandbox::without_models();
    sandbox.write("t.jsonl", transcripts());
    let rows = rows(&sandbox.run(&["score", "t.jsonl", "--format", "json"]).good());
    assert_eq!(rows.len(), 2);
    let (full, sharded) = (row(&rows, "abacus", "full"), row(&rows, "abacus", "sharded"));
    for field in ["task", "model", "setting", "instances", "runs", "p", "a90", "u90_10"] {
        assert!(full.get(field).is_some(), "no {field} in {full}");
    }
    assert_eq!(
        (&full["instances"], &full["runs"], &full["p"], &full["a90"]),
        (&json!(2), &json!(2), &json!(100.0), &json!(100.0))
    );
    assert_eq!((&sharded["runs"], &sharded["p"], &sharded["u90_10"]), (&json!(2), &json!(50.0), &json!(0.0)));
}

#[test]
fn every_format_holds_the_same_rows() {
    let sandbox = Sandbox::without_models();
    sandbox.write("t.jsonl", transcripts());
    let table = sandbox.run(&["score", "t.jsonl"]).good().stdout;
    let csv = sandbox.run(&["score", "t.jsonl", "--format", "csv"]).good().stdout;
    let markdown = sandbox.run(&["score", "t.jsonl", "--format", "markdown"]).good().stdout;
    assert_eq!(csv.lines().count(), 3, "a header and two rows: {csv}");
    assert!(csv.starts_with("task,model,setting,"), "{csv}");
    assert!(markdown.lines().any(|line| line.starts_with('|') && line.contains("---")), "{markdown}");
    for text in [&table, &csv, &markdown] {
        let line = text.lines().find(|line| line.contains("sharded")).unwrap_or_else(|| panic!("no row: {text}"));
        assert!(line.contains("abacus") && line.contains("50"), "{line}");
    }
    // Reports say how their figures came about.
    assert!(table.contains("Percentiles by linear") && markdown.contains("Percentiles by linear"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colours where nobody watches");
}

#[test]
fn standard_input_and_folders_are_read() {
    let sandbox = Sandbox::without_models();
    std::fs::create_dir_all(sandbox.path("runs/inner")).unwrap();
    let all = transcripts();
    let (first, rest) = all.split_at(all.find('\n').unwrap() + 1);
    sandbox.write("runs/a.jsonl", first);
    sandbox.write("runs/inner/b.jsonl", rest);
    let folder = sandbox.run(&["score", "runs", "--format", "json"]).good();
    let piped = sandbox.run_with(&["score", "-", "--format", "json"], all.as_str()).good();
    assert_eq!(rows(&folder), rows(&piped));
    let both = sandbox.run_with(&["score", "runs/a.jsonl", "-", "--format", "json"], rest).good();
    assert_eq!(rows(&both), rows(&piped));
}

#[test]
fn what_cannot_be_read_is_left_out_and_counted() {
    let sandbox = Sandbox::without_models();
    let content = format!("{}{{oops\n{}", transcripts(), &transcripts()[..100]);
    sandbox.write("t.jsonl", &content);
    sandbox.run(&["score", "t.jsonl"]).refused(&["t.jsonl", "line 5"]);
    let kept = sandbox.run(&["score", "t.jsonl", "--keep-going", "--format", "json"]).good();
    assert_eq!(rows(&kept).iter().map(|row| row["runs"].as_u64().unwrap()).sum::<u64>(), 4);
    assert!(kept.stderr.contains("left out 1: malformed (first at t.jsonl: line 5)"), "{}", kept.stderr);
    assert!(kept.stderr.contains("left out 1: truncated (first at t.jsonl: line 6)"), "{}", kept.stderr);
    let table = sandbox.run(&["score", "t.jsonl", "--keep-going"]).good().stdout;
    assert!(table.contains("malformed") && table.contains("truncated"), "{table}");
}

#[test]
fn the_recordings_have_their_known_figures() {
    let Some(recordings) = recorded("lost-in-conversation/transcripts/math.jsonl") else { return };
    let sandbox = Sandbox::without_models();
    let scored = sandbox.run(&["score", &recordings.display().to_string(), "--format", "json"]).good();
    let rows = rows(&scored);
    for (model, setting, p) in [
        ("gpt-4o", "full", 95.0),
        ("gpt-4o", "concat", 95.0),
        ("gpt-4o", "sharded", 75.0),
        ("gemini-2.5-pro", "sharded", 70.0),
        ("claude3-haiku", "sharded", 40.0),
    ] {
        let found = row(&rows, model, setting);
        assert!((found["p"].as_f64().unwrap() - p).abs() < 1e-9, "{found}");
        assert_eq!((&found["instances"], &found["runs"]), (&json!(10), &json!(20)));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = Sandbox::without_models();
    sandbox.write("t.jsonl", transcripts());
    let binary = env!("CARGO_BIN_EXE_throughline");
    let line = format!("('{binary}' score t.jsonl; echo \"code $?\" >&2) | true");
    let output = std::process::Command::new("sh").args(["-c", &line]).current_dir(sandbox.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "code 0\n");
}

#[test]
fn recorded_answers_are_judged_again() {
    let Some(recordings) = recorded("lost-in-conversation/transcripts/math.jsonl") else { return };
    let Some(samples) = recorded("lost-in-conversation/tasks/math-recorded.json") else { return };
    let sandbox = Sandbox::without_models();
    let [recordings, samples] = [recordings, samples].map(|path| path.display().to_string());
    let again = ["score", &recordings, "--reevaluate", "--samples", &samples];
    let table = sandbox.run(&again).good().stdout;
    assert!(table.contains("1273 of 1274 (99.9 %)"), "{table}");
    let json = sandbox.run(&[&again[..], &["--format", "json"]].concat()).good().stdout;
    let judged: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(judged["tasks"][0]["answers"], json!({"same": 1273, "compared": 1274}));
    let disagreements = judged["disagreements"].as_array().unwrap();
    let on_answers: Vec<_> = disagreements.iter().filter(|found| found["evaluated"] == "answer").collect();
    let [found] = on_answers.as_slice() else { panic!("{on_answers:?}") };
    assert_eq!(
        (&found["recorded_answer"], &found["recorded_score"], &found["score"]),
        (&json!("3.0"), &json!(0.0), &json!(1.0))
    );
    assert!(found["line"].as_u64().is_some_and(|line| line > 0), "{found}");
}

#[test]
fn judging_again_needs_samples() {
    let sandbox = Sandbox::without_models();
    sandbox.write("t.jsonl", transcripts());
    sandbox.run(&["score", "t.jsonl", "--reevaluate"]).refused(&["--samples"]);
    for arguments in
        [&["score", "t.jsonl", "--samples", "s.json"][..], &["score", "t.jsonl", "--reevaluate", "--samples", "s.json"]]
    {
        sandbox.run(arguments).refused(&["s.json", "No such file"]);
    }
}

#[test]
fn samples_tell_which_shards_were_never_revealed() {
    let Some(recordings) = recorded("lost-in-conversation/transcripts/snowball-actions-gpt-4o-mini.jsonl") else {
        return;
    };
    let Some(samples) = recorded("lost-in-conversation/tasks/actions.json") else { return };
    let sandbox = Sandbox::without_models();
    let [recordings, samples] = [recordings, samples].map(|path| path.display().to_string());
    let left = |extra: &[&str]| {
        let whole = sandbox.run(&[&["score", &recordings, "--full", "--format", "json"], extra].concat()).good().stdout;
        let report: Value = serde_json::from_str(&whole).unwrap();
        let notes = report["notes"].to_string();
        (report["details"][0]["faults"]["unrevealed_shards"].as_u64().unwrap(), notes.contains("by the samples given"))
    };
    let (without, with) = (left(&[]), left(&["--samples", &samples]));
    assert_eq!((without, with), ((0, false), (17, true)));
}

/// Runs of four instructions in two settings, as in a run directory; `right` says which of the mediated ones succeed.
fn run_directory(sandbox: &Sandbox, name: &str, right: [bool; 4]) {
    std::fs::create_dir_all(sandbox.path(name)).unwrap();
    let mut text = String::new();
    for (setting, scores) in [("full", [true; 4]), ("mediated", right)] {
        for (number, score) in scores.iter().enumerate() {
            let line = json!({
                "conv_id": format!("{name}-{setting}-{number}"), "conv_type": setting, "task": "math",
                "task_id": format!("math-{number}"), "assistant_model": "abacus", "trace": [], "score": f64::from(u8::from(*score)),
            });
            writeln!(text, "{line}").unwrap();
        }
    }
    sandbox.write(&format!("{name}/manifest.toml"), "");
    sandbox.write(&format!("{name}/transcripts.jsonl"), text);
}

#[test]
fn two_run_directories_are_compared() {
    let sandbox = Sandbox::without_models();
    run_directory(&sandbox, "new", [true, true, true, false]);
    run_directory(&sandbox, "old", [false, false, true, false]);
    let compared = sandbox.run(&["score", "new", "old"]).good();
    assert!(compared.stderr.contains("comparing new with old"), "{}", compared.stderr);
    let line = compared.stdout.lines().find(|line| line.contains("mediated in old")).unwrap();
    assert!(line.contains("75.0") && line.contains("25.0") && line.contains("50.0 ["), "{line}");
    let asked = sandbox.run(&["score", "new", "--against", "old", "--format", "json"]).good();
    let mediated = rows(&asked).into_iter().find(|held| held["subject"] == "mediated").unwrap();
    assert_eq!((&mediated["instances"], &mediated["difference"]["value"]), (&json!(4), &json!(50.0)));
    // Two differences of the same sign: 2 of 4 assignments are as extreme.
    assert_eq!((&mediated["p_value"], &mediated["exact"]), (&json!(0.5), &json!(true)));

    let together = sandbox.run(&["score", "new", "old", "--together", "--format", "json"]).good();
    assert_eq!(rows(&together).iter().map(|row| row["runs"].as_u64().unwrap()).sum::<u64>(), 16);
    // What was understood of the other set is told as well.
    sandbox.write("aliases.toml", "\"abacus\" = \"counter\"");
    let notes = sandbox.run(&["score", "new", "old", "--aliases", "aliases.toml"]).good().stdout;
    assert!(notes.contains("16 of abacus as counter"), "{notes}");
    sandbox.run(&["score", "new", "--baseline", "shraded"]).refused(&["shraded", "only in full, mediated"]);
    sandbox.run(&["score", "new", "--baseline", "full"]).good();
    sandbox.write("other.jsonl", transcripts());
    sandbox.run(&["score", "other.jsonl", "--against", "nowhere"]).refused(&["nowhere"]);
    sandbox.write("apart.jsonl", transcripts().replace("math-", "apart-"));
    sandbox.run(&["score", "new", "--against", "apart.jsonl"]).refused(&["apart.jsonl", "--together"]);
}

#[test]
fn a_page_replaces_no_input() {
    let sandbox = Sandbox::without_models();
    run_directory(&sandbox, "new", [true, true, true, false]);
    sandbox.write("other.jsonl", transcripts());
    for (inputs, page) in [
        (&["other.jsonl"][..], "other.jsonl"),
        (&["new", "--against", "./other.jsonl"], "other.jsonl"),
        (&["new"], "new/transcripts.jsonl"),
        (&["*.jsonl"], "new/../other.jsonl"),
    ] {
        let before = sandbox.read(page);
        sandbox.run(&[&["score"], inputs, &["--html", page]].concat()).refused(&[page, "would replace an input"]);
        assert_eq!(sandbox.read(page), before);
    }
    // Another page is replaced.
    for _ in 0..2 {
        sandbox.run(&["score", "new", "--html", "new/report.html"]).good();
    }
}

#[test]
fn a_gate_fails_with_code_1() {
    let sandbox = Sandbox::without_models();
    run_directory(&sandbox, "new", [true, true, true, false]);
    let gate = |gates: &[&str]| {
        let mut arguments = vec!["score", "new"];
        arguments.extend(gates.iter().flat_map(|gate| ["--fail-below", gate]));
        sandbox.run(&arguments)
    };
    gate(&["P=75", "full:a90=100", "mediated:reliability=50"]).good();
    let failed = gate(&["mediated:p=80", "full:p=80"]);
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("failed: math/abacus/mediated: p is 75.0, below 80"), "{}", failed.stderr);
    assert!(failed.stdout.contains("mediated"), "the report is printed all the same");
    // What is not defined does not pass, and what concerns nothing is an error.
    assert_eq!(gate(&["gap-closed=0"]).code(), 1);
    gate(&["sharded:p=80"]).refused(&["sharded", "setting"]);
    let wrong = gate(&["p=x"]);
    assert!(wrong.code() == 2 && wrong.stderr.contains("MEASURE=VALUE"), "{wrong:?}");
}

#[test]
fn a_seed_repeats_a_report_to_the_last_digit() {
    let sandbox = Sandbox::without_models();
    run_directory(&sandbox, "new", [true, true, true, false]);
    let full = |extra: &[&str]| {
        let mut arguments =
            vec!["score", "new", "--full", "--format", "json", "--thresholds", "95,5", "--pass-k", "1,2"];
        arguments.extend(extra);
        sandbox.run(&arguments).good().stdout
    };
    let report: Value = serde_json::from_str(&full(&[])).unwrap();
    assert_eq!(full(&[]), full(&["--seed", "0"]));
    assert_eq!(report["rules"]["resamples"], 10_000);
    let mediated = &report["rows"][1];
    assert_eq!((&mediated["p"], &mediated["thresholds"][0]["high"]), (&json!(75.0), &json!(95.0)));
    assert_eq!(
        mediated["pass_k"],
        json!([{"k": 1, "value": 75.0, "instances": 4}, {"k": 2, "value": null, "instances": 0}])
    );
    assert!(mediated["p_interval"]["low"].as_f64() < Some(75.0), "{mediated}");
    let tables = sandbox.run(&["score", "new", "--full"]).good().stdout;
    assert!(tables.contains("DIFFERENCES IN P") && tables.contains("PERFORMANCE AGAINST LEGIBILITY"), "{tables}");
    let faults = sandbox.run(&["score", "new", "--sections", "conversations,legibility"]).good().stdout;
    assert!(faults.starts_with("CONVERSATIONS"), "{faults}");
    let empty = sandbox.run(&["score", "new", "--sections", "cells,calibration"]).good();
    assert_eq!(empty.stderr, "nothing under calibration: these transcripts hold nothing about it\n");
    let csv = sandbox.run(&["score", "new", "--sections", "conversations", "--format", "csv"]).good().stdout;
    assert!(csv.starts_with("task,model,setting,ended,runs,") && csv.lines().count() == 3, "{csv}");
    let more = ["score", "new", "--thresholds", "95,5", "--pass-k", "1", "--format", "csv"];
    let csv = sandbox.run(&more).good().stdout;
    assert!(csv.contains(",a95,a95_low,a95_high,u95_5,u95_5_low,u95_5_high,pass_1,pass_1_instances\n"), "{csv}");
    sandbox.run(&["score", "new", "--full", "--format", "csv"]).refused(&["CSV", "--sections"]);
    sandbox.run(&["score", "new", "--sections", "faults", "--format", "json"]).refused(&["JSON", "--full"]);
}

#[test]
fn the_shipped_recordings_make_a_full_report_without_a_model() {
    let sandbox = Sandbox::without_models();
    let recordings = root().join("transcripts/recorded").display().to_string();
    let scored = sandbox.run(&["score", &recordings, "--full", "--html", "report.html"]).good();
    assert!(!scored.stdout.contains("incomplete"), "{}", scored.stdout);
    let cells = rows(&sandbox.run(&["score", &recordings, "--format", "json"]).good());
    for setting in ["full", "concat", "sharded", "user-only", "mediated"] {
        let runs = |cell: &&Value| cell["setting"] == setting && cell["runs"].as_u64() >= Some(20);
        let tasks: Vec<&str> = cells.iter().filter(runs).filter_map(|cell| cell["task"].as_str()).collect();
        for task in ["code", "database"] {
            assert!(tasks.contains(&task), "{setting} of {task} is missing: {tasks:?}");
        }
    }
    let report = sandbox.read("report.html");
    assert!(report.contains("user-only") && report.contains("qwen2.5-coder-1.5b"));
}
