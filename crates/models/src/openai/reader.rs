//! From a stream of chunks to the events of a call.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, Stream};
use throughline_conversation::TokenUsage;
use tokio::time::timeout;

use super::chunk::Chunk;
use super::fault::Fault;
use super::form::Form;
use super::thinking::{Place, Separated, Thinking};
use super::transport::{Line, Reply};
use crate::{Event, Finish, FinishReason, ModelError, TokenLogprob};

/// How long the usage may take to follow the finish reason. The reply is complete by then: what is missing is a
/// figure, and no reason to fail.
const USAGE_GRACE: Duration = Duration::from_secs(5);

/// Reads the reply of one call.
pub(super) struct Reader {
    reply: Reply,
    line: Line,
    form: Option<Form>,
    logprobs: Logprobs,
    top: usize,
    thinking: Thinking,
    /// Log-probabilities of what the former holds back.
    undecided: Vec<TokenLogprob>,
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
    pub(super) fn new(reply: Reply, line: Line, form: Option<Form>, top: Option<u8>) -> Self {
        Self {
            reply,
            line,
            form,
            logprobs: if top.is_some() { Logprobs::Awaited } else { Logprobs::NotAsked },
            top: top.map_or(0, usize::from),
            thinking: Thinking::default(),
            undecided: Vec::new(),
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
        // Boxed, because it is moved with each event.
        stream::unfold(Box::new(self), |mut reader| async {
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
                Ok(Some(chunk)) => self.take(chunk),
                Err(error) if self.finish.is_none() => Err(error),
                Ok(None) | Err(_) => self.close(),
            };
            if let Err(error) = step {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }

    /// The next chunk; `None` at the end of the stream.
    async fn next_chunk(&mut self) -> Result<Option<Chunk>, ModelError> {
        let pieces = match &mut self.reply {
            Reply::Streamed(pieces) => pieces,
            Reply::Whole(value) => {
                return Ok(Some(std::mem::take(value)).filter(|it| !it.is_null()).map(|it| Chunk::read(&it)));
            }
        };
        if self.finish.is_none() {
            return pieces.next().await;
        }
        timeout(USAGE_GRACE, pieces.next()).await.unwrap_or(Ok(None))
    }

    fn is_done(&self) -> bool {
        matches!(&self.reply, Reply::Streamed(pieces) if pieces.is_done())
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), ModelError> {
        if let Some(error) = chunk.error {
            return Err(Fault::read(&error).into_error(&self.line.address, 200, None, self.line.reply_tokens));
        }
        self.has_text |= !chunk.text.is_empty();
        // Nearly all chunks: nothing but text, with nothing to hold it back for.
        if chunk.is_text() && self.form.is_none() && self.thinking.place() == Place::Text && self.undecided.is_empty() {
            self.push(chunk.text, Vec::new());
            return Ok(());
        }
        if !chunk.logprobs.is_empty() {
            self.logprobs = Logprobs::Came;
        }
        let logprobs = chunk.logprobs.into_iter().map(|token| with_alternatives(token, self.top)).collect();
        let Separated { reasoning, text } = self.thinking.take(chunk.text);
        self.hand_out_reasoning(chunk.reasoning + &reasoning);
        let logprobs = self.of_text(logprobs);
        self.hand_out(text, logprobs);
        self.usage = chunk.usage.or(self.usage);
        self.finish = chunk.finish.or(self.finish.take());
        Ok(())
    }

    /// Those log-probabilities that belong to the reply's text; those of what may still be a tag wait.
    fn of_text(&mut self, logprobs: Vec<TokenLogprob>) -> Vec<TokenLogprob> {
        self.undecided.extend(logprobs);
        match self.thinking.place() {
            Place::Start => Vec::new(),
            Place::Reasoning | Place::Gap => {
                self.undecided.clear();
                Vec::new()
            }
            Place::Text => std::mem::take(&mut self.undecided),
        }
    }

    fn hand_out_reasoning(&mut self, reasoning: String) {
        if !reasoning.is_empty() {
            self.ready.push_back(Event::Reasoning(reasoning));
        }
    }

    /// A reply that must have a form is held back until it is known to have it.
    fn hand_out(&mut self, text: String, logprobs: Vec<TokenLogprob>) {
        if self.form.is_some() {
            self.held_text.push_str(&text);
            self.held_logprobs.extend(logprobs);
        } else {
            self.push(text, logprobs);
        }
    }

    fn push(&mut self, text: String, logprobs: Vec<TokenLogprob>) {
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
            None if self.is_done() => FinishReason::Other("not stated".to_owned()),
            None => return Err(ModelError::CutStream),
        };
        if self.has_text && self.logprobs == Logprobs::Awaited {
            return Err(ModelError::Unsupported { capability: "log-probabilities" });
        }
        let Separated { reasoning, text } = self.thinking.finish();
        self.hand_out_reasoning(reasoning);
        let undecided = std::mem::take(&mut self.undecided);
        self.hand_out(text, undecided);
        let finish = Finish::new(reason, self.usage);
        if let Some(form) = &self.form {
            match form.check(&self.held_text, &finish.reason) {
                Ok(text) => {
                    let logprobs = std::mem::take(&mut self.held_logprobs);
                    self.push(text, logprobs);
                }
                Err(reason) => return Err(ModelError::SchemaMismatch { reason, finish: Box::new(finish) }),
            }
        }
        self.ready.push_back(Event::Finished(finish));
        self.ended = true;
        Ok(())
    }
}
