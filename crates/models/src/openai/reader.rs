//! From a stream of chunks to the events of a call.

use std::collections::VecDeque;
use std::time::Duration;

use async_openai::error::OpenAIError;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::Value;
use throughline_conversation::TokenUsage;
use tokio::time::timeout;

use super::fault::Fault;
use super::form::Form;
use super::transport::Line;
use super::wire::Chunk;
use crate::{Event, Finish, FinishReason, ModelError, TokenLogprob};

/// How long the usage may take to follow the finish reason. The reply is complete by then: what is missing is a
/// figure, and no reason to fail.
const USAGE_GRACE: Duration = Duration::from_secs(5);

/// The chunks of a call, as the library reads them.
pub(super) type Chunks = BoxStream<'static, Result<Value, OpenAIError>>;

/// Reads the reply of one call.
pub(super) struct Reader {
    chunks: Chunks,
    line: Line,
    form: Option<Form>,
    logprobs: Logprobs,
    top: usize,
    ready: VecDeque<Event>,
    held_text: String,
    held_logprobs: Vec<TokenLogprob>,
    has_text: bool,
    finish: Option<FinishReason>,
    usage: Option<TokenUsage>,
    ended: bool,
}

/// Whether log-probabilities were asked for, and came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logprobs {
    NotAsked,
    Awaited,
    Came,
}

/// A token with as many alternatives as were asked for; a server may send more.
fn with_alternatives(mut token: TokenLogprob, top: usize) -> TokenLogprob {
    token.top.truncate(top);
    token
}

impl Reader {
    pub(super) fn new(chunks: Chunks, line: Line, form: Option<Form>, top: Option<u8>) -> Self {
        Self {
            chunks,
            line,
            form,
            logprobs: if top.is_some() { Logprobs::Awaited } else { Logprobs::NotAsked },
            top: top.map_or(0, usize::from),
            ready: VecDeque::new(),
            held_text: String::new(),
            held_logprobs: Vec::new(),
            has_text: false,
            finish: None,
            usage: None,
            ended: false,
        }
    }

    /// The call's events, up to and with its terminal one.
    pub(super) fn events(self) -> impl Stream<Item = Result<Event, ModelError>> + Send + 'static {
        stream::unfold(self, |mut reader| async {
            let event = reader.next().await?;
            Some((event, reader))
        })
    }

    async fn next(&mut self) -> Option<Result<Event, ModelError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            let step = match self.next_chunk().await {
                Some(Ok(value)) => self.take(Chunk::read(&value)),
                Some(Err(error)) if self.finish.is_none() => Err(self.line.error(error)),
                Some(Err(_)) | None => self.close(),
            };
            if let Err(error) = step {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }

    async fn next_chunk(&mut self) -> Option<Result<Value, OpenAIError>> {
        if self.finish.is_none() {
            return self.chunks.next().await;
        }
        timeout(USAGE_GRACE, self.chunks.next()).await.unwrap_or(None)
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), ModelError> {
        if let Some(error) = chunk.error {
            let reply_tokens = self.line.reply_tokens.unwrap_or(0);
            return Err(Fault::read(&error).into_error(&self.line.address, 200, None, reply_tokens));
        }
        self.has_text |= !chunk.text.is_empty();
        if !chunk.logprobs.is_empty() {
            self.logprobs = Logprobs::Came;
        }
        let logprobs = chunk.logprobs.into_iter().map(|token| with_alternatives(token, self.top)).collect();
        if !chunk.reasoning.is_empty() {
            self.ready.push_back(Event::Reasoning(chunk.reasoning));
        }
        if self.form.is_some() {
            self.held_text.push_str(&chunk.text);
            self.held_logprobs.extend::<Vec<_>>(logprobs);
        } else {
            self.hand_out(chunk.text, logprobs);
        }
        self.usage = chunk.usage.or(self.usage);
        self.finish = chunk.finish.or(self.finish.take());
        Ok(())
    }

    fn hand_out(&mut self, text: String, logprobs: Vec<TokenLogprob>) {
        if !text.is_empty() {
            self.ready.push_back(Event::Text(text));
        }
        if !logprobs.is_empty() {
            self.ready.push_back(Event::Logprobs(logprobs));
        }
    }

    /// The stream is over: is the reply?
    fn close(&mut self) -> Result<(), ModelError> {
        let reason = match self.finish.take() {
            Some(reason) => reason,
            None if self.line.watch.is_done() => FinishReason::Other("not stated".to_owned()),
            None => return Err(ModelError::CutStream),
        };
        if self.has_text && self.logprobs == Logprobs::Awaited {
            return Err(ModelError::Unsupported { capability: "log-probabilities" });
        }
        if let Some(form) = &self.form {
            let text = form.check(&self.held_text, &reason)?;
            let logprobs = std::mem::take(&mut self.held_logprobs);
            self.hand_out(text, logprobs);
        }
        self.ready.push_back(Event::Finished(Finish::new(reason, self.usage)));
        self.ended = true;
        Ok(())
    }
}
