//! From a trace to the facts of a run, in one pass.

use hashbrown::HashMap;
use serde_json::{Map, Value};
use throughline_conversation::{Content, Entry, EntryRole, LogEvent, Transcript};

use super::facts::{Attempt, Calls, Confidence, Echo, Facts, Faults, ResponseType, Share, Spent, Stop, Turn};
use super::spec::Understanding;
use crate::words;

/// Gathers the facts of a run while its trace passes by. A reply belongs to the user turn before it; what is observed
/// belongs to the turn and the reply before it, except that a shard may be logged just before the turn that reveals it.
#[derive(Debug, Default)]
pub(crate) struct Observer<'a> {
    users: Vec<&'a str>,
    /// The last words of the assistant.
    reply: &'a str,
    /// Whether the mediator's question is yet to be said.
    asking: bool,
    turns: Vec<Turn>,
    attempts: Vec<Attempt>,
    /// Confidences for which no attempt was recorded yet.
    confidences: Vec<Confidence>,
    shards: Vec<i64>,
    stop: Option<Stop>,
    spent: Option<Spent>,
    faults: Faults,
    understanding: Option<Understanding>,
}

impl Facts {
    /// The facts of a transcript.
    pub(crate) fn of(transcript: &Transcript) -> Self {
        let mut observer = Observer::default();
        for entry in &transcript.trace {
            observer.entry(entry);
        }
        if let Some(reason) = transcript.other.get("stop_reason").and_then(Value::as_str) {
            observer.stopped(reason);
        }
        observer.finish()
    }
}

impl<'a> Observer<'a> {
    /// Something happened.
    pub(crate) fn entry(&mut self, entry: &'a Entry) {
        match (&entry.content, entry.role) {
            (Content::Text(text), EntryRole::User) => self.user(text),
            (Content::Text(text), EntryRole::Assistant) => self.assistant(text),
            (Content::Event(content), EntryRole::Log) => self.observed(content),
            _ => {}
        }
        if let Some(usd) = entry.other.get("cost_usd").and_then(Value::as_f64) {
            self.cost(entry.role, usd);
        }
    }

    /// An entry came with its price, in US dollars.
    pub(crate) fn cost(&mut self, role: EntryRole, usd: f64) {
        let spent = self.spent.get_or_insert_default();
        let sum = if role == EntryRole::Assistant { &mut spent.assistant_usd } else { &mut spent.other_usd };
        *sum.get_or_insert(0.0) += usd;
    }

    /// The user spoke.
    pub(crate) fn user(&mut self, text: &'a str) {
        self.users.push(text);
        self.turns.push(Turn::default());
        self.confidences.clear();
        if text.trim().is_empty() {
            self.faults.empty_user_turns = self.faults.empty_user_turns.saturating_add(1);
        }
    }

    /// The assistant replied, or the mediator asked in its place.
    pub(crate) fn assistant(&mut self, text: &'a str) {
        let asking = std::mem::take(&mut self.asking);
        if asking {
            self.classified(ResponseType::Question);
        } else {
            self.reply = text;
            if text.trim().is_empty() {
                self.faults.empty_replies = self.faults.empty_replies.saturating_add(1);
            }
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.reply_length = length(text);
        }
    }

    /// Why the conversation ended, where the transcript says so.
    pub(crate) fn stopped(&mut self, reason: &str) {
        self.stop = Some(Stop::of(reason));
    }

    /// Something was observed, of whatever type.
    pub(crate) fn observed(&mut self, content: &Map<String, Value>) {
        let kind = content.get("type").and_then(Value::as_str).unwrap_or_default();
        if self.counted(kind) {
            return;
        }
        if let Some(event) = LogEvent::from_content(content) {
            self.faults.unaware |= kind == "hint_revealed" && content.contains_key("shard_id");
            self.event(event);
        }
    }

    /// Something was observed of which nothing counts but that it was: what other programs log, beside the study's types.
    /// Whether it is of such a type.
    pub(crate) fn counted(&mut self, kind: &str) -> bool {
        match kind {
            "duplicate_shard_ignored" => {
                self.faults.ignored_duplicates = self.faults.ignored_duplicates.saturating_add(1);
            }
            "max_turns_exceeded" => {
                self.faults.turn_cap = true;
                self.stop.get_or_insert(Stop::TurnCap);
            }
            "state_transition" => {}
            _ => return false,
        }
        true
    }

    /// Something of a known type was observed.
    pub(crate) fn event(&mut self, event: LogEvent) {
        match event {
            LogEvent::ShardRevealed { shard_id } => self.revealed(shard_id, false),
            LogEvent::SystemVerification { response } => self.classified(ResponseType::of(&response.response_type)),
            LogEvent::AnswerEvaluation { exact_answer, is_correct, score, .. } => {
                let score = score.or(is_correct.map(|correct| f64::from(u8::from(correct))));
                self.attempted(answer_length(&exact_answer), score);
            }
            LogEvent::ConversationCompleted { .. }
            | LogEvent::Rewrite { .. }
            | LogEvent::Plan { .. }
            | LogEvent::ReplyDropped { .. } => {}
            LogEvent::SpecEdit { edits, findings, .. } => {
                if let Some(turn) = self.turns.last_mut() {
                    turn.edits = u16::try_from(edits.len()).unwrap_or(u16::MAX);
                }
                self.understanding.get_or_insert_default().take(edits, &findings);
            }
            LogEvent::Question { .. } => self.asking = true,
            LogEvent::Usage { role, tokens, seconds } => {
                let turn = self.turn();
                let calls = self.spent.get_or_insert_default().calls.entry(role.into()).or_default();
                match calls.last_mut().filter(|calls| calls.turn == turn) {
                    Some(calls) => {
                        calls.tokens += tokens;
                        calls.seconds += seconds;
                    }
                    None => calls.push(Calls { turn, tokens, seconds }),
                }
            }
            LogEvent::Confidence { value, method } => self.sure(Confidence { value, method: method.into() }),
            LogEvent::Fault { role, .. } => {
                let of = if ["simulator", "user"].contains(&&*role) {
                    &mut self.faults.simulator
                } else {
                    &mut self.faults.others
                };
                *of = of.saturating_add(1);
            }
        }
    }

    /// A shard was revealed, perhaps under a name that the simulated user does not look for.
    pub(crate) fn revealed(&mut self, shard: i64, unaware: bool) {
        self.faults.unaware |= unaware;
        match self.shards.binary_search(&shard) {
            Ok(_) => self.faults.repeated_shards = self.faults.repeated_shards.saturating_add(1),
            Err(place) => self.shards.insert(place, shard),
        }
    }

    /// The reply was classified.
    pub(crate) fn classified(&mut self, response: ResponseType) {
        if let Some(turn) = self.turns.last_mut() {
            turn.response = response;
        }
    }

    /// An answer attempt was evaluated; its length is in characters.
    pub(crate) fn attempted(&mut self, length: u32, score: Option<f64>) {
        let turn = self.turn();
        // A single reply is evaluated without being classified.
        if let Some(turn) = self.turns.last_mut().filter(|turn| turn.response == ResponseType::Unclassified) {
            turn.response = ResponseType::AnswerAttempt;
        }
        self.attempts.push(Attempt { turn, length, score, confidences: std::mem::take(&mut self.confidences) });
    }

    /// The user turn that goes on, from 0.
    fn turn(&self) -> u32 {
        u32::try_from(self.turns.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// A confidence belongs to the attempt of the same turn, whichever is logged first.
    fn sure(&mut self, confidence: Confidence) {
        let turn = self.turn();
        let held = match self.attempts.last_mut().filter(|attempt| attempt.turn == turn) {
            Some(attempt) => &mut attempt.confidences,
            None => &mut self.confidences,
        };
        held.retain(|earlier| earlier.method != confidence.method);
        held.push(confidence);
    }

    /// Everything has passed.
    pub(crate) fn finish(self) -> Facts {
        let correct = self.attempts.last().and_then(|attempt| attempt.score).is_some_and(|score| score >= 1.0);
        let stop = self.stop.unwrap_or(if correct { Stop::Correct } else { Stop::Ended });
        Facts {
            echo: echo(&self.users, self.reply),
            spec: self.understanding.map(|held| Box::new(held.finish(&self.users))),
            turns: self.turns.into(),
            attempts: self.attempts.into(),
            shards: self.shards.into(),
            stop,
            spent: self.spent.map(Box::new),
            faults: self.faults,
        }
    }
}

/// What the last reply takes up of the words that each turn brought in first.
fn echo(users: &[&str], reply: &str) -> Option<Echo> {
    if users.len() < 3 || reply.is_empty() {
        return None;
    }
    // All words stand in one text: this runs for every conversation of a study.
    let length: usize = users.iter().map(|text| text.len()).sum();
    let mut folded = String::with_capacity(length);
    let mut said = Vec::with_capacity(length / 4);
    for (turn, text) in users.iter().enumerate() {
        words::each(text, |word| {
            said.push((turn, folded.len()..folded.len() + word.len()));
            folded += word;
        });
    }
    let mut brought: HashMap<&str, (usize, bool)> = HashMap::with_capacity(said.len());
    for (turn, word) in said {
        brought.entry(&folded[word]).or_insert((turn, false));
    }
    words::each(reply, |word| {
        if let Some((_, taken_up)) = brought.get_mut(word) {
            *taken_up = true;
        }
    });
    let mut echo = Echo::default();
    for (turn, taken_up) in brought.into_values() {
        let share = Share { held: u32::from(taken_up), of: 1 };
        match turn {
            0 => echo.first += share,
            turn if turn + 1 == users.len() => echo.last += share,
            _ => echo.middle += share,
        }
    }
    Some(echo)
}

/// The length of an extracted answer in characters.
pub(crate) fn answer_length(answer: &Value) -> u32 {
    match answer {
        Value::Null => 0,
        Value::String(text) => length(text),
        other => length(&other.to_string()),
    }
}

/// A text's length in characters.
pub(crate) fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}
