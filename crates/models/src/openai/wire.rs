//! The request as it goes over the wire.

use serde::Serialize;
use serde_json::Value;
use throughline_conversation::Message;

use super::form::Rung;
use crate::{Output, Request};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampling;

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
}
