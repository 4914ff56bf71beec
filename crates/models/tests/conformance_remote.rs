//! The conformance suite against a real OpenAI-compatible server, which serves the same model on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it ran"
)]

mod conformance;
mod model_file;
mod server;

use std::sync::Arc;
use std::time::Duration;

use server::Server;
use throughline_models::openai::{Key, Listing, OpenAiChat, OpenAiOptions};
use throughline_models::{CancellationToken, ChatModel, Message, ModelError, Request, Sampling};

const KEY: &str = "conformance-key";

fn client(server: &Server, key: &str) -> OpenAiChat {
    let mut options = OpenAiOptions::new(format!("{}/v1/", server.address()), "served-model");
    options.key = Some(Key::new(key));
    options.key_variable = "CONFORMANCE_KEY".into();
    OpenAiChat::new(&options).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_remote_backend_conforms() {
    let server = Server::start(&model_file::model_file(), KEY, &[]);
    let chat = client(&server, KEY);
    let listed = chat.list_models(Duration::from_mins(1)).await;
    assert!(matches!(&listed[..], [Listing { models: Ok(models), .. }] if models.len() == 1), "{listed:?}");
    conformance::run(
        "OpenAI-compatible endpoint",
        Arc::new(chat),
        &["a_given_reply_is_scored", "a_reply_fits_its_grammar"],
    )
    .await;

    let request = Request::new(vec![Message::user("Hi")], Sampling::default());
    let error = client(&server, "wrong-key").complete(request, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, ModelError::Authentication { status: 401, .. }), "{error:?}");
}
