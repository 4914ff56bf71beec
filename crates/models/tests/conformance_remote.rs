//! The conformance suite against a real OpenAI-compatible server, which serves the same model on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it ran"
)]

mod conformance;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use throughline_models::openai::{Key, OpenAiChat, OpenAiOptions};
use throughline_models::{CancellationToken, ChatModel, Message, ModelError, Request, Sampling};

const KEY: &str = "conformance-key";

/// A server that runs as long as this value lives.
struct Server {
    process: Child,
    base_url: String,
}

impl Server {
    /// Starts `serve.py` and waits until it listens. Its log goes to this test's error output.
    fn start(model: &Path) -> Self {
        let (python, script) = (python(), Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/serve.py"));
        let can_import = Command::new(&python).args(["-c", "import xllamacpp"]).output();
        assert!(
            can_import.is_ok_and(|output| output.status.success()),
            "{} has no package xllamacpp, which serves the model for this test; run `./justw setup`",
            python.display()
        );
        let mut process = Command::new(python)
            .arg(script)
            .arg(model)
            .arg(KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let address = first_line(process.stdout.take().unwrap());
        // Made before the check, so that the process is stopped when it fails.
        let server = Self { process, base_url: format!("{}/v1/", address.trim()) };
        assert!(address.starts_with("http://"), "the server did not start; its log is above");
        server
    }

    fn chat(&self, key: &str) -> OpenAiChat {
        let mut options = OpenAiOptions::new(&self.base_url, "served-model");
        options.key = Some(Key::new(key));
        options.key_variable = "CONFORMANCE_KEY".into();
        OpenAiChat::new(options).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input closes with this process in any case; this ends it before.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn first_line(output: ChildStdout) -> String {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).unwrap();
    line
}

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("THROUGHLINE_PYTHON") {
        return python.into();
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/venv/bin/python");
    if own.is_file() { own } else { "python3".into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_remote_backend_conforms() {
    let server = Server::start(&conformance::model_file());
    let chat = server.chat(KEY);
    assert_eq!(chat.list_models().await.unwrap().len(), 1);
    conformance::run(
        "OpenAI-compatible endpoint",
        Arc::new(chat),
        &["a_given_reply_is_scored", "a_reply_fits_its_grammar"],
    )
    .await;

    let request = Request::new(vec![Message::user("Hi")], Sampling::default());
    let error = server.chat("wrong-key").complete(request, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, ModelError::Authentication { status: 401, .. }), "{error:?}");
}
