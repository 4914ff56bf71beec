//! One call, timed.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use throughline_models::{CancellationToken, ChatModel, Event, Message, Request, Sampling};

/// What a call took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    pub(crate) to_first: Duration,
    pub(crate) whole: Duration,
    pub(crate) prompt_tokens: usize,
    pub(crate) reply_tokens: usize,
}

/// Calls a model greedily and follows the reply to its end.
pub(crate) async fn timed(model: &dyn ChatModel, messages: Vec<Message>, max_tokens: u32) -> (Timed, String) {
    timed_at(0.0, model, messages, max_tokens).await
}

/// Calls a model at this temperature and follows the reply to its end.
async fn timed_at(temperature: f32, model: &dyn ChatModel, messages: Vec<Message>, max_tokens: u32) -> (Timed, String) {
    let sampling = Sampling { temperature, max_tokens, seed: Some(1), ..Sampling::default() };
    let start = Instant::now();
    let mut events = model.stream(Request::new(messages, sampling), CancellationToken::new());
    let (mut to_first, mut text) = (None, String::new());
    while let Some(event) = events.next().await {
        match event.expect("the call succeeds") {
            Event::Text(piece) => {
                to_first.get_or_insert_with(|| start.elapsed());
                text.push_str(&piece);
            }
            Event::Finished(finish) => {
                let usage = finish.usage.expect("both sides tell their tokens");
                let whole = start.elapsed();
                let count = |tokens| usize::try_from(tokens).expect("a few thousand tokens");
                let timed = Timed {
                    to_first: to_first.unwrap_or(whole),
                    whole,
                    prompt_tokens: count(usage.prompt_tokens),
                    reply_tokens: count(usage.completion_tokens),
                };
                return (timed, text);
            }
            _ => {}
        }
    }
    panic!("the stream has a terminal item");
}

/// Tokens a second while one reply is written, the first token left out.
pub(crate) async fn decode_rate(model: &dyn ChatModel, round: usize, temperature: f32) -> f64 {
    let prompt = format!("Write a long story about a journey by sea, chapter {round}.");
    let (timed, _) = timed_at(temperature, model, vec![Message::user(prompt)], 256).await;
    rate(timed.reply_tokens - 1, timed.whole.saturating_sub(timed.to_first))
}

/// Prompt tokens a second for a prompt that shares nothing with an earlier one.
pub(crate) async fn prefill_rate(model: &dyn ChatModel, round: usize) -> f64 {
    let (timed, _) = timed(model, vec![Message::system(salt(round)), Message::user(words(round, 450))], 1).await;
    rate(timed.prompt_tokens, timed.whole)
}

/// Tokens a second of so many conversations together, prefill included.
pub(crate) async fn batch_rate(model: &dyn ChatModel, round: usize, conversations: usize) -> f64 {
    let start = Instant::now();
    let calls = (0..conversations).map(|index| {
        let topic = format!("Conversation {round}-{index}. Write a long story about {}.", words(index, 3));
        timed(model, vec![Message::user(topic)], 128)
    });
    let written = join_all(calls).await.iter().map(|(timed, _)| timed.reply_tokens).sum();
    rate(written, start.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand tokens")]
fn rate(tokens: usize, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64()
}

/// Something that no other round begins with.
pub(crate) fn salt(round: usize) -> String {
    format!("{} This is number {round}.", words(round * 31 + 7, 4))
}

/// So many words, others for another seed.
pub(crate) fn words(seed: usize, count: usize) -> String {
    const WORDS: [&str; 16] = [
        "river", "copper", "lantern", "garden", "winter", "letter", "mountain", "silver", "harbour", "bread", "music",
        "forest", "window", "clock", "horse", "island",
    ];
    let mut state = seed as u64 * 2_654_435_761 + 12_345;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(state >> 33) as usize % WORDS.len()]
    };
    (0..count).map(|_| next()).collect::<Vec<_>>().join(" ")
}
