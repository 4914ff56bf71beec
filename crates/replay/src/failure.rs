//! Error records: what became of a run that has no transcript.

use serde::{Deserialize, Serialize};
use throughline_models::Retries;

/// One line of `errors.jsonl`: an attempt at a run that failed. A later success of the same run supersedes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Names the run, as its transcript would.
    pub conv_id: String,
    /// The setting.
    pub conv_type: String,
    /// The task family.
    pub task: String,
    /// The sample.
    pub task_id: String,
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
    /// The error and what caused it.
    pub message: String,
    /// When it happened: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub timestamp: String,
}
