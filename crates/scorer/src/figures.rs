//! Transcripts without a word of what was said.

use serde_json::{Map, Value, json};
use throughline_conversation::{Content, Entry, LogEvent, Transcript};

use crate::run::observe::{answer_length, length};

/// Fields of a transcript, beside those that it always has, that hold no words of the conversation.
const FIELDS: [&str; 14] = [
    "dataset_fn",
    "system_model",
    "user_model",
    "git_version",
    "seed",
    "repeat",
    "user_simulator",
    "roles",
    "started",
    "stop_reason",
    "usage",
    "calls",
    "cost_usd",
    "seconds",
];

/// Fields of an entry that hold no words of the conversation.
const ENTRY_FIELDS: [&str; 6] = ["timestamp", "finish_reason", "seconds", "cached", "cost_usd", "entropy"];

/// The same conversation with what figures are made of (who spoke and how long, shards revealed, kinds of reply, verdicts,
/// tokens, time, confidence), and without what was said. What was said becomes as many dots as it had characters, so that
/// lengths can be measured and what was empty is told from what was left out. Measures of the words themselves, such as
/// what the spec holds, are lost.
pub(crate) fn of(transcript: &Transcript) -> Transcript {
    let mut figures = transcript.clone();
    figures.trace = transcript.trace.iter().filter_map(entry).collect();
    figures.other = only(&transcript.other, &FIELDS);
    figures
}

/// An entry without its words; `None` for an observation that is about words alone.
fn entry(entry: &Entry) -> Option<Entry> {
    let content = match &entry.content {
        Content::Text(text) => Content::Text(dots(length(text))),
        Content::Event(content) => Content::Event(observation(content)?),
    };
    Some(Entry { role: entry.role, content, other: only(&entry.other, &ENTRY_FIELDS) })
}

fn observation(content: &Map<String, Value>) -> Option<Map<String, Value>> {
    let event = match LogEvent::from_content(content) {
        // What other programs log counts by its type alone.
        None => return Some(only(content, &["type"])),
        // Under which name a shard was logged tells whether the simulated user of another program looks for it.
        Some(LogEvent::ShardRevealed { .. }) => return Some(only(content, &["type", "shard_id", "hint_id"])),
        Some(LogEvent::SpecEdit { .. }) => return None,
        Some(LogEvent::AnswerEvaluation { exact_answer, is_correct, score, .. }) => LogEvent::AnswerEvaluation {
            exact_answer: Some(answer_length(&exact_answer)).filter(|&length| length > 0).map(dots).into(),
            is_correct,
            score,
            evaluation_return: json!({ "score": score }),
        },
        Some(LogEvent::Question { turn, .. }) => LogEvent::Question { turn, text: String::new() },
        Some(LogEvent::Rewrite { turn, .. }) => LogEvent::Rewrite { turn, text: String::new() },
        Some(LogEvent::Plan { turn, .. }) => LogEvent::Plan { turn, text: String::new() },
        Some(LogEvent::ReplyDropped { turn, entropy, .. }) => {
            LogEvent::ReplyDropped { turn, text: String::new(), entropy }
        }
        Some(LogEvent::Fault { role, .. }) => LogEvent::Fault { role, message: String::new() },
        Some(
            kept @ (LogEvent::SystemVerification { .. }
            | LogEvent::ConversationCompleted { .. }
            | LogEvent::Usage { .. }
            | LogEvent::Confidence { .. }),
        ) => kept,
    };
    Some(event.to_content())
}

/// A text of so many characters, in which there is no word.
fn dots(characters: u32) -> String {
    ".".repeat(characters as usize)
}

fn only(fields: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    fields
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use throughline_conversation::{Content, EntryRole, Transcript};

    use super::of;
    use crate::run::facts::Facts;

    /// What stays of the facts of a run when its words go: all but where words went, and what was understood of them.
    fn without_words(transcript: &Transcript) -> Facts {
        let mut facts = Facts { echo: None, spec: None, ..Facts::of(transcript) };
        for turn in &mut facts.turns {
            turn.edits = 0;
        }
        facts
    }

    #[test]
    fn without_words_everything_else_is_measured_as_before() {
        for seed in ["study", "mediated"] {
            let text = std::fs::read_to_string(format!("tests/data/seeds/{seed}.jsonl")).unwrap();
            for (line, number) in text.lines().zip(1..) {
                let mut whole = Transcript::from_line(line, number).unwrap();
                assert_eq!(without_words(&of(&whole)), without_words(&whole), "{line}");
                let reply = whole.trace.iter_mut().rev().find(|entry| entry.role == EntryRole::Assistant).unwrap();
                reply.content = Content::Text(String::new());
                assert_eq!(without_words(&of(&whole)), without_words(&whole), "an empty reply stays a fault: {line}");
            }
        }
    }
}
