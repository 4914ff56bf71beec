//! Each rendering of one small report, as a whole.

use std::io::Cursor;

use super::*;
use crate::{Options, Scorer, TableStyle};

/// `(task, model, setting, instruction, scores)`.
type Recorded<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [f64]);

fn report_of(recorded: &[Recorded<'_>]) -> Report {
    let mut lines = String::new();
    for (task, model, setting, instruction, scores) in recorded {
        for score in *scores {
            let id = lines.len();
            let line = serde_json::json!({
                "conv_id": format!("run-{id}"), "conv_type": setting, "task": task, "task_id": instruction,
                "assistant_model": model, "trace": [], "score": score,
            });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
    }
    let mut scorer = Scorer::new(Options::default());
    scorer.add_reader("small", Cursor::new(lines)).unwrap();
    scorer.finish().unwrap()
}

fn small() -> Report {
    report_of(&[
        ("math", "gpt-4o", "sharded", "a", &[1.0, 0.0, 0.0]),
        ("math", "gpt-4o", "sharded", "b", &[1.0, 1.0]),
        ("math", "gpt-4o", "full", "a", &[1.0, 1.0, 1.0]),
        ("math", "gpt-4o", "full", "b", &[1.0, 0.0]),
        ("math", "gpt-4o", "zoo", "a", &[1.0]),
        ("math", "gpt-4o", "mediated", "b", &[1.0, 0.0]),
        ("math", "gpt-4o", "mediated", "a", &[1.0, 1.0, 0.0]),
        ("math", "odd|`model`\n", "sharded", "a", &[0.25, 0.5]),
        ("apis", "llama3.1-8b-instruct-with-a-long-name", "full", "x/1", &[0.0, 0.0]),
        ("actions", "llama3.1-8b-instruct-with-a-long-name", "concat", "x-1", &[0.5, 1.0]),
    ])
}

#[test]
fn plain_table() {
    insta::assert_snapshot!(small().to_table(&[Section::Cells], &TableOptions::default()));
}

#[test]
fn ascii_table() {
    let options = TableOptions { style: TableStyle::Ascii, width: Some(120) };
    let table = small().to_table(&[Section::Cells], &options);
    assert!(table.is_ascii());
    insta::assert_snapshot!(table);
}

#[test]
fn unicode_table_in_eighty_columns() {
    let options = TableOptions { style: TableStyle::Unicode, width: Some(80) };
    let table = small().to_table(&[Section::Cells], &options);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    insta::assert_snapshot!(table);
}

#[test]
fn every_section_fits_its_room_and_keeps_its_numbers() {
    let long = "snowball-and-shuffle-concat";
    let report = report_of(&[
        ("actions", "gpt-4o", "full", "a", &[1.0, 1.0, 1.0]),
        ("actions", "gpt-4o", "full", "b", &[1.0, 0.0]),
        ("actions", "gpt-4o", "full", "c", &[1.0, 1.0]),
        ("actions", "gpt-4o", "sharded", "a", &[0.0, 1.0]),
        ("actions", "gpt-4o", "sharded", "b", &[1.0, 0.0]),
        ("actions", "gpt-4o", "sharded", "c", &[0.5, 0.5]),
        ("actions", "llama3.1-8b-instruct-with-a-long-name", long, "a", &[0.0, 1.0]),
        ("actions", "llama3.1-8b-instruct-with-a-long-name", long, "b", &[1.0, 1.0]),
    ]);
    for section in Section::ALL {
        let whole = report.sheets(&[section]);
        for width in [80, 100, 120] {
            let options = TableOptions { style: TableStyle::Unicode, width: Some(width) };
            let table = report.to_table(&[section], &options);
            assert!(table.lines().all(|line| line.chars().count() <= usize::from(width)), "{table}");
            let shown: String = table.split_whitespace().collect::<Vec<_>>().join(" ");
            for cell in whole.iter().flat_map(|sheet| sheet.rows.iter().flat_map(|row| &row[sheet.names..])) {
                assert!(cell.split(' ').all(|figure| shown.contains(figure)), "no {cell} in {table}");
            }
        }
    }
    let options = TableOptions { style: TableStyle::Unicode, width: Some(80) };
    insta::assert_snapshot!(report.to_table(&[Section::Intervals], &options).split("\nPSS").next().unwrap());
}

#[test]
fn a_table_without_room_keeps_its_numbers() {
    for width in [0, 1, 10, 40] {
        let table = small().to_table(&[Section::Cells], &TableOptions { style: TableStyle::Ascii, width: Some(width) });
        assert!(table.contains("66.7"), "{table}");
    }
}

#[test]
fn json() {
    let text = small().to_json();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(rows.len(), small().rows.len());
    assert!(rows.iter().all(serde_json::Value::is_object));
    insta::assert_snapshot!(text);
}

#[test]
fn csv() {
    let text = small().to_csv();
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.records().map(Result::unwrap).count(), small().rows.len());
    insta::assert_snapshot!(text);
}

#[test]
fn markdown() {
    insta::assert_snapshot!(small().to_markdown(&[Section::Cells]));
}

#[test]
fn latex() {
    insta::assert_snapshot!(small().to_latex(&[Section::Intervals, Section::Comparisons]));
}

#[test]
fn notes_say_what_comparisons_stand_on() {
    let report = report_of(&[
        ("math", "m", "full", "a", &[1.0, 1.0]),
        ("math", "m", "full", "b", &[0.5, 0.5]),
        ("math", "m", "sharded", "a", &[0.0, 0.0]),
        ("math", "m", "sharded", "c", &[1.0, 1.0]),
        ("math", "m", "mediated", "a", &[1.0, 0.0]),
        ("math", "m", "mediated", "b", &[1.0, 0.0]),
        ("math", "no-loss", "full", "a", &[0.5, 0.5]),
        ("math", "no-loss", "sharded", "a", &[1.0, 1.0]),
        ("math", "apart", "full", "a", &[0.5, 0.5]),
        ("math", "apart", "sharded", "b", &[1.0, 1.0]),
    ]);
    insta::assert_snapshot!(report.notes[4..].join("\n"), @r"
    Compared on a part of their instructions: math/m/full (gap closed: 1 of 2), math/m/mediated (gap closed: 1 of 2), math/m/sharded (1 of 2).
    % of full and gap closed are not defined where the settings share no instruction: math/apart.
    Gap closed is not defined where sharded is not below full: math/no-loss.
    ");
}

#[test]
fn machine_formats_keep_full_precision() {
    let report = small();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&report.to_json()).unwrap();
    for (row, json) in report.rows.iter().zip(&rows) {
        assert_eq!(json["p"].as_f64().unwrap().to_bits(), row.p.to_bits());
        assert_eq!(json["u90_10"].as_f64().unwrap().to_bits(), row.u90_10.to_bits());
        assert_eq!(json["gap_closed"].as_f64(), row.gap_closed);
    }
}

#[test]
fn settings_stand_in_their_order() {
    let settings = [
        "full",
        "concat",
        "shuffle-concat",
        "sharded",
        "recap",
        "snowball",
        "user-only",
        "ergo",
        "free-rewrite",
        "mediated",
        "another",
        "zoo",
    ];
    let mut recorded: Vec<Recorded<'_>> =
        settings.iter().map(|setting| ("t", "m", *setting, "a", &[1.0][..])).collect();
    recorded.sort_by_key(|one| one.2);
    let found: Vec<String> = report_of(&recorded).rows.into_iter().map(|row| row.setting).collect();
    assert_eq!(found, settings);
}

#[test]
fn what_turns_take_is_told_by_role() {
    let usage = |role: &str, prompt: u64| {
        serde_json::json!({"role": "log", "content": {
            "type": "usage", "role": role, "prompt_tokens": prompt, "completion_tokens": 10, "seconds": 0.5,
        }})
    };
    let said = |role: &str| serde_json::json!({"role": role, "content": "ten"});
    let turn = |logs: Vec<serde_json::Value>| [vec![said("user")], logs, vec![said("assistant")]].concat();
    let run = |id: &str, trace: Vec<serde_json::Value>| {
        serde_json::json!({
            "conv_id": id, "conv_type": "mediated", "task": "math", "task_id": "a", "assistant_model": "m",
            "trace": trace, "score": 1.0,
        })
    };
    let asked = turn(vec![usage("mediator", 100)]);
    let replied = |read| turn(vec![usage("mediator", 0), usage("assistant", read)]);
    let lines = format!("{}\n{}\n", run("one", [asked, replied(60)].concat()), run("two", replied(40)));
    let mut scorer = Scorer::new(Options::default());
    scorer.add_reader("two runs", Cursor::new(lines)).unwrap();
    insta::assert_snapshot!(scorer.finish().unwrap().to_table(&[Section::TurnCosts], &TableOptions::default()));
}
