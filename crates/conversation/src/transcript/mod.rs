//! Transcript lines: one recorded conversation each, in the study's format.

pub(crate) mod entry;
pub(crate) mod log;
pub(crate) mod read;
pub(crate) mod schema;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use entry::Entry;
use log::LogEvent;

/// One line of a transcript file: a recorded conversation of one sample in one setting.
///
/// Fields that are not named here survive a round trip unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "the object of a transcript")]
pub struct Transcript {
    /// Names the run; unique within a run directory.
    pub conv_id: String,
    /// The setting: `full`, `concat`, `sharded`, …
    pub conv_type: String,
    /// The task family: `math`, `actions`, …
    pub task: String,
    /// The sample.
    pub task_id: String,
    /// The model that replied.
    pub assistant_model: String,
    /// Everything that happened, in order.
    pub trace: Vec<Entry>,
    /// Whether the run's last answer attempt is right; `null` where `score` says it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["boolean", "number", "null"]))]
    pub is_correct: Option<Value>,
    /// The run's score from 0 to 1; `null` where `is_correct` says it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["boolean", "number", "null"]))]
    pub score: Option<Value>,
    /// Every other field.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Tells a field that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What names and describes a run, for a new [`Transcript`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Names the run.
    pub conv_id: String,
    /// The setting.
    pub conv_type: String,
    /// The task family.
    pub task: String,
    /// The sample.
    pub task_id: String,
    /// The file that the sample came from.
    pub dataset_fn: String,
    /// The model that replied.
    pub assistant_model: String,
    /// The model behind the mediator, or `NA`.
    pub system_model: String,
    /// The model behind the user simulator, or `NA`.
    pub user_model: String,
    /// The version of the program that made the run.
    pub git_version: String,
}

/// What a transcript says about how its run went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The run's score, from 0 to 1.
    Scored(f64),
    /// The conversation ended without an answer attempt, which scores 0.
    NoAttempt,
    /// The transcript was never evaluated.
    Unevaluated,
}

impl Verdict {
    /// The verdict that the fields `score` and `is_correct` hold; `None` where neither holds a value.
    ///
    /// # Errors
    /// A sentence that names the field which holds something other than a number from 0 to 1 or a truth value.
    pub fn recorded(score: Option<&Value>, is_correct: Option<&Value>) -> Result<Option<Self>, String> {
        for (name, field) in [("score", score), ("is_correct", is_correct)] {
            let value = match field {
                None | Some(Value::Null) => continue,
                Some(Value::Bool(correct)) => f64::from(u8::from(*correct)),
                Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
                Some(other) => return Err(format!("field `{name}` is {other}, not a number, a truth value or null")),
            };
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("field `{name}` is {value}, outside 0 to 1"));
            }
            return Ok(Some(Self::Scored(value)));
        }
        Ok(None)
    }

    /// The run's score from 0 to 1; `None` where the transcript was never evaluated.
    pub fn score(self) -> Option<f64> {
        match self {
            Self::Scored(score) => Some(score),
            Self::NoAttempt => Some(0.0),
            Self::Unevaluated => None,
        }
    }
}

impl Transcript {
    /// A transcript with no trace yet and no verdict.
    pub fn new(header: Header) -> Self {
        let mut other = Map::new();
        other.insert("dataset_fn".into(), header.dataset_fn.into());
        other.insert("system_model".into(), header.system_model.into());
        other.insert("user_model".into(), header.user_model.into());
        other.insert("git_version".into(), header.git_version.into());
        Self {
            conv_id: header.conv_id,
            conv_type: header.conv_type,
            task: header.task,
            task_id: header.task_id,
            assistant_model: header.assistant_model,
            trace: Vec::new(),
            is_correct: Some(Value::Null),
            score: Some(Value::Null),
            other,
        }
    }

    /// The run's verdict. `score` and `is_correct` are used interchangeably in recordings: the first that holds
    /// a value counts. Where neither does, a conversation whose replies were classified (or that says it was
    /// completed) but that holds no answer attempt scores 0.
    ///
    /// # Errors
    /// A sentence that names the field, when one of them holds something other than a number from 0 to 1 or a
    /// truth value, or when an answer was evaluated and yet neither field says how.
    pub fn verdict(&self) -> Result<Verdict, String> {
        if let Some(verdict) = Verdict::recorded(self.score.as_ref(), self.is_correct.as_ref())? {
            return Ok(verdict);
        }
        let mut examined = false;
        for event in self.trace.iter().filter_map(Entry::log) {
            match event {
                LogEvent::AnswerEvaluation { .. } => {
                    return Err("an answer was evaluated, but `score` and `is_correct` are both missing".into());
                }
                LogEvent::SystemVerification { .. } | LogEvent::ConversationCompleted { .. } => examined = true,
                _ => {}
            }
        }
        Ok(if examined { Verdict::NoAttempt } else { Verdict::Unevaluated })
    }

    /// Records the run's verdict.
    pub fn set_score(&mut self, score: f64) {
        self.score = Some(score.into());
        self.is_correct = Some((score >= 1.0).into());
    }
}

#[cfg(test)]
mod tests;
