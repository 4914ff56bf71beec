//! One attempt at a call.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, Stream, TryStreamExt};
use reqwest::Client;
use serde_json::Value;

use super::OpenAiOptions;
use super::adapt::{Known, Style};
use super::address::Address;
use super::form::Form;
use super::reader::Reader;
use super::transport::{Line, Reply};
use super::wire::Body;
use crate::{Event, ModelError, Request};

/// An endpoint that is called once a call, whatever happens. Repeating is its owner's business.
pub(super) struct Endpoint(Arc<Shared>);

struct Shared {
    http: Client,
    address: Arc<Address>,
    model: String,
    silence: Duration,
    known: Known,
}

impl Endpoint {
    pub(super) fn new(options: &OpenAiOptions, base_url: &str) -> Result<Self, ModelError> {
        let address = Address::new(options, base_url)?;
        let http = address.client(options)?;
        let OpenAiOptions { model, silence_timeout: silence, .. } = options.clone();
        Ok(Self(Arc::new(Shared { http, address: Arc::new(address), model, silence, known: Known::default() })))
    }

    /// The address as errors show it.
    pub(super) fn shown(&self) -> &str {
        self.0.address.shown()
    }

    /// One attempt at a call: its events, as they come. Neither its end nor cancelling it is seen to here.
    pub(super) fn events(&self, request: Request) -> impl Stream<Item = Result<Event, ModelError>> + Send + use<> {
        let call = Arc::clone(&self.0).open(request);
        stream::once(call).map_ok(Reader::events).try_flatten()
    }

    pub(super) async fn list_models(&self) -> Result<Vec<String>, ModelError> {
        let list = self.0.line(0).models().await?;
        let entries = ["data", "models"].iter().find_map(|name| list.get(name)?.as_array()).ok_or_else(|| {
            ModelError::Protocol { reason: "the list of models has neither `data` nor `models`".to_owned() }
        })?;
        Ok(entries.iter().filter_map(model_name).collect())
    }
}

fn model_name(entry: &Value) -> Option<String> {
    ["id", "model", "name"].iter().find_map(|field| entry.get(field)?.as_str()).map(str::to_owned)
}

impl Shared {
    fn line(&self, reply_tokens: usize) -> Line {
        Line { http: self.http.clone(), address: Arc::clone(&self.address), silence: self.silence, reply_tokens }
    }

    /// Sends the request, in plainer forms where the endpoint refuses the first, up to the reply's start.
    async fn open(self: Arc<Self>, request: Request) -> Result<Reader, ModelError> {
        request.validate()?;
        let form = Form::of(&request.output)?;
        let reply_tokens = usize::try_from(request.sampling.max_tokens).unwrap_or(usize::MAX);
        let line = self.line(reply_tokens);
        let mut style = self.known.style();
        loop {
            match self.post(&line, &request, style).await {
                Ok(reply) => {
                    self.known.remember(style);
                    return Ok(Reader::new(reply, line, form, request.logprobs));
                }
                Err(error) => match style.after(&error, &request) {
                    Some(plainer) => {
                        tracing::info!(%error, ?plainer, "the endpoint refused the form of the request");
                        style = plainer;
                    }
                    None => return Err(about_logprobs(error, &request)),
                },
            }
        }
    }

    async fn post(&self, line: &Line, request: &Request, style: Style) -> Result<Reply, ModelError> {
        line.reply(Body::new(&self.model, request, style.rung, style.limit)).await
    }
}

/// Tells a refusal of log-probabilities from other refusals.
fn about_logprobs(error: ModelError, request: &Request) -> ModelError {
    match error {
        ModelError::Endpoint { status: 400 | 422 | 501, message }
            if request.logprobs.is_some() && message.to_lowercase().contains("logprobs") =>
        {
            tracing::info!(message, "the endpoint refused log-probabilities");
            ModelError::Unsupported { capability: "log-probabilities" }
        }
        error => error,
    }
}
