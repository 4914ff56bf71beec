//! What is kept of a call, and under which name.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use throughline_conversation::{Message, TokenUsage};

use crate::{Calls, Completion, Event, Finish, FinishReason, Request, TokenLogprob};

/// The version of what is kept: another one never reads it.
const VERSION: u32 = 1;

pub(super) type Key = [u8; 32];

/// The name of a call's reply: a hash of the model and of everything that was asked of it. `None` for a draw without a
/// seed, which is to come out differently each time.
pub(super) fn reply_key(model: &str, request: &Request) -> Option<Key> {
    let is_drawn = request.sampling.temperature > 0.0 && request.sampling.seed.is_none();
    if is_drawn { None } else { key(&("reply", VERSION, model, request)) }
}

/// The name of a reply's log-probabilities.
pub(super) fn score_key(model: &str, messages: &[Message], continuation: &str) -> Option<Key> {
    key(&("score", VERSION, model, messages, continuation))
}

fn key(value: &impl Serialize) -> Option<Key> {
    Some(Sha256::digest(serde_json::to_vec(value).ok()?).into())
}

/// A whole reply, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    text: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reasoning: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logprobs: Vec<TokenLogprob>,
    finish: String,
    usage: Option<TokenUsage>,
}

/// A reply as bytes; `None` where it could not be read back as it is.
pub(super) fn write(completion: &Completion) -> Option<Vec<u8>> {
    let Completion { text, reasoning, logprobs, finish } = completion.clone();
    is_finite(&logprobs).then_some(())?;
    let kept = Kept { text, reasoning, logprobs, finish: finish.reason.as_str().to_owned(), usage: finish.usage };
    serde_json::to_vec(&kept).ok()
}

/// A reply that was kept; `None` where these bytes are none.
pub(super) fn read(bytes: &[u8]) -> Option<Completion> {
    let Kept { text, reasoning, logprobs, finish, usage } = serde_json::from_slice(bytes).ok()?;
    let calls = Calls { cached: 1, ..Calls::one() };
    Some(Completion {
        text,
        reasoning,
        logprobs,
        finish: Finish { reason: FinishReason::named(&finish), usage, calls },
    })
}

/// The events of a reply that was kept.
pub(super) fn events(completion: Completion) -> impl Iterator<Item = Event> {
    let Completion { text, reasoning, logprobs, finish } = completion;
    let reasoning = (!reasoning.is_empty()).then_some(Event::Reasoning(reasoning));
    let text = (!text.is_empty()).then_some(Event::Text(text));
    let logprobs = (!logprobs.is_empty()).then_some(Event::Logprobs(logprobs));
    [reasoning, text, logprobs, Some(Event::Finished(finish))].into_iter().flatten()
}

pub(super) fn write_score(tokens: &[TokenLogprob]) -> Option<Vec<u8>> {
    is_finite(tokens).then(|| serde_json::to_vec(tokens).ok())?
}

pub(super) fn read_score(bytes: &[u8]) -> Option<Vec<TokenLogprob>> {
    serde_json::from_slice(bytes).ok()
}

/// JSON has no infinity.
fn is_finite(tokens: &[TokenLogprob]) -> bool {
    tokens.iter().all(|token| token.logprob.is_finite() && token.top.iter().all(|(_, logprob)| logprob.is_finite()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Output, Sampling};

    fn request(change: impl FnOnce(&mut Request)) -> Request {
        let sampling = Sampling { seed: Some(1), ..Sampling::default() };
        let mut request = Request::new(vec![Message::system("Be brief."), Message::user("Hi")], sampling);
        change(&mut request);
        request
    }

    #[test]
    fn everything_that_shapes_a_reply_is_in_its_key() {
        let mut keys = vec![reply_key("model", &request(|_| ())), reply_key("other", &request(|_| ()))];
        let mut with = |change: fn(&mut Request)| keys.push(reply_key("model", &request(change)));
        with(|request| request.messages[1].content.push(' '));
        with(|request| request.messages[1] = Message::assistant("Hi"));
        with(|request| request.sampling.seed = Some(2));
        with(|request| request.sampling.temperature = 0.5);
        with(|request| request.sampling.top_p = 0.5);
        with(|request| request.sampling.max_tokens = 5);
        with(|request| request.sampling.stop.push("\n".into()));
        with(|request| request.logprobs = Some(0));
        with(|request| request.logprobs = Some(1));
        with(|request| request.output = Output::Grammar("root ::= \"a\"".into()));
        with(|request| request.output = Output::JsonSchema { name: "a".into(), schema: json!({"type": "object"}) });
        keys.push(score_key("model", &request(|_| ()).messages, ""));
        keys.push(score_key("model", &request(|_| ()).messages, "Hello"));
        let all = keys.len();
        let distinct: std::collections::HashSet<_> = keys.into_iter().flatten().collect();
        assert_eq!(distinct.len(), all);
        assert_eq!(reply_key("model", &request(|_| ())), reply_key("model", &request(|_| ())));
    }

    #[test]
    fn only_what_can_be_repeated_has_a_key() {
        let unseeded = |temperature| {
            request(|request| (request.sampling.seed, request.sampling.temperature) = (None, temperature))
        };
        assert!(reply_key("model", &unseeded(0.7)).is_none());
        assert!(reply_key("model", &unseeded(0.0)).is_some());
    }

    proptest::proptest! {
        #[test]
        fn a_reply_comes_back_as_it_was(text: String, reasoning: String, finish: String, logprob in -50.0_f32..=0.0, tokens: u32) {
            let top = vec![(text.clone(), logprob), (reasoning.clone(), logprob / 3.0)];
            let usage = Some(TokenUsage { prompt_tokens: tokens.into(), completion_tokens: 7 });
            let finish = Finish::new(FinishReason::named(&finish), usage);
            let logprobs = vec![TokenLogprob { token: text.clone(), logprob, top }];
            let completion = Completion { text, reasoning, logprobs, finish };
            let mut back = read(&write(&completion).unwrap()).unwrap();
            assert_eq!(back.finish.calls, Calls { made: 1, cached: 1, ..Calls::default() });
            back.finish.calls = completion.finish.calls;
            assert_eq!(back, completion);
        }

        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let _ = (read(&bytes), read_score(&bytes));
        }
    }

    #[test]
    fn what_has_no_number_is_not_kept() {
        let token = TokenLogprob { token: "a".into(), logprob: f32::NEG_INFINITY, top: vec![] };
        assert!(write_score(&[token]).is_none());
    }
}
