//! Writing a run down while it goes on.
//!
//! A transcript is in the study's format, with these fields beside it: `seed` (the root seed), `repeat` (from 0),
//! `user_simulator` (where there is one), `recorded_conv_id` (where that repeats a recorded conversation), `roles` (what identifies each role's model and settings), `started`,
//! `stop_reason`, `usage` (tokens by role, as far as the models told), `calls` (by role: how many model calls were
//! made, how many came out of the response cache, what was repeated and why, and the cost where there is a price) and
//! `seconds` (of the whole run). A reply's entry also holds `finish_reason`, `seconds`, `reasoning` where there is any,
//! `cached` where it came out of the response cache, `cost_usd` where there is a price, `entropy` (the mean next-token
//! entropy in nats) where the setting needs it, and `prompt`: what the assistant read, where that is not simply the
//! conversation as recorded so far.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use throughline_conversation::{Entry, Header, LogEvent, TokenUsage, Transcript};
use throughline_models::{Calls, Message, Role};

use crate::clock::now;
use crate::respond::Reply;
use crate::{PlannedRun, RoleRecord, StopReason, Turns};

/// What stands in a transcript where a role has no model.
const NO_MODEL: &str = "NA";

/// The program and its version, as transcripts and manifests hold them.
pub(crate) const PROGRAM: &str = concat!("throughline ", env!("CARGO_PKG_VERSION"));

/// A transcript in the making.
pub(crate) struct Recorder {
    transcript: Transcript,
    started: Instant,
    /// What was said so far, as messages.
    said: Vec<Message>,
    taken: Taken,
}

/// What a run took.
#[derive(Default)]
pub(crate) struct Taken {
    /// Tokens by role, as far as the models told.
    pub(crate) usage: BTreeMap<&'static str, TokenUsage>,
    /// Model calls by role.
    pub(crate) calls: BTreeMap<&'static str, Calls>,
}

impl Recorder {
    pub(crate) fn new(run: &PlannedRun<'_>) -> Self {
        let roles = run.roles;
        let present = roles.taking_part(run.family, run.setting, run.user);
        let between = present.mediator.as_ref().or(present.rewriter.as_ref());
        let name = |role: Option<&RoleRecord>| role.map_or(NO_MODEL, |record| record.name.as_str()).to_owned();
        let mut transcript = Transcript::new(Header {
            conv_id: run.conv_id.clone(),
            conv_type: run.setting.name().to_owned(),
            task: run.family.name().to_owned(),
            task_id: run.sample.task_id.clone(),
            dataset_fn: run.file.to_owned(),
            assistant_model: roles.assistant.name.clone(),
            system_model: name(between),
            user_model: name(present.user.as_ref()),
            git_version: PROGRAM.to_owned(),
        });
        let other = &mut transcript.other;
        other.insert("seed".into(), run.seed.into());
        other.insert("repeat".into(), run.repeat.into());
        if run.setting.turns() == Turns::PerShard {
            other.insert("user_simulator".into(), run.user.name().into());
            other.extend(run.user.source(run).map(|conv_id| ("recorded_conv_id".to_owned(), conv_id.into())));
        }
        other.insert("roles".into(), json(&present));
        other.insert("started".into(), now().into());
        Self { transcript, started: Instant::now(), said: Vec::new(), taken: Taken::default() }
    }

    /// Somebody said something.
    pub(crate) fn said(&mut self, role: Role, text: &str) {
        self.entry(role, text, |entry| entry);
    }

    /// The assistant replied to `prompt`, which is kept where it is not simply what was said so far.
    pub(crate) fn replied(&mut self, prompt: &[Message], reply: &Reply) {
        let unlike = (*prompt != self.said).then_some(prompt);
        self.entry(Role::Assistant, &reply.text, |mut entry| {
            let other = &mut entry.other;
            other.insert("finish_reason".into(), reply.finish.reason.as_str().into());
            other.insert("seconds".into(), seconds(reply.elapsed).into());
            if !reply.reasoning.is_empty() {
                other.insert("reasoning".into(), reply.reasoning.as_str().into());
            }
            if reply.finish.calls.cached > 0 {
                other.insert("cached".into(), true.into());
            }
            if let Some(cost) = reply.finish.calls.cost_usd {
                other.insert("cost_usd".into(), cost.into());
            }
            if let Some(entropy) = reply.entropy {
                other.insert("entropy".into(), entropy.into());
            }
            if let Some(prompt) = unlike {
                other.insert("prompt".into(), json(&prompt));
            }
            entry
        });
    }

    /// Something was observed.
    pub(crate) fn observed(&mut self, event: &LogEvent) {
        self.observed_at_cost(event, None);
    }

    /// Something was observed that took a call of its own, which cost so many US dollars where there is a price.
    pub(crate) fn observed_at_cost(&mut self, event: &LogEvent, cost: Option<f64>) {
        let mut entry = Entry::observed(event).at(now());
        if let Some(cost) = cost {
            entry.other.insert("cost_usd".into(), cost.into());
        }
        self.transcript.trace.push(entry);
    }

    /// Model calls took so much: their tokens where the model says, as no number is better than a made-up one.
    pub(crate) fn spent(&mut self, role: &'static str, tokens: Option<TokenUsage>, elapsed: Duration, calls: Calls) {
        *self.taken.calls.entry(role).or_default() += calls;
        if let Some(tokens) = tokens {
            *self.taken.usage.entry(role).or_default() += tokens;
            self.observed(&LogEvent::Usage { role: role.to_owned(), tokens, seconds: seconds(elapsed) });
        }
    }

    /// The finished transcript. The score is that of the last answer attempt; a conversation without one scores 0.
    pub(crate) fn finish(mut self, stop: StopReason, last_attempt: Option<f64>) -> Transcript {
        self.transcript.set_score(last_attempt.unwrap_or(0.0));
        let other = &mut self.transcript.other;
        other.insert("stop_reason".into(), json(&stop));
        other.insert("usage".into(), json(&self.taken.usage));
        other.insert("calls".into(), json(&self.taken.calls));
        other.insert("seconds".into(), seconds(self.started.elapsed()).into());
        self.transcript
    }

    /// What was spent, of a run that has no transcript.
    pub(crate) fn into_taken(self) -> Taken {
        self.taken
    }

    fn entry(&mut self, role: Role, text: &str, complete: impl FnOnce(Entry) -> Entry) {
        self.said.push(Message::new(role, text));
        self.transcript.trace.push(complete(Entry::said(role, text)).at(now()));
    }
}

/// Seconds to the millisecond: more digits would only make files longer.
fn seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}

/// What is written here has text keys and finite numbers only, which always serialises.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
