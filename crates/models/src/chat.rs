//! The trait that every model backend implements, and its event stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use throughline_conversation::{Message, TokenUsage};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::{Calls, ModelError, Request};

/// A token with its log-probability under the model, before any sampling setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text; a token that cuts a character shows the replacement character.
    pub token: String,
    /// Natural logarithm of its probability, 0 or below.
    pub logprob: f32,
    /// The likeliest tokens at this place, likeliest first, as many as were asked for.
    pub top: Vec<(String, f32)>,
}

/// Why a reply ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended its turn, or a stop text was met.
    Stop,
    /// The reply reached `max_tokens`.
    Length,
    /// Anything else that an endpoint says, in its own words.
    Other(String),
}

impl FinishReason {
    /// The reason of that name, as [`as_str`](Self::as_str) spells it.
    pub fn named(name: &str) -> Self {
        match name {
            "stop" => Self::Stop,
            "length" => Self::Length,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The reason as endpoints and transcripts spell it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Other(reason) => reason,
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Finish {
    /// Why the reply ended.
    pub reason: FinishReason,
    /// The tokens; `None` where the endpoint does not say.
    pub usage: Option<TokenUsage>,
    /// What else the call took.
    pub calls: Calls,
}

impl Finish {
    /// The end of one call, without anything remarkable.
    pub fn new(reason: FinishReason, usage: Option<TokenUsage>) -> Self {
        Self { reason, usage, calls: Calls::one() }
    }
}

/// One item of a call's stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The next piece of the reply.
    Text(String),
    /// The next piece of the model's reasoning, which is not part of the reply.
    Reasoning(String),
    /// Log-probabilities of the tokens written since the last such item.
    Logprobs(Vec<TokenLogprob>),
    /// The reply is complete. Terminal.
    Finished(Finish),
    /// The caller cancelled. Terminal; what came before is an unfinished reply.
    Cancelled,
}

impl Event {
    /// Whether nothing follows.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Finished(_) | Self::Cancelled)
    }
}

/// The stream of one call: any number of events, then exactly one terminal item.
pub type EventStream = BoxStream<'static, Result<Event, ModelError>>;

/// What a model can do beside plain text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent abilities, not a state")]
pub struct Capabilities {
    /// Log-probabilities of the tokens that it writes.
    pub logprobs: bool,
    /// Replies that fit a JSON schema.
    pub json_schema: bool,
    /// Replies that fit a GBNF grammar.
    pub grammar: bool,
    /// Log-probabilities of a given reply, by [`ChatModel::score`].
    pub scoring: bool,
}

/// A whole reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// The reply.
    pub text: String,
    /// The model's reasoning, where it shows any.
    pub reasoning: String,
    /// Log-probabilities of the reply's tokens, where they were asked for.
    pub logprobs: Vec<TokenLogprob>,
    /// How the call ended.
    pub finish: Finish,
}

/// A model that replies to messages.
pub trait ChatModel: Send + Sync {
    /// Starts a call. Cancelling `cancel` ends the stream with [`Event::Cancelled`]; dropping the stream ends the
    /// call without a trace.
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream;

    /// What the model can do beside plain text.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Runs a call to its end.
    ///
    /// # Errors
    /// What ended the stream; [`ModelError::Cancelled`] when it was cancelled.
    fn complete(
        &self,
        request: Request,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        Box::pin(collect(self.stream(request, cancel)))
    }

    /// Log-probability of each token of `continuation`, given as the assistant's reply to `messages`.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] unless [`Capabilities::scoring`] is set.
    fn score(
        &self,
        messages: Vec<Message>,
        continuation: String,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Vec<TokenLogprob>, ModelError>> {
        let _ = (messages, continuation, cancel);
        Box::pin(std::future::ready(Err(ModelError::Unsupported { capability: "scoring of a given text" })))
    }
}

/// Follows a call to its end.
///
/// # Errors
/// What ended the stream; [`ModelError::Cancelled`] when it was cancelled, [`ModelError::CutStream`] when it has no
/// end.
pub async fn collect(mut stream: EventStream) -> Result<Completion, ModelError> {
    let mut gathered = Gathered::default();
    while let Some(event) = stream.next().await {
        match event? {
            Event::Finished(finish) => return Ok(gathered.finished(finish)),
            Event::Cancelled => return Err(ModelError::Cancelled),
            event => gathered.take(&event),
        }
    }
    Err(ModelError::CutStream)
}

/// The pieces of a reply, put together so far.
#[derive(Default)]
pub(crate) struct Gathered {
    text: String,
    reasoning: String,
    logprobs: Vec<TokenLogprob>,
}

impl Gathered {
    /// Adds a piece; the end of a reply is none.
    pub(crate) fn take(&mut self, event: &Event) {
        match event {
            Event::Text(piece) => self.text.push_str(piece),
            Event::Reasoning(piece) => self.reasoning.push_str(piece),
            Event::Logprobs(tokens) => self.logprobs.extend_from_slice(tokens),
            Event::Finished(_) | Event::Cancelled => {}
        }
    }

    /// The whole reply.
    pub(crate) fn finished(self, finish: Finish) -> Completion {
        let Self { text, reasoning, logprobs } = self;
        Completion { text, reasoning, logprobs, finish }
    }
}

/// Holds a backend to the contract: nothing follows the terminal item, a stream that ends without one ends in
/// [`ModelError::CutStream`], and cancelling ends it at once with [`Event::Cancelled`].
pub fn terminated(
    events: impl Stream<Item = Result<Event, ModelError>> + Send + 'static,
    cancel: CancellationToken,
) -> EventStream {
    Box::pin(Terminated {
        open: Some(Open { events: Box::pin(events), cancelled: Box::pin(cancel.cancelled_owned()) }),
    })
}

/// A stream that is held to the contract. The wait for being cancelled is one for the whole call, not one an event:
/// that is most of what a layer costs.
struct Terminated<S> {
    open: Option<Open<S>>,
}

/// A call that goes on.
struct Open<S> {
    events: Pin<Box<S>>,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<S: Stream<Item = Result<Event, ModelError>>> Stream for Terminated<S> {
    type Item = Result<Event, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(Open { events, cancelled }) = &mut self.open else { return Poll::Ready(None) };
        let item = match cancelled.as_mut().poll(context) {
            Poll::Ready(()) => Ok(Event::Cancelled),
            Poll::Pending => ready!(events.as_mut().poll_next(context)).unwrap_or(Err(ModelError::CutStream)),
        };
        if item.as_ref().map_or(true, Event::is_terminal) {
            self.open = None;
        }
        Poll::Ready(Some(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(events: Vec<Result<Event, ModelError>>) -> Vec<Result<Event, ModelError>> {
        let stream = terminated(futures::stream::iter(events), CancellationToken::new());
        futures::executor::block_on(stream.collect())
    }

    #[test]
    fn a_stream_without_an_end_was_cut() {
        let items = run(vec![Ok(Event::Text("half".into()))]);
        assert!(matches!(items.as_slice(), [Ok(Event::Text(_)), Err(ModelError::CutStream)]));
    }

    #[test]
    fn nothing_follows_the_end() {
        let finish = Event::Finished(Finish::new(FinishReason::Stop, None));
        let items = run(vec![Ok(finish.clone()), Ok(Event::Text("late".into()))]);
        assert_eq!(items.len(), 1);
    }

    #[test]
    fn cancelling_is_terminal() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let stream = terminated(futures::stream::pending(), cancel);
        let items: Vec<_> = futures::executor::block_on(stream.collect());
        assert!(matches!(items.as_slice(), [Ok(Event::Cancelled)]));
    }
}
