//! Log-probabilities, of what the model writes and of what it is given.

use throughline_models::{CancellationToken, Message, ModelError, Request, TokenLogprob};

use super::{Model, Outcome, reply, scenarios, story};

scenarios![log_probabilities_come_one_a_token, log_probabilities_come_without_alternatives, a_given_reply_is_scored,];

fn check(tokens: &[TokenLogprob], top: usize) {
    for token in tokens {
        assert!(token.logprob.is_finite() && token.logprob <= 0.0, "{token:?}");
        assert_eq!(token.top.len(), top, "{token:?}");
        assert!(token.top.is_sorted_by(|one, other| one.1 >= other.1), "{token:?}");
        let mass: f32 = token.top.iter().map(|(_, logprob)| logprob.exp()).sum();
        assert!(mass <= 1.001, "{token:?}");
    }
}

fn joined(tokens: &[TokenLogprob]) -> String {
    tokens.iter().map(|token| token.token.as_str()).collect()
}

async fn log_probabilities_come_one_a_token(model: &Model) -> Outcome {
    if !model.capabilities().logprobs {
        let error = super::complete(model, Request { logprobs: Some(3), ..story(8) }).await.unwrap_err();
        assert!(matches!(error, ModelError::Unsupported { .. }), "{error:?}");
        return Outcome::Skipped("log-probabilities");
    }
    let reply = reply(model, Request { logprobs: Some(3), ..story(8) }).await;
    check(&reply.logprobs, 3);
    assert_eq!(reply.logprobs.len(), 8);
    assert_eq!(joined(&reply.logprobs), reply.text);
    for token in &reply.logprobs {
        // At temperature 0, the likeliest token is the one that is written.
        let (likeliest, logprob) = &token.top[0];
        assert_eq!((likeliest, logprob), (&token.token, &token.logprob), "{token:?}");
    }
    Outcome::Passed
}

async fn log_probabilities_come_without_alternatives(model: &Model) -> Outcome {
    if !model.capabilities().logprobs {
        return Outcome::Skipped("log-probabilities");
    }
    let with = reply(model, Request { logprobs: Some(0), ..story(8) }).await;
    check(&with.logprobs, 0);
    assert_eq!(with.logprobs.len(), 8);
    assert!(reply(model, story(8)).await.logprobs.is_empty());
    Outcome::Passed
}

async fn a_given_reply_is_scored(model: &Model) -> Outcome {
    let score = |continuation: &str| {
        let messages = vec![Message::user("What is the capital of France?")];
        model.score(messages, continuation.to_owned(), CancellationToken::new())
    };
    if !model.capabilities().scoring {
        let error = score("Paris").await.unwrap_err();
        let ModelError::Unsupported { capability } = error else { panic!("{error:?}") };
        return Outcome::Skipped(capability);
    }
    let mut sums = Vec::new();
    for continuation in ["The capital of France is Paris.", "The capital of France is cheese."] {
        let tokens = score(continuation).await.unwrap();
        assert_eq!(joined(&tokens), continuation);
        assert!(tokens.iter().all(|token| token.logprob.is_finite() && token.logprob <= 0.0), "{tokens:?}");
        sums.push(tokens.iter().map(|token| token.logprob).sum::<f32>());
    }
    assert!(sums[0] > sums[1] + 1.0, "{sums:?}");
    Outcome::Passed
}
