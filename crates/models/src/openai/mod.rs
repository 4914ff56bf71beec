//! Any endpoint that speaks OpenAI's chat completions, from a server on this machine to a provider.
//!
//! The wire is read leniently, because servers differ: a missing `object`, an unknown finish reason, reasoning under
//! either of its names or in a `<think>` block at the start of the text, an error inside the stream and a reply that is
//! not streamed at all are understood. What is
//! *not* forgiven is a reply without an end. A stream counts as complete when a finish reason or `[DONE]` came,
//! whichever the server sends; anything else is [`ModelError::CutStream`].
//!
//! Nothing is read from the environment (the library's own `OPENAI_*` defaults are not used), so that no key goes
//! anywhere that the caller did not name.

mod adapt;
mod address;
mod chunk;
mod endpoint;
mod fault;
mod form;
mod options;
mod pieces;
mod pool;
mod reader;
mod rest;
mod thinking;
mod transport;
mod wait;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
pub use options::{Key, OpenAiOptions, Price};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::pool::Pool;
use crate::{Capabilities, ChatModel, Completion, EventStream, ModelError, Request, Retry};

/// A model behind an OpenAI-compatible endpoint, or behind several that serve the same one.
///
/// Each endpoint is asked for no more than [`Limits`](crate::Limits) allow, and for less where it says so. Failed calls
/// are repeated as [`Retry`] says, where there are several on another endpoint; nothing below it retries. A reply that
/// has to fit a JSON schema is held back until it was validated, so its text comes as one event; where the endpoint
/// refuses the schema, a plainer form is asked for and remembered, and the reply is validated all the same.
pub struct OpenAiChat {
    pool: Retry<Arc<Pool>>,
}

/// What one endpoint of a pool says when it is asked for its models.
#[derive(Debug)]
pub struct Listing {
    /// The endpoint's base URL, as errors show it.
    pub base_url: String,
    /// The names of its models, as it spells them, or why it does not say.
    pub models: Result<Vec<String>, ModelError>,
}

impl OpenAiChat {
    /// Prepares the calls; nothing is sent yet.
    ///
    /// # Errors
    /// [`ModelError::InvalidRequest`] when a base URL or the key cannot be used, or there is no base URL.
    pub fn new(options: &OpenAiOptions) -> Result<Self, ModelError> {
        Ok(Self { pool: Retry::new(Arc::new(Pool::new(options)?), options.retry_policy()) })
    }

    /// Asks each endpoint for the models that it serves: all at the same time, without retries, and each for so long
    /// at most.
    pub async fn list_models(&self, patience: Duration) -> Vec<Listing> {
        let ask = |member: &Arc<pool::Member>| {
            let member = Arc::clone(member);
            async move {
                let base_url = member.endpoint.shown().to_owned();
                let late = |_| Err(ModelError::Timeout { url: base_url.clone(), seconds: patience.as_secs() });
                let models = timeout(patience, member.endpoint.list_models()).await.unwrap_or_else(late);
                Listing { base_url, models }
            }
        };
        join_all(self.pool.model().members().map(ask)).await
    }
}

impl ChatModel for OpenAiChat {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        self.pool.stream(request, cancel)
    }

    fn capabilities(&self) -> Capabilities {
        self.pool.capabilities()
    }

    fn complete(
        &self,
        request: Request,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        self.pool.complete(request, cancel)
    }
}
