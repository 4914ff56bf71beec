//! A chat as a transcript: one more recorded conversation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use throughline_conversation::{Entry, Header, LogEvent, Role, TokenUsage, Transcript, Turn};

use super::shown::title;
use crate::event::{Lane, Replied, Spent};
use crate::record::{Exchange, Record, Reply};

/// The setting and the task of a chat.
const SETTING: &str = "mediated";
const TASK: &str = "chat";
/// What stands where there is nothing to name.
const NONE: &str = "NA";
/// How the confidence of a reply is measured: over all its tokens.
const CONFIDENCE: &str = "reply-span";

/// The chat as a transcript in the study's format: what was said as user and assistant entries, what was understood,
/// asked, planned and spent as log entries. The replies that count are the assistant's; the other one of a turn stands in
/// its entry, under its lane's name. Nobody judged it, so that it has no score.
pub fn transcript(record: &Record) -> Transcript {
    let last = || record.exchanges.iter().rev();
    let assistant = last().find_map(|exchange| exchange.reply(exchange.kept)).map(|reply| reply.model.as_str());
    let mediator = last().map(|exchange| exchange.model.as_str()).find(|name| !name.is_empty());
    let named = |name: Option<&str>| name.filter(|name| !name.is_empty()).unwrap_or(NONE).to_owned();
    let mut transcript = Transcript::new(Header {
        conv_id: record.id.to_string(),
        conv_type: SETTING.to_owned(),
        task: TASK.to_owned(),
        task_id: record.id.to_string(),
        dataset_fn: NONE.to_owned(),
        assistant_model: named(assistant),
        system_model: named(mediator),
        user_model: NONE.to_owned(),
        git_version: concat!("throughline ", env!("CARGO_PKG_VERSION")).to_owned(),
    });
    let mut trace = Trace::default();
    for (place, (turn, exchange)) in record.conversation.turns.iter().zip(&record.exchanges).enumerate() {
        trace.turn(place, turn, exchange);
    }
    transcript.trace = trace.entries;
    transcript.other.insert("title".into(), title(record).into());
    transcript.other.insert("started".into(), stamp(record.started).into());
    transcript.other.insert("usage".into(), json!(trace.usage));
    transcript
}

/// Entries in the making.
#[derive(Default)]
struct Trace {
    entries: Vec<Entry>,
    usage: BTreeMap<&'static str, TokenUsage>,
    /// When the turn was heard.
    at: Timestamp,
}

impl Trace {
    fn turn(&mut self, place: usize, turn: &Turn, exchange: &Exchange) {
        self.at = exchange.at;
        let by_hand = exchange.corrected.then(|| ("corrected".to_owned(), true.into()));
        self.said(Role::User, &turn.user, by_hand);
        self.spent("mediator", exchange.spent);
        let (edits, findings) = (turn.edits.clone(), turn.findings.clone());
        self.observed(&LogEvent::SpecEdit { turn: place, edits, findings, decision: turn.decision });
        if let Some(question) = &exchange.question {
            self.observed(&LogEvent::Question { turn: place, text: question.clone() });
            self.said(Role::Assistant, question, None);
        }
        if let Some(plan) = &exchange.plan {
            self.observed(&LogEvent::Plan { turn: place, text: plan.clone() });
            self.spent("planner", exchange.planned);
        }
        for failure in &exchange.failures {
            self.fault(&failure.role, &failure.message);
        }
        for earlier in &exchange.earlier {
            self.observed(&LogEvent::ReplyDropped { turn: place, text: earlier.text.clone(), entropy: None });
            if let Some(failure) = &earlier.failure {
                self.fault("assistant", failure);
            }
        }
        if let Some(reply) = exchange.reply(exchange.kept) {
            self.reply(reply, exchange);
        }
    }

    fn reply(&mut self, reply: &Reply, exchange: &Exchange) {
        let mut beside = ending(reply);
        if exchange.kept != Lane::Mediated {
            beside.insert("lane".into(), exchange.kept.name().into());
        }
        let aside = Lane::BOTH.into_iter().filter(|lane| *lane != exchange.kept);
        for (lane, other) in aside.filter_map(|lane| Some((lane, exchange.reply(lane)?))) {
            let mut other_one = ending(other);
            other_one.insert("content".into(), other.text.as_str().into());
            beside.insert(lane.name().into(), other_one.into());
        }
        self.said(Role::Assistant, &reply.text, beside);
        if let Some(Replied { confidence, tokens, seconds, .. }) = &reply.ended {
            // What it cost stands in the reply's own entry.
            self.spent("assistant", Spent { tokens: tokens.unwrap_or_default(), seconds: *seconds, cost_usd: None });
            if let Some(value) = *confidence {
                self.observed(&LogEvent::Confidence { value, method: CONFIDENCE.to_owned() });
            }
        }
        if let Some(failure) = &reply.failure {
            self.fault("assistant", failure);
        }
    }

    fn said(&mut self, role: Role, text: &str, beside: impl IntoIterator<Item = (String, Value)>) {
        let mut entry = Entry::said(role, text).at(stamp(self.at));
        entry.other.extend(beside);
        self.entries.push(entry);
    }

    fn observed(&mut self, event: &LogEvent) {
        self.entries.push(Entry::observed(event).at(stamp(self.at)));
    }

    fn fault(&mut self, role: &str, message: &str) {
        self.observed(&LogEvent::Fault { role: role.to_owned(), message: message.to_owned() });
    }

    /// What a role's calls took, where it was counted.
    fn spent(&mut self, role: &'static str, spent: Spent) {
        let Spent { tokens, seconds, cost_usd } = spent;
        if tokens != TokenUsage::default() {
            *self.usage.entry(role).or_default() += tokens;
            let usage = LogEvent::Usage { role: role.to_owned(), tokens, seconds };
            let mut entry = Entry::observed(&usage).at(stamp(self.at));
            entry.other.extend(cost_usd.map(|cost| ("cost_usd".to_owned(), cost.into())));
            self.entries.push(entry);
        }
    }
}

/// Who wrote a reply, and how it ended.
fn ending(reply: &Reply) -> Map<String, Value> {
    let mut ending = Map::new();
    ending.insert("model".into(), reply.model.as_str().into());
    if let Some(replied) = &reply.ended {
        ending.insert("finish_reason".into(), replied.reason.as_str().into());
        ending.insert("seconds".into(), replied.seconds.into());
        if let Some(cost) = replied.cost_usd {
            ending.insert("cost_usd".into(), cost.into());
        }
    }
    ending
}

/// A time as the study's transcripts spell it, in UTC.
fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
