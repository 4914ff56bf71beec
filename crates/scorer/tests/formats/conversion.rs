//! From one format to another and back.

use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use throughline_conversation::{Content, Entry, LogEvent, Role, Transcript};
use throughline_scorer::{Format, Output, OutputError, convert, read_path};

use crate::{all, one};

/// A transcript as recordings may hold it, and as none should.
fn transcript() -> impl Strategy<Value = Transcript> {
    let text = || r#"[a-zß "\\\n{]{0,12}"#;
    let fields = prop::collection::vec(
        (
            prop::sample::select(vec![
                "note",
                "id",
                "model",
                "system",
                "messages",
                "metadata",
                "recorded_as",
                "score_x",
            ]),
            value(),
        ),
        0..3,
    );
    let entry = (
        0..5_usize,
        text(),
        prop::option::of((prop::sample::select(vec!["name", "role_x", "recorded_as", "from"]), value())),
    )
        .prop_map(|(kind, text, field)| {
            let mut entry = match kind {
                0 => Entry::said(Role::System, text),
                1 | 2 => Entry::said(Role::User, text),
                3 => Entry::said(Role::Assistant, text),
                _ => Entry::observed(&LogEvent::Confidence { value: 0.5, method: text }),
            };
            entry.other.extend(field.map(|(name, value)| (name.to_owned(), value)));
            entry
        });
    (prop::collection::vec(entry, 0..5), fields, text(), prop::option::of(value()), prop::option::of(value())).prop_map(
        |(trace, fields, name, score, is_correct)| Transcript {
            conv_id: "c".into(),
            conv_type: "sharded".into(),
            task: name,
            task_id: "t/1".into(),
            assistant_model: "m".into(),
            trace,
            is_correct,
            score,
            other: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..9_i64).prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
        Just(json!({"role": "developer", "content": [{"type": "text", "text": "ab"}]})),
        Just(json!({"score": 1, "conv_id": "other", "run": "b"})),
        Just(json!([])),
    ]
}

proptest! {
    #[test]
    fn transcripts_survive_as_transcripts(transcript in transcript()) {
        let converted = convert(&transcript, Format::Throughline).unwrap();
        prop_assert!(converted.exact && converted.left_out == 0);
        prop_assert_eq!(&all(converted.line).unwrap()[0].transcript, &transcript);
    }

    #[test]
    fn what_is_called_exact_is_the_same_again(
        transcript in transcript(),
        format in prop::sample::select(vec![Format::OpenAi, Format::ShareGpt]),
    ) {
        let converted = convert(&transcript, format).unwrap();
        let again = all(converted.line.clone());
        let logs = transcript.trace.iter().filter(|entry| entry.text().is_none()).count();
        prop_assert_eq!(converted.left_out, logs);
        let mut kept = transcript.clone();
        kept.trace.retain(|entry| entry.text().is_some());
        prop_assert_eq!(converted.exact, again.is_ok_and(|again| again[0].transcript == kept), "{}", converted.line);
    }

    #[test]
    fn messages_without_odd_fields_are_always_exact(
        texts in prop::collection::vec(("[a-z \"\\n]{0,9}", 0..3_usize), 0..6),
        format in prop::sample::select(vec![Format::OpenAi, Format::ShareGpt]),
        score in prop::option::of(0.0..=1.0),
    ) {
        let mut transcript = one(&json!({"messages": [], "id": "c", "task": "t", "task_id": "a", "note": {"x": 1}}));
        transcript.score = score.map(Value::from);
        let roles = [Role::System, Role::User, Role::Assistant];
        transcript.trace = texts.into_iter().map(|(text, role)| Entry::said(roles[role], text)).collect();
        prop_assert!(convert(&transcript, format).unwrap().exact);
    }
}

#[test]
fn chat_formats_survive_the_way_through_a_transcript() {
    for (format, text) in [
        (Format::OpenAi, fs::read_to_string("tests/data/seeds/messages.jsonl").unwrap()),
        (Format::ShareGpt, fs::read_to_string("tests/data/seeds/sharegpt.json").unwrap()),
    ] {
        let transcript = all(text.clone()).unwrap().remove(0).transcript;
        let kept = convert(&transcript, Format::Throughline).unwrap();
        let back = convert(&all(kept.line).unwrap()[0].transcript, format).unwrap();
        assert!(back.exact && back.left_out == 0, "{}", back.line);
        let (was, is): (Value, Value) =
            (serde_json::from_str(&text).unwrap(), serde_json::from_str(&back.line).unwrap());
        let was = was.get(0).unwrap_or(&was);
        for field in ["messages", "conversations"] {
            assert_eq!(is.get(field), was.get(field), "every message as it was");
        }
    }
}

#[test]
fn the_studys_transcripts_hold_its_own_log_types_alone() {
    let text = fs::read_to_string("tests/data/seeds/mediated.jsonl").unwrap();
    let mut transcript = all(text).unwrap().remove(0).transcript;
    transcript.other.shift_remove("git_version");
    let converted = convert(&transcript, Format::Study).unwrap();
    assert_eq!(converted.left_out, 5, "{}", converted.line);
    let line: Value = serde_json::from_str(&converted.line).unwrap();
    assert_eq!(line["git_version"], "NA");
    let types: Vec<_> =
        line["trace"].as_array().unwrap().iter().filter_map(|entry| entry["content"]["type"].as_str()).collect();
    assert_eq!(types, ["answer-evaluation"]);
}

#[test]
fn figures_hold_no_word_and_give_the_same_verdict() {
    for seed in ["study.jsonl", "mediated.jsonl"] {
        for conversation in all(fs::read_to_string(format!("tests/data/seeds/{seed}")).unwrap()).unwrap() {
            let whole = conversation.transcript;
            let converted = convert(&whole, Format::Figures).unwrap();
            assert!(converted.exact, "{}", converted.line);
            let figures = all(converted.line.clone()).unwrap().remove(0).transcript;
            assert_eq!(figures.verdict(), whole.verdict());
            assert_eq!(figures.other.get("usage"), whole.other.get("usage"));
            let said = whole.trace.iter().filter_map(Entry::text).chain(whole.trace.iter().filter_map(answer));
            for text in said.filter(|text| text.split_whitespace().nth(1).is_some()) {
                let text = serde_json::to_string(text).unwrap();
                assert!(!converted.line.contains(text.trim_matches('"')), "{text} in {}", converted.line);
            }
        }
    }
}

/// The words of a clause or an answer that an observation holds.
fn answer(entry: &Entry) -> Option<&str> {
    let Content::Event(event) = &entry.content else { return None };
    event.get("exact_answer").and_then(Value::as_str).or_else(|| event.get("edits")?.get(0)?.get("quote")?.as_str())
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let count = |name: &str| {
        let mut count = 0;
        read_path(&folder.path().join(name), None, |read| {
            read?;
            count += 1;
            Ok(())
        })
        .map(|()| count)
    };
    let line = "{\"messages\": []}\n";
    for name in ["plain.jsonl", "small.jsonl.gz", "small.jsonl.zst"] {
        let path = folder.path().join(name);
        let mut output = Output::create(&path, false).unwrap();
        output.write_all(line.repeat(50).as_bytes()).unwrap();
        assert!(!path.exists(), "nothing is there before the end");
        output.finish().unwrap();
        assert_eq!(count(name).unwrap(), 50);
        assert_eq!(name != "plain.jsonl", fs::read(&path).unwrap().len() < 200, "{name}");
        let refused = Output::create(&path, false).err().unwrap();
        assert!(matches!(refused, OutputError::Exists(_)) && refused.to_string().contains(name), "{refused}");
        let mut output = Output::create(&path, true).unwrap();
        output.write_all(line.as_bytes()).unwrap();
        drop(output);
        assert_eq!(count(name).unwrap(), 50, "what was not finished changes nothing");
        let mut output = Output::create(&path, true).unwrap();
        output.write_all(line.as_bytes()).unwrap();
        output.finish().unwrap();
        assert_eq!(count(name).unwrap(), 1);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left behind");
    // What is no file is written into, never replaced.
    #[cfg(unix)]
    {
        let mut null = Output::create(Path::new("/dev/null"), false).unwrap();
        null.write_all(b"gone").unwrap();
        null.finish().unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }
    let nowhere = Output::create(&folder.path().join("missing/x.jsonl"), false).err().unwrap();
    assert!(nowhere.to_string().contains("missing"), "{nowhere}");
}
