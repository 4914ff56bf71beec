//! What it takes to understand one more turn by rules alone, after conversations of different lengths. No model is called.
//!
//! `cargo bench -p throughline-mediator --bench turn`

#![expect(clippy::expect_used, reason = "a benchmark that cannot run may end so")]

use std::sync::Arc;

use divan::Bencher;
use futures::executor::block_on;
use throughline_conversation::Conversation;
use throughline_mediator::{AGENT, AskMode, AskPolicy, Mediator, Method};
use throughline_models::{AgentFile, CancellationToken, ChatModel, EventStream, Request};

fn main() {
    divan::main();
}

/// A model that nobody calls.
struct Uncalled;

impl ChatModel for Uncalled {
    fn stream(&self, _: Request, _: CancellationToken) -> EventStream {
        unreachable!("rules need no model")
    }
}

/// What a user says, over and over: a goal, then additions.
const SAID: [&str; 6] = [
    "plan a 5 day hike in the Alps for 3 people, leaving on 12 june",
    "max 800 m of ascent a day",
    "huts only, no camping, and the first night should be near Briançon",
    "we bring 2 dogs, so dog friendly huts please",
    "the budget is 1,450 euros for all of us",
    "write it as a table with one row per day",
];

fn mediator() -> Mediator {
    let agent = AgentFile::parse(AGENT).expect("the shipped agent file is valid");
    let policy = AskPolicy { mode: AskMode::Never, ..AskPolicy::default() };
    Mediator::new(Arc::new(Uncalled), agent, policy).by(Method::Choices)
}

fn conversation(mediator: &Mediator, turns: usize) -> Conversation {
    let mut conversation = Conversation::default();
    for user in SAID.iter().cycle().take(turns) {
        let listened = block_on(mediator.listen(&conversation, user, &CancellationToken::new()));
        conversation.turns.push(listened.expect("rules never fail").turn);
    }
    conversation
}

/// A turn that adds something.
#[divan::bench(args = [1, 5, 10, 20, 50])]
fn addition(bencher: Bencher<'_, '_>, turns: usize) {
    let mediator = mediator();
    let conversation = conversation(&mediator, turns);
    bencher.bench_local(|| {
        block_on(mediator.listen(&conversation, "one of us can't eat nuts", &CancellationToken::new()))
    });
}

/// A turn that puts a value in the place of another.
#[divan::bench(args = [1, 5, 10, 20, 50])]
fn correction(bencher: Bencher<'_, '_>, turns: usize) {
    let mediator = mediator();
    let conversation = conversation(&mediator, turns);
    bencher.bench_local(|| {
        block_on(mediator.listen(&conversation, "sorry, we're 4 people now", &CancellationToken::new()))
    });
}
