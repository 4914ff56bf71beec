//! What a session file says, without folding it: for lists and searches over many.

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;

use super::lines::reason;
use crate::event::{self, Fork, Lane};

/// The words of a session, turn by turn.
#[derive(Debug, Default)]
pub(super) struct Glance {
    /// When it began.
    pub(super) started: Timestamp,
    /// When something last happened in it.
    pub(super) changed: Timestamp,
    pub(super) title: Option<String>,
    pub(super) forked_from: Option<Fork>,
    pub(super) turns: Vec<Words>,
    /// What was said last, if it was not heard.
    pub(super) pending: Option<String>,
    /// The first line that cannot be read, if there is one, and why.
    pub(super) damaged: Option<String>,
}

/// The words of a turn.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) user: String,
    pub(super) mediated: String,
    pub(super) unmediated: String,
}

impl Words {
    pub(super) fn reply(&self, lane: Lane) -> &str {
        match lane {
            Lane::Mediated => &self.mediated,
            Lane::Unmediated => &self.unmediated,
        }
    }

    fn reply_mut(&mut self, lane: Lane) -> &mut String {
        match lane {
            Lane::Mediated => &mut self.mediated,
            Lane::Unmediated => &mut self.unmediated,
        }
    }
}

/// Whether the words of replies are wanted, by far the most of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replies {
    Read,
    PassedOver,
}

/// What is read of a line; the rest of it is passed over.
#[derive(Deserialize)]
struct Part<'a> {
    at: Timestamp,
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    turn: Option<Said>,
    #[serde(default)]
    lane: Lane,
    #[serde(default)]
    forked_from: Option<Fork>,
}

#[derive(Deserialize)]
struct Said {
    user: String,
}

impl Glance {
    /// Reads what can be read of a file.
    pub(super) fn at(path: &Path, replies: Replies) -> std::io::Result<(Self, u64)> {
        let bytes = std::fs::read(path)?;
        let mut glance = Self::default();
        let mut passed_over = None;
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if replies == Replies::PassedOver && line.ends_with(b"\n") && is_piece(line) {
                passed_over = Some(line);
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(part) => glance.take(part),
                // Half a line at the end was not written, or is being written.
                Err(_) if !line.ends_with(b"\n") || line.trim_ascii().is_empty() => {}
                Err(error) if glance.damaged.is_none() => {
                    glance.damaged = Some(format!("line {}: {}", index + 1, reason(&error)));
                }
                Err(_) => {}
            }
        }
        // The time of the last of them may be the last of all.
        if let Some(part) = passed_over.and_then(|line| serde_json::from_slice::<Part<'_>>(line).ok()) {
            glance.changed = glance.changed.max(part.at);
        }
        Ok((glance, bytes.len() as u64))
    }

    fn take(&mut self, part: Part<'_>) {
        let Part { at, event, text, title, turn, lane, forked_from } = part;
        match &*event {
            "started" => (self.started, self.forked_from) = (at, forked_from),
            "renamed" => {
                self.title = title.and_then(|title| event::title(&title));
                // A new name makes no session newer.
                return;
            }
            "said" => self.pending = text,
            "heard" => {
                self.pending = None;
                self.turns.push(Words { user: turn.map(|turn| turn.user).unwrap_or_default(), ..Words::default() });
            }
            "corrected" => {
                self.turns.push(Words { user: turn.map(|turn| turn.user).unwrap_or_default(), ..Words::default() });
            }
            "replying" => {
                if let Some(words) = self.turns.last_mut() {
                    words.reply_mut(lane).clear();
                }
            }
            "piece" => {
                if let (Some(words), Some(text)) = (self.turns.last_mut(), text) {
                    words.reply_mut(lane).push_str(&text);
                }
            }
            "undone" => drop(self.turns.pop()),
            _ => {}
        }
        self.changed = self.changed.max(at);
    }
}

/// Whether a line is a piece of a reply, as its beginning tells. No text can look like that: the quotation marks in it
/// are escaped.
fn is_piece(line: &[u8]) -> bool {
    const LONGEST_TIME: usize = 64;
    let beginning = line.get(..LONGEST_TIME).unwrap_or(line);
    memmem::find(beginning, br#""event":"piece""#).is_some()
}
