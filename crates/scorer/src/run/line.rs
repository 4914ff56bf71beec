//! The short way from a line to a run: what a study of hundreds of thousands of conversations is read by.
//!
//! A line in the study's format is read without building its [`Transcript`](throughline_conversation::Transcript): texts
//! are borrowed, and what no figure needs is passed over. What the short way does not understand at once goes the long
//! way, which says what is wrong with it. It never tells more or less than the long way.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use simd_json::Buffers;
use throughline_conversation::{EntryRole, Verdict};

use super::facts::ResponseType;
use super::observe::{Observer, length};
use super::{Names, Run};

/// The longest line that goes the short way, in bytes, which takes up to twenty times that in memory.
const LONGEST: usize = 1 << 20;

thread_local! {
    /// What a thread reads lines in: a copy of the line, in which texts are unescaped, and the parser's own memory.
    static SCRATCH: RefCell<(Vec<u8>, Buffers)> = RefCell::default();
}

#[derive(Deserialize)]
struct Line<'a> {
    conv_id: &'a str,
    conv_type: &'a str,
    task: &'a str,
    task_id: &'a str,
    assistant_model: &'a str,
    #[serde(borrow)]
    trace: Vec<Entry<'a>>,
    #[serde(default)]
    is_correct: Value,
    #[serde(default)]
    score: Value,
    #[serde(default)]
    stop_reason: Value,
}

#[derive(Deserialize)]
struct Entry<'a> {
    role: EntryRole,
    #[serde(borrow)]
    content: Content<'a>,
    #[serde(default)]
    cost_usd: Value,
}

enum Content<'a> {
    Text(&'a str),
    Log(Log<'a>),
}

/// The content of a log entry of any type.
#[derive(Deserialize)]
struct Log<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(default, deserialize_with = "number")]
    shard_id: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    hint_id: Option<i64>,
    #[serde(borrow)]
    response: Option<Response<'a>>,
    exact_answer: Option<&'a str>,
    is_correct: Option<bool>,
    score: Option<f64>,
}

/// A field that is there holds a number: `null` is not the same as nothing.
fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(value).map(Some)
}

#[derive(Deserialize)]
struct Response<'a> {
    response_type: &'a str,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(content: D) -> Result<Self, D::Error> {
        content.deserialize_any(TextOrLog)
    }
}

struct TextOrLog;

impl<'de> Visitor<'de> for TextOrLog {
    type Value = Content<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or an object")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        Log::deserialize(MapAccessDeserializer::new(fields)).map(Content::Log)
    }
}

impl Run {
    /// The run in a line of the study's format, and its id; `None` where only the long way can tell.
    pub(crate) fn of_line(text: &str) -> Option<(String, Self)> {
        if text.len() > LONGEST {
            return None;
        }
        SCRATCH.with_borrow_mut(|(copy, buffers)| {
            copy.clear();
            copy.extend_from_slice(text.as_bytes());
            let line: Line<'_> = simd_json::serde::from_slice_with_buffers(copy, buffers).ok()?;
            line.run()
        })
    }
}

impl Line<'_> {
    fn run(&self) -> Option<(String, Run)> {
        let verdict = Verdict::recorded(Some(&self.score), Some(&self.is_correct)).ok()??;
        let names = Names {
            conv_id: self.conv_id,
            task: self.task,
            model: self.assistant_model,
            setting: self.conv_type,
            instruction: self.task_id,
        };
        if names.empty().is_some() {
            return None;
        }
        let mut observer = Observer::default();
        for entry in &self.trace {
            match (entry.role, &entry.content) {
                (EntryRole::User, Content::Text(text)) => observer.user(text),
                (EntryRole::Assistant, Content::Text(text)) => observer.assistant(text),
                (EntryRole::System, Content::Text(_)) => {}
                (EntryRole::Log, Content::Log(log)) => log.pass(&mut observer)?,
                _ => return None,
            }
            if let Some(usd) = entry.cost_usd.as_f64() {
                observer.cost(entry.role, usd);
            }
        }
        if let Some(reason) = self.stop_reason.as_str() {
            observer.stopped(reason);
        }
        Some((self.conv_id.to_owned(), Run::new(names, verdict.score()?, observer.finish())))
    }
}

impl Log<'_> {
    /// Shows it to `observer`, if its type is one that the study's recordings hold, and its fields are as they should be.
    fn pass(&self, observer: &mut Observer<'_>) -> Option<()> {
        match self.kind {
            "conversation-completed" => {}
            "shard_revealed" | "hint_revealed" => match (self.shard_id, self.hint_id) {
                (Some(shard), None) => observer.revealed(shard, self.kind == "hint_revealed"),
                (None, Some(shard)) => observer.revealed(shard, false),
                _ => return None,
            },
            "system-verification" => observer.classified(ResponseType::of(self.response.as_ref()?.response_type)),
            "answer-evaluation" => {
                let score = self.score.or(self.is_correct.map(|correct| f64::from(u8::from(correct))));
                observer.attempted(length(self.exact_answer?), score);
            }
            kind => observer.counted(kind).then_some(())?,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use throughline_conversation::Transcript;

    use super::*;
    use crate::Place;

    /// What the long way makes of a line.
    fn long_way(text: &str) -> Option<(String, Run)> {
        let place = Place { name: String::new(), line: 1 };
        let transcript = Transcript::from_line(text, 1).ok()?;
        let run = Run::of(&transcript, &place).ok()?;
        Some((transcript.conv_id, run))
    }

    fn line(trace: &[Value], verdict: &Value) -> String {
        let mut line = json!({
            "conv_id": "c", "conv_type": "sharded", "task": "apis", "task_id": "a/1", "assistant_model": "m",
            "trace": trace, "other": {"nested": [1, null]},
        });
        line.as_object_mut().unwrap().extend(verdict.as_object().unwrap().clone());
        line.to_string()
    }

    /// Values as they should stand in a field, and as they should not.
    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2_i64..9).prop_map(Value::from),
            (0.0..1.5).prop_map(Value::from),
            "[a-z \\n\"é]{0,12}".prop_map(Value::from),
            prop::sample::select(vec!["answer_attempt", "hedge", "7"]).prop_map(Value::from),
            Just(json!({"a": [1, "x"]})),
            Just(json!({"response_type": "clarification"})),
        ]
    }

    fn fields(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
        prop::collection::vec((prop::sample::select(names), value()), 0..5)
            .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn entry() -> impl Strategy<Value = Value> {
        const TYPES: [&str; 11] = [
            "shard_revealed",
            "hint_revealed",
            "system-verification",
            "answer-evaluation",
            "conversation-completed",
            "state_transition",
            "duplicate_shard_ignored",
            "max_turns_exceeded",
            "confidence",
            "fault",
            "from-the-future",
        ];
        const FIELDS: [&str; 12] = [
            "shard_id",
            "hint_id",
            "response",
            "exact_answer",
            "is_correct",
            "score",
            "evaluation_return",
            "value",
            "method",
            "role",
            "message",
            "type",
        ];
        let log = (prop::sample::select(&TYPES[..]), fields(&FIELDS)).prop_map(|(kind, mut content)| {
            content["type"] = kind.into();
            json!({"role": "log", "content": content})
        });
        let said = (prop::sample::select(vec!["system", "user", "assistant"]), "[a-zß \\n\"\\\\]{0,20}")
            .prop_map(|(role, text)| json!({"role": role, "content": text}));
        let odd = (prop::sample::select(vec!["log", "user", "tool"]), value())
            .prop_map(|(role, content)| json!({"role": role, "content": content}));
        (prop_oneof![8 => log, 8 => said, 1 => odd], fields(&["cost_usd", "timestamp"])).prop_map(
            |(mut entry, more)| {
                entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                entry
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn the_short_way_leads_where_the_long_way_does(
            trace in prop::collection::vec(entry(), 0..8),
            verdict in fields(&["score", "is_correct", "stop_reason"]),
        ) {
            let text = line(&trace, &verdict);
            if let Some(short) = Run::of_line(&text) {
                prop_assert_eq!(Some(short), long_way(&text));
            }
        }
    }

    #[test]
    fn nothing_is_not_null() {
        let trace = [json!({"role": "log", "content": {"type": "shard_revealed", "shard_id": null, "hint_id": 1}})];
        let text = line(&trace, &json!({"score": 0}));
        assert_eq!(Run::of_line(&text), None);
        assert!(long_way(&text).is_some());
    }

    #[test]
    fn what_is_no_json_goes_the_long_way_wherever_it_stands() {
        let sound = line(&[json!({"role": "system", "content": "HERE"})], &json!({"score": 1}));
        assert!(Run::of_line(&sound).is_some());
        let passed_over =
            ["\\ud800", "\\x", "\\u12", "\t", "\", \"content\": \"", "\"}, {\"role\": \"system\", \"content\": \"\","];
        let damaged = passed_over.map(|damage| sound.replace("HERE", damage));
        let behind = ["x", "}", ","].map(|damage| format!("{sound}{damage}"));
        for text in damaged.iter().chain(&behind).chain([&sound.replace("[1,null]", "[1,null,]")]) {
            assert_ne!(*text, sound);
            assert_eq!(Run::of_line(text), None, "{text}");
        }
    }

    #[test]
    fn a_usual_line_goes_the_short_way() {
        let trace = [
            json!({"role": "user", "content": "Half of \"8\"?", "cost_usd": 0.5}),
            json!({"role": "log", "content": {"type": "hint_revealed", "shard_id": 1}}),
            json!({"role": "assistant", "content": "It\nis 4", "cost_usd": 0.25}),
            json!({"role": "log", "content": {"type": "answer-evaluation", "exact_answer": "4", "score": 1}}),
        ];
        let text = line(&trace, &json!({"score": 1, "is_correct": null}));
        let short = Run::of_line(&text);
        assert!(short.is_some());
        assert_eq!(short, long_way(&text));
    }
}
