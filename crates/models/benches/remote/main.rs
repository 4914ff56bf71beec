//! What our client costs in processor time beside a bare one, against the same server on loopback.
//!
//! 256 streams at a time, all clients on a runtime of one thread, in turns within one process; the server is a process
//! of its own, so that its work is in no figure. Prints the ratios of each round and their median, and fails when a
//! stream of ours was lost: when its text, its end or its tokens are not what the server sent. Beside ours stands the
//! library that it sends through, reading streams by itself.
//!
//! ```console
//! $ cargo bench -p throughline-models --no-default-features --bench remote -- [ROUNDS] [STREAMS]
//! ```
//!
//! A round is so many streams (1000) of each client; there are so many rounds (10), and one before to warm up.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails by panicking, and prints")]

mod bare;
mod library;
mod server;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use rustix::time::{ClockId, clock_gettime};
use throughline_models::openai::{OpenAiChat, OpenAiOptions};
use throughline_models::{CancellationToken, ChatModel, Event, Message, Request, Sampling};

use self::bare::Bare;
use self::library::Library;

const CONCURRENCY: usize = 256;
const WORDS: &str = "Tell me about the sea, and about those who live by it.";
const MAX_TOKENS: u32 = 128;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::env::args().nth(1).as_deref() == Some("serve") {
        runtime.block_on(server::serve()).unwrap();
        return;
    }
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (rounds, streams) = (numbers.next().unwrap_or(10), numbers.next().unwrap_or(1000));
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let lost = runtime.block_on(compare(address.trim(), rounds, streams));
    drop(server.stdin.take());
    server.wait().unwrap();
    assert_eq!(lost, 0, "streams were lost");
}

async fn compare(address: &str, rounds: usize, streams: usize) -> usize {
    let bare = Bare::new(address, WORDS, MAX_TOKENS);
    let library = Library::new(address, WORDS, MAX_TOKENS);
    let ours = OpenAiChat::new(&OpenAiOptions { retries: 0, ..OpenAiOptions::new(address, "bench") }).unwrap();
    let expected = (server::reply(), server::PIECES);
    let sound = |reply: Option<(String, usize)>| reply.as_ref() == Some(&expected);
    let (mut lost, mut ratios, mut library_ratios) = (0, Vec::new(), Vec::new());
    // The first round warms up: in it, ours finds the concurrency that the server grants.
    for round in 0..=rounds {
        let theirs = measure(streams, async || sound(bare.reply().await)).await;
        let own = measure(streams, async || sound(reply(&ours).await)).await;
        let between = measure(streams, async || sound(library.reply().await)).await;
        lost += own.lost;
        let ratio = |pass: &Pass| pass.processor.as_secs_f64() / theirs.processor.as_secs_f64();
        let shown = |pass: &Pass| {
            let each = pass.processor / u32::try_from(streams).unwrap();
            format!("{each:.1?} a stream ({:.3} of bare; {:.1?} in all, {} lost)", ratio(pass), pass.wall, pass.lost)
        };
        println!("round {round}: bare {}; ours {}; async-openai {}", shown(&theirs), shown(&own), shown(&between));
        if round > 0 {
            ratios.push(ratio(&own));
            library_ratios.push(ratio(&between));
        }
    }
    println!(
        "{} streams of each client, {CONCURRENCY} at a time, {} pieces each; processor time of bare: ours {}, async-openai {}; {lost} of our streams lost",
        (rounds + 1) * streams,
        server::PIECES,
        spread(ratios),
        spread(library_ratios)
    );
    lost
}

fn spread(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let (first, last) = (ratios[0], ratios[ratios.len() - 1]);
    format!("{:.3} ({first:.3} to {last:.3})", ratios[ratios.len() / 2])
}

/// One reply through our client, read as it comes.
async fn reply(model: &OpenAiChat) -> Option<(String, usize)> {
    let sampling = Sampling { max_tokens: MAX_TOKENS, ..Sampling::default() };
    let mut events = model.stream(Request::new(vec![Message::user(WORDS)], sampling), CancellationToken::new());
    let mut text = String::new();
    while let Some(event) = events.next().await {
        match event.ok()? {
            Event::Text(piece) => text.push_str(&piece),
            Event::Finished(finish) => return Some((text, usize::try_from(finish.usage?.completion_tokens).ok()?)),
            _ => {}
        }
    }
    None
}

struct Pass {
    /// Processor time of this process, user and system.
    processor: Duration,
    wall: Duration,
    lost: usize,
}

/// Runs so many streams and says what they took.
async fn measure(streams: usize, reply: impl AsyncFn() -> bool) -> Pass {
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (start, before) = (Instant::now(), processor_time());
    join_all((0..CONCURRENCY).map(|_| async {
        while next.fetch_add(1, Ordering::Relaxed) < streams {
            if !reply().await {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }))
    .await;
    Pass { processor: processor_time().saturating_sub(before), wall: start.elapsed(), lost: lost.into_inner() }
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap()
}
