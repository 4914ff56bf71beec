//! Any endpoint that speaks OpenAI's chat completions, from a server on this machine to a provider.
//!
//! The wire is read leniently, because servers differ: a missing `object`, an unknown finish reason, reasoning under
//! either of its names, an error inside the stream and a reply that is not streamed at all are understood. What is
//! *not* forgiven is a reply without an end. A stream counts as complete when a finish reason or `[DONE]` came,
//! whichever the server sends; anything else is [`ModelError::CutStream`].
//!
//! Nothing is read from the environment (the library's own `OPENAI_*` defaults are not used), so that no key goes
//! anywhere that the caller did not name.

mod adapt;
mod address;
mod endpoint;
mod fault;
mod form;
mod options;
mod reader;
mod transport;
mod wait;
mod wire;

use futures::future::BoxFuture;
pub use options::{Key, OpenAiOptions};
use tokio_util::sync::CancellationToken;

use self::endpoint::Endpoint;
use crate::{Capabilities, ChatModel, Completion, EventStream, ModelError, Request, Retry};

/// A model behind an OpenAI-compatible endpoint.
///
/// Failed calls are repeated as [`Retry`] says; nothing below it retries. A reply that has to fit a JSON schema is
/// held back until it was validated, so its text comes as one event; where the endpoint refuses the schema, a plainer
/// form is asked for and remembered, and the reply is validated all the same.
pub struct OpenAiChat {
    endpoint: Retry<Endpoint>,
}

impl OpenAiChat {
    /// Prepares the calls; nothing is sent yet.
    ///
    /// # Errors
    /// [`ModelError::InvalidRequest`] when the base URL or the key cannot be used.
    pub fn new(options: OpenAiOptions) -> Result<Self, ModelError> {
        let policy = options.retry_policy();
        Ok(Self { endpoint: Retry::new(Endpoint::new(options)?, policy) })
    }

    /// The names of the models that the endpoint serves, as it spells them. One attempt, without retries.
    ///
    /// # Errors
    /// [`ModelError`] as for a call.
    pub async fn list_models(&self) -> Result<Vec<String>, ModelError> {
        self.endpoint.model().list_models().await
    }

    /// How often calls were repeated so far, over all calls.
    pub fn retries(&self) -> u64 {
        self.endpoint.retries()
    }
}

impl ChatModel for OpenAiChat {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        self.endpoint.stream(request, cancel)
    }

    fn capabilities(&self) -> Capabilities {
        self.endpoint.capabilities()
    }

    fn complete(
        &self,
        request: Request,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        self.endpoint.complete(request, cancel)
    }
}
