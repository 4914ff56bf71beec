//! The local engine beside llama.cpp's own server: same file, same prompts, same threads, in turns within one session.
//!
//! `just bench-engine` runs it and prints a Markdown table; `THROUGHLINE_BENCH_MODEL` names another GGUF file,
//! `THROUGHLINE_BENCH_ROUNDS` how often each pair is measured (5), `THROUGHLINE_BENCH_THREADS` the threads (all), and
//! arguments choose rows by a part of their name.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints its table, and ends where something is missing"
)]

#[path = "../../tests/server/mod.rs"]
mod server;

#[path = "../../tests/model_file/mod.rs"]
mod model_file;

mod calls;
mod memory;
mod plain;
mod rows;
mod table;

use std::path::PathBuf;

use throughline_models::openai::{Key, OpenAiChat, OpenAiOptions};
use throughline_models::{LlamaChat, LlamaOptions};

use self::server::Server;

/// Tokens of one conversation.
const CONTEXT: u32 = 2048;
const KEY: &str = "bench";

/// What every row is measured with.
pub(crate) struct Bench {
    pub(crate) model: PathBuf,
    pub(crate) rounds: usize,
    pub(crate) threads: u32,
}

impl Bench {
    /// This project's engine.
    pub(crate) fn engine(&self, slots: u32) -> LlamaChat {
        let options = LlamaOptions {
            context: Some(CONTEXT),
            slots: Some(slots),
            threads: Some(self.threads),
            gpu_layers: Some(0),
            ..LlamaOptions::new(&self.model)
        };
        LlamaChat::load(options, None).expect("the engine loads the model")
    }

    /// llama.cpp's own server, and a client for it.
    pub(crate) fn peer(&self, slots: u32) -> (Server, OpenAiChat) {
        let options =
            [format!("--slots={slots}"), format!("--context={CONTEXT}"), format!("--threads={}", self.threads)];
        let server = Server::start(&self.model, KEY, &options);
        let mut options = OpenAiOptions::new(format!("{}/v1", server.address()), "any");
        options.key = Some(Key::new(KEY));
        let client = OpenAiChat::new(&options).expect("the address is valid");
        (server, client)
    }
}

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u32>().ok());
    let processors = std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok());
    let bench = Bench {
        model: std::env::var_os("THROUGHLINE_BENCH_MODEL").map_or_else(model_file::model_file, PathBuf::from),
        rounds: number("THROUGHLINE_BENCH_ROUNDS").map_or(5, |rounds| rounds as usize),
        threads: number("THROUGHLINE_BENCH_THREADS").or(processors).unwrap_or(1),
    };
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match arguments.first().map(String::as_str) {
        Some(memory::CHILD) => return runtime.block_on(memory::child(&bench)),
        Some(plain::CHILD) => return plain::child(&bench),
        _ => {}
    }
    table::head(&bench);
    runtime.block_on(rows::all(&bench, &arguments));
}
