//! Every format that is read, told by its content, compressed or not.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of the test functions")]

mod conversion;
mod fuzz;
mod logs;

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use throughline_conversation::{EntryRole, LogEvent, Transcript};
use throughline_scorer::{Conversation, Options, Report, ScoreError, Scorer, read_from, read_path};

fn all(text: impl Into<Vec<u8>>) -> Result<Vec<Conversation>, ScoreError> {
    let mut found = Vec::new();
    read_from("log", Cursor::new(text.into()), None, |read| {
        found.push(read?);
        Ok(())
    })?;
    Ok(found)
}

fn one(record: &Value) -> Transcript {
    let mut found = all(record.to_string()).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0).transcript
}

fn refusal(text: impl Into<Vec<u8>>) -> String {
    all(text).unwrap_err().to_string()
}

fn in_file(path: &str, scorer: Option<&str>) -> Result<Vec<Conversation>, ScoreError> {
    let mut found = Vec::new();
    read_path(Path::new(path), scorer, |read| {
        found.push(read?);
        Ok(())
    })?;
    Ok(found)
}

fn scored(text: impl Into<Vec<u8>>) -> Report {
    let mut scorer = Scorer::new(Options::default());
    scorer.add_reader("log", Cursor::new(text.into())).unwrap();
    scorer.finish().unwrap()
}

fn said(transcript: &Transcript) -> Vec<(EntryRole, &str)> {
    transcript.trace.iter().filter_map(|entry| Some((entry.role, entry.text()?))).collect()
}

/// An OpenAI-style record of a run.
fn chat(id: &str, score: f64) -> Value {
    json!({
        "id": id, "model": "gpt-4o", "setting": "full", "task": "math", "task_id": "a", "score": score,
        "messages": [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]
    })
}

#[test]
fn messages_are_named_and_scored_by_their_record_or_its_metadata() {
    let beside = one(&json!({
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Half "}, {"type": "text", "text": "of 8?"}]},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "content": "4", "tool_call_id": "1"},
            {"role": "assistant", "content": "4", "name": "sum"},
        ],
        "metadata": {"conv_type": "sharded", "task": "math", "sample_id": 7, "is_correct": true, "run": "b"},
        "model": "gpt-4o",
        "custom_id": "request-1"
    }));
    let expected = [
        (EntryRole::System, "Be brief."),
        (EntryRole::User, "Half of 8?"),
        (EntryRole::Assistant, ""),
        (EntryRole::Assistant, "4"),
    ];
    assert_eq!(said(&beside), expected);
    assert_eq!(beside.trace[3].role, EntryRole::Log, "what a tool gave is no turn");
    assert_eq!(beside.trace[2].other["tool_calls"], json!([{"id": "1"}]));
    let named = (&*beside.conv_id, &*beside.conv_type, &*beside.task, &*beside.task_id, &*beside.assistant_model);
    assert_eq!(named, ("request-1", "sharded", "math", "7", "gpt-4o"));
    assert_eq!(beside.is_correct, Some(json!(true)));
    assert_eq!(beside.other["metadata"], json!({"run": "b"}));

    let report = scored(format!("{}\n{}\n", chat("1", 1.0), chat("2", 0.0)));
    assert_eq!((report.rows[0].runs, report.rows[0].p, &*report.rows[0].model), (2, 50.0, "gpt-4o"));
}

#[test]
fn sharegpt_turns_are_read() {
    let read = one(&json!({
        "id": "x", "system": "Be brief.", "model": "m",
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "chatgpt", "value": "Hello", "loss": false}]
    }));
    let expected = [(EntryRole::System, "Be brief."), (EntryRole::User, "Hi"), (EntryRole::Assistant, "Hello")];
    assert_eq!(said(&read), expected);
    assert_eq!((&*read.conv_id, &*read.assistant_model), ("x", "m"));
}

#[test]
fn what_is_not_named_is_said() {
    let mut record = chat("1", 1.0);
    for field in ["id", "model", "setting", "task"] {
        record.as_object_mut().unwrap().remove(field);
    }
    let report = scored(record.to_string());
    let row = &report.rows[0];
    assert_eq!((&*row.task, &*row.model, &*row.setting), ("NA", "NA", "NA"));
    assert!(report.notes.iter().any(|note| note == "1 run without the name of a task, model or setting: shown as NA."));
    assert_eq!(one(&record).conv_id, "log:1");

    record.as_object_mut().unwrap().remove("task_id");
    let error = Scorer::new(Options::default()).add_reader("log", Cursor::new(record.to_string())).unwrap_err();
    insta::assert_snapshot!(error, @"log: line 1: field `task_id` is empty; fill it in, or leave such lines out with `--keep-going`");
}

#[test]
fn a_wrong_field_is_named_with_its_path() {
    let message = |message: Value| json!({"messages": [{"role": "user", "content": "Hi"}, message]}).to_string();
    insta::assert_snapshot!(refusal(message(json!({"role": "wizard", "content": "x"}))), @r#"log: line 1: field `messages[1].role`: "wizard" is not a role that is known here; correct it, or leave such records out with `--keep-going`"#);
    insta::assert_snapshot!(refusal(message(json!({"role": "user"}))), @"log: line 1: field `messages[1].content`: it is missing; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(message(json!({"role": "user", "content": 5}))), @"log: line 1: field `messages[1].content`: a number is no text; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(message(json!("text"))), @"log: line 1: field `messages[1]`: a text is no message; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(json!({"messages": {}}).to_string()), @"log: line 1: field `messages`: an object is no list of messages; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(json!({"messages": [], "model": ["a"]}).to_string()), @"log: line 1: field `model`: an array is no name; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(json!({"conversations": [{"from": "human"}]}).to_string()), @"log: line 1: field `conversations[0].value`: it is missing; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(json!({"prompt": "x", "completion": "y"}).to_string()), @"log: line 1: there is none of the fields `trace` (transcripts), `messages` (OpenAI-style) and `conversations` (ShareGPT-style), only `prompt`, `completion`; convert it to one of these formats, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal("{}"), @"log: line 1: there is none of the fields `trace` (transcripts), `messages` (OpenAI-style) and `conversations` (ShareGPT-style), only nothing; convert it to one of these formats, or leave such records out with `--keep-going`");
}

#[test]
fn documents_are_lists_of_records_or_one_of_them() {
    let records = json!([chat("1", 1.0), chat("2", 0.0)]);
    for text in [records.to_string(), serde_json::to_string_pretty(&records).unwrap()] {
        assert_eq!(all(text).unwrap().len(), 2);
    }
    let broken = serde_json::to_string_pretty(&chat("1", 1.0)).unwrap();
    assert_eq!(all(broken.clone()).unwrap()[0].transcript.conv_id, "1");
    // Such records behind each other, as a pretty printer of JSONL writes them.
    assert_eq!(all(format!("{broken}\n{broken}\n")).unwrap().len(), 2);
    assert_eq!(all("[]").unwrap().len(), 0);
}

#[test]
fn errors_in_documents_have_their_line() {
    let record = serde_json::to_string_pretty(&chat("1", 1.0)).unwrap();
    let wrong = record.replace("\"1 + 1?\"", "3");
    insta::assert_snapshot!(refusal(format!("[\n{record},\n{wrong}\n]\n")), @"log: line 20: field `messages[0].content`: a number is no text; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(format!("[\n{record},\n{}", &record[..200])), @"log: line 33, column 8: EOF while parsing a string; repair or remove the line, or leave such lines out with `--keep-going`");
    insta::assert_snapshot!(refusal(format!("[\n{record},\n] x")), @"log: line 20, column 1: trailing comma; repair or remove the line, or leave such lines out with `--keep-going`");
    insta::assert_snapshot!(refusal("[\n7]"), @"log: line 2, column 1: invalid type: integer `7`, expected the object of a transcript; repair or remove the line, or leave such lines out with `--keep-going`");

    // A wrong record costs itself alone.
    let mut scorer = Scorer::new(Options { keep_going: true, ..Options::default() });
    let other = record.replace("\"id\": \"1\"", "\"id\": \"2\"");
    scorer.add_reader("log", Cursor::new(format!("[{record}, {wrong}, {other}]"))).unwrap();
    let report = scorer.finish().unwrap();
    assert_eq!((report.rows[0].runs, report.skipped[0].count), (2, 1));
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_texts_are_told_by_their_first_bytes() {
    let lines = [chat("1", 1.0), chat("2", 0.0)].map(|record| format!("{record}\n"));
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    for parts in [lines.each_ref().map(|line| gzip(line.as_bytes())), lines.each_ref().map(|line| zstd(line))] {
        // Each part is whole in itself: files that were compressed apart and then put together.
        assert_eq!(all(parts.concat()).unwrap().len(), 2);
        let cut = &parts[0][..parts[0].len() - 9];
        assert!(matches!(all(cut).unwrap_err(), ScoreError::Unreadable { .. } | ScoreError::Transcript { .. }));
    }
    let skippable = [&b"\x50\x2a\x4d\x18\x02\x00\x00\x00xx"[..], &zstd(&lines[0])].concat();
    assert_eq!(all(skippable).unwrap().len(), 1);
    assert_eq!(all(format!("\u{feff}{}", lines[0])).unwrap().len(), 1);
}

/// What the logs in `tests/data/inspect` hold, whichever form they have.
#[track_caller]
fn assert_is_fruit(found: &[Conversation]) {
    assert_eq!(found.len(), 4);
    let mut runs: Vec<_> = found
        .iter()
        .map(|one| (&*one.transcript.task_id, one.transcript.other["epoch"].as_u64(), one.transcript.score.clone()))
        .collect();
    runs.sort_by_key(|run| (run.0, run.1));
    let (right, wrong) = (Some(json!(1.0)), Some(json!(0.0)));
    let expected = [
        ("apples-1", Some(1), right.clone()),
        ("apples-1", Some(2), right),
        ("pears-1", Some(1), wrong.clone()),
        ("pears-1", Some(2), wrong),
    ];
    assert_eq!(runs, expected);
    let pears = &found.iter().find(|one| one.transcript.task_id == "pears-1").unwrap().transcript;
    assert_eq!((&*pears.task, &*pears.conv_type, &*pears.assistant_model), ("fruit", "sharded", "mockllm/model"));
    let expected = [
        (EntryRole::System, "Solve it."),
        (EntryRole::User, "How many pears?"),
        (EntryRole::Assistant, "I guess 5"),
        (EntryRole::User, "The red ones: 3 and 4."),
        (EntryRole::Assistant, "That makes 7"),
    ];
    assert_eq!(said(pears), expected);
    let logs: Vec<LogEvent> = pears.trace.iter().filter_map(throughline_conversation::Entry::log).collect();
    assert!(
        logs.iter().any(|log| matches!(log, LogEvent::Usage { tokens, .. } if tokens.completion_tokens == 10)),
        "{logs:?}"
    );
    assert!(
        logs.iter().any(|log| matches!(log, LogEvent::AnswerEvaluation { exact_answer, .. } if exact_answer == "7")),
        "{logs:?}"
    );
}

#[test]
fn logs_of_inspect_are_read_in_both_forms() {
    assert_is_fruit(&in_file("tests/data/inspect/fruit.json", None).unwrap());
    assert_is_fruit(&in_file("tests/data/inspect/fruit.eval", None).unwrap());
    assert_is_fruit(&in_file("tests/data/inspect/fruit.*[nl]", None).unwrap()[..4]);
    // An archive that comes over a pipe.
    assert_is_fruit(&all(fs::read("tests/data/inspect/fruit.eval").unwrap()).unwrap());
    // A log on one line.
    let log: Value = serde_json::from_slice(&fs::read("tests/data/inspect/fruit.json").unwrap()).unwrap();
    assert_is_fruit(&all(log.to_string()).unwrap());
}

/// The log of one sample, with something else in it.
fn log_with(change: impl FnOnce(&mut Value)) -> String {
    let mut log: Value = serde_json::from_slice(&fs::read("tests/data/inspect/fruit.json").unwrap()).unwrap();
    log["samples"].as_array_mut().unwrap().truncate(1);
    change(&mut log);
    log.to_string()
}

#[test]
fn what_inspect_says_otherwise_is_understood_or_refused() {
    let score = |value: Value| log_with(|log| log["samples"][0]["scores"]["match"]["value"] = value);
    for (value, expected) in
        [(json!("P"), 0.5), (json!("N"), 0.0), (json!(true), 1.0), (json!(0.25), 0.25), (json!("0.5"), 0.5)]
    {
        assert_eq!(all(score(value)).unwrap()[0].transcript.score, Some(json!(expected)));
    }
    insta::assert_snapshot!(refusal(score(json!({"a": 1}))), @r#"log: line 1: field `scores.match.value`: {"a":1} is no score from 0 to 1; correct it, or leave such records out with `--keep-going`"#);
    insta::assert_snapshot!(refusal(score(json!(17))), @"log: line 1: field `scores.match.value`: 17 is no score from 0 to 1; correct it, or leave such records out with `--keep-going`");
    let two = log_with(|log| log["samples"][0]["scores"]["model_graded"] = json!({"value": "I"}));
    insta::assert_snapshot!(refusal(two.clone()), @"log: line 1: field `scores`: there are several (match, model_graded), and `--scorer` says which counts; correct it, or leave such records out with `--keep-going`");
    let mut chosen = Vec::new();
    read_from("log", Cursor::new(two), Some("model_graded"), |read| {
        chosen.push(read?.transcript.score);
        Ok(())
    })
    .unwrap();
    assert_eq!(chosen, [Some(json!(0.0))]);
    // An error is no score.
    let failed = log_with(|log| log["samples"][0]["error"] = json!({"message": "timeout"}));
    assert_eq!(all(failed).unwrap()[0].transcript.score, None);
    let referring = log_with(|log| {
        log["samples"][0]["messages"][0]["content"] = json!("attachment://abc");
        log["samples"][0]["attachments"] = json!({"abc": "the long text"});
    });
    assert_eq!(all(referring).unwrap()[0].transcript.trace[0].text(), Some("the long text"));
    insta::assert_snapshot!(refusal(log_with(|log| drop(log.as_object_mut().unwrap().remove("samples")))), @"log: line 1: field `samples`: the log holds none; it was written without them; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(log_with(|log| drop(log["eval"].as_object_mut().unwrap().remove("model")))), @"log: line 1: field `eval`: missing field `model`; correct it, or leave such records out with `--keep-going`");
    insta::assert_snapshot!(refusal(log_with(|log| drop(log["samples"][0].as_object_mut().unwrap().remove("messages")))), @"log: line 1, column 10755: missing field `messages`; repair or remove the line, or leave such lines out with `--keep-going`");
}

#[test]
fn an_archive_that_is_no_log_is_refused() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("letter.txt", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(b"Dear all").unwrap();
    insta::assert_snapshot!(refusal(archive.finish().unwrap().into_inner()), @"log: line 1: field `eval`: the archive holds no header.json, so it is no log of inspect_ai; correct it, or leave such records out with `--keep-going`");
}
