//! The least that a first token can cost: llama.cpp decodes the new tokens behind those that it holds, and nothing else
//! is done.

use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroU32;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

use crate::calls::words;
use crate::{Bench, CONTEXT};

/// The argument that makes this program such a process: llama.cpp starts once a process, and the engine's has it.
pub(crate) const CHILD: &str = "--as-plain-child";

/// A process with a model of its own and no engine around it.
pub(crate) struct Plain {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Plain {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut process = Command::new(program)
            .arg(CHILD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts again");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, questions, answers }
    }

    /// Milliseconds to decode so many new tokens behind so many that are held.
    pub(crate) fn first_token(&mut self, held: usize, new: usize) -> f64 {
        writeln!(self.questions, "{held} {new}").expect("the process listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the process answers");
        line.trim().parse().expect("a number of milliseconds")
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Answers each line `HELD NEW` with the milliseconds that it took.
pub(crate) fn child(bench: &Bench) {
    // What llama.cpp says goes to the log, which nobody keeps here.
    send_logs_to_tracing(LogOptions::default());
    let backend = LlamaBackend::init().expect("llama.cpp starts");
    let parameters = LlamaModelParams::default().with_n_gpu_layers(0);
    let model = LlamaModel::load_from_file(&backend, &bench.model, &parameters).expect("the model loads");
    let threads = i32::try_from(bench.threads).expect("a few threads");
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(CONTEXT))
        .with_n_batch(512)
        .with_n_ubatch(512)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = model.new_context(&backend, parameters).expect("a context fits");
    let tokens = model.vocab().tokenize(words(7, CONTEXT as usize).as_bytes(), false, false);
    for line in std::io::stdin().lines() {
        let line = line.expect("a pipe of text");
        let (held, new) = line.split_once(' ').expect("two numbers");
        let (held, new): (usize, usize) = (held.parse().expect("a number"), new.parse().expect("a number"));
        context.clear_kv_cache();
        let (before, rest) = tokens.split_at(held);
        decode(&mut context, before, 0);
        let start = Instant::now();
        decode(&mut context, &rest[..new], held);
        println!("{}", start.elapsed().as_secs_f64() * 1e3);
    }
}

fn decode(context: &mut LlamaContext<'_>, tokens: &[LlamaToken], first: usize) {
    for (index, chunk) in tokens.chunks(512).enumerate() {
        let mut batch = LlamaBatch::new(chunk.len(), 1);
        for (place, token) in chunk.iter().enumerate() {
            let position = i32::try_from(first + index * 512 + place).expect("a short text");
            batch.add(*token, position, &[0], place + 1 == chunk.len()).expect("the batch has room");
        }
        context.decode(&mut batch).expect("it fits");
    }
    let logits = context.get_logits();
    assert!(logits.iter().any(|logit| logit.is_finite()));
}
