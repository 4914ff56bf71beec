//! An endpoint that plays scripted replies, for what a real server and a real model cannot be made to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

/// What the endpoint does with one request.
pub(crate) enum Act {
    /// Replies with this text.
    Reply(String),
    /// Begins to reply with this text and breaks off.
    Cut(&'static str),
    /// Begins to reply with this text and then says nothing until the client leaves.
    Hold(&'static str),
}

impl Act {
    /// Replies with a mediator's draft: these edits, and a question unless it is empty.
    pub(crate) fn draft(edits: &Value, question: &str) -> Self {
        let mut draft = json!({ "edits": edits });
        if !question.is_empty() {
            draft["question"] = question.into();
        }
        Self::Reply(draft.to_string())
    }

    /// Replies with a mediator's draft that takes these words over.
    pub(crate) fn add(quote: &str) -> Self {
        Self::draft(&json!([{ "op": "add", "quote": quote }]), "")
    }
}

/// Starts the endpoint; it plays one act a request and then closes. Returns the section of a configuration that makes
/// it a profile of that name.
pub(crate) fn play(name: &str, acts: Vec<Act>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for act in acts {
            let (socket, _) = listener.accept().unwrap();
            answer(socket, &act);
        }
    });
    format!("[models.{name}]\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\nmodel = \"any\"\nretries = 0\n")
}

fn answer(socket: TcpStream, act: &Act) {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(("content-length", value)) = line.to_lowercase().split_once(':') {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let (text, whole) = match act {
        Act::Reply(text) => (text.as_str(), true),
        Act::Cut(text) | Act::Hold(text) => (*text, false),
    };
    let mut stream = event(&json!({ "role": "assistant", "content": text }), None);
    if whole {
        stream += &event(&json!({}), Some("stop"));
        stream += "data: [DONE]\n\n";
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    reader.get_mut().write_all(format!("{head}{stream}").as_bytes()).unwrap();
    if matches!(act, Act::Hold(_)) {
        // Nothing more comes from the client but its leaving.
        drop(reader.read(&mut [0]));
    }
}

fn event(delta: &Value, finish: Option<&str>) -> String {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    let chunk =
        json!({ "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any", "choices": [choice] });
    format!("data: {chunk}\n\n")
}
