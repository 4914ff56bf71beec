//! What runs came to, summed up as they end: what is shown while an experiment goes on, and what its limits are held
//! against. Figures that say something about a model are the scorer's.

use std::collections::BTreeMap;

use serde::Deserialize;
use throughline_conversation::{TokenUsage, Transcript};
use throughline_models::Calls;

use crate::Failure;

/// The scores of some runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// How many runs.
    pub runs: usize,
    sum: f64,
}

impl Scores {
    /// The mean score, from 0 to 1; `None` where there is no run.
    pub fn mean(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a number of runs")]
        let mean = self.sum / self.runs as f64;
        (self.runs > 0).then_some(mean)
    }
}

/// Sums over runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Scores of finished runs, by assistant and setting.
    pub scores: BTreeMap<(String, String), Scores>,
    /// Why the conversations of finished runs ended, as transcripts say it.
    pub stop_reasons: BTreeMap<String, usize>,
    /// Tokens by role, as far as the models told. Failed attempts are among them.
    pub usage: BTreeMap<String, TokenUsage>,
    /// Model calls of all roles, with those of failed attempts.
    pub calls: Calls,
    /// Seconds of conversation. Runs go on beside each other, so that less time may have passed.
    pub seconds: f64,
}

impl Tally {
    /// Counts a finished run in.
    pub fn add(&mut self, transcript: &Transcript) {
        let cell = (transcript.assistant_model.clone(), transcript.conv_type.clone());
        let scores = self.scores.entry(cell).or_default();
        scores.runs += 1;
        // A transcript that somebody else put here may lack a score; then it has none to add.
        scores.sum += transcript.verdict().ok().and_then(throughline_conversation::Verdict::score).unwrap_or_default();
        let other = |name: &str| transcript.other.get(name);
        if let Some(reason) = other("stop_reason").and_then(serde_json::Value::as_str) {
            *self.stop_reasons.entry(reason.to_owned()).or_default() += 1;
        }
        self.seconds += other("seconds").and_then(serde_json::Value::as_f64).unwrap_or_default();
        let usage = other("usage").and_then(|usage| BTreeMap::deserialize(usage).ok());
        let calls = other("calls").and_then(|calls| BTreeMap::deserialize(calls).ok());
        self.spend(&usage.unwrap_or_default(), &calls.unwrap_or_default());
    }

    /// Counts in what a failed attempt took.
    pub fn add_failure(&mut self, failure: &Failure) {
        self.spend(&failure.usage, &failure.calls);
    }

    /// How many runs are finished.
    pub fn finished(&self) -> usize {
        self.scores.values().map(|scores| scores.runs).sum()
    }

    /// Tokens of all roles.
    pub fn tokens(&self) -> TokenUsage {
        self.usage.values().fold(TokenUsage::default(), |mut sum, usage| {
            sum += *usage;
            sum
        })
    }

    fn spend(&mut self, usage: &BTreeMap<String, TokenUsage>, calls: &BTreeMap<String, Calls>) {
        for (role, tokens) in usage {
            *self.usage.entry(role.clone()).or_default() += *tokens;
        }
        for calls in calls.values() {
            self.calls += *calls;
        }
    }
}
