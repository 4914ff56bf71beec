//! The short way from a line to a run: what a study of hundreds of thousands of conversations is read by.
//!
//! A line in the study's format is read without building its [`Transcript`](throughline_conversation::Transcript): texts
//! are borrowed, and what no figure needs is passed over. What the short way does not understand at once goes the long
//! way, which says what is wrong with it. It never tells more or less than the long way, with one exception: in what it
//! passes over it asks for JSON alone, not for texts that are Unicode.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use throughline_conversation::{EntryRole, Verdict};

use super::facts::ResponseType;
use super::observe::{Observer, answer_length, length};
use super::{Names, Run};

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    conv_id: Cow<'a, str>,
    #[serde(borrow)]
    conv_type: Cow<'a, str>,
    #[serde(borrow)]
    task: Cow<'a, str>,
    #[serde(borrow)]
    task_id: Cow<'a, str>,
    #[serde(borrow)]
    assistant_model: Cow<'a, str>,
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
    content: &'a RawValue,
    #[serde(default)]
    cost_usd: Value,
}

/// What is observed, as far as figures need it.
enum Observed<'a> {
    /// A shard, and whether the simulated user of that program does not look for it under this name.
    Shard(i64, bool),
    Classified(ResponseType),
    Attempt {
        answer: u32,
        score: Option<f64>,
    },
    Ignored,
    Other(Map<String, Value>),
    Said(EntryRole, Cow<'a, str>),
}

/// The content of a log entry of any type.
#[derive(Deserialize)]
struct Log<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default, deserialize_with = "number")]
    shard_id: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    hint_id: Option<i64>,
    #[serde(borrow)]
    response: Option<Response<'a>>,
    #[serde(borrow)]
    exact_answer: Option<&'a RawValue>,
    is_correct: Option<bool>,
    score: Option<f64>,
}

/// A field that is there holds a number: `null` is not the same as nothing.
fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(value).map(Some)
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    response_type: Cow<'a, str>,
}

impl Run {
    /// The run in a line of the study's format, and its id; `None` where only the long way can tell.
    pub(crate) fn of_line(text: &str) -> Option<(String, Self)> {
        let line: Line<'_> = serde_json::from_str(text).ok()?;
        let verdict = Verdict::recorded(Some(&line.score), Some(&line.is_correct)).ok()??;
        let names = Names {
            conv_id: &line.conv_id,
            task: &line.task,
            model: &line.assistant_model,
            setting: &line.conv_type,
            instruction: &line.task_id,
        };
        if names.empty().is_some() {
            return None;
        }
        let passed: Vec<_> = line.trace.iter().map(|entry| passed(entry)).collect::<Option<_>>()?;
        let mut observer = Observer::default();
        for (entry, passed) in line.trace.iter().zip(&passed) {
            match passed {
                Observed::Said(EntryRole::User, text) => observer.user(text),
                Observed::Said(EntryRole::Assistant, text) => observer.assistant(text),
                Observed::Said(..) | Observed::Ignored => {}
                Observed::Shard(shard, unaware) => observer.revealed(*shard, *unaware),
                Observed::Classified(response) => observer.classified(*response),
                Observed::Attempt { answer, score } => observer.attempted(*answer, *score),
                Observed::Other(content) => observer.observed(content),
            }
            if let Some(usd) = entry.cost_usd.as_f64() {
                observer.cost(entry.role, usd);
            }
        }
        if let Some(reason) = line.stop_reason.as_str() {
            observer.stopped(reason);
        }
        let run = Self::new(names, verdict.score()?, observer.finish());
        Some((line.conv_id.into_owned(), run))
    }
}

/// What counts of an entry; `None` where its content does not fit its role.
fn passed<'a>(entry: &Entry<'a>) -> Option<Observed<'a>> {
    let content = entry.content.get();
    match entry.role {
        EntryRole::Log => observed(content),
        EntryRole::System => content.starts_with('"').then_some(Observed::Ignored),
        role => Some(Observed::Said(role, text(content)?)),
    }
}

/// A JSON text, unescaped only where it has to be.
fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

fn observed(content: &str) -> Option<Observed<'_>> {
    if let Some(known) = serde_json::from_str(content).ok().and_then(|log| known(&log)) {
        return Some(known);
    }
    let content: Map<String, Value> = serde_json::from_str(content).ok()?;
    content.get("type").is_some_and(Value::is_string).then_some(Observed::Other(content))
}

/// What was observed, if its type is one that many lines hold, and its fields are as they should be.
fn known(log: &Log<'_>) -> Option<Observed<'static>> {
    Some(match &*log.kind {
        "state_transition" | "conversation-completed" => Observed::Ignored,
        "shard_revealed" | "hint_revealed" => match (log.shard_id, log.hint_id) {
            (Some(shard), None) => Observed::Shard(shard, log.kind == "hint_revealed"),
            (None, Some(shard)) => Observed::Shard(shard, false),
            _ => return None,
        },
        "system-verification" => Observed::Classified(ResponseType::of(&log.response.as_ref()?.response_type)),
        "answer-evaluation" => {
            let json = log.exact_answer?.get();
            let answer = match text(json) {
                Some(text) => length(&text),
                None => answer_length(&serde_json::from_str(json).ok()?),
            };
            let score = log.score.or(log.is_correct.map(|correct| f64::from(u8::from(correct))));
            Observed::Attempt { answer, score }
        }
        _ => return None,
    })
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
        assert_eq!(Run::of_line(&text), long_way(&text));
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
