//! What a frame of the chat takes, and a key until it is drawn, with 10,000 messages and with few.
//!
//! `cargo bench -p throughline-tui --bench frame`

#![expect(clippy::expect_used, reason = "a benchmark that cannot run may end so")]

#[path = "chat/mod.rs"]
mod chat;

use crossterm::event::KeyCode;
use divan::Bencher;
use throughline_session::{Event, Lane};
use throughline_tui::{Activity, Msg, Report};

use chat::Chat;

fn main() {
    divan::main();
}

/// Turns of a chat: one, some, and those of 10,000 messages.
const TURNS: [usize; 3] = [1, 50, 5_000];

/// A frame on which nothing has changed, at the end of the chat.
#[divan::bench(args = TURNS)]
fn idle(bencher: Bencher<'_, '_>, turns: usize) {
    let mut chat = Chat::new(turns);
    bencher.bench_local(|| chat.draw());
}

/// A row further up and a frame, in the middle of 10,000 messages.
#[divan::bench]
fn scrolled_in_the_middle(bencher: Bencher<'_, '_>) {
    let mut chat = Chat::new(5_000);
    // Each turn takes some 25 rows.
    for _ in 0..2_500 * 25 / 35 {
        chat.press(KeyCode::PageUp);
    }
    chat.draw();
    bencher.bench_local(|| {
        chat.wheel_up();
        chat.draw();
    });
}

/// One more token of a reply and a frame.
#[divan::bench(args = TURNS)]
fn token(bencher: Bencher<'_, '_>, turns: usize) {
    let mut chat = Chat::new(turns);
    chat.happens(Event::Replying { lane: Lane::Mediated, model: "large".into() });
    chat.app.update(Msg::Report(Report::Doing(Activity::Replying(Lane::Mediated))));
    let mut tokens = 0;
    bencher.bench_local(|| {
        tokens += 1;
        let text = if tokens % 12 == 0 { "\n" } else { " word" };
        chat.happens(Event::Piece { lane: Lane::Mediated, text: text.into() });
        chat.draw();
    });
}

/// Blocks of 200 kB: how they begin, what they go on with.
const BLOCKS: [(&str, &str, &str); 5] = [
    ("code", "```python\n", "print(1, 'two', 3.0)\n"),
    ("a line of code", "```json\n", "[1, {\"two\": 3.0}], "),
    ("a paragraph", "It goes on, ", "**and on** and on, as `nobody` ends it. "),
    ("a table", "| a | b |\n|---|---|\n", "| one | two and three |\n"),
    ("code in a list", "1. Like this:\n   ```python\n", "   print(1, 'two', 3.0)\n"),
];

/// One more token of a block that is large already, and a frame.
#[divan::bench(args = BLOCKS.map(|(name, ..)| name), sample_count = 2000)]
fn token_of_a_large_block(bencher: Bencher<'_, '_>, name: &str) {
    let mut chat = Chat::new(1);
    chat.happens(Event::Replying { lane: Lane::Mediated, model: "large".into() });
    chat.app.update(Msg::Report(Report::Doing(Activity::Replying(Lane::Mediated))));
    let (_, begins, goes_on) = BLOCKS.into_iter().find(|(known, ..)| *known == name).expect("it is one of them");
    let text = [begins, &goes_on.repeat(200_000 / goes_on.len())].concat();
    chat.happens(Event::Piece { lane: Lane::Mediated, text });
    // Its colours come some lines a frame.
    for _ in 0..500 {
        chat.draw();
    }
    let mut tokens = goes_on.split_inclusive(' ').cycle();
    bencher.bench_local(|| {
        let text = tokens.next().expect("it never ends").to_owned();
        chat.happens(Event::Piece { lane: Lane::Mediated, text });
        chat.draw();
    });
}

/// A letter that is typed, until it is drawn.
#[divan::bench(args = TURNS)]
fn key(bencher: Bencher<'_, '_>, turns: usize) {
    let mut chat = Chat::new(turns);
    let mut typed = 0;
    bencher.bench_local(|| {
        typed += 1;
        chat.press(if typed % 2 == 0 { KeyCode::Backspace } else { KeyCode::Char('a') });
        chat.draw();
    });
}

/// The next line of the spec, until it is drawn.
#[divan::bench(args = TURNS)]
fn line_of_the_spec(bencher: Bencher<'_, '_>, turns: usize) {
    let mut chat = Chat::new(turns);
    chat.press(KeyCode::Tab);
    chat.press(KeyCode::Tab);
    let mut steps = 0;
    bencher.bench_local(|| {
        steps += 1;
        chat.press(if steps % 2 == 0 { KeyCode::Up } else { KeyCode::Down });
        chat.draw();
    });
}

/// The first frame of a saved chat that is opened.
#[divan::bench(args = TURNS)]
fn first(bencher: Bencher<'_, '_>, turns: usize) {
    let record = chat::record(turns);
    bencher.with_inputs(|| record.clone()).bench_local_values(|record| {
        let mut chat = Chat::of(record);
        chat.draw();
    });
}
