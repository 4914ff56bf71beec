//! The rows of the table.

use throughline_models::{ChatModel, LlamaChat, Message};

use crate::calls::{batch_rate, decode_rate, prefill_rate, salt, timed, words};
use crate::plain::Plain;
use crate::{Bench, memory, table};

/// Every row whose name holds one of `chosen`, or all.
pub(crate) async fn all(bench: &Bench, chosen: &[String]) {
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|part| name.contains(part.as_str()));
    if ["decode", "prefill", "8 conversations", "turn 10"].iter().any(|name| wanted(name)) {
        let engine = bench.engine(8);
        let (_server, peer) = bench.peer(8);
        if wanted("decode") {
            let mut pairs = Vec::new();
            for round in 0..=bench.rounds {
                pairs.push((decode_rate(&engine, round, 0.0).await, decode_rate(&peer, round, 0.0).await));
            }
            // The first pair warms both up.
            table::row("decode, one stream", "tok/s", &pairs[1..]);
            let mut pairs = Vec::new();
            for round in 0..=bench.rounds {
                pairs.push((decode_rate(&engine, round, 1.0).await, decode_rate(&engine, round, 0.0).await));
            }
            table::row("decode at temperature 1, against greedily", "tok/s", &pairs[1..]);
        }
        if wanted("prefill") {
            let mut pairs = Vec::new();
            for round in 0..=bench.rounds {
                pairs.push((prefill_rate(&engine, round).await, prefill_rate(&peer, round).await));
            }
            table::row("prefill, 512-token prompt", "tok/s", &pairs[1..]);
        }
        if wanted("8 conversations") {
            batch(bench, &engine, &peer, 8).await;
        }
        if wanted("turn 10") {
            chat(bench, &engine, &peer).await;
        }
    }
    if wanted("16 conversations") {
        let engine = bench.engine(16);
        let (_server, peer) = bench.peer(16);
        batch(bench, &engine, &peer, 16).await;
    }
    if wanted("memory") {
        memory::row(bench).await;
    }
}

async fn batch(bench: &Bench, engine: &dyn ChatModel, peer: &dyn ChatModel, conversations: usize) {
    let mut pairs = Vec::new();
    for round in 0..=bench.rounds {
        let here = batch_rate(engine, round, conversations).await;
        pairs.push((here, batch_rate(peer, round, conversations).await));
    }
    table::row(&format!("{conversations} conversations at once"), "tok/s", &pairs[1..]);
}

/// Time to the first token at turn 10 of a chat, beside a prefill of everything and beside the least possible.
async fn chat(bench: &Bench, engine: &LlamaChat, peer: &dyn ChatModel) {
    let mut plain = Plain::start();
    let (mut against_whole, mut against_turn, mut against_peer) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=bench.rounds {
        let here = turn_ten(engine, round).await;
        let fresh = fresh_prefill(engine, here.messages.clone()).await;
        against_whole.push((here.milliseconds, fresh));
        against_turn.push((here.milliseconds, plain.first_token(here.held, here.new)));
        against_peer.push((here.milliseconds, turn_ten(peer, round).await.milliseconds));
    }
    table::row("first token at turn 10, against a fresh prefill of the whole", "ms", &against_whole[1..]);
    table::row("first token at turn 10, against llama.cpp decoding the new turn alone", "ms", &against_turn[1..]);
    table::row("first token at turn 10, against the server", "ms", &against_peer[1..]);
}

struct TurnTen {
    messages: Vec<Message>,
    milliseconds: f64,
    /// Tokens that were there before.
    held: usize,
    /// Tokens that turn 10 adds.
    new: usize,
}

async fn turn_ten(model: &dyn ChatModel, round: usize) -> TurnTen {
    let mut messages = vec![Message::system(salt(round + 1000))];
    let mut held = 0;
    for turn in 1..10 {
        messages.push(Message::user(words(round * 10 + turn, 40)));
        let (took, text) = timed(model, messages.clone(), 24).await;
        // The last token of a reply was drawn, and never decoded.
        held = took.prompt_tokens + took.reply_tokens - 1;
        messages.push(Message::assistant(text));
    }
    messages.push(Message::user(words(round * 10, 40)));
    let (took, _) = timed(model, messages.clone(), 1).await;
    TurnTen { messages, milliseconds: took.whole.as_secs_f64() * 1e3, held, new: took.prompt_tokens - held }
}

/// The same conversation behind another beginning, so that nothing of it is there.
async fn fresh_prefill(model: &dyn ChatModel, mut messages: Vec<Message>) -> f64 {
    messages[0] = Message::system(format!("Anew: {}", messages[0].content));
    timed(model, messages, 1).await.0.whole.as_secs_f64() * 1e3
}
