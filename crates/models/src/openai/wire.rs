//! What goes over the wire: the request as we write it, and chunks as servers write them.

use serde::Serialize;
use serde_json::Value;
use throughline_conversation::{Message, TokenUsage};

use super::form::Rung;
use crate::{FinishReason, Output, Request, TokenLogprob};

/// The body of a call.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message>,
    stream: bool,
    stream_options: StreamOptions,
    temperature: f32,
    top_p: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

/// How the limit of tokens is spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LimitField {
    /// `max_tokens`, which nearly all servers know.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`, which OpenAI's reasoning models insist on.
    MaxCompletionTokens,
}

impl<'a> Body<'a> {
    pub(super) fn new(model: &'a str, request: &'a Request, rung: Rung, limit: LimitField) -> Self {
        let Request { messages, sampling, output, logprobs } = request;
        let (messages, response_format) = match output {
            Output::JsonSchema { name, schema } => (rung.messages(messages, schema), rung.format(name, schema)),
            Output::Text | Output::Grammar(_) => (messages.clone(), None),
        };
        let limited_by = |field| (limit == field).then_some(sampling.max_tokens);
        Self {
            model,
            messages,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            max_tokens: limited_by(LimitField::MaxTokens),
            max_completion_tokens: limited_by(LimitField::MaxCompletionTokens),
            seed: sampling.seed,
            stop: &sampling.stop,
            logprobs: logprobs.map(|_| true),
            // Some servers take 0 as "no log-probabilities".
            top_logprobs: logprobs.map(|top| top.max(1)),
            response_format,
        }
    }
}

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

impl Chunk {
    /// Reads a chunk, or a whole reply where the server does not stream. Fields that are missing or of another type
    /// are taken as not said.
    pub(super) fn read(value: &Value) -> Self {
        let error = value.get("error").filter(|error| !error.is_null());
        if error.is_some() || value.get("object").and_then(Value::as_str) == Some("error") {
            return Self { error: Some(value.clone()), ..Self::default() };
        }
        let mut chunk = Self { usage: value.get("usage").and_then(usage), ..Self::default() };
        let choice = value.get("choices").and_then(Value::as_array).and_then(|choices| {
            choices.iter().find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0)
        });
        let Some(choice) = choice else { return chunk };
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
    use crate::Sampling;

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

    #[test]
    fn a_request_says_what_it_means_and_no_more() {
        let sampling = Sampling { temperature: 0.7, top_p: 0.9, max_tokens: 5, ..Sampling::default() };
        let request = Request::new(vec![Message::user("Hi")], sampling);
        let body = Body::new("m", &request, Rung::default(), LimitField::MaxTokens);
        let text = serde_json::to_string(&body).unwrap();
        assert_eq!(
            text,
            r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true},"temperature":0.7,"top_p":0.9,"max_tokens":5}"#
        );
    }

    proptest::proptest! {
        #[test]
        fn any_json_is_read(text in r#"\{("(choices|error|usage|object|delta)":(\[|\]|\{|\}|1|null|"x"|,){0,6}){0,4}\}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                let _ = Chunk::read(&value);
            }
        }
    }
}
