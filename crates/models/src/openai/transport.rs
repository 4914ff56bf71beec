//! The HTTP below async-openai: one attempt, with its status and headers kept and its silence watched.
//!
//! The library loses the status of a refusal that is not JSON, the headers of every refusal, and what kind of fault
//! ended a stream. All of that is known here, so it is turned into a [`ModelError`] here and handed around the
//! library.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt};
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Client, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::address::Address;
use super::fault::{Fault, clean};
use super::wait::asked_wait;
use crate::ModelError;

/// A refusal's body is read up to here.
const BODY_LIMIT: usize = 64 * 1024;
const DONE_MARKERS: [&[u8]; 2] = [b"data: [DONE]", b"data:[DONE]"];

/// One call's line to the endpoint.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) http: Client,
    pub(super) address: Arc<Address>,
    pub(super) silence: Duration,
    /// How many tokens the streamed reply may have; `None` where none is asked for.
    pub(super) reply_tokens: Option<usize>,
    pub(super) watch: Watch,
}

/// What was seen on the line that the library does not pass on.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    failure: Option<ModelError>,
    done: bool,
}

impl Watch {
    /// What ended the body early, once.
    fn take_failure(&self) -> Option<ModelError> {
        self.with(|seen| seen.failure.take())
    }

    /// Whether the stream said `[DONE]`.
    pub(super) fn is_done(&self) -> bool {
        self.with(|seen| seen.done)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Line {
    /// A client of the library that sends over this line.
    pub(super) fn client(&self) -> async_openai::Client<Address> {
        let line = self.clone();
        let service = tower::service_fn(move |request: HttpRequestFactory| -> BoxFuture<'static, _> {
            let line = line.clone();
            Box::pin(async move { line.send(request).await })
        });
        async_openai::Client::build(self.http.clone(), self.address.as_ref().clone()).with_http_service(service)
    }

    async fn send(self, request: HttpRequestFactory) -> Result<Response, OpenAIError> {
        let request = request.build().await?;
        let response = match timeout(self.silence, self.http.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(boxed(self.unreachable(&error))),
            Err(_elapsed) => return Err(boxed(self.silent())),
        };
        if !response.status().is_success() {
            return Err(boxed(self.refusal(response).await));
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/html") {
            let reason = "it is a web page; check that the base URL ends as in .../v1".to_owned();
            return Err(boxed(ModelError::Protocol { reason }));
        }
        if kind.starts_with("application/json") && self.reply_tokens.is_some() {
            return self.into_one_chunk(response).await;
        }
        Ok(self.watched(response))
    }

    /// A reply of a server that does not stream, as a stream of one chunk.
    async fn into_one_chunk(self, response: Response) -> Result<Response, OpenAIError> {
        let line = self.clone();
        let body = self.watched(response).bytes().await.map_err(|error| boxed(line.error(error.into())))?;
        let value: Value = serde_json::from_slice(&body)
            .map_err(|error| boxed(ModelError::Protocol { reason: format!("the reply is not JSON: {error}") }))?;
        Ok(Response::from(http::Response::new(Body::from(format!("data: {value}\n\n")))))
    }

    /// The response with every piece of its body passed through the watch.
    fn watched(self, response: Response) -> Response {
        let pieces = Box::pin(response.bytes_stream());
        let state = Some((pieces, self, Vec::new()));
        let body = stream::unfold(state, |state| async {
            let (mut pieces, line, mut tail) = state?;
            let failure = match timeout(line.silence, pieces.next()).await {
                Ok(Some(Ok(piece))) => {
                    if ends_in_done(&mut tail, &piece) {
                        line.watch.with(|seen| seen.done = true);
                    }
                    return Some((Ok(piece), Some((pieces, line, tail))));
                }
                Ok(None) => return None,
                Ok(Some(Err(_))) => ModelError::CutStream,
                Err(_elapsed) => line.silent(),
            };
            let message = failure.to_string();
            line.watch.with(|seen| seen.failure = Some(failure));
            Some((Err(io::Error::other(message)), None))
        });
        Response::from(http::Response::new(Body::wrap_stream(body)))
    }

    async fn refusal(&self, response: Response) -> ModelError {
        let status = response.status().as_u16();
        let wait = asked_wait(response.headers(), Timestamp::now());
        let body = read_some(response.bytes_stream(), self.silence).await;
        Fault::parse(&body).into_error(&self.address, status, wait, self.reply_tokens.unwrap_or(0))
    }

    fn unreachable(&self, error: &reqwest::Error) -> ModelError {
        // The innermost cause says what happened ("Connection refused"); the outer ones repeat the address.
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let reason = if error.is_timeout() { "connecting took too long".to_owned() } else { cause.to_string() };
        ModelError::Unreachable { url: self.address.shown().to_owned(), reason: clean(&self.address, &reason) }
    }

    fn silent(&self) -> ModelError {
        let seconds = self.silence.as_secs() + u64::from(self.silence.subsec_nanos() > 0);
        ModelError::Timeout { url: self.address.shown().to_owned(), seconds }
    }

    /// What an error of the library means.
    pub(super) fn error(&self, error: OpenAIError) -> ModelError {
        if let Some(failure) = self.watch.take_failure() {
            return failure;
        }
        let reason = match error {
            OpenAIError::Boxed(error) => match error.downcast::<ModelError>() {
                Ok(error) => return *error,
                Err(error) => error.to_string(),
            },
            OpenAIError::Reqwest(error) => return self.unreachable(&error),
            OpenAIError::JSONDeserialize(error, content) => format!("{error}, in {content:?}"),
            OpenAIError::InvalidArgument(reason) => return ModelError::InvalidRequest { reason },
            error => error.to_string(),
        };
        ModelError::Protocol { reason: clean(&self.address, &reason) }
    }
}

fn boxed(error: ModelError) -> OpenAIError {
    OpenAIError::Boxed(Box::new(error))
}

/// The start of a body, as much of it as comes.
async fn read_some<B: AsRef<[u8]>>(pieces: impl Stream<Item = reqwest::Result<B>>, silence: Duration) -> Vec<u8> {
    let mut pieces = std::pin::pin!(pieces);
    let mut body = Vec::new();
    while let Ok(Some(Ok(piece))) = timeout(silence, pieces.next()).await {
        body.extend_from_slice(piece.as_ref());
        if body.len() >= BODY_LIMIT {
            break;
        }
    }
    body
}

/// Whether the last line so far is the end marker. `tail` keeps what a marker cut between two pieces needs.
fn ends_in_done(tail: &mut Vec<u8>, piece: &[u8]) -> bool {
    const TAIL: usize = 64;
    tail.extend_from_slice(&piece[piece.len().saturating_sub(TAIL)..]);
    tail.drain(..tail.len().saturating_sub(TAIL));
    let text = tail.trim_ascii_end();
    DONE_MARKERS.iter().any(|marker| {
        text.strip_suffix(*marker).is_some_and(|before| matches!(before.last(), None | Some(b'\n' | b'\r')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_marker_is_found_across_pieces() {
        for (pieces, expected) in [
            (vec!["data: [DONE]\n\n"], true),
            (vec!["data: {}\n\ndata: [DO", "NE]", "\r\n"], true),
            (vec!["data:[DONE]"], true),
            (vec![r#"data: {"content":"data: [DONE]"#], false),
            (vec!["data: {}\n\n"], false),
            (vec![""], false),
        ] {
            let mut tail = Vec::new();
            let found = pieces.iter().any(|piece| ends_in_done(&mut tail, piece.as_bytes()));
            assert_eq!(found, expected, "{pieces:?}");
        }
    }
}
