//! Error records: what became of a run that has no transcript.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use throughline_conversation::TokenUsage;
use throughline_models::{Calls, Retries};

use crate::PlannedRun;
use crate::clock::now;
use crate::error::chain;
use crate::run::Broken;

/// One line of `errors.jsonl`: an attempt at a run that failed. A later success of the same run supersedes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Names the run, as its transcript would.
    pub conv_id: String,
    /// The setting.
    pub conv_type: String,
    /// The task family.
    pub task: String,
    /// The sample.
    pub task_id: String,
    /// The assistant's name. Empty in records of earlier versions.
    #[serde(default)]
    pub assistant_model: String,
    /// Which repeat of the sample in the setting, from 0.
    pub repeat: u32,
    /// The role whose call failed.
    pub role: String,
    /// What kind of error it was, in a word or two: `context_overflow`, `unreachable`, …
    pub error: String,
    /// Whether the same call could succeed later: `rate_limit`, `transient`, `cut_stream` (which were repeated in vain,
    /// as often as the model's settings say) or `permanent`. Empty in records of earlier versions.
    #[serde(default)]
    pub class: String,
    /// Failed attempts that were repeated in the run, those of the call that failed in the end among them; the attempt
    /// that ended it is not one of them.
    #[serde(default, skip_serializing_if = "Retries::is_none")]
    pub retries: Retries,
    /// Tokens by role that the attempt took, as far as the models told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage: BTreeMap<String, TokenUsage>,
    /// Model calls by role that came to their end before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<String, Calls>,
    /// The error and what caused it.
    pub message: String,
    /// When it happened: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub timestamp: String,
}

impl Failure {
    /// The record of a run that failed just now.
    pub(crate) fn new(run: &PlannedRun<'_>, Broken { error, taken }: &Broken, retries: Retries) -> Self {
        Self {
            conv_id: run.conv_id.clone(),
            conv_type: run.setting.name().to_owned(),
            task: run.family.name().to_owned(),
            task_id: run.sample.task_id.clone(),
            assistant_model: run.roles.assistant.name.clone(),
            repeat: run.repeat,
            role: error.role().to_owned(),
            error: error.kind().to_owned(),
            class: error.class().as_str().to_owned(),
            retries,
            usage: taken.usage.iter().map(|(role, tokens)| ((*role).to_owned(), *tokens)).collect(),
            calls: taken.calls.iter().map(|(role, calls)| ((*role).to_owned(), *calls)).collect(),
            message: chain(error),
            timestamp: now(),
        }
    }
}
