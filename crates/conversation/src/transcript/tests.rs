use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Decision, EntryRole, Finding, Role, TokenUsage, TranscriptError, TranscriptReader, Verification};

fn line() -> Value {
    json!({
        "conv_id": "1",
        "conv_type": "sharded",
        "task": "math",
        "task_id": "a-1",
        "assistant_model": "m",
        "trace": [
            {"role": "system", "content": "solve"},
            {"role": "user", "content": "how many?", "timestamp": "now", "cost_usd": 0.0},
            {"role": "log", "content": {"type": "shard_revealed", "shard_id": 1}, "timestamp": "now"},
            {"role": "assistant", "content": "5", "cost_usd": 1},
        ],
        "is_correct": null,
        "score": 1.0
    })
}

/// The line with something else at one place, or with one field more.
fn with(pointer: &str, value: Value) -> Value {
    let mut line = line();
    match line.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => line[pointer.trim_start_matches('/')] = value,
    }
    line
}

fn read(value: &Value) -> Transcript {
    Transcript::from_line(&value.to_string(), 1).unwrap()
}

fn refusal(text: &str) -> String {
    Transcript::from_line(text, 7).unwrap_err().to_string()
}

fn log(content: &Value) -> Option<LogEvent> {
    read(&with("/trace/2/content", content.clone())).trace[2].log()
}

/// JSON values as they may stand in a field that is not known here.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_$]{0,6}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn fields() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec(("x_[a-z]{1,6}", json_value()), 0..4).prop_map(|fields| fields.into_iter().collect())
}

/// An entry of the role with fields of its own.
fn entry() -> impl Strategy<Value = Value> {
    let said = (prop::sample::select(vec!["system", "user", "assistant"]), any::<String>())
        .prop_map(|(role, text)| json!({"role": role, "content": text}));
    let types = vec![
        "shard_revealed",
        "hint_revealed",
        "system-verification",
        "answer-evaluation",
        "conversation-completed",
        "state_transition",
        "duplicate_shard_ignored",
        "max_turns_exceeded",
        "spec-edit",
        "from-the-future",
    ];
    let observed = (prop::sample::select(types), fields()).prop_map(|(kind, mut content)| {
        content.insert("type".into(), kind.into());
        json!({"role": "log", "content": content})
    });
    (prop_oneof![said, observed], fields()).prop_map(|(mut entry, fields)| {
        entry.as_object_mut().unwrap().extend(fields);
        entry
    })
}

proptest! {
    #[test]
    fn any_line_survives_a_round_trip(
        trace in prop::collection::vec(entry(), 0..6),
        fields in fields(),
        is_correct in json_value(),
        score in prop::option::of(json_value()),
    ) {
        let mut line = line();
        line["trace"] = trace.into();
        line["is_correct"] = is_correct;
        match score {
            Some(score) => line["score"] = score,
            None => drop(line.as_object_mut().unwrap().remove("score")),
        }
        line.as_object_mut().unwrap().extend(fields);
        let written = read(&line).to_line().unwrap();
        prop_assert!(!written.contains('\n'));
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), line);
    }

    #[test]
    fn no_line_is_too_strange(text in any::<String>(), cut in 0_usize..400) {
        let _ = Transcript::from_line(&text, 1);
        let whole = line().to_string();
        if let Some(start) = whole.get(..cut.min(whole.len() - 1)) {
            let refused = Transcript::from_line(start, 3);
            let truncated = matches!(refused, Err(TranscriptError::Truncated { line: 3, length }) if length == start.len());
            prop_assert!(truncated, "{}", start);
        }
    }

    #[test]
    fn events_of_ours_survive_their_entry(
        turn in 0_usize..99,
        text in any::<String>(),
        prompt_tokens in any::<u64>(),
        completion_tokens in any::<u64>(),
        seconds in 0.0..1e6_f64,
    ) {
        let finding = Finding::Uncovered { words: vec![text.clone()] };
        let tokens = TokenUsage { prompt_tokens, completion_tokens };
        for event in [
            LogEvent::ShardRevealed { shard_id: 4 },
            LogEvent::SystemVerification { response: Verification { response_type: text.clone() } },
            LogEvent::SpecEdit { turn, edits: Vec::new(), findings: vec![finding], decision: Decision::Ask },
            LogEvent::Question { turn, text: text.clone() },
            LogEvent::Rewrite { turn, text: text.clone() },
            LogEvent::ReplyDropped { turn, text: text.clone(), entropy: Some(seconds) },
            LogEvent::ReplyDropped { turn, text: text.clone(), entropy: None },
            LogEvent::Usage { role: text.clone(), tokens, seconds },
            LogEvent::Confidence { value: seconds, method: text.clone() },
            LogEvent::Fault { role: "mediator".into(), message: text.clone() },
            LogEvent::AnswerEvaluation {
                exact_answer: text.clone().into(),
                is_correct: None,
                score: Some(seconds),
                evaluation_return: json!({"x": text}),
            },
        ] {
            let entry = Entry::observed(&event);
            prop_assert_eq!(entry.role, EntryRole::Log);
            let written = serde_json::to_string(&entry).unwrap();
            prop_assert_eq!(serde_json::from_str::<Entry>(&written).unwrap().log(), Some(event));
        }
    }
}

#[test]
fn recorded_files_survive_a_round_trip() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let shared = std::env::var_os("THROUGHLINE_SHARED").map_or_else(|| root.join("shared"), PathBuf::from);
    let folder = shared.join("data/lost-in-conversation/transcripts");
    if !folder.is_dir() {
        eprintln!("skipped: there are no recordings in {}", folder.display());
        return;
    }
    for (file, lines, right) in [("math", 900, 720), ("actions", 630, 502), ("snowball-actions-gpt-4o-mini", 105, 55)] {
        let text = std::fs::read_to_string(folder.join(file).with_extension("jsonl")).unwrap();
        let transcripts: Vec<Transcript> = TranscriptReader::new(text.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert_eq!(transcripts.len(), lines, "{file}");
        for (transcript, line) in transcripts.iter().zip(text.lines()) {
            let written: Value = serde_json::from_str(&transcript.to_line().unwrap()).unwrap();
            assert_eq!(written, serde_json::from_str::<Value>(line).unwrap());
        }
        // Every recorded conversation has a verdict, also those without an answer attempt.
        let scores: Vec<f64> = transcripts.iter().map(|held| held.verdict().unwrap().score().unwrap()).collect();
        assert_eq!(scores.iter().filter(|score| **score >= 1.0).count(), right, "{file}");
        assert!(scores.iter().all(|score| [0.0, 1.0].contains(score)));
        for transcript in &transcripts {
            agrees_with_its_last_attempt(transcript);
        }
    }
}

/// The verdict of a line is that of its last answer attempt.
fn agrees_with_its_last_attempt(transcript: &Transcript) {
    let last = transcript.trace.iter().rev().filter_map(Entry::log).find_map(|event| match event {
        LogEvent::AnswerEvaluation { is_correct, score, .. } => {
            score.or(is_correct.map(|correct| f64::from(u8::from(correct))))
        }
        _ => None,
    });
    assert_eq!(transcript.verdict().unwrap().score(), Some(last.unwrap_or(0.0)), "{}", transcript.conv_id);
}

#[test]
fn both_dialects_are_understood() {
    for content in [
        json!({"type": "shard_revealed", "shard_id": 3}),
        json!({"type": "hint_revealed", "hint_id": 3}),
        json!({"type": "hint_revealed", "shard_id": 3, "extra": true}),
    ] {
        assert_eq!(log(&content), Some(LogEvent::ShardRevealed { shard_id: 3 }), "{content}");
    }
    let verified = log(&json!({"type": "system-verification", "response": {"response_type": "musing", "why": "?"}}));
    let response = Verification { response_type: "musing".into() };
    assert_eq!(verified, Some(LogEvent::SystemVerification { response }));
    for (score, is_correct) in [(json!(1), json!(null)), (json!(1.0), json!(null)), (json!(null), json!(true))] {
        let content = json!({
            "type": "answer-evaluation", "exact_answer": "5", "score": score, "is_correct": is_correct,
            "evaluation_return": {"score": 1.0}
        });
        let Some(LogEvent::AnswerEvaluation { score: read, is_correct: correct, .. }) = log(&content) else {
            panic!("not read: {content}");
        };
        assert_eq!((read, correct), (score.as_f64(), is_correct.as_bool()));
    }
    for content in [
        json!({"type": "state_transition", "from": "a", "to": "b"}),
        json!({"type": "duplicate_shard_ignored", "shard_id": 1}),
        json!({"type": "max_turns_exceeded", "turn_count": 9}),
        json!({"type": "shard_revealed"}),
        json!({"type": "shard_revealed", "shard_id": "one"}),
    ] {
        assert_eq!(log(&content), None, "{content}");
    }
}

#[test]
fn what_is_said_is_no_event() {
    let transcript = read(&line());
    assert_eq!(transcript.trace[1].text(), Some("how many?"));
    assert_eq!(transcript.trace[1].log(), None);
    assert_eq!(transcript.trace[2].text(), None);
    let said = Entry::said(Role::Assistant, "5").at("now");
    assert_eq!(serde_json::to_value(said).unwrap(), json!({"role": "assistant", "content": "5", "timestamp": "now"}));
}

#[test]
fn a_refused_line_is_named_with_its_field() {
    for (value, said) in [
        (with("/conv_id", json!(5)), "field `conv_id`: invalid type: integer `5`, expected a string"),
        (with("/trace", json!("x")), "field `trace`: invalid type: string \"x\", expected a sequence"),
        (with("/trace/1/content", json!(null)), "field `trace[1].content`: neither a text nor an object"),
        (with("/trace/1/content", json!(["x"])), "field `trace[1].content`: neither a text nor an object"),
    ] {
        let message = refusal(&value.to_string());
        assert!(message.starts_with("line 7, column ") && message.ends_with(said), "{message}");
    }
    let message = refusal(&with("/trace/1/role", json!("narrator")).to_string());
    assert!(message.contains("field `trace[1].role`: unknown variant `narrator`"), "{message}");
    for field in ["conv_id", "conv_type", "task", "task_id", "assistant_model", "trace"] {
        let mut line = line();
        line.as_object_mut().unwrap().remove(field);
        let message = refusal(&line.to_string());
        assert!(message.contains(&format!("missing field `{field}`")), "{message}");
    }
    for (pointer, value, said) in [
        ("/trace/1/content", json!({"type": "question"}), "trace[1]: the content of a message is a text"),
        ("/trace/2/content", json!("x"), "trace[2]: the content of a log entry is an object with a text `type`"),
        ("/trace/2/content", json!({}), "trace[2]: the content of a log entry is an object with a text `type`"),
        (
            "/trace/2/content",
            json!({"type": 1}),
            "trace[2]: the content of a log entry is an object with a text `type`",
        ),
    ] {
        assert_eq!(refusal(&with(pointer, value).to_string()), format!("line 7: {said}"));
    }
}

#[test]
fn a_line_that_is_no_json_is_named_with_its_column() {
    assert_eq!(refusal("{\"conv_id\": oops}"), "line 7, column 13: expected value");
    assert_eq!(refusal("[]"), "line 7, column 1: invalid type: sequence, expected the object of a transcript");
    assert_eq!(refusal("{\"conv_id\": \"1"), "line 7 is cut off after 14 bytes; the file seems to be truncated");
    let two = format!("{}{}", line(), line());
    assert_eq!(refusal(&two), format!("line 7, column {}: trailing characters", line().to_string().len() + 1));
}

#[test]
fn a_reader_counts_lines_and_goes_on_behind_a_bad_one() {
    let good = line().to_string();
    let mut input = format!("{good}\n\n  \r\noops\n{good}\r\n").into_bytes();
    input.extend(b"\xff\n");
    input.extend(good.as_bytes());
    let mut reader = TranscriptReader::new(&input[..]);
    let mut seen = Vec::new();
    while let Some(read) = reader.next() {
        seen.push((reader.line(), read.map_err(|error| error.to_string())));
    }
    let lines: Vec<(usize, bool)> = seen.iter().map(|(line, read)| (*line, read.is_ok())).collect();
    assert_eq!(lines, [(1, true), (4, false), (5, true), (6, false), (7, true)]);
    assert_eq!(seen[1].1.as_ref().unwrap_err(), "line 4, column 1: expected value");
    assert!(seen[3].1.as_ref().unwrap_err().starts_with("line 6: "));
    assert_eq!(reader.line(), 7);
}

#[test]
fn a_broken_input_ends_the_reading() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    let read: Vec<_> = TranscriptReader::new(std::io::BufReader::new(Broken)).collect();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].as_ref().unwrap_err().to_string(), "line 1: unplugged");
}

#[test]
fn the_verdict_is_in_either_field() {
    for (is_correct, score, expected) in [
        (json!(null), json!(1.0), 1.0),
        (json!(null), json!(0.0), 0.0),
        (json!(null), json!(0.25), 0.25),
        (json!(true), json!(null), 1.0),
        (json!(false), json!(null), 0.0),
        (json!(true), json!(1), 1.0),
        (json!(false), json!(0), 0.0),
        (json!(false), json!(0.5), 0.5),
        (json!(1.0), json!(null), 1.0),
        (json!(null), json!(true), 1.0),
    ] {
        let mut line = with("/is_correct", is_correct.clone());
        line["score"] = score.clone();
        assert_eq!(read(&line).verdict(), Ok(Verdict::Scored(expected)), "{is_correct} {score}");
    }
    let mut line = with("/is_correct", json!(true));
    line.as_object_mut().unwrap().remove("score");
    assert_eq!(read(&line).verdict(), Ok(Verdict::Scored(1.0)));
}

#[test]
fn without_a_value_the_trace_decides() {
    let judged = |event: Option<Value>| {
        let mut line = with("/score", json!(null));
        if let Some(event) = event {
            line["trace"][2]["content"] = event;
        }
        read(&line).verdict()
    };
    assert_eq!(judged(None), Ok(Verdict::Unevaluated));
    assert_eq!(judged(None).unwrap().score(), None);
    let talked = json!({"type": "system-verification", "response": {"response_type": "hedge"}});
    assert_eq!(judged(Some(talked)), Ok(Verdict::NoAttempt));
    assert_eq!(Verdict::NoAttempt.score(), Some(0.0));
    let evaluated = json!({"type": "answer-evaluation", "exact_answer": "5", "is_correct": true});
    let said = judged(Some(evaluated)).unwrap_err();
    assert!(said.contains("`score`") && said.contains("`is_correct`"), "{said}");
}

#[test]
fn a_verdict_that_is_none_is_an_error_with_its_field() {
    for (field, value) in [
        ("score", json!("1.0")),
        ("score", json!(1.5)),
        ("score", json!(-1)),
        ("score", json!([1])),
        ("is_correct", json!("yes")),
        ("is_correct", json!(2)),
    ] {
        let mut line = with("/score", json!(null));
        line[field] = value.clone();
        let said = read(&line).verdict().unwrap_err();
        assert!(said.contains(&format!("`{field}`")), "{value}: {said}");
    }
}

#[test]
fn a_new_transcript_is_one_the_study_reads() {
    let mut transcript = Transcript::new(Header {
        conv_id: "r1".into(),
        conv_type: "mediated".into(),
        task: "math".into(),
        task_id: "throughline-math-01".into(),
        dataset_fn: "math.json".into(),
        assistant_model: "small".into(),
        system_model: "NA".into(),
        user_model: "NA".into(),
        git_version: "0.1.0".into(),
    });
    assert_eq!(transcript.verdict(), Ok(Verdict::Unevaluated));
    transcript.set_score(0.5);
    assert_eq!(transcript.verdict(), Ok(Verdict::Scored(0.5)));
    assert_eq!(transcript.is_correct, Some(json!(false)));
    transcript.set_score(1.0);
    let written: Value = serde_json::from_str(&transcript.to_line().unwrap()).unwrap();
    assert_eq!(
        written,
        json!({
            "conv_id": "r1", "conv_type": "mediated", "task": "math", "task_id": "throughline-math-01",
            "dataset_fn": "math.json", "assistant_model": "small", "system_model": "NA", "user_model": "NA",
            "git_version": "0.1.0", "trace": [], "is_correct": true, "score": 1.0
        })
    );
}
