//! A raw TCP server that plays scripted bytes, for what a real server cannot be made to do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// One step of a scripted answer.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Sends these bytes in one piece.
    Send(Vec<u8>),
    /// Waits this long.
    Pause(Duration),
    /// Keeps the connection open until the client leaves.
    Hold,
}

/// Sends text in one piece.
pub(crate) fn send(text: impl Into<String>) -> Act {
    Act::Send(text.into().into_bytes())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The request line and the headers, names in lower case.
    pub(crate) head: String,
    /// The body; null where there was none.
    pub(crate) body: Value,
}

/// The server. It plays one answer a request, in order, and refuses what comes after the last one.
pub(crate) struct Double {
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    requests: Mutex<Vec<Recorded>>,
    left: Notify,
}

impl Double {
    /// Starts on a free port.
    pub(crate) async fn play(answers: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            let mut answers = answers.into_iter();
            while let Ok((socket, _)) = listener.accept().await {
                let unexpected = || vec![send("HTTP/1.1 418 Unexpected\r\nContent-Length: 0\r\n\r\n")];
                let acts = answers.next().unwrap_or_else(unexpected);
                tokio::spawn(answer(socket, acts, Arc::clone(&shared)));
            }
        });
        Self { address, state, accepting }
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Waits until a client leaves a held connection.
    pub(crate) async fn left(&self) {
        self.state.left.notified().await;
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(mut socket: TcpStream, acts: Vec<Act>, state: Arc<State>) {
    socket.set_nodelay(true).unwrap();
    let Some(request) = read_request(&mut socket).await else { return };
    state.requests.lock().unwrap().push(request);
    for act in acts {
        match act {
            // A client that left early is what some scenarios are about.
            Act::Send(bytes) => drop(socket.write_all(&bytes).await),
            Act::Pause(pause) => tokio::time::sleep(pause).await,
            Act::Hold => {
                while socket.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
                state.left.notify_one();
            }
        }
    }
    drop(socket.shutdown().await);
}

async fn read_request(socket: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or(Value::Null);
                return Some(Recorded { head, body });
            }
        }
        let mut piece = vec![0; 16 * 1024];
        match socket.read(&mut piece).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}

/// The head of an answer whose body ends with the connection.
pub(crate) fn head(status: &str, kind: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Connection: close\r\n\r\n")
}

/// A whole answer with a body, such as a refusal.
pub(crate) fn refusal(status: &str, headers: &str, body: &str) -> Vec<Act> {
    let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
    vec![send(head(status, kind, headers) + body)]
}

/// An event stream of these lines of data, each its own event, sent in one piece each.
pub(crate) fn stream(data: &[&str]) -> Vec<Act> {
    let mut acts = vec![send(head("200 OK", "text/event-stream", ""))];
    acts.extend(data.iter().map(|data| send(format!("data: {data}\n\n"))));
    acts
}

/// A chunk that says some text.
pub(crate) fn text(text: &str) -> String {
    serde_json::json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]})
        .to_string()
}

/// The chunk that ends a reply.
pub(crate) const STOP: &str =
    r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

/// A complete reply.
pub(crate) fn reply(words: &str) -> Vec<Act> {
    stream(&[&text(words), STOP, "[DONE]"])
}
