//! A conversation as the viewer shows it.
//!
//! Everything that needs knowledge is settled here: which dialect a log entry is in, which turn it belongs to, what
//! the spec was after it. The page only lays it out.

use serde::Serialize;
use serde_json::{Map, Value};
use throughline_conversation::{Content, Decision, Entry, EntryRole, LogEvent, Spec, Transcript};

use super::spec::{ClauseShown, EditShown, shown_edits, shown_spec};

/// What the viewer gets of one run.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    /// Names and values of the line's own fields beside those of the index.
    about: Vec<(&'a str, String)>,
    pub(super) items: Vec<Item<'a>>,
}

/// One thing that happened, in order.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Item<'a> {
    System {
        text: &'a str,
    },
    User {
        /// From 1.
        turn: usize,
        text: &'a str,
        shards: Vec<i64>,
    },
    Assistant {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning: Option<&'a str>,
        /// What the assistant read, where that was recorded apart.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt: Option<&'a Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        finish_reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seconds: Option<f64>,
    },
    /// How the reply before was classified.
    Verification {
        response_type: String,
    },
    /// The evaluation of the answer before.
    Attempt {
        answer: String,
        /// From 0 to 1.
        score: Option<f64>,
        details: String,
    },
    Completed,
    /// What the mediator made of the user turn before.
    Mediation {
        edits: Vec<EditShown>,
        findings: Vec<String>,
        asks: bool,
        /// Every clause so far, with what this turn did to it.
        spec: Vec<ClauseShown>,
        /// Why the spec could not be brought up to date.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    Question {
        text: String,
    },
    Fault {
        role: String,
        message: String,
    },
    Confidence {
        value: f64,
        method: String,
    },
    Usage {
        role: String,
        prompt_tokens: u64,
        completion_tokens: u64,
        seconds: f64,
    },
    /// Any other log entry, as recorded.
    Log {
        #[serde(rename = "type")]
        kind: &'a str,
        content: String,
    },
}

/// What `transcript` shows.
pub(super) fn shown(transcript: &Transcript) -> Shown<'_> {
    let about = transcript.other.iter().filter(|(_, value)| !value.is_null());
    let mut telling = Telling::default();
    for entry in &transcript.trace {
        telling.tell(entry);
    }
    Shown { about: about.map(|(name, value)| (&**name, plain(value))).collect(), items: telling.items }
}

/// The items so far, and what the next one depends on.
#[derive(Default)]
struct Telling<'a> {
    items: Vec<Item<'a>>,
    turns: usize,
    /// Shards that were revealed before their user turn, as one dialect records them.
    pending: Vec<i64>,
    /// Where the user turn stands to which a shard that is revealed now belongs.
    user: Option<usize>,
    spec: Spec,
    /// How many edits the spec holds.
    edits: usize,
}

impl<'a> Telling<'a> {
    fn tell(&mut self, entry: &'a Entry) {
        match (entry.role, &entry.content) {
            (EntryRole::System, Content::Text(text)) => self.items.push(Item::System { text }),
            (EntryRole::User, Content::Text(text)) => {
                self.turns += 1;
                self.user = Some(self.items.len());
                let shards = std::mem::take(&mut self.pending);
                self.items.push(Item::User { turn: self.turns, text, shards });
            }
            (EntryRole::Assistant, Content::Text(text)) => {
                self.user = None;
                self.items.push(reply(text, &entry.other));
            }
            (_, Content::Event(content)) => self.observe(entry.log(), content),
            // A reader of transcripts refuses such an entry.
            (EntryRole::Log, Content::Text(_)) => {}
        }
    }

    fn observe(&mut self, event: Option<LogEvent>, content: &'a Map<String, Value>) {
        let item = match event {
            Some(LogEvent::ShardRevealed { shard_id }) => return self.reveal(shard_id),
            Some(LogEvent::SystemVerification { response }) => {
                Item::Verification { response_type: response.response_type }
            }
            Some(LogEvent::AnswerEvaluation { exact_answer, is_correct, score, evaluation_return }) => Item::Attempt {
                answer: plain(&exact_answer),
                score: score.or(is_correct.map(|correct| f64::from(u8::from(correct)))),
                details: if evaluation_return.is_null() { String::new() } else { plain(&evaluation_return) },
            },
            Some(LogEvent::ConversationCompleted { .. }) => Item::Completed,
            Some(LogEvent::SpecEdit { edits, findings, decision, .. }) => {
                let edited = shown_edits(&edits, &self.spec);
                let before = self.spec.clone();
                let first = self.edits;
                self.edits += edits.len();
                let error = (first..).zip(&edits).find_map(|(index, edit)| self.spec.apply(index, edit).err());
                Item::Mediation {
                    edits: edited,
                    findings: findings.iter().map(ToString::to_string).collect(),
                    asks: decision == Decision::Ask,
                    spec: shown_spec(&self.spec, &before),
                    error: error.map(|error| error.to_string()),
                }
            }
            Some(LogEvent::Question { text, .. }) => Item::Question { text },
            Some(LogEvent::Usage { role, tokens, seconds }) => Item::Usage {
                role,
                prompt_tokens: tokens.prompt_tokens,
                completion_tokens: tokens.completion_tokens,
                seconds,
            },
            Some(LogEvent::Confidence { value, method }) => Item::Confidence { value, method },
            Some(LogEvent::Fault { role, message }) => Item::Fault { role, message },
            Some(LogEvent::Rewrite { .. } | LogEvent::Plan { .. } | LogEvent::ReplyDropped { .. }) | None => {
                Item::Log {
                    kind: content.get("type").and_then(Value::as_str).unwrap_or_default(),
                    content: content.iter().filter(|(name, _)| *name != "type").fold(
                        String::new(),
                        |text, (name, value)| {
                            let gap = if text.is_empty() { "" } else { "; " };
                            format!("{text}{gap}{name}: {}", plain(value))
                        },
                    ),
                }
            }
        };
        self.items.push(item);
    }

    /// Recordings say so right behind the user turn, or before it.
    fn reveal(&mut self, shard_id: i64) {
        match self.user.and_then(|user| self.items.get_mut(user)) {
            Some(Item::User { shards, .. }) => shards.push(shard_id),
            _ => self.pending.push(shard_id),
        }
    }
}

fn reply<'a>(text: &'a str, other: &'a Map<String, Value>) -> Item<'a> {
    let text_of = |name: &str| other.get(name).and_then(Value::as_str);
    Item::Assistant {
        text,
        reasoning: text_of("reasoning"),
        prompt: other.get("prompt").filter(|prompt| prompt.is_array()),
        finish_reason: text_of("finish_reason"),
        seconds: other.get("seconds").and_then(Value::as_f64),
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
