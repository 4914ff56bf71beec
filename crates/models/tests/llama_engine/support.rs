//! The model that the tests run on, one engine at a time, and short ways to ask it.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use futures::StreamExt;
use throughline_models::{
    CancellationToken, ChatModel, Completion, Event, LlamaChat, LlamaOptions, Message, ModelError, Output, Request,
    Sampling,
};

use crate::model_file::model_file;

/// Two engines that compute at the same time wait for each other's threads, so tests take turns.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An engine of the test's own.
pub(crate) fn engine(context: u32, slots: u32) -> LlamaChat {
    let options = LlamaOptions { context: Some(context), slots: Some(slots), ..LlamaOptions::new(model_file()) };
    LlamaChat::load(options, None).unwrap()
}

/// The engine that most tests share: four slots of 512 tokens.
pub(crate) fn shared() -> &'static LlamaChat {
    static SHARED: OnceLock<LlamaChat> = OnceLock::new();
    SHARED.get_or_init(|| engine(512, 4))
}

/// Runs a test's async part.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// Waits until no slot is busy.
pub(crate) async fn idle(chat: &LlamaChat) {
    while chat.stats().busy > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

pub(crate) fn greedy(max_tokens: u32) -> Sampling {
    Sampling { temperature: 0.0, max_tokens, ..Sampling::default() }
}

pub(crate) fn ask(text: &str, max_tokens: u32) -> Request {
    Request::new(vec![Message::user(text)], greedy(max_tokens))
}

/// A question that the model answers rightly, and with a word that its answer holds.
pub(crate) const QUESTION: &str = "What is the capital of France? Answer in one sentence.";
pub(crate) const ANSWER: &str = "Paris";

pub(crate) fn with_schema(request: Request, schema: serde_json::Value) -> Request {
    Request { output: Output::JsonSchema { name: "reply".into(), schema }, ..request }
}

pub(crate) async fn complete(chat: &LlamaChat, request: Request) -> Result<Completion, ModelError> {
    chat.complete(request, CancellationToken::new()).await
}

/// All events of a call; checks that exactly the last one is terminal.
pub(crate) async fn events(
    chat: &LlamaChat,
    request: Request,
    cancel: CancellationToken,
) -> Vec<Result<Event, ModelError>> {
    let events: Vec<_> = chat.stream(request, cancel).collect().await;
    let (last, others) = events.split_last().expect("a stream has a terminal item");
    assert!(last.as_ref().map_or(true, Event::is_terminal), "{last:?}");
    assert!(others.iter().all(|event| event.as_ref().is_ok_and(|event| !event.is_terminal())), "{events:?}");
    events
}

/// A number from the environment, or another one.
pub(crate) fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().expect("a number"))
}
