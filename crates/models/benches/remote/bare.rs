//! The client that ours is measured against: reqwest and the least that reads a reply.
//!
//! It posts the same request, cuts the body into lines, reads the JSON behind each `data: ` into a struct that borrows
//! what it can, and appends the text. It has no timeout, no retries, no limits, no cancelling and no leniency; a reply
//! counts when its finish reason and `[DONE]` came.

use std::borrow::Cow;

use futures::StreamExt;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) struct Bare {
    http: Client,
    url: String,
    body: Value,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: usize,
}

/// The request, as our client writes it.
pub(crate) fn body(words: &str, max_tokens: u32) -> Value {
    json!({
        "model": "bench", "messages": [{"role": "user", "content": words}], "stream": true,
        "stream_options": {"include_usage": true}, "temperature": 1.0, "top_p": 1.0, "max_tokens": max_tokens,
    })
}

impl Bare {
    pub(crate) fn new(base_url: &str, words: &str, max_tokens: u32) -> Self {
        Self {
            http: Client::builder().no_proxy().build().unwrap(),
            url: format!("{base_url}/chat/completions"),
            body: body(words, max_tokens),
        }
    }

    /// The text of one reply and its tokens.
    pub(crate) async fn reply(&self) -> Option<(String, usize)> {
        let response = self.http.post(&self.url).json(&self.body).send().await.ok()?.error_for_status().ok()?;
        let mut pieces = response.bytes_stream();
        let (mut buffer, mut text) = (Vec::new(), String::new());
        let (mut finished, mut done, mut tokens) = (false, false, 0);
        while let Some(piece) = pieces.next().await {
            buffer.extend_from_slice(&piece.ok()?);
            let mut start = 0;
            while let Some(length) = buffer[start..].iter().position(|&byte| byte == b'\n') {
                let line = &buffer[start..start + length];
                start += length + 1;
                let Some(data) = line.strip_prefix(b"data: ") else { continue };
                if data == b"[DONE]" {
                    done = true;
                    continue;
                }
                let chunk: Chunk<'_> = serde_json::from_slice(data).ok()?;
                if let Some(choice) = chunk.choices.first() {
                    text.push_str(choice.delta.content.as_deref().unwrap_or_default());
                    finished |= choice.finish_reason.is_some();
                }
                tokens = chunk.usage.map_or(tokens, |usage| usage.completion_tokens);
            }
            buffer.drain(..start);
        }
        (finished && done).then_some((text, tokens))
    }
}
