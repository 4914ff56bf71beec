//! The library that ours sends through, reading the stream by itself into the same lean struct as the bare client.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures::StreamExt;
use serde::Deserialize;
use serde_json::Value;

use super::bare::body;

pub(crate) struct Library {
    client: Client<OpenAIConfig>,
    body: Value,
}

#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: usize,
}

impl Library {
    pub(crate) fn new(base_url: &str, words: &str, max_tokens: u32) -> Self {
        let config = OpenAIConfig::new().with_api_base(base_url).with_api_key("");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client: Client::build(http, config), body: body(words, max_tokens) }
    }

    /// The text of one reply and its tokens.
    pub(crate) async fn reply(&self) -> Option<(String, usize)> {
        let chat = self.client.chat();
        let mut chunks = chat.create_stream_byot::<_, Chunk>(&self.body).await.ok()?;
        let (mut text, mut finished, mut tokens) = (String::new(), false, 0);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.ok()?;
            if let Some(choice) = chunk.choices.first() {
                text.push_str(choice.delta.content.as_deref().unwrap_or_default());
                finished |= choice.finish_reason.is_some();
            }
            tokens = chunk.usage.map_or(tokens, |usage| usage.completion_tokens);
        }
        finished.then_some((text, tokens))
    }
}
