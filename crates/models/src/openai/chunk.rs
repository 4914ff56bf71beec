//! The pieces of a reply, as servers write them.

use serde::Deserialize;
use serde_json::Value;
use throughline_conversation::TokenUsage;

use crate::{FinishReason, TokenLogprob};

/// What one chunk says, where it says anything.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Chunk {
    /// An error inside the stream.
    pub(super) error: Option<Value>,
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) logprobs: Vec<TokenLogprob>,
    pub(super) finish: Option<FinishReason>,
    pub(super) usage: Option<TokenUsage>,
}

/// A chunk that says only what nearly all do: a piece of the one choice's text or reasoning. Reading one costs a fraction
/// of what it takes to look at everything that a server may write, and little code, which matters as much: with many
/// streams, each event finds the processor's instruction cache filled by the others' network code. Whatever does not fit
/// in here (an end, usage, an error, log-probabilities, a field of another type) is no such chunk.
#[derive(Deserialize)]
struct Plain {
    choices: [PlainChoice; 1],
    #[serde(default)]
    usage: (),
    #[serde(default)]
    error: (),
}

#[derive(Deserialize)]
struct PlainChoice {
    #[serde(default)]
    index: u64,
    delta: PlainDelta,
    #[serde(default)]
    logprobs: (),
    #[serde(default)]
    finish_reason: (),
}

#[derive(Deserialize)]
struct PlainDelta {
    content: Option<String>,
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: (),
    #[serde(default)]
    refusal: (),
}

impl Plain {
    fn into_chunk(self) -> Option<Chunk> {
        let Self { choices: [choice], usage: (), error: () } = self;
        let PlainChoice { index: 0, delta, logprobs: (), finish_reason: () } = choice else { return None };
        let PlainDelta { content, reasoning_content, reasoning: (), refusal: () } = delta;
        let (text, reasoning) = (content.unwrap_or_default(), reasoning_content.unwrap_or_default());
        Some(Chunk { text, reasoning, ..Chunk::default() })
    }
}

impl Chunk {
    /// Reads the text of a chunk.
    ///
    /// # Errors
    /// When it is not JSON.
    pub(super) fn parse(text: &str) -> serde_json::Result<Self> {
        let plain = serde_json::from_str::<Plain>(text).ok().and_then(Plain::into_chunk);
        match plain {
            Some(chunk) => Ok(chunk),
            None => Ok(Self::read(&serde_json::from_str(text)?)),
        }
    }

    /// Whether it brings text at most.
    pub(super) fn is_text(&self) -> bool {
        let Self { error, text: _, reasoning, logprobs, finish, usage } = self;
        error.is_none() && reasoning.is_empty() && logprobs.is_empty() && finish.is_none() && usage.is_none()
    }

    /// Reads a chunk, or a whole reply where the server does not stream. Fields that are missing or of another type
    /// are taken as not said.
    pub(super) fn read(value: &Value) -> Self {
        let error = value.get("error").filter(|error| !error.is_null());
        let choices = value.get("choices").and_then(Value::as_array).filter(|choices| !choices.is_empty());
        let is_error = || choices.is_none() && value.get("object").and_then(Value::as_str) == Some("error");
        if error.is_some() || is_error() {
            return Self { error: Some(value.clone()), ..Self::default() };
        }
        let mut chunk = Self { usage: value.get("usage").and_then(usage), ..Self::default() };
        let ours = |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        let Some(choice) = choices.and_then(|choices| choices.iter().find(ours)) else { return chunk };
        if let Some(delta) = ["delta", "message"].iter().find_map(|name| choice.get(name)) {
            let written = |name: &str| delta.get(name).map(text).unwrap_or_default();
            chunk.text = written("content") + &written("refusal");
            chunk.reasoning = written("reasoning_content");
            if chunk.reasoning.is_empty() {
                chunk.reasoning = written("reasoning");
            }
        }
        let tokens = choice.get("logprobs").and_then(|logprobs| logprobs.get("content")).and_then(Value::as_array);
        chunk.logprobs = tokens.into_iter().flatten().filter_map(token).collect();
        chunk.finish = choice.get("finish_reason").and_then(Value::as_str).and_then(finish);
        chunk
    }
}

/// Text, whether plain or in parts.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}

fn finish(reason: &str) -> Option<FinishReason> {
    (!reason.is_empty()).then(|| FinishReason::named(reason))
}

fn usage(value: &Value) -> Option<TokenUsage> {
    let tokens = |name: &str| value.get(name).and_then(Value::as_u64);
    Some(TokenUsage { prompt_tokens: tokens("prompt_tokens")?, completion_tokens: tokens("completion_tokens")? })
}

fn token(value: &Value) -> Option<TokenLogprob> {
    let (token, logprob) = token_and_logprob(value)?;
    let alternatives = value.get("top_logprobs").and_then(Value::as_array);
    let mut top: Vec<_> = alternatives.into_iter().flatten().filter_map(token_and_logprob).collect();
    top.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    Some(TokenLogprob { token, logprob, top })
}

fn token_and_logprob(value: &Value) -> Option<(String, f32)> {
    let text = value.get("token")?.as_str()?.to_owned();
    // A certain token may come out a rounding error above 0.
    #[expect(clippy::cast_possible_truncation, reason = "a log-probability needs no more digits")]
    let logprob = value.get("logprob")?.as_f64()?.min(0.0) as f32;
    Some((text, logprob))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delta(delta: &Value) -> Chunk {
        Chunk::read(&json!({"choices": [{"index": 0, "delta": delta}]}))
    }

    #[test]
    fn text_and_reasoning_are_told_apart() {
        assert_eq!(delta(&json!({"content": "Hi"})), Chunk { text: "Hi".into(), ..Chunk::default() });
        for name in ["reasoning_content", "reasoning"] {
            let chunk = delta(&json!({name: "Hm", "content": null}));
            assert_eq!(chunk, Chunk { reasoning: "Hm".into(), ..Chunk::default() });
        }
        let parts = json!({"content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]});
        assert_eq!(delta(&parts).text, "Hi");
        assert_eq!(delta(&json!({"refusal": "No."})).text, "No.");
    }

    #[test]
    fn a_whole_reply_reads_like_a_chunk() {
        let chunk = Chunk::read(&json!({
            "object": "chat.completion",
            "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1},
        }));
        assert_eq!((chunk.text.as_str(), chunk.finish), ("Hi", Some(FinishReason::Stop)));
        assert_eq!(chunk.usage, Some(TokenUsage { prompt_tokens: 3, completion_tokens: 1 }));
    }

    #[test]
    fn usage_comes_without_choices() {
        for choices in [json!([]), Value::Null] {
            let chunk =
                Chunk::read(&json!({"choices": choices, "usage": {"prompt_tokens": 3, "completion_tokens": 1}}));
            assert_eq!(chunk.usage, Some(TokenUsage { prompt_tokens: 3, completion_tokens: 1 }));
        }
        assert_eq!(Chunk::read(&json!({"choices": [], "usage": null})), Chunk::default());
    }

    #[test]
    fn finish_reasons_are_kept_as_said() {
        let read = |reason: Value| Chunk::read(&json!({"choices": [{"delta": {}, "finish_reason": reason}]})).finish;
        assert_eq!(read(json!("length")), Some(FinishReason::Length));
        assert_eq!(read(json!("content_filter")), Some(FinishReason::Other("content_filter".into())));
        assert_eq!((read(Value::Null), read(json!(""))), (None, None));
    }

    #[test]
    fn alternatives_are_sorted_and_no_log_probability_is_positive() {
        let chunk = Chunk::read(&json!({"choices": [{"delta": {"content": "a"}, "logprobs": {"content": [{
            "token": "a", "logprob": 1e-9, "bytes": [97],
            "top_logprobs": [{"token": "b", "logprob": -9.0}, {"token": "a", "logprob": 0.0}],
        }]}}]}));
        let top = vec![("a".to_owned(), 0.0), ("b".to_owned(), -9.0)];
        assert_eq!(chunk.logprobs, [TokenLogprob { token: "a".into(), logprob: 0.0, top }]);
    }

    #[test]
    fn errors_are_found_in_either_shape() {
        assert!(Chunk::read(&json!({"error": {"message": "x"}})).error.is_some());
        assert!(Chunk::read(&json!({"object": "error", "message": "x"})).error.is_some());
        assert!(Chunk::read(&json!({"error": null, "choices": []})).error.is_none());
    }

    #[test]
    fn other_choices_are_not_mixed_in() {
        let chunk = Chunk::read(&json!({"choices": [
            {"index": 1, "delta": {"content": "other"}}, {"index": 0, "delta": {"content": "ours"}},
        ]}));
        assert_eq!(chunk.text, "ours");
    }

    /// Whether the chunk is read without looking at everything in it; the same must come out either way.
    fn is_plain(text: &str) -> bool {
        let plain = serde_json::from_str::<Plain>(text).ok().and_then(Plain::into_chunk);
        let whole = Chunk::read(&serde_json::from_str(text).unwrap());
        if let Some(plain) = &plain {
            assert_eq!(*plain, whole, "{text}");
        }
        assert_eq!(Chunk::parse(text).unwrap(), whole, "{text}");
        plain.is_some()
    }

    #[test]
    fn common_chunks_are_read_the_short_way_and_others_alike() {
        for common in [
            r#"{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a \"b\" \u00e9"},"logprobs":null,"finish_reason":null}]}"#,
            r#"{"choices":[{"delta":{"role":"assistant","content":null,"reasoning":null,"refusal":null}}],"usage":null,"error":null}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":"Hm","content":"ours"}}]}"#,
        ] {
            assert!(is_plain(common), "{common}");
        }
        for odd in [
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"other"}},{"index":0,"delta":{"content":"ours"}}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#,
            r#"{"error":{"message":"x"}}"#,
            r#"{"object":"error","choices":[]}"#,
            r#"{"choices":null,"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
            r#"{"choices":[{"delta":{"content":[{"type":"text","text":"Hi"}]}}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1}]}}]}"#,
            r#"{"choices":[{"delta":{"reasoning":"Hm"}}]}"#,
            r#"{"choices":[{"delta":{"refusal":"No."}}]}"#,
            r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"delta":{"content":"a"},"finish_reason":7}],"usage":{"prompt_tokens":3}}"#,
            r#"{"choices":[{"delta":{"content":"a","content":"b"}}]}"#,
            "[]",
            "7",
            "null",
        ] {
            assert!(!is_plain(odd), "{odd}");
        }
        assert!(Chunk::parse("{\"choices\": [").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_json_is_read(text in r#"\{("(choices|error|usage|object|delta)":(\[|\]|\{|\}|1|null|"x"|,){0,6}){0,4}\}"#) {
            if serde_json::from_str::<Value>(&text).is_ok() {
                is_plain(&text);
            }
        }
    }
}
