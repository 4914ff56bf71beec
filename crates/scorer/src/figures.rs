//! Transcripts without a word of what was said.

use serde_json::{Map, Value, json};
use throughline_conversation::{Content, Entry, LogEvent, Transcript};

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

/// The same conversation with what figures are made of (who spoke, shards revealed, kinds of reply, verdicts, tokens,
/// time, confidence), and without what was said. Measures of the words themselves, such as the length of answers or what
/// the spec holds, are lost.
pub(crate) fn of(transcript: &Transcript) -> Transcript {
    let mut figures = transcript.clone();
    figures.trace = transcript.trace.iter().filter_map(entry).collect();
    figures.other = only(&transcript.other, &FIELDS);
    figures
}

/// An entry without its words; `None` for an observation that is about words alone, or of a type not known here.
fn entry(entry: &Entry) -> Option<Entry> {
    let content = match &entry.content {
        Content::Text(_) => Content::Text(String::new()),
        Content::Event(_) => Content::Event(event(entry.log()?)?.to_content()),
    };
    Some(Entry { role: entry.role, content, other: only(&entry.other, &ENTRY_FIELDS) })
}

fn event(event: LogEvent) -> Option<LogEvent> {
    Some(match event {
        kept @ (LogEvent::ShardRevealed { .. }
        | LogEvent::SystemVerification { .. }
        | LogEvent::ConversationCompleted { .. }
        | LogEvent::Usage { .. }
        | LogEvent::Confidence { .. }) => kept,
        LogEvent::AnswerEvaluation { is_correct, score, .. } => LogEvent::AnswerEvaluation {
            exact_answer: Value::Null,
            is_correct,
            score,
            evaluation_return: json!({ "score": score }),
        },
        LogEvent::Question { turn, .. } => LogEvent::Question { turn, text: String::new() },
        LogEvent::Rewrite { turn, .. } => LogEvent::Rewrite { turn, text: String::new() },
        LogEvent::Plan { turn, .. } => LogEvent::Plan { turn, text: String::new() },
        LogEvent::ReplyDropped { turn, entropy, .. } => LogEvent::ReplyDropped { turn, text: String::new(), entropy },
        LogEvent::Fault { role, .. } => LogEvent::Fault { role, message: String::new() },
        LogEvent::SpecEdit { .. } => return None,
    })
}

fn only(fields: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    fields
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
