//! Chat models behind one trait, [`ChatModel`]: llama.cpp in-process and any OpenAI-compatible endpoint.
//!
//! A model call is a stream of [`Event`]s that ends in exactly one terminal item: [`Event::Finished`],
//! [`Event::Cancelled`] or an error. A stream that ends without one was cut, and is reported as an error, never as
//! an answer. Dropping a stream cancels its call.

mod agent;
mod cache;
mod calls;
pub mod catalogue;
mod chat;
mod error;
mod fence;
mod limit;
#[cfg(feature = "llama-cpp")]
pub mod llama;
pub mod openai;
mod request;
mod retry;

pub use agent::{AgentFile, AgentFileError};
pub use cache::{CacheError, CacheStats, CacheStore, Cached};
pub use calls::{Calls, Retries};
pub use chat::{
    Capabilities, ChatModel, Completion, Event, EventStream, Finish, FinishReason, TokenLogprob, collect, terminated,
};
pub use error::{ModelError, RetryClass};
pub use fence::fenced;
pub use limit::Limits;
#[cfg(feature = "llama-cpp")]
pub use llama::{DeviceInfo, DeviceKind, LlamaChat, LlamaInfo, LlamaOptions, LlamaStats, devices};
pub use request::{Output, Request, Sampling};
pub use retry::{Retry, RetryPolicy, with_retries};
pub use throughline_conversation::{Message, Role, TokenUsage};
pub use tokio_util::sync::CancellationToken;
