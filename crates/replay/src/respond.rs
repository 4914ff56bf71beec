//! A reply: hearing it to its end, and what kind of reply it is.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use throughline_models::{Completion, Finish, ModelError, TokenLogprob};

/// Why a run's conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// An answer attempt was right.
    Correct,
    /// The user had nothing left to tell.
    ShardsExhausted,
}

/// A reply that came to its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// What was said.
    pub(crate) text: String,
    /// What was thought, where the model shows it.
    pub(crate) reasoning: String,
    /// Log-probabilities of what was said; empty where the model tells none.
    pub(crate) logprobs: Vec<TokenLogprob>,
    /// The mean next-token entropy, in nats, where the setting needs it and there is a token.
    pub(crate) entropy: Option<f64>,
    /// How it ended.
    pub(crate) finish: Finish,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// Hears a reply to its end. A reply that was cut or cancelled is an error, whatever came before.
pub(crate) async fn hear(reply: impl Future<Output = Result<Completion, ModelError>>) -> Result<Reply, ModelError> {
    let started = Instant::now();
    let Completion { text, reasoning, logprobs, finish } = reply.await?;
    Ok(Reply { text, reasoning, logprobs, entropy: None, finish, elapsed: started.elapsed() })
}

/// The response type of a reply, in the study's words, by rule: `answer_attempt` when an answer was extracted from
/// it, `missing` when it is blank, `clarification` when its last line is a question, and `discussion` otherwise.
pub fn response_type(reply: &str, has_answer: bool) -> &'static str {
    // Closing quotes, brackets and markup may stand behind the question mark.
    let closing = |character: char| character.is_whitespace() || "\"'*_)]`”’".contains(character);
    let reply = reply.trim_end_matches(closing);
    if has_answer {
        "answer_attempt"
    } else if reply.trim().is_empty() {
        "missing"
    } else if reply.ends_with(['?', '？', '؟']) {
        "clarification"
    } else {
        "discussion"
    }
}

#[cfg(test)]
mod tests {
    use throughline_models::{Event, FinishReason, collect};

    use super::*;

    async fn heard(events: Vec<Result<Event, ModelError>>) -> Result<Reply, ModelError> {
        hear(collect(Box::pin(futures::stream::iter(events)))).await
    }

    #[test]
    fn replies_are_classified_by_rule() {
        assert_eq!(response_type("So, 12?", true), "answer_attempt");
        assert_eq!(response_type(" \n", false), "missing");
        assert_eq!(response_type("Noted.\n**How many are there?**\n", false), "clarification");
        assert_eq!(response_type("How many? That depends.", false), "discussion");
    }

    #[tokio::test]
    async fn a_reply_is_put_together() {
        let finish = Finish::new(FinishReason::Length, None);
        let events = [Event::Text("a".into()), Event::Reasoning("r".into()), Event::Text("b".into())];
        let mut events: Vec<_> = events.into_iter().map(Ok).collect();
        events.push(Ok(Event::Finished(finish.clone())));
        let reply = heard(events).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.reasoning.as_str(), reply.finish), ("ab", "r", finish));
    }

    #[tokio::test]
    async fn a_cut_reply_is_no_reply() {
        let cut = heard(vec![Ok(Event::Text("The answer is 1".into()))]).await;
        assert!(matches!(cut, Err(ModelError::CutStream)));
        let cancelled = heard(vec![Ok(Event::Text("The".into())), Ok(Event::Cancelled)]).await;
        assert!(matches!(cancelled, Err(ModelError::Cancelled)));
    }
}
