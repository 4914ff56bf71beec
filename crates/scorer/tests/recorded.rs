//! The study's recorded conversations, against figures known beforehand and against numpy.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests stand outside of the test functions"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use throughline_scorer::{Options, Report, Row, Scorer};

/// The folder of recorded conversations; `None`, with a message, where it is absent.
fn recordings() -> Option<PathBuf> {
    let shared = std::env::var_os("THROUGHLINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("data/lost-in-conversation/transcripts");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no recorded conversations in {} (set THROUGHLINE_SHARED)", folder.display());
    None
}

fn score(paths: &[PathBuf]) -> Report {
    let mut scorer = Scorer::new(Options::default());
    for path in paths {
        scorer.add_path(path).unwrap();
    }
    scorer.finish().unwrap()
}

fn row<'a>(report: &'a Report, task: &str, model: &str, setting: &str) -> &'a Row {
    report
        .rows
        .iter()
        .find(|row| row.task == task && row.model == model && row.setting == setting)
        .unwrap_or_else(|| panic!("no row {task}/{model}/{setting}"))
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-9, "{what}: {found}, expected {expected}");
}

#[test]
fn averaged_performance_of_the_math_recordings() {
    let Some(folder) = recordings() else { return };
    let report = score(&[folder.join("math.jsonl")]);
    for (model, setting, p) in [
        ("gpt-4o", "full", 95.0),
        ("gpt-4o", "concat", 95.0),
        ("gpt-4o", "sharded", 75.0),
        ("gemini-2.5-pro", "sharded", 70.0),
        ("claude3-haiku", "sharded", 40.0),
    ] {
        let found = row(&report, "math", model, setting);
        assert_close(found.p, p, &format!("{model} {setting}"));
        assert_eq!((found.instances, found.runs), (10, 20));
    }
    assert_eq!(report.rows.iter().map(|row| row.runs).sum::<usize>(), 900);
    assert!(report.skipped.is_empty());
}

/// What a reference script prints about the recordings; `None`, with a message, where they are absent, or numpy is and no
/// Python was named that should have it.
fn reference(script: &str) -> Option<(Vec<PathBuf>, Vec<Value>)> {
    let folder = recordings()?;
    let python = std::env::var_os("THROUGHLINE_PYTHON").unwrap_or_else(|| "python3".into());
    let numpy = Command::new(&python).args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|output| output.status.success()) {
        let named = std::env::var_os("THROUGHLINE_PYTHON").is_some();
        assert!(!named, "{} does not import numpy; `./justw setup` installs it", python.display());
        eprintln!("skipped: {} does not import numpy (set THROUGHLINE_PYTHON)", python.display());
        return None;
    }
    let files = ["math.jsonl", "actions.jsonl", "snowball-actions-gpt-4o-mini.jsonl"].map(|file| folder.join(file));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
    let output = Command::new(&python).arg(script).args(&files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((files.into(), serde_json::from_slice(&output.stdout).unwrap()))
}

#[test]
fn every_cell_equals_numpy() {
    let Some((files, expected)) = reference("reference_scores.py") else { return };
    let report = score(&files);
    let found: Vec<Value> = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(found.len(), expected.len());
    assert!(found.len() > 90, "{} cells", found.len());
    for expected in expected {
        let same = |row: &&Value| ["task", "model", "setting"].iter().all(|name| row[name] == expected[name]);
        let found = found.iter().find(same).unwrap_or_else(|| panic!("no row for {expected}"));
        assert_eq!(found["instances"], expected["instances"], "{expected}");
        assert_eq!(found["runs"], expected["runs"], "{expected}");
        for name in ["p", "a90", "u90_10", "degradation", "gap_closed"] {
            match (found[name].as_f64(), expected[name].as_f64()) {
                (Some(found), Some(wanted)) => assert_close(found, wanted, &format!("{name} of {expected}")),
                (found, wanted) => assert_eq!(found, wanted, "{name} of {expected}"),
            }
        }
    }
}

#[test]
fn a_folder_is_all_of_its_files() {
    let Some(folder) = recordings() else { return };
    let report = score(std::slice::from_ref(&folder));
    assert_eq!(report.rows.iter().map(|row| row.runs).sum::<usize>(), 900 + 630 + 105);
    let snowball = row(&report, "actions", "gpt-4o-mini", "snowball-stateful");
    assert_eq!((snowball.instances, snowball.degradation_instances, snowball.gap_closed_instances), (105, 7, 7));
    assert!(report.notes.iter().any(|note| note.contains("105 runs whose instruction id is spelled with /")));
}

#[test]
fn intervals_and_tests_agree_with_numpy() {
    let Some((files, expected)) = reference("reference_statistics.py") else { return };
    let report = score(&files);
    let mut tested = 0;
    for expected in &expected {
        let name = |field: &str| expected[field].as_str().unwrap();
        let found = row(&report, name("task"), name("model"), name("setting"));
        let interval = found.p_interval.unwrap();
        // The ends of two independent resamplings of n instructions with runs of 0 or 100 may lie one step apart.
        let step = 100.0 / expected["instances"].as_f64().unwrap() + 1e-9;
        for (found, field) in [(interval.low, "low"), (interval.high, "high")] {
            let wanted = expected[field].as_f64().unwrap();
            assert!((found - wanted).abs() <= step, "{field}: {found}, expected {expected}");
        }
        let Some(p_value) = expected["p_value"].as_f64() else { continue };
        let compared = report
            .comparisons
            .iter()
            .find(|held| (&*held.task, &*held.model, &*held.subject) == (name("task"), name("model"), name("setting")))
            .unwrap_or_else(|| panic!("no comparison for {expected}"));
        assert!(compared.exact && compared.p_adjusted >= compared.p_value, "{compared:?}");
        assert_close(compared.p_value.unwrap(), p_value, &expected.to_string());
        assert_close(
            compared.difference.value.unwrap(),
            expected["difference"].as_f64().unwrap(),
            &expected.to_string(),
        );
        tested += 1;
    }
    assert!(tested > 50, "{tested} comparisons");
}

#[test]
fn the_recordings_show_what_is_known_of_them() {
    let Some(folder) = recordings() else { return };
    let report = score(&[folder.join("math.jsonl"), folder.join("snowball-actions-gpt-4o-mini.jsonl")]);
    let of = |setting: &str| report.settings.iter().find(|held| held.cell.setting == setting).unwrap();
    // The stateful snowball program never tells its user simulator what was revealed.
    let snowball = &of("snowball-stateful").faults;
    assert_eq!((snowball.simulator, snowball.unaware, snowball.turn_cap, snowball.p_without), (105, 105, 42, None));
    let sharded = of("sharded");
    assert_eq!((sharded.faults.unaware, sharded.conversations.runs), (0, 300));
    let classified: usize = sharded.turns.iter().flat_map(|turn| turn.responses.values()).sum();
    assert_eq!(classified, 1497);
    let attempts: usize = sharded.turns.iter().filter_map(|turn| turn.responses.get("answer_attempt")).sum();
    assert_eq!(attempts, 674);
    assert_eq!(sharded.attempts.iter().map(|attempt| attempt.runs).sum::<usize>(), 674);
}
