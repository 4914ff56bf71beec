//! What a user's model reads, and the form of what it says.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::json;
use throughline_mediator::one_line;
use throughline_models::{Message, Output, Request, Sampling};

use super::super::Heard;

/// So many characters of a reply are shown at most: nobody reads all of a long one.
const SHOWN: usize = 500;

/// What the model says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// The number of the shard in the list, from 1; 0 where none of them answers the question.
    pub(super) number: usize,
    /// Its words.
    pub(super) message: String,
}

impl Draft {
    /// Reads it; an error is what is wrong with it.
    pub(super) fn parse(text: &str, shards: usize, asked: bool) -> Result<Self, String> {
        let draft: Self =
            serde_json::from_str(text).map_err(|_| "wrote nothing of the form that was asked for".to_owned())?;
        match draft.number {
            0 if asked => Ok(draft),
            number if number == 0 || number > shards => {
                Err(format!("chose number {number}, which is none of the shards"))
            }
            _ if draft.message.trim().is_empty() => Err("said nothing".to_owned()),
            _ => Ok(Self { message: draft.message.trim().to_owned(), ..draft }),
        }
    }

    /// As it was written.
    pub(super) fn json(&self) -> String {
        // A number and a text always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The shards that may be told now, and the conversation so far.
pub(super) fn text(shards: &[&str], heard: Heard<'_>) -> String {
    let mut text = String::from("Not said yet:\n");
    for (number, shard) in (1..).zip(shards) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{number}. {}", one_line(shard));
    }
    text += "\nThe conversation:\n";
    if heard.told.is_empty() {
        text += "(it begins now)\n";
    }
    for (place, told) in heard.told.iter().enumerate() {
        let _ = writeln!(text, "You: {}", one_line(told));
        if let Some(reply) = heard.replies.get(place) {
            let _ = writeln!(text, "Assistant: {}", shortened(&one_line(reply)));
        }
    }
    text += if heard.asked {
        "\nThe assistant asked. Choose what answers it, or 0 if nothing in the list does."
    } else {
        "\nChoose one of the list and say it."
    };
    text
}

/// What is said to a draft that fails the check.
pub(super) fn again(wrong: &str, shard: &[&str]) -> String {
    format!(
        "That will not do: the message {wrong}. Say exactly this in your own words, with every number and name, and nothing \
         else: {}",
        shard.join(" ")
    )
}

/// The request for a draft.
pub(super) fn form(messages: Vec<Message>, sampling: Sampling, shards: usize, asked: bool) -> Request {
    let numbers: Vec<usize> = (usize::from(!asked)..=shards).collect();
    let schema = json!({
        "type": "object",
        "properties": {"number": {"type": "integer", "enum": numbers}, "message": {"type": "string"}},
        "required": ["number", "message"],
        "additionalProperties": false,
    });
    let output = Output::JsonSchema { name: "turn".to_owned(), schema };
    Request { output, ..Request::new(messages, sampling) }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
