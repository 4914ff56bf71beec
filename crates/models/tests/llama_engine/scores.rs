//! Log-probabilities, of what the model writes and of what it is given.

use throughline_models::{CancellationToken, ChatModel, Message, ModelError};

use crate::support::{QUESTION, ask, block_on, complete, shared, turn};

#[test]
fn log_probabilities_go_with_the_text() {
    let _turn = turn();
    let mut request = ask("What is the capital of France?", 12);
    request.logprobs = Some(20);
    let reply = block_on(complete(shared(), request)).unwrap();
    assert_eq!(reply.logprobs.len() as u64, reply.finish.usage.unwrap().completion_tokens);
    let text: String = reply.logprobs.iter().map(|token| token.token.as_str()).collect();
    assert_eq!(text, reply.text);
    for token in &reply.logprobs {
        assert_eq!(token.top.len(), 20);
        assert!(token.top.is_sorted_by(|left, right| left.1 >= right.1));
        // At temperature 0 the likeliest token is taken.
        assert_eq!(token.top[0], (token.token.clone(), token.logprob));
        let sum: f32 = token.top.iter().map(|(_, logprob)| logprob.exp()).sum();
        assert!(sum <= 1.0 + 1e-4 && sum > 0.2, "{sum}");
    }
}

#[test]
fn a_given_reply_scores_as_when_it_was_written() {
    let _turn = turn();
    let messages = vec![Message::user(QUESTION)];
    let mut request = ask(QUESTION, 10);
    request.logprobs = Some(0);
    let reply = block_on(complete(shared(), request)).unwrap();
    let scored = block_on(shared().score(messages.clone(), reply.text.clone(), CancellationToken::new())).unwrap();
    assert_eq!(scored.len(), reply.logprobs.len());
    for (scored, written) in scored.iter().zip(&reply.logprobs) {
        // Their log-probabilities are compared in `memory.rs`, on models without rounding by quantisation.
        assert_eq!(scored.token, written.token);
    }

    let sum = |text: &str| -> f32 {
        let scored = block_on(shared().score(messages.clone(), text.into(), CancellationToken::new())).unwrap();
        scored.iter().map(|token| token.logprob).sum()
    };
    assert!(sum("The capital of France is Paris.") > sum("The capital of France is Tokyo.") + 1.0);
}

#[test]
fn long_replies_are_scored_in_parts() {
    let _turn = turn();
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(20);
    let score =
        || block_on(shared().score(vec![Message::user("Go on.")], text.clone(), CancellationToken::new())).unwrap();
    let scored = score();
    assert!(scored.len() > 150);
    assert_eq!(scored.iter().map(|token| token.token.as_str()).collect::<String>(), text);
    // What comes again is more likely than what is new.
    let half = scored.len() / 2;
    let sum = |tokens: &[throughline_models::TokenLogprob]| tokens.iter().map(|token| token.logprob).sum::<f32>();
    assert!(sum(&scored[half..]) > sum(&scored[..half]));
    let again = score();
    let difference: f32 = scored.iter().zip(&again).map(|(first, second)| (first.logprob - second.logprob).abs()).sum();
    assert!(difference < 0.1 * f32::from(u16::try_from(scored.len()).unwrap()), "{difference}");
}

#[test]
fn scoring_can_be_cancelled_and_refused() {
    let _turn = turn();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let messages = vec![Message::user("Hi")];
    let cancelled = block_on(shared().score(messages.clone(), "Hello".into(), cancel));
    assert!(matches!(cancelled, Err(ModelError::Cancelled)), "{cancelled:?}");
    let empty = block_on(shared().score(messages.clone(), String::new(), CancellationToken::new()));
    assert!(empty.unwrap().is_empty());
    let long = block_on(shared().score(messages, "word ".repeat(600), CancellationToken::new()));
    assert!(matches!(long, Err(ModelError::ContextOverflow { context: 512, .. })), "{long:?}");
}
