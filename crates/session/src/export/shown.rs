//! What an export shows of a chat, whatever it is written in.

use jiff::Timestamp;
use serde::Serialize;
use throughline_conversation::{Conversation, Spec, Turn};

use super::changes::{Item, Section, change, one_line, sections};
use crate::event::Lane;
use crate::record::{Exchange, Record, Reply};

/// A chat, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Chat {
    pub(super) title: String,
    /// What there is to know before it begins.
    pub(super) about: String,
    pub(super) turns: Vec<Shown>,
    /// What the user said last, where it was not heard.
    pub(super) pending: Option<String>,
    pub(super) unheard: Option<String>,
    /// What was understood in the end.
    pub(super) spec: Vec<Section>,
}

/// A turn, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    /// From 1.
    pub(super) number: usize,
    pub(super) at: String,
    /// The user changed the spec with their own hands.
    pub(super) corrected: bool,
    pub(super) user: String,
    pub(super) changes: Vec<Item>,
    /// What the guard noticed.
    pub(super) findings: Vec<String>,
    pub(super) question: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) failures: Vec<String>,
    pub(super) replies: Vec<Answer>,
}

/// A reply, ready to be written.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// Whose reply it is.
    pub(super) label: &'static str,
    /// The model, how long it took, how it ended.
    pub(super) about: String,
    pub(super) text: String,
    /// Whether it is the one that counts.
    pub(super) kept: bool,
}

impl Chat {
    pub(super) fn of(record: &Record) -> Self {
        let turns = &record.conversation.turns;
        let mut spec = Spec::default();
        let shown = turns.iter().zip(&record.exchanges).enumerate();
        let shown = shown.map(|(place, (turn, exchange))| Shown::of(place + 1, turn, exchange, &mut spec)).collect();
        Self {
            title: title(record),
            about: about(record),
            turns: shown,
            pending: record.pending.clone(),
            unheard: record.unheard.clone(),
            spec: sections(record.spec()),
        }
    }
}

impl Shown {
    /// Shows a turn, and takes what it changed into the spec before it.
    fn of(number: usize, turn: &Turn, exchange: &Exchange, spec: &mut Spec) -> Self {
        let mut changes = Vec::new();
        for (place, edit) in turn.edits.iter().enumerate() {
            changes.extend(change(edit, spec));
            // A record holds only edits that fit.
            drop(spec.apply(place, edit));
        }
        let earlier = exchange.earlier.iter().map(|reply| Answer::of(reply, "Earlier reply", false));
        let lanes = Lane::BOTH.into_iter().filter_map(|lane| Some((lane, exchange.reply(lane)?)));
        let lanes = lanes.map(|(lane, reply)| {
            let label = match lane {
                Lane::Mediated => "Reply",
                Lane::Unmediated => "Reply without the mediator",
            };
            Answer::of(reply, label, lane == exchange.kept)
        });
        Self {
            number,
            at: minute(exchange.at),
            corrected: exchange.corrected,
            user: turn.user.clone(),
            changes,
            findings: turn.findings.iter().map(|finding| one_line(&finding.to_string())).collect(),
            question: exchange.question.clone(),
            plan: exchange.plan.clone(),
            failures: exchange
                .failures
                .iter()
                .map(|failure| format!("{} failed: {}", failure.role, one_line(&failure.message)))
                .collect(),
            replies: earlier.chain(lanes).collect(),
        }
    }
}

impl Answer {
    fn of(reply: &Reply, label: &'static str, kept: bool) -> Self {
        let mut about = vec![reply.model.clone()];
        if let Some(ended) = &reply.ended {
            if ended.seconds > 0.0 {
                about.push(format!("{:.1} s", ended.seconds));
            }
            about.extend(ended.tokens.map(|tokens| format!("{} tokens", tokens.completion_tokens)));
            about.extend(ended.confidence.map(|value| format!("confidence {value:.2}")));
            about.extend(ended.cost_usd.map(|cost| format!("{cost:.4} USD")));
            about.extend((ended.reason != "stop").then(|| format!("ended by: {}", one_line(&ended.reason))));
        }
        about.extend(reply.failure.iter().map(|failure| format!("broke off: {}", one_line(failure))));
        about.retain(|part| !part.is_empty());
        Self { label, about: about.join(", "), text: reply.text.clone(), kept }
    }
}

/// The chat's title, or its first words.
pub(super) fn title(record: &Record) -> String {
    let first = record.conversation.turns.first().map(|turn| turn.user.as_str()).or(record.pending.as_deref());
    let title = record.title.clone().or(first.map(crate::store::beginning)).unwrap_or_default();
    if title.is_empty() { format!("Session {}", record.id) } else { title }
}

fn about(record: &Record) -> String {
    let Conversation { turns } = &record.conversation;
    let count = if turns.len() == 1 { "1 turn".to_owned() } else { format!("{} turns", turns.len()) };
    let mut about = format!("Session {}, begun {}, {count}", record.id, minute(record.started));
    if let Some(fork) = &record.forked_from {
        about += &format!(", forked from {} after its turn {}", fork.session, fork.turns);
    }
    about
}

/// A time to the minute.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
