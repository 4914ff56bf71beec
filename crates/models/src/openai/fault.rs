//! What an endpoint's refusal means.

use std::time::Duration;

use serde_json::Value;

use super::address::Address;
use crate::ModelError;

/// How much of an endpoint's own words an error shows.
const SHOWN_CHARS: usize = 300;

/// An endpoint's refusal, in whichever of the common shapes it came.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fault {
    /// What it says.
    pub(super) message: String,
    /// Its type and code, in lower case.
    kind: String,
    /// The status that it names itself, beside or instead of the one of HTTP.
    status: Option<u16>,
    prompt: Option<usize>,
    context: Option<usize>,
}

impl Fault {
    /// Reads the body of a refusal: `{"error": {...}}`, `{"error": "..."}`, `{"message": ...}`, `{"detail": ...}`,
    /// any of them in a list, or plain text.
    pub(super) fn parse(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if value.is_object() || value.is_array() => Self::read(&value),
            _ => Self { message: String::from_utf8_lossy(body).into_owned(), ..Self::default() },
        }
    }

    /// Reads a refusal that is JSON already.
    pub(super) fn read(value: &Value) -> Self {
        let value = value.as_array().and_then(|list| list.first()).unwrap_or(value);
        let inner = ["error", "detail"].iter().find_map(|name| value.get(name)).unwrap_or(value);
        let text = |name: &str| inner.get(name).and_then(Value::as_str);
        let number = |name: &str| inner.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let message = inner
            .as_str()
            .or_else(|| ["message", "detail", "msg"].iter().find_map(|name| text(name)))
            .map_or_else(|| inner.to_string(), str::to_owned);
        let kind = ["type", "code", "status"].map(|name| text(name).unwrap_or_default().to_lowercase()).join(" ");
        let status = ["code", "status"].iter().find_map(|name| {
            let value = inner.get(name)?;
            let code = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
            u16::try_from(code).ok().filter(|code| (400..600).contains(code))
        });
        let prompt = number("n_prompt_tokens").or_else(|| stated_prompt(&message));
        let context = number("n_ctx").or_else(|| number_after(&message, "maximum context length is"));
        Self { message, kind, status, prompt, context }
    }

    /// The error that a call ends in.
    ///
    /// `status` is the one of HTTP, `wait` what its headers ask for, and `reply` how many tokens were asked for.
    pub(super) fn into_error(self, address: &Address, status: u16, wait: Option<Duration>, reply: usize) -> ModelError {
        let status = if status == 200 { self.status.unwrap_or(status) } else { status };
        if let (true, Some(prompt), Some(context)) = (self.is_overflow(), self.prompt, self.context) {
            return ModelError::ContextOverflow { prompt, reply, context };
        }
        let message = clean(address, &self.message);
        match status {
            401 | 403 => ModelError::Authentication {
                url: address.shown().to_owned(),
                status,
                key_variable: address.key_variable().to_owned(),
            },
            // A used-up quota does not come back by waiting.
            429 if self.mentions("insufficient_quota") => ModelError::Endpoint { status, message },
            429 => ModelError::RateLimited { retry_after: wait, message },
            503 | 529 if wait.is_some() => {
                ModelError::RateLimited { retry_after: wait, message: format!("status {status}: {message}") }
            }
            200 if self.mentions("rate_limit") => ModelError::RateLimited { retry_after: wait, message },
            404 => ModelError::Endpoint {
                status,
                message: format!("{message} (check the model's name, and that the base URL ends as in .../v1)"),
            },
            _ => ModelError::Endpoint { status, message },
        }
    }

    fn mentions(&self, kind: &str) -> bool {
        self.kind.contains(kind)
    }

    fn is_overflow(&self) -> bool {
        self.mentions("context_length_exceeded")
            || self.mentions("exceed_context_size")
            || self.message.contains("maximum context length")
    }
}

/// An endpoint's words, fit for one line of an error: without the key, without line ends, shortened.
pub(super) fn clean(address: &Address, text: &str) -> String {
    // The key goes first: a cut in its middle would leave a part of it.
    let scrubbed = address.scrub(text);
    let mut words = scrubbed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = words.next().unwrap_or("no reason given").to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
    }
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

fn stated_prompt(message: &str) -> Option<usize> {
    number_before(message, "in the messages").or_else(|| number_after(message, "resulted in"))
}

fn number_after(text: &str, marker: &str) -> Option<usize> {
    let (_, rest) = text.split_once(marker)?;
    rest.split_whitespace().next()?.trim_end_matches(['.', ',']).parse().ok()
}

fn number_before(text: &str, marker: &str) -> Option<usize> {
    let (before, _) = text.split_once(marker)?;
    before.split_whitespace().next_back()?.trim_start_matches('(').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RetryClass;
    use crate::openai::{Key, OpenAiOptions};

    fn address() -> Address {
        let mut options = OpenAiOptions::new("http://host/v1", "m");
        options.key = Some(Key::new("sk-secret"));
        options.key_variable = "MY_KEY".to_owned();
        Address::new(&options, "http://host/v1").unwrap()
    }

    fn error(status: u16, body: &str) -> ModelError {
        Fault::parse(body.as_bytes()).into_error(&address(), status, None, 100)
    }

    fn message(status: u16, body: &str) -> String {
        match error(status, body) {
            ModelError::Endpoint { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_common_shape_is_read() {
        for body in [
            r#"{"error": {"message": "the reason", "type": "x", "code": null}}"#,
            r#"{"error": "the reason"}"#,
            r#"{"message": "the reason"}"#,
            r#"{"detail": "the reason"}"#,
            r#"[{"error": {"message": "the reason", "code": 400}}]"#,
            "the reason",
            "  the\r\n reason \n",
        ] {
            assert_eq!(message(400, body), "the reason", "{body}");
        }
        assert_eq!(message(500, ""), "no reason given");
        assert!(message(422, r#"{"detail": [{"loc": ["body"], "msg": "bad"}]}"#).contains("bad"));
    }

    #[test]
    fn words_are_shortened_and_hold_no_key() {
        assert_eq!(message(400, "the key sk-secret is odd"), "the key [key] is odd");
        let long = message(400, &"é".repeat(2000));
        assert_eq!(long.chars().count(), SHOWN_CHARS + 3);
        let cut_key = message(400, &format!("{}sk-secret", "a".repeat(SHOWN_CHARS - 4)));
        assert!(!cut_key.contains("sk-"), "{cut_key}");
    }

    #[test]
    fn an_overflow_is_told_with_its_numbers() {
        for body in [
            r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_prompt_tokens":900,"n_ctx":512}}"#,
            r#"{"error":{"message":"This model's maximum context length is 512 tokens. However, your messages resulted in 900 tokens.","code":"context_length_exceeded"}}"#,
            r#"{"message":"This model's maximum context length is 512 tokens. However, you requested 1000 tokens (900 in the messages, 100 in the completion)."}"#,
        ] {
            let error = error(400, body);
            assert!(
                matches!(error, ModelError::ContextOverflow { prompt: 900, reply: 100, context: 512 }),
                "{body}: {error:?}"
            );
        }
        // Without numbers it stays the endpoint's own words.
        assert!(
            message(400, r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#).contains("too long")
        );
    }

    #[test]
    fn a_used_up_quota_is_final() {
        let quota = error(429, r#"{"error":{"message":"pay","type":"insufficient_quota"}}"#);
        assert_eq!(quota.retry_class(), RetryClass::Permanent);
        assert!(matches!(error(429, "slow down").retry_class(), RetryClass::RateLimit(None)));
    }

    #[test]
    fn an_error_inside_a_stream_may_name_its_status() {
        let inside = |body| error(200, body);
        assert!(matches!(inside(r#"{"error":{"message":"x","code":502}}"#), ModelError::Endpoint { status: 502, .. }));
        assert!(matches!(inside(r#"{"error":{"message":"x","code":"429"}}"#), ModelError::RateLimited { .. }));
        assert!(matches!(
            inside(r#"{"error":{"message":"x","type":"rate_limit_exceeded"}}"#),
            ModelError::RateLimited { .. }
        ));
        assert!(matches!(inside(r#"{"error":{"message":"x"}}"#), ModelError::Endpoint { status: 200, .. }));
    }

    #[test]
    fn a_refused_key_names_the_variable() {
        let text = error(401, "Incorrect key sk-secret").to_string();
        assert!(text.contains("MY_KEY") && text.contains("401") && !text.contains("sk-secret"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_read(body in proptest::collection::vec(proptest::num::u8::ANY, 0..400), status in 300_u16..600) {
            let _ = Fault::parse(&body).into_error(&address(), status, None, 1).to_string();
        }
    }
}
