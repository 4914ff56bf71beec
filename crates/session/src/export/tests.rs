//! Exports of a chat in which everything happens that can.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use throughline_conversation::{Correction, Entry, Transcript, transcript_schema};

use super::*;
use crate::event::{Event, Lane, SessionId};
use crate::record::Record;
use crate::record::strategy::likely_events;

/// A chat as its session file holds it.
fn chat() -> Record {
    let source = |turn: usize, end: usize| json!({"turn": turn, "span": {"start": 0, "end": end}});
    let clause = |id: &str, text: &str, quote: &str, turn: usize| json!({"id": id, "text": text, "quote": quote, "source": source(turn, quote.len())});
    let events = [
        json!({"event": "started", "format": 1, "id": "20260102-030405-abcd", "forked_from": {"session": "20260101-000000-0000", "turns": 1}}),
        json!({"event": "renamed", "title": "Fence *paint*"}),
        json!({"event": "said", "text": "how much paint\ndo i need"}),
        json!({"event": "heard", "question": "How long is it?", "model": "listener", "tokens": {"prompt_tokens": 100, "completion_tokens": 9}, "seconds": 0.25, "turn": {
        "user": "how much paint\ndo i need", "decision": "ask", "findings": [{"finding": "uncovered", "words": ["need"]}], "reply": null,
        "edits": [
            {"op": "redirect", "clause": clause("c1", "how much paint do i need", "how much paint\ndo i need", 0), "removal": {"earned": true, "reason": "the first goal"}},
            {"op": "assume", "assumption": {"id": "a1", "text": "two coats", "reason": "nobody said"}},
            {"op": "ask", "question": {"id": "q1", "text": "How long is it?", "asked_at": 0, "state": "open"}},
        ]}}),
        json!({"event": "heard", "model": "listener", "turn": {
            "user": "its 32 <m> long", "decision": "proceed", "findings": [], "reply": null,
            "edits": [{"op": "answer", "question": "q1", "clause": clause("c2", "the fence is 32 <m> long", "its 32 <m> long", 1)}]}}),
        json!({"event": "planned", "text": "1. Multiply.", "tokens": {"prompt_tokens": 30, "completion_tokens": 4}, "seconds": 0.5, "cost_usd": 0.002}),
        json!({"event": "failed", "role": "planner", "message": "timed out"}),
        json!({"event": "replying", "model": "writer"}),
        json!({"event": "piece", "text": "No idea"}),
        json!({"event": "failed", "role": "assistant", "message": "the stream was cut"}),
        json!({"event": "replying", "model": "writer"}),
        json!({"event": "piece", "text": "# Paint\n\n```\n<script>alert(1)</script>\n"}),
        json!({"event": "piece", "text": "4 litres"}),
        json!({"event": "replied", "reason": "length", "confidence": 0.9, "tokens": {"prompt_tokens": 50, "completion_tokens": 20}, "seconds": 2.0, "cost_usd": 0.01}),
        json!({"event": "replying", "lane": "unmediated", "model": "writer"}),
        json!({"event": "piece", "lane": "unmediated", "text": "5 litres"}),
        json!({"event": "replied", "lane": "unmediated", "reason": "stop", "seconds": 1.0}),
        json!({"event": "kept", "lane": "unmediated"}),
        json!({"event": "heard", "model": "other", "turn": {
            "user": "make it 40", "decision": "proceed", "findings": [], "reply": null,
            "edits": [{"op": "revise", "target": "c2", "clause": clause("c3", "the fence is 40 m long", "make it 40", 2), "removal": {"earned": true, "reason": "make it"}}]}}),
    ];
    let mut record = Record::default();
    for (minute, mut event) in (0..).zip(events) {
        // What every event of the kind has and none of these needs to say.
        if event["event"] == "heard" {
            event["tokens"].is_null().then(|| event["tokens"] = json!({"prompt_tokens": 0, "completion_tokens": 0}));
        }
        let event: Event = serde_json::from_value(event).unwrap();
        record.apply(Timestamp::from_second(1_767_323_045 + 60 * minute).unwrap(), &event).unwrap();
    }
    let clause = record.spec().goal.as_ref().unwrap().said.id.clone();
    for correction in [
        Correction::Pin { clause, pinned: true },
        Correction::Dismiss { assumption: record.spec().assumptions[0].id.clone() },
    ] {
        let turn = record.conversation.correct(&correction).unwrap();
        record.apply(Timestamp::from_second(1_767_330_000).unwrap(), &Event::Corrected { turn }).unwrap();
    }
    record.apply(Timestamp::from_second(1_767_330_060).unwrap(), &Event::Said { text: "thanks".into() }).unwrap();
    record
}

#[test]
fn markdown_tells_everything() {
    insta::assert_snapshot!(markdown(&chat()));
}

#[test]
fn a_transcript_is_one_of_ours() {
    let transcript = transcript(&chat());
    let line = transcript.to_line().unwrap();
    assert_eq!(Transcript::from_line(&line, 1).unwrap(), transcript);
    let mut value: Value = serde_json::from_str(&line).unwrap();
    let schema = jsonschema::validator_for(&transcript_schema()).unwrap();
    assert_eq!(schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    // Every log entry is of a type known here.
    let logs = transcript.trace.iter().filter(|entry| entry.text().is_none());
    assert!(logs.clone().count() > 8 && logs.clone().all(|entry| entry.log().is_some()));
    assert_eq!(transcript.verdict(), Ok(throughline_conversation::Verdict::Unevaluated));
    let said: Vec<_> = transcript.trace.iter().filter_map(Entry::text).collect();
    let talk = ["how much paint\ndo i need", "How long is it?", "its 32 <m> long", "5 litres", "make it 40"];
    assert_eq!(said[..5], talk);
    assert_eq!(value["git_version"].take(), concat!("throughline ", env!("CARGO_PKG_VERSION")));
    insta::assert_json_snapshot!(value);
}

#[test]
fn a_page_is_text_and_style_alone() {
    let page = html(&chat()).unwrap();
    for text in ["&lt;script&gt;alert(1)", "Fence *paint*", "its 32 &lt;m&gt; long", "prefers", "held fast", "by hand"]
    {
        assert!(page.contains(text) || text == "prefers", "{text} is not in {page}");
    }
    for markup in ["<script", "<img", "<link", "http:", "https:", "url(", "onload", "javascript"] {
        assert!(!page.contains(markup), "{markup} is in {page}");
    }
    assert!(page.contains("light-dark(") && page.contains("default-src 'none'"), "{page}");
    assert_eq!(page.matches("<section id=\"turn-").count(), 5);
}

#[test]
fn an_empty_chat_can_be_exported() {
    let mut record = Record::default();
    let started = Event::Started { format: 1, id: SessionId("s1".into()), forked_from: None };
    record.apply(Timestamp::UNIX_EPOCH, &started).unwrap();
    assert_eq!(markdown(&record), "# Session s1\n\nSession s1, begun 1970-01-01 00:00 UTC, 0 turns.\n");
    assert!(html(&record).unwrap().contains("<h1>Session s1</h1>"));
    assert_eq!(transcript(&record).trace, []);
}

proptest! {
    #[test]
    fn nothing_that_is_said_reaches_the_structure(
        events in likely_events(),
        said in "(#|>|`|~|-|<|\\*|\n|\r|=| |a|</section>|<script>|## Turn 9){0,24}",
        lane in prop_oneof![Just(Lane::Mediated), Just(Lane::Unmediated)],
    ) {
        let mut record = Record::default();
        for (second, event) in (0..).zip(&events) {
            drop(record.apply(Timestamp::from_second(second).unwrap(), event));
        }
        for event in [Event::Replying { lane, model: said.clone() }, Event::Piece { lane, text: said.clone() }, Event::Renamed { title: said }] {
            drop(record.apply(Timestamp::UNIX_EPOCH, &event));
        }
        let turns = record.exchanges.len();
        let text = markdown(&record);
        prop_assert_eq!(text.lines().filter(|line| line.starts_with("## Turn ")).count(), turns, "{}", text);
        prop_assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 1, "{}", text);
        prop_assert!(!text.lines().any(|line| line.starts_with("```") || line.starts_with("~~~")), "{}", text);
        let page = html(&record).unwrap();
        prop_assert_eq!(page.matches("<section id=").count(), turns);
        prop_assert_eq!(page.matches("</section>").count(), page.matches("<section").count());
        prop_assert!(!page.contains("<script"));
        let transcript = transcript(&record);
        prop_assert_eq!(Transcript::from_line(&transcript.to_line().unwrap(), 1).unwrap(), transcript);
    }
}
