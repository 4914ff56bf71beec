//! What a chat of 10,000 messages takes in memory: its record alone, and on a screen that has shown all of it.
//!
//! `cargo bench -p throughline-tui --bench memory`

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark that tells what it measures")]

#[path = "chat/mod.rs"]
#[expect(dead_code, reason = "what moves on the screen is measured elsewhere")]
mod chat;

use crossterm::event::KeyCode;

use chat::Chat;

fn main() {
    let before = resident();
    let record = chat::record(5_000);
    let words: usize = record.conversation.turns.iter().map(|turn| turn.user.len()).sum();
    let replies: usize = record.conversation.turns.iter().filter_map(|turn| turn.reply.as_ref()).map(String::len).sum();
    println!("10,000 messages hold {} kB of text", (words + replies) / 1000);
    let recorded = resident();
    println!("their record takes {} MB", (recorded - before) / 1000);
    let mut chat = Chat::of(record);
    for _ in 0..5_000 {
        chat.press(KeyCode::PageUp);
        chat.draw();
    }
    println!("the screen takes {} MB more, once all of it was scrolled through", (resident() - recorded) / 1000);
}

/// The memory that this process has in use, in kilobytes, as Linux tells it.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is measured on Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the system tells it");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}
