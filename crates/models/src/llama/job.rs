//! What the engine works on: a reply to write or a given one to score.

use std::collections::VecDeque;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::binding::{Model, Token};
use super::logprob;
use super::sampler::TokenSampler;
use super::text::ReplyText;
use crate::{Event, Finish, FinishReason, ModelError, TokenLogprob, TokenUsage};

/// One request, ready to be decoded.
pub(super) struct Job {
    /// What is to be decoded: the prompt, then what the reply adds.
    pub(super) tokens: Vec<Token>,
    /// The first token after which logits are needed, the last of the prompt.
    pub(super) first_output: usize,
    pub(super) cancel: CancellationToken,
    pub(super) work: Work,
}

/// What is asked for.
pub(super) enum Work {
    Reply(Box<Reply>),
    Score(Score),
}

/// Whether a job goes on after a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It needs this token decoded next.
    Token(Token),
    /// It waits for more of its tokens to be decoded.
    Waiting,
    /// Its end has been reported.
    Ended,
}

impl Job {
    /// Whether nobody waits for the result any more.
    pub(super) fn abandoned(&self) -> bool {
        let closed = match &self.work {
            Work::Reply(reply) => reply.events.is_closed(),
            Work::Score(score) => score.result.as_ref().is_none_or(oneshot::Sender::is_closed),
        };
        closed || self.cancel.is_cancelled()
    }

    /// Whether logits are needed after the token at `position`.
    pub(super) fn wants_logits(&self, position: usize) -> bool {
        match self.work {
            Work::Reply(_) => position + 1 == self.tokens.len(),
            Work::Score(_) => position >= self.first_output,
        }
    }

    /// Takes the logits of what follows the token at `position`.
    pub(super) fn advance(&mut self, model: &Model, position: usize, logits: &[f32]) -> Progress {
        let progress = match &mut self.work {
            Work::Reply(reply) => reply.advance(model, logits),
            Work::Score(score) => score.advance(model, position - self.first_output, logits),
        };
        if let Progress::Token(token) = progress {
            self.tokens.push(token);
        }
        progress
    }

    /// Ends the job with an error.
    pub(super) fn fail(mut self, reason: &str) {
        let error = ModelError::Engine { reason: reason.to_owned() };
        match &mut self.work {
            Work::Reply(reply) => reply.send(Err(error)),
            Work::Score(score) => score.send(Err(error)),
        }
    }
}

/// A reply that is being written.
pub(super) struct Reply {
    pub(super) events: mpsc::UnboundedSender<Result<Event, ModelError>>,
    pub(super) sampler: TokenSampler,
    pub(super) text: ReplyText,
    pub(super) top_logprobs: Option<u8>,
    pub(super) max_tokens: u32,
    pub(super) usage: TokenUsage,
    /// Log-probabilities of tokens whose text is not shown yet, with where that text begins.
    pub(super) pending: VecDeque<(usize, TokenLogprob)>,
}

impl Reply {
    fn send(&self, event: Result<Event, ModelError>) {
        // A closed channel is noticed before the next step.
        let _ = self.events.send(event);
    }

    fn advance(&mut self, model: &Model, logits: &[f32]) -> Progress {
        let token = match self.sampler.next(model, logits) {
            Ok(token) => token,
            Err(error) => {
                self.send(Err(error));
                return Progress::Ended;
            }
        };
        if model.is_end(token) {
            return self.finish(FinishReason::Stop);
        }
        self.usage.completion_tokens += 1;
        if let Some(top) = self.top_logprobs {
            self.pending.push_back((self.text.decoded(), token_logprob(model, logits, token, top.into())));
        }
        let piece = self.text.push(&model.bytes(token));
        self.show(piece.text, false);
        if piece.stopped {
            return self.end(FinishReason::Stop);
        }
        if self.usage.completion_tokens >= u64::from(self.max_tokens) {
            return self.finish(FinishReason::Length);
        }
        Progress::Token(token)
    }

    /// Shows what was held back, and ends.
    fn finish(&mut self, reason: FinishReason) -> Progress {
        let piece = self.text.finish();
        self.show(piece.text, !piece.stopped);
        self.end(if piece.stopped { FinishReason::Stop } else { reason })
    }

    fn end(&mut self, reason: FinishReason) -> Progress {
        self.send(Ok(Event::Finished(Finish::new(reason, Some(self.usage)))));
        Progress::Ended
    }

    /// Sends text and the log-probabilities that belong to it; all that are left when this is the last of it.
    fn show(&mut self, text: String, last: bool) {
        if !text.is_empty() {
            self.send(Ok(Event::Text(text)));
        }
        let shown = self.text.shown();
        let ready = if last { self.pending.len() } else { self.pending.partition_point(|(start, _)| *start < shown) };
        if ready > 0 {
            let tokens = self.pending.drain(..ready).map(|(_, logprob)| logprob).collect();
            self.send(Ok(Event::Logprobs(tokens)));
        }
    }
}

/// A given reply whose tokens are scored.
pub(super) struct Score {
    /// The reply's tokens.
    pub(super) reply: Vec<Token>,
    pub(super) scored: Vec<TokenLogprob>,
    pub(super) result: Option<oneshot::Sender<Result<Vec<TokenLogprob>, ModelError>>>,
}

impl Score {
    fn send(&mut self, result: Result<Vec<TokenLogprob>, ModelError>) {
        if let Some(sender) = self.result.take() {
            let _ = sender.send(result);
        }
    }

    fn advance(&mut self, model: &Model, index: usize, logits: &[f32]) -> Progress {
        if let Some(token) = self.reply.get(index) {
            self.scored.push(token_logprob(model, logits, *token, 0));
        }
        if self.scored.len() < self.reply.len() {
            return Progress::Waiting;
        }
        let scored = std::mem::take(&mut self.scored);
        self.send(Ok(scored));
        Progress::Ended
    }
}

fn token_logprob(model: &Model, logits: &[f32], token: Token, top: usize) -> TokenLogprob {
    let text = |token: Token| String::from_utf8_lossy(&model.bytes(token)).into_owned();
    let index = usize::try_from(token.0).unwrap_or(usize::MAX);
    let ranked = logprob::rank(logits, index, top);
    let named = |(index, logprob): (usize, f32)| {
        (i32::try_from(index).map(|id| text(Token::new(id))).unwrap_or_default(), logprob)
    };
    TokenLogprob { token: text(token), logprob: ranked.logprob, top: ranked.top.into_iter().map(named).collect() }
}
