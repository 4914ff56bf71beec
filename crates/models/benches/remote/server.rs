//! The server: streams the same reply to every request, a piece at a time, in a process of its own.

use std::io::Write;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval};

/// Pieces of one reply.
pub(crate) const PIECES: usize = 64;
/// The pause between two pieces: 50 tokens a second for each stream.
const PACE: Duration = Duration::from_millis(20);

/// The whole reply.
pub(crate) fn reply() -> String {
    (0..PIECES).map(piece).collect()
}

fn piece(number: usize) -> String {
    format!(" word{number}")
}

/// Serves until standard input ends, and prints the address first.
pub(crate) async fn serve() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "http://{}/v1", listener.local_addr()?)?;
    let events: Vec<Vec<u8>> = events().iter().map(|event| chunked(event)).collect();
    let events: &'static [Vec<u8>] = Box::leak(events.into_boxed_slice());
    let accept = async {
        loop {
            if let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, events));
            }
        }
    };
    tokio::select! {
        () = accept => {}
        _ = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())) => {}
    }
    Ok(())
}

/// The events of a reply, in the form in which vLLM and OpenAI write them.
fn events() -> Vec<String> {
    let chunk = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\"created\":1767323045,\"model\":\"bench\",\"choices\":[{choices}]{usage}}}\n\n"
        )
    };
    let delta = |delta: &str, finish: &str| {
        let choice = format!("{{\"index\":0,\"delta\":{{{delta}}},\"logprobs\":null,\"finish_reason\":{finish}}}");
        chunk(&choice, "")
    };
    let usage =
        format!(",\"usage\":{{\"prompt_tokens\":20,\"completion_tokens\":{PIECES},\"total_tokens\":{}}}", PIECES + 20);
    let mut events = vec![delta("\"role\":\"assistant\",\"content\":\"\"", "null")];
    events.extend((0..PIECES).map(|number| delta(&format!("\"content\":\"{}\"", piece(number)), "null")));
    events.push(delta("", "\"stop\""));
    events.push(chunk("", &usage) + "data: [DONE]\n\n");
    events
}

fn chunked(event: &str) -> Vec<u8> {
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

async fn answer(mut socket: TcpStream, events: &'static [Vec<u8>]) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    read_request(&mut socket).await?;
    // One connection a stream, as llama.cpp's server does.
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for event in events {
        pace.tick().await;
        socket.write_all(event).await?;
    }
    socket.write_all(b"0\r\n\r\n").await?;
    socket.shutdown().await
}

async fn read_request(socket: &mut TcpStream) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Ok(());
            }
        }
        if socket.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
