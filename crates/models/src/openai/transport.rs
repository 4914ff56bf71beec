//! The HTTP below async-openai: one attempt, with its status and headers kept and its silence watched.
//!
//! The library writes the requests and reads what is not streamed. It loses the status of a refusal that is not JSON,
//! the headers of every refusal, and what kind of fault ended a stream; and it puts a task and a queue without bounds
//! between each stream and its reader. So failures are turned into a [`ModelError`] here and handed around it, and so is
//! the response of a streamed reply.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

use super::address::Address;
use super::fault::{Fault, clean};
use super::pieces::Pieces;
use super::wait::asked_wait;
use crate::ModelError;

/// A refusal's body is read up to here.
const BODY_LIMIT: usize = 64 * 1024;

/// One call's line to the endpoint.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) http: Client,
    pub(super) address: Arc<Address>,
    pub(super) silence: Duration,
    /// How many tokens the reply may have; 0 where none is asked for.
    pub(super) reply_tokens: usize,
}

/// The start of a reply.
pub(super) enum Reply {
    /// It comes in pieces.
    Streamed(Pieces),
    /// It came whole, from a server that does not stream.
    Whole(Value),
}

impl Line {
    /// Asks for a reply, up to its start.
    pub(super) async fn reply(&self, body: impl Serialize) -> Result<Reply, ModelError> {
        let kept = Kept::default();
        let client = self.client(Some(kept.clone()));
        let handed_over = client.chat().create_stream_byot::<_, Value>(body).await;
        let response = match (kept.take(), handed_over) {
            (Some(response), _) => response,
            (None, Err(error)) => return Err(self.error(error)),
            (None, Ok(_)) => return Err(ModelError::CutStream),
        };
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") {
            return Ok(Reply::Whole(self.json(response).await?));
        }
        Ok(Reply::Streamed(Pieces::new(response, self.clone())))
    }

    /// Asks for the list of models.
    pub(super) async fn models(&self) -> Result<Value, ModelError> {
        let client = self.client(None);
        let models = client.models();
        let list = timeout(self.silence, models.list_byot()).await.map_err(|_elapsed| self.silent())?;
        list.map_err(|error| self.error(error))
    }

    /// A client of the library that sends over this line. Where there is a place for the response, it is put there and
    /// the library gets none.
    fn client(&self, place: Option<Kept>) -> async_openai::Client<Address> {
        let line = self.clone();
        let service = tower::service_fn(move |request: HttpRequestFactory| -> BoxFuture<'static, _> {
            let (line, place) = (line.clone(), place.clone());
            Box::pin(async move {
                let response = line.send(request).await?;
                match place {
                    None => Ok(response),
                    Some(place) => Err(place.keep(response)),
                }
            })
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
        Ok(response)
    }

    async fn json(&self, mut response: Response) -> Result<Value, ModelError> {
        let mut body = Vec::new();
        loop {
            match timeout(self.silence, response.chunk()).await {
                Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
                Ok(Ok(None)) => break,
                Ok(Err(_)) => return Err(ModelError::CutStream),
                Err(_elapsed) => return Err(self.silent()),
            }
        }
        serde_json::from_slice(&body).map_err(|error| self.unreadable(&format!("it is not JSON: {error}")))
    }

    async fn refusal(&self, mut response: Response) -> ModelError {
        let status = response.status().as_u16();
        let wait = asked_wait(response.headers(), Timestamp::now());
        // As much of its words as comes.
        let mut body = Vec::new();
        while let Ok(Ok(Some(piece))) = timeout(self.silence, response.chunk()).await {
            body.extend_from_slice(&piece);
            if body.len() >= BODY_LIMIT {
                break;
            }
        }
        Fault::parse(&body).into_error(&self.address, status, wait, self.reply_tokens)
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

    pub(super) fn silent(&self) -> ModelError {
        let seconds = self.silence.as_secs() + u64::from(self.silence.subsec_nanos() > 0);
        ModelError::Timeout { url: self.address.shown().to_owned(), seconds }
    }

    /// What the endpoint sent is not what it should be.
    pub(super) fn unreadable(&self, reason: &str) -> ModelError {
        ModelError::Protocol { reason: clean(&self.address, reason) }
    }

    /// What an error of the library means.
    fn error(&self, error: OpenAIError) -> ModelError {
        let reason = match error {
            OpenAIError::Boxed(error) => match error.downcast::<ModelError>() {
                Ok(error) => return *error,
                Err(error) => error.to_string(),
            },
            OpenAIError::Reqwest(error) if error.is_body() || error.is_decode() => return ModelError::CutStream,
            OpenAIError::Reqwest(error) => return self.unreachable(&error),
            OpenAIError::JSONDeserialize(error, content) => format!("{error}, in {content:?}"),
            OpenAIError::InvalidArgument(reason) => return ModelError::InvalidRequest { reason },
            error => error.to_string(),
        };
        self.unreadable(&reason)
    }
}

/// A response that the library does not get to see.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<Response>>>);

impl Kept {
    /// Keeps it; what the library gets in its place.
    fn keep(&self, response: Response) -> OpenAIError {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
        OpenAIError::Boxed("the response is read elsewhere".into())
    }

    fn take(&self) -> Option<Response> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn boxed(error: ModelError) -> OpenAIError {
    OpenAIError::Boxed(Box::new(error))
}
