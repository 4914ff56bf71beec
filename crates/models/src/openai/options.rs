//! What an endpoint needs to be called.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::{Limits, RetryPolicy, TokenUsage};

/// A secret key. It shows itself as `[key]` wherever it is printed, and cannot be serialised.
#[derive(Clone)]
pub struct Key(SecretString);

impl Key {
    /// Takes a key; white space around it, such as the line end of a file, is dropped.
    pub fn new(key: &str) -> Self {
        Self(key.trim().into())
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn secret(&self) -> SecretString {
        self.0.clone()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[key]")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[key]")
    }
}

/// What tokens cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// US dollars per million tokens of prompts.
    pub input: f64,
    /// US dollars per million tokens of replies.
    pub output: f64,
}

impl Price {
    /// What a call of that many tokens costs, in US dollars.
    #[expect(clippy::cast_precision_loss, reason = "no call has 2^53 tokens")]
    pub fn of(self, tokens: TokenUsage) -> f64 {
        (self.input * tokens.prompt_tokens as f64 + self.output * tokens.completion_tokens as f64) / 1e6
    }
}

/// Where an endpoint is and how patiently it is called.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// The address up to the API's version, such as `http://127.0.0.1:8080/v1`, or those of several endpoints that
    /// serve the same model: a pool. A trailing slash does not matter; a query (`?api-version=...`) is sent with every
    /// call.
    pub base_urls: Vec<String>,
    /// The model's name, as the endpoint spells it.
    pub model: String,
    /// The key, where the endpoint wants one.
    pub key: Option<Key>,
    /// The environment variable that the caller read the key from. It is only named in errors, never read.
    pub key_variable: String,
    /// What tokens cost, where calls are to say their cost.
    pub price: Option<Price>,
    /// What each of the endpoints may be asked for at most.
    pub limits: Limits,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the endpoint may send nothing at all, before the reply or within it. Keep-alive comments count as
    /// something.
    pub silence_timeout: Duration,
    /// At most this many repetitions of a failed call.
    pub retries: u32,
    /// The pause before the first repetition; see [`RetryPolicy::first_delay`].
    pub first_delay: Duration,
    /// The longest pause; see [`RetryPolicy::max_delay`].
    pub max_delay: Duration,
    /// At most this much of the wait that an endpoint asks for is granted.
    pub max_wait: Duration,
}

impl OpenAiOptions {
    /// One endpoint without a key or a price, connected to within 10 s, silent for at most 300 s, retried 4 times.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        let RetryPolicy { retries, first_delay, max_delay, max_wait } = RetryPolicy::default();
        Self {
            base_urls: vec![base_url.into()],
            model: model.into(),
            key: None,
            key_variable: "OPENAI_API_KEY".to_owned(),
            price: None,
            limits: Limits::default(),
            connect_timeout: Duration::from_secs(10),
            silence_timeout: Duration::from_mins(5),
            retries,
            first_delay,
            max_delay,
            max_wait,
        }
    }

    pub(super) fn retry_policy(&self) -> RetryPolicy {
        let Self { retries, first_delay, max_delay, max_wait, .. } = *self;
        RetryPolicy { retries, first_delay, max_delay, max_wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_shows() {
        let mut options = OpenAiOptions::new("http://127.0.0.1/v1", "m");
        options.key = Some(Key::new("sk-very-secret\n"));
        let shown = format!("{options:?} {}", options.key.as_ref().unwrap());
        assert!(!shown.contains("very-secret") && shown.contains("[key]"), "{shown}");
        assert_eq!(options.key.unwrap().expose(), "sk-very-secret");
    }

    #[test]
    fn a_price_is_that_of_a_million_tokens() {
        let price = Price { input: 0.15, output: 0.6 };
        let cost = price.of(TokenUsage { prompt_tokens: 2_000_000, completion_tokens: 500_000 });
        assert!((cost - 0.6).abs() < 1e-12, "{cost}");
    }
}
