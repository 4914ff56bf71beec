//! What can go wrong in a model call.

use std::path::PathBuf;
use std::time::Duration;

use crate::Finish;

/// Why a model call failed. No variant ever holds a key.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The model file cannot be used.
    #[error("cannot load the model {}: {reason}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The model file holds no chat template, so that no prompt can be rendered exactly.
    #[error("the model {} holds no chat template; use an instruction-tuned model that has one", path.display())]
    NoChatTemplate {
        /// The file.
        path: PathBuf,
    },
    /// The model's chat template refuses these messages.
    #[error("the model's chat template cannot render this conversation: {reason}")]
    Template {
        /// What the template said.
        reason: String,
    },
    /// Prompt and reply do not fit the context; nothing was decoded.
    #[error(
        "the prompt has {prompt} tokens and the reply may have {reply}, but the context holds {context}; shorten the conversation, lower max_tokens or raise the context"
    )]
    ContextOverflow {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens that the reply may have.
        reply: usize,
        /// Tokens that the context holds.
        context: usize,
    },
    /// The request asks for something that this model cannot do.
    #[error("this model cannot do {capability}")]
    Unsupported {
        /// What it cannot do.
        capability: &'static str,
    },
    /// The request itself is wrong.
    #[error("the request is not valid: {reason}")]
    InvalidRequest {
        /// What is wrong with it.
        reason: String,
    },
    /// The reply does not fit the form that was asked for.
    #[error("the reply does not fit the JSON schema: {reason}")]
    SchemaMismatch {
        /// Where it does not fit.
        reason: String,
        /// How the call ended: it took its tokens all the same.
        finish: Box<Finish>,
    },
    /// The endpoint cannot be reached.
    #[error("cannot reach {url}: {reason}; check the address and that the server runs")]
    Unreachable {
        /// The endpoint's base URL.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The endpoint said nothing for too long.
    #[error("{url} said nothing for {seconds} s")]
    Timeout {
        /// The endpoint's base URL.
        url: String,
        /// How long was waited, in seconds.
        seconds: u64,
    },
    /// The endpoint refused the key.
    #[error("{url} refused the key (status {status}); set {key_variable} to a valid key")]
    Authentication {
        /// The endpoint's base URL.
        url: String,
        /// The HTTP status: 401 or 403.
        status: u16,
        /// The environment variable that holds the key.
        key_variable: String,
    },
    /// The endpoint asks for fewer requests.
    #[error("rate limit: {message}")]
    RateLimited {
        /// How long to wait, where the endpoint said so.
        retry_after: Option<Duration>,
        /// What the endpoint said.
        message: String,
    },
    /// The endpoint failed or refused the request.
    #[error("the endpoint answered with status {status}: {message}")]
    Endpoint {
        /// The HTTP status; for an error inside a stream the status that it names, or 200.
        status: u16,
        /// What the endpoint said.
        message: String,
    },
    /// What the endpoint sent cannot be read.
    #[error("cannot read what the endpoint sent: {reason}")]
    Protocol {
        /// What is wrong with it.
        reason: String,
    },
    /// The stream ended before the reply did.
    #[error("the stream was cut before the reply ended")]
    CutStream,
    /// The call was cancelled.
    #[error("the call was cancelled")]
    Cancelled,
    /// The engine failed.
    #[error("the engine failed: {reason}")]
    Engine {
        /// What it said.
        reason: String,
    },
}

/// Whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// Too many requests: wait, as long as the endpoint said where it did.
    RateLimit(Option<Duration>),
    /// A passing fault.
    Transient,
    /// The stream was cut; what came before must not be kept.
    CutStream,
    /// The same call fails again.
    Permanent,
}

impl RetryClass {
    /// The class as records spell it: `rate_limit`, `transient`, `cut_stream` or `permanent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimit(_) => "rate_limit",
            Self::Transient => "transient",
            Self::CutStream => "cut_stream",
            Self::Permanent => "permanent",
        }
    }
}

impl ModelError {
    /// Whether the same call may succeed later.
    pub fn retry_class(&self) -> RetryClass {
        match self {
            Self::RateLimited { retry_after, .. } => RetryClass::RateLimit(*retry_after),
            Self::Unreachable { .. } | Self::Timeout { .. } => RetryClass::Transient,
            Self::Endpoint { status, .. } if *status >= 500 || *status == 408 => RetryClass::Transient,
            Self::CutStream => RetryClass::CutStream,
            _ => RetryClass::Permanent,
        }
    }
}
