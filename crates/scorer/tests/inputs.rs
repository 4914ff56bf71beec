//! What is read, what is refused, and what is left out on request.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of the test functions")]

use std::fs;
use std::io::{self, Cursor, Read};
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use throughline_scorer::{Archive, Figures, Options, Problem, Report, ScoreError, Scorer, Section, TableOptions};

/// A line with this id, setting and verdict fields.
fn line(conv_id: &str, setting: &str, verdict: &Value) -> String {
    let mut line = json!({
        "conv_id": conv_id, "conv_type": setting, "task": "math", "task_id": "a", "assistant_model": "m", "trace": [],
    });
    for (name, value) in verdict.as_object().unwrap() {
        line[name] = value.clone();
    }
    format!("{line}\n")
}

fn scored(conv_id: &str, score: f64) -> String {
    line(conv_id, "full", &json!({"score": score}))
}

fn score(text: &str, keep_going: bool) -> Result<Report, ScoreError> {
    let figures = Figures { resamples: 50, ..Figures::default() };
    let mut scorer = Scorer::new(Options { keep_going, figures, ..Options::default() });
    scorer.add_reader("small.jsonl", Cursor::new(text))?;
    scorer.finish()
}

fn message(text: &str) -> String {
    score(text, false).unwrap_err().to_string()
}

fn skipped(report: &Report) -> Vec<(Problem, usize, &str)> {
    report.skipped.iter().map(|skipped| (skipped.problem, skipped.count, &*skipped.first)).collect()
}

#[test]
fn score_and_is_correct_are_interchangeable() {
    let text = [
        line("1", "full", &json!({"score": 1})),
        line("2", "full", &json!({"score": null, "is_correct": true})),
        line("3", "full", &json!({"score": 0.0, "is_correct": null})),
        line("4", "full", &json!({"is_correct": false})),
    ];
    let report = score(&text.concat(), false).unwrap();
    assert_eq!((report.rows[0].runs, report.rows[0].p), (4, 50.0));
}

#[test]
fn runs_of_a_run_directory_that_failed_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("manifest.toml", "");
    write("transcripts.jsonl", &scored("1", 1.0));
    let report = || {
        let mut scorer = Scorer::new(Options::default());
        scorer.add_path(folder.path()).unwrap();
        scorer.finish().unwrap()
    };
    assert_eq!(report().failed_runs, 0);
    // Run 1 succeeded later, run 2 failed twice, and the last line was not finished.
    write(
        "errors.jsonl",
        "{\"conv_id\": \"1\"}\n{\"conv_id\": \"2\", \"error\": \"x\"}\n{\"conv_id\": \"2\"}\n{\"conv_id\": \"3",
    );
    let report = report();
    assert_eq!((report.failed_runs, report.rows[0].runs), (1, 1));
    assert!(report.warnings[0].contains("1 run ended in an error"), "{:?}", report.warnings);
}

/// The manifest of two samples in three settings, each once.
fn manifest(created: &str, seed: u32) -> String {
    format!(
        "format = 1\ncreated = {created:?}\nseed = {seed}\nrepeats = 1\nsettings = [\"full\", \"concat\", \"sharded\"]\n\
         [samples]\nchosen = [\"a\", \"b\"]\n"
    )
}

#[test]
fn planned_runs_without_a_transcript_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let report = |keep_going| {
        let mut scorer = Scorer::new(Options { keep_going, ..Options::default() });
        scorer.add_path(folder.path()).unwrap();
        scorer.finish().unwrap()
    };
    let missing = |report: &Report| report.missing_runs.iter().map(|of| (of.planned, of.missing)).collect::<Vec<_>>();
    // One of six is there, one failed, and one was being written when the process was killed.
    write("a/manifest.toml", &manifest("today", 0));
    let half = scored("3", 1.0);
    write("a/transcripts.jsonl", &(scored("1", 1.0) + &half[..half.len() / 2]));
    write("a/errors.jsonl", "{\"conv_id\": \"1\"}\n{\"conv_id\": \"2\"}\n");
    let told = report(false);
    assert_eq!((missing(&told), told.failed_runs, told.rows[0].runs), (vec![(6, 4)], 1, 1));
    assert!(told.skipped.is_empty(), "{:?}", told.skipped);
    let sentence = format!(
        "These figures are incomplete; planned runs are missing: 4 of 6 in {}; the same `throughline replay` goes on with \
         them.",
        folder.path().join("a").display()
    );
    assert!(told.warnings.contains(&sentence), "{:?}", told.warnings);
    let mut page = Vec::new();
    told.write_html(Archive::new().unwrap(), &mut page).unwrap();
    let sections = &[Section::Cells];
    let table = told.to_table(sections, &TableOptions::default());
    let page = String::from_utf8(page).unwrap();
    for text in [table, told.to_markdown(sections), told.to_latex(sections), told.to_full_json(), page] {
        assert!(text.contains("planned runs are missing: 4 of 6 in "), "{text}");
    }

    // Another directory of the same experiment adds to the first; one of another experiment stands for itself.
    write("b/manifest.toml", &manifest("tomorrow", 0));
    write("b/transcripts.jsonl", &(scored("1", 1.0) + &scored("4", 1.0)));
    write("c/manifest.toml", &manifest("today", 1));
    write("c/transcripts.jsonl", &(5..11).map(|id| scored(&id.to_string(), 1.0)).collect::<String>());
    assert_eq!(missing(&report(true)), [(6, 3)]);

    // Only the last line may be one that is being written.
    write("a/transcripts.jsonl", &(half[..half.len() / 2].to_owned() + "\n" + &scored("1", 1.0)));
    let error = Scorer::new(Options::default()).add_path(&folder.path().join("a")).unwrap_err();
    assert!(error.to_string().contains("line 1 is cut off"), "{error}");
}

#[test]
fn an_experiment_without_any_run_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("manifest.toml"), manifest("today", 0)).unwrap();
    fs::write(folder.path().join("transcripts.jsonl"), "").unwrap();
    let mut scorer = Scorer::new(Options::default());
    scorer.add_path(folder.path()).unwrap();
    let error = scorer.finish().unwrap_err().to_string();
    assert!(error.contains("planned runs are missing: 6 of 6 in "), "{error}");
}

#[test]
fn what_no_manifest_plans_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let notes = |manifest: &str| {
        fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
        fs::write(folder.path().join("transcripts.jsonl"), scored("1", 1.0)).unwrap();
        let mut scorer = Scorer::new(Options::default());
        scorer.add_path(folder.path()).unwrap();
        let report = scorer.finish().unwrap();
        assert!(report.missing_runs.is_empty(), "{:?}", report.missing_runs);
        report.notes
    };
    for unknown in ["", "no toml", "repeats = -1\nsettings = []\nsamples.chosen = []"] {
        let last = notes(unknown).pop();
        assert!(last.is_some_and(|note| note.contains("which runs were planned")), "{unknown}");
    }
    // Fewer planned than there are: the directories of two experiments were put together by hand.
    assert!(!notes("repeats = 0\nsettings = []\nsamples.chosen = []").concat().contains("planned"));
}

#[test]
fn a_run_without_an_answer_attempt_scores_0_and_is_noted() {
    let mut asked: Value = serde_json::from_str(&line("2", "full", &json!({}))).unwrap();
    asked["trace"] = json!([
        {"role": "assistant", "content": "Which apples?"},
        {"role": "log", "content": {"type": "system-verification", "response": {"response_type": "clarification"}}},
    ]);
    let report = score(&format!("{}{asked}\n", scored("1", 1.0)), false).unwrap();
    assert_eq!((report.rows[0].runs, report.rows[0].p), (2, 50.0));
    assert!(report.notes.iter().any(|note| note == "1 run without an answer attempt: scored 0."), "{:?}", report.notes);
}

#[test]
fn an_unevaluated_transcript_is_no_score() {
    let text = scored("1", 1.0) + &line("2", "full", &json!({"score": null}));
    insta::assert_snapshot!(message(&text), @"small.jsonl: line 2: conversation 2 was never evaluated: neither `score` nor `is_correct` holds a value and no reply was examined; evaluate it first, or leave such lines out with `--keep-going`");
    let report = score(&text, true).unwrap();
    assert_eq!((report.rows[0].runs, report.rows[0].p), (1, 100.0));
    assert_eq!(skipped(&report), [(Problem::Unevaluated, 1, "small.jsonl: line 2")]);
    assert!(report.warnings[0].contains("left out: 1 unevaluated (first: small.jsonl: line 2)"));
}

#[test]
fn a_malformed_line_is_named() {
    insta::assert_snapshot!(message(&(scored("1", 1.0) + "\n{\"conv_id\": 7}\n")), @"small.jsonl: line 3, column 13: field `conv_id`: invalid type: integer `7`, expected a string; repair or remove the line, or leave such lines out with `--keep-going`");
    insta::assert_snapshot!(message("no json\n"), @"small.jsonl: line 1, column 2: expected ident; repair or remove the line, or leave such lines out with `--keep-going`");
}

#[test]
fn a_truncated_line_is_named() {
    let whole = scored("1", 1.0) + &scored("2", 1.0);
    insta::assert_snapshot!(message(&whole[..whole.len() - 20]), @"small.jsonl: line 2 is cut off after 88 bytes; the file seems to be truncated; repair or remove the line, or leave such lines out with `--keep-going`");
}

#[test]
fn a_senseless_verdict_is_named() {
    insta::assert_snapshot!(message(&line("1", "full", &json!({"score": 95}))), @"small.jsonl: line 1: conversation 1: field `score` is 95, outside 0 to 1; correct it, or leave such lines out with `--keep-going`");
    insta::assert_snapshot!(message(&line("1", "full", &json!({"score": "good"}))), @r#"small.jsonl: line 1: conversation 1: field `score` is "good", not a number, a truth value or null; correct it, or leave such lines out with `--keep-going`"#);
}

#[test]
fn a_run_without_a_name_is_refused() {
    insta::assert_snapshot!(message(&line("1", " ", &json!({"score": 1}))), @"small.jsonl: line 1: field `conv_type` is empty; fill it in, or leave such lines out with `--keep-going`");
}

#[test]
fn a_run_counts_once() {
    let text = scored("1", 1.0) + &scored("2", 0.0) + &scored("1", 0.0);
    insta::assert_snapshot!(message(&text), @"small.jsonl: line 3: conversation 1 was read before, at small.jsonl: line 1; give each run once, or count the first alone with `--keep-going`, or compare two sets of runs with `--against`");
    let report = score(&text, true).unwrap();
    assert_eq!((report.rows[0].runs, report.rows[0].p), (2, 50.0));
    assert_eq!(skipped(&report), [(Problem::Duplicate, 1, "small.jsonl: line 3")]);
}

#[test]
fn a_run_counts_once_over_all_inputs() {
    let mut scorer = Scorer::new(Options::default());
    scorer.add_reader("a.jsonl", Cursor::new(scored("1", 1.0))).unwrap();
    let error = scorer.add_reader("b.jsonl", Cursor::new(scored("0", 1.0) + &scored("1", 1.0))).unwrap_err();
    let ScoreError::Duplicate { first, again, .. } = error else { panic!("{error}") };
    assert_eq!((first.to_string(), again.to_string()), ("a.jsonl: line 1".into(), "b.jsonl: line 2".into()));
}

#[test]
fn nothing_to_score_is_no_report() {
    insta::assert_snapshot!(Scorer::new(Options::default()).finish().unwrap_err(), @"no input was given, so there is no conversation to score; give transcript files with at least one evaluated run");
    insta::assert_snapshot!(message(""), @"small.jsonl holds no conversation to score; give transcript files with at least one evaluated run");
    insta::assert_snapshot!(score(&line("1", "full", &json!({})), true).unwrap_err(), @"small.jsonl holds no conversation to score, left out: 1 unevaluated (first: small.jsonl: line 1); give transcript files with at least one evaluated run");
}

#[test]
fn keeping_going_counts_every_kind() {
    let text = [
        scored("1", 1.0),
        "{\n".into(),
        "[]\n".into(),
        "[]\n".into(),
        line("3", "full", &json!({"score": -1})),
        line("4", "full", &json!({})),
        scored("1", 1.0),
    ];
    let mut bytes = text.concat().into_bytes();
    bytes.extend(b"\xff\xfe\n");
    bytes.extend(scored("5", 0.0).into_bytes());
    let mut scorer = Scorer::new(Options { keep_going: true, ..Options::default() });
    scorer.add_reader("-", Cursor::new(bytes)).unwrap();
    let report = scorer.finish().unwrap();
    assert_eq!((report.rows[0].runs, report.rows[0].p), (2, 50.0));
    assert_eq!(
        skipped(&report),
        [
            (Problem::Malformed, 3, "-: line 3"),
            (Problem::Truncated, 1, "-: line 2"),
            (Problem::InvalidVerdict, 1, "-: line 5"),
            (Problem::Unevaluated, 1, "-: line 6"),
            (Problem::Duplicate, 1, "-: line 7"),
        ]
    );
}

/// Gives some text, then fails again and again.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(buffer) }
    }
}

#[test]
fn an_input_that_fails_ends_there() {
    let text = scored("1", 1.0);
    let failing = || Failing(text.as_bytes());
    let error = Scorer::new(Options::default()).add_reader("disk", failing()).unwrap_err();
    insta::assert_snapshot!(error, @"disk: line 2: the disk is gone; check that it can be read, or leave out what cannot with `--keep-going`");
    let mut scorer = Scorer::new(Options { keep_going: true, ..Options::default() });
    scorer.add_reader("disk", failing()).unwrap();
    let report = scorer.finish().unwrap();
    assert_eq!(skipped(&report), [(Problem::Unreadable, 1, "disk: line 2")]);
    assert_eq!(report.rows[0].runs, 1);
}

#[test]
fn folders_are_read_in_order_and_run_directories_only_their_transcripts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("b.jsonl", &scored("b", 0.0));
    write("a/nested/x.jsonl", &scored("x", 1.0));
    write("notes.txt", "no transcript");
    write("run/manifest.toml", "");
    write("run/transcripts.jsonl", &scored("r", 1.0));
    write("run/errors.jsonl", "{\"error\": \"no transcript\"}\n");
    let mut scorer = Scorer::new(Options::default());
    scorer.add_path(folder.path()).unwrap();
    assert_eq!(scorer.finish().unwrap().rows[0].runs, 3);

    // The order shows in which of two equal runs counts as the second.
    write("c.jsonl", &scored("x", 1.0));
    let error = Scorer::new(Options::default()).add_path(folder.path()).unwrap_err();
    let ScoreError::Duplicate { first, again, .. } = error else { panic!("{error}") };
    assert!(first.name.ends_with("x.jsonl") && again.name.ends_with("c.jsonl"), "{first} {again}");
}

#[test]
fn paths_that_hold_nothing_are_errors_even_when_keeping_going() {
    let folder = tempfile::tempdir().unwrap();
    let mut scorer = Scorer::new(Options { keep_going: true, ..Options::default() });
    let empty = scorer.add_path(folder.path()).unwrap_err();
    assert!(matches!(empty, ScoreError::NoFiles { .. }), "{empty}");
    let missing = scorer.add_path(&folder.path().join("missing.jsonl")).unwrap_err();
    assert!(matches!(missing, ScoreError::Path { .. }), "{missing}");
    assert!(missing.to_string().contains("missing.jsonl"), "{missing}");
}

#[test]
fn an_empty_file_among_others_is_fine() {
    let mut scorer = Scorer::new(Options::default());
    scorer.add_reader("empty", io::empty()).unwrap();
    scorer.add_path(Path::new("tests/data/small.jsonl")).unwrap();
    assert_eq!(scorer.finish().unwrap().rows.len(), 3);
}

proptest! {
    #[test]
    fn the_order_of_the_lines_does_not_matter(
        (runs, shuffled) in prop::collection::vec((0..3_usize, 0..4_usize, 0.0..=1.0), 1..40).prop_flat_map(|runs| {
            let runs: Vec<_> = runs.into_iter().enumerate().collect();
            (Just(runs.clone()), Just(runs).prop_shuffle())
        })
    ) {
        let report = |runs: &[(usize, (usize, usize, f64))]| {
            let lines = runs.iter().map(|(id, (setting, instruction, score))| {
                let setting = ["full", "sharded", "mediated"][*setting];
                line(&id.to_string(), setting, &json!({"score": score, "task_id": instruction.to_string()}))
            });
            score(&lines.collect::<String>(), false).unwrap()
        };
        prop_assert_eq!(report(&runs), report(&shuffled));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}", keep_going: bool) {
        let _ = score(&text, keep_going);
    }

    #[test]
    fn no_damage_to_a_line_makes_it_panic(at in 0..160_usize, with: u8, keep_going: bool) {
        let mut bytes = (scored("1", 1.0) + &scored("2", 0.5)).into_bytes();
        let at = at % bytes.len();
        bytes[at] = with;
        let mut scorer = Scorer::new(Options { keep_going, ..Options::default() });
        let _ = scorer.add_reader("damaged", Cursor::new(bytes));
        let _ = scorer.finish().map(|report| report.to_table(&Section::ALL, &TableOptions::default()));
    }
}
