//! The conformance suite against llama.cpp in this process.

#![cfg(feature = "llama-cpp")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it ran"
)]

mod conformance;
mod model_file;

use std::sync::Arc;

use throughline_models::llama::{LlamaChat, LlamaOptions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_local_backend_conforms() {
    let options = LlamaOptions::new(model_file::model_file());
    let model = tokio::task::spawn_blocking(|| LlamaChat::load(options, None)).await.unwrap().unwrap();
    conformance::run("llama.cpp in process", Arc::new(model), &[]).await;
}
