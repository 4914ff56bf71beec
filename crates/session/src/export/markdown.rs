//! A chat as Markdown.

use super::changes::Item;
use super::shown::{Answer, Chat, Shown};
use crate::record::Record;

/// The chat as Markdown: each turn with what was understood, asked and replied, and what was understood in the end. All
/// that anybody said stands in block quotes as it was said, so that no heading, fence or list in it reaches the rest.
pub fn markdown(record: &Record) -> String {
    let chat = Chat::of(record);
    let mut text = format!("# {}\n\n{}.\n", escape(&chat.title), escape(&chat.about));
    for turn in &chat.turns {
        write_turn(turn, &mut text);
    }
    if let Some(pending) = &chat.pending {
        text += &format!("\n## Not heard yet\n\n{}", quote(pending));
    }
    if let Some(unheard) = &chat.unheard {
        text += &format!("\nThe mediator failed: {}\n", escape(unheard));
    }
    if !chat.spec.is_empty() {
        text += "\n## What was understood\n";
    }
    for section in &chat.spec {
        text += &format!("\n### {}\n\n{}", section.title, section.items.iter().map(bullet).collect::<String>());
    }
    text
}

fn write_turn(turn: &Shown, text: &mut String) {
    let by_hand = if turn.corrected { ", by hand" } else { "" };
    *text += &format!("\n## Turn {}\n\n{}{by_hand}\n\n{}", turn.number, turn.at, quote(&turn.user));
    let findings = turn.findings.iter().map(|finding| format!("- *{}*\n", escape(finding)));
    let understood: String = turn.changes.iter().map(bullet).chain(findings).collect();
    if !understood.is_empty() {
        *text += &format!("\nUnderstood:\n\n{understood}");
    }
    for (label, said) in [("Question", &turn.question), ("Plan", &turn.plan)] {
        if let Some(said) = said {
            *text += &format!("\n**{label}**\n\n{}", quote(said));
        }
    }
    for failure in &turn.failures {
        *text += &format!("\n{}\n", escape(failure));
    }
    let several = turn.replies.len() > 1;
    for Answer { label, about, text: said, kept } in &turn.replies {
        let kept = if several && *kept { ", the one that counts" } else { "" };
        *text += &format!("\n**{label}** ({}){kept}\n\n{}", escape(about), quote(said));
    }
}

fn bullet(item: &Item) -> String {
    let done = if item.done.is_empty() { String::new() } else { format!("**{}** ", item.done) };
    let quote = item.quote.as_ref().map(|quote| format!(" (said as “{}”)", escape(quote)));
    let note = item.note.as_ref().map(|note| format!(" ({})", escape(note)));
    let rest = quote.unwrap_or_default() + &note.unwrap_or_default();
    format!("- {done}{}: {}{rest}\n", item.id, escape(&item.text))
}

/// A text as a block quote, line by line.
fn quote(text: &str) -> String {
    if text.is_empty() {
        return ">\n".to_owned();
    }
    text.lines().map(|line| if line.is_empty() { ">\n".to_owned() } else { format!("> {line}\n") }).collect()
}

/// Keeps what is said on a line of its own from becoming markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' => escaped.extend(['\\', character]),
            // A line must not end here.
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}
