//! Logs of inspect_ai: an evaluation's header, and its samples.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use throughline_conversation::{Content, Entry, LogEvent, TokenUsage, Transcript};

use super::fields::{METADATA, SETTING, kind};
use super::{Wrong, messages, openai};
use crate::names::NOT_NAMED;

/// What a header says of all samples of its log.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    #[serde(default)]
    eval_id: String,
    task: String,
    model: String,
    #[serde(default)]
    dataset: Dataset,
    #[serde(default)]
    task_args: Map<String, Value>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
struct Dataset {
    #[serde(default)]
    name: Option<String>,
}

/// One sample in one epoch. Events are passed over: its messages hold the conversation.
#[derive(Debug, Deserialize)]
pub(super) struct Sample {
    id: Value,
    #[serde(default)]
    epoch: u64,
    messages: Vec<Map<String, Value>>,
    #[serde(default)]
    target: Value,
    #[serde(default)]
    scores: Option<Map<String, Value>>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    #[serde(default)]
    model_usage: Option<HashMap<String, Usage>>,
    #[serde(default)]
    role_usage: Option<HashMap<String, Usage>>,
    #[serde(default)]
    total_time: Option<f64>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default)]
    attachments: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
}

/// The role of the evaluated model.
const ASSISTANT: &str = "assistant";
/// How a long text refers to where it stands.
const ATTACHMENT: &str = "attachment://";

impl Header {
    /// Reads the `eval` of a log.
    pub(super) fn of(eval: &Value) -> Result<Self, Wrong> {
        Self::deserialize(eval).map_err(|error| Wrong::new("eval", error.to_string()))
    }

    /// The transcript of a sample. Scores are those of `scorer`; without it, those of the only scorer.
    pub(super) fn transcript(&self, sample: Sample, scorer: Option<&str>) -> Result<Transcript, Wrong> {
        let instruction = match &sample.id {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            other => return Err(Wrong::new("id", format!("{} is no id", kind(other)))),
        };
        let setting = self.setting(&sample);
        let mut trace = Vec::new();
        for (index, mut message) in sample.messages.into_iter().enumerate() {
            message.shift_remove("id");
            let mut entry = messages::entry(message, &format!("messages[{index}]"), &openai::DIALECT)?;
            if let Content::Text(text) = &mut entry.content
                && let Some(whole) = text.strip_prefix(ATTACHMENT).and_then(|name| sample.attachments.get(name))
            {
                text.clone_from(whole);
            }
            trace.push(entry);
        }
        // A log that names the assistant among the roles says it all by role: one model may have had several.
        let by_role = sample.role_usage.filter(|roles| roles.contains_key(ASSISTANT));
        let mut usage: Vec<_> = by_role.or(sample.model_usage).unwrap_or_default().into_iter().collect();
        usage.sort_by(|one, other| one.0.cmp(&other.0));
        for (model, usage) in usage {
            // Other models than the evaluated one judge or simulate.
            let role = if model == self.model { ASSISTANT.into() } else { model };
            let tokens = TokenUsage { prompt_tokens: usage.input_tokens, completion_tokens: usage.output_tokens };
            let seconds = if role == ASSISTANT { sample.total_time.unwrap_or_default() } else { 0.0 };
            trace.push(Entry::observed(&LogEvent::Usage { role, tokens, seconds }));
        }
        let mut score = None;
        if let Some(error) = sample.error.filter(|error| !error.is_null()) {
            // An error is no score, even where the log scored it.
            let message = error.get("message").and_then(Value::as_str).unwrap_or("unknown").to_owned();
            trace.push(Entry::observed(&LogEvent::Fault { role: "harness".into(), message }));
        } else if let Some((value, evaluation)) = evaluated(sample.scores.as_ref(), scorer)? {
            trace.push(Entry::observed(&evaluation));
            score = Some(value);
        }
        let mut other = Map::new();
        other.insert("dataset_fn".into(), self.dataset.name.clone().unwrap_or_else(|| NOT_NAMED.into()).into());
        other.insert("epoch".into(), sample.epoch.into());
        other.insert("target".into(), sample.target);
        if let Some(metadata) = sample.metadata.filter(|metadata| !metadata.is_empty()) {
            other.insert(METADATA.into(), Value::Object(metadata));
        }
        Ok(Transcript {
            conv_id: sample.uuid.unwrap_or_else(|| format!("{}/{instruction}/{}", self.eval_id, sample.epoch)),
            conv_type: setting,
            task: self.task.clone(),
            task_id: instruction,
            assistant_model: self.model.clone(),
            trace,
            is_correct: None,
            score,
            other,
        })
    }

    /// The setting, as the sample's metadata, the task's arguments or the evaluation's metadata name it.
    fn setting(&self, sample: &Sample) -> String {
        let places = [sample.metadata.as_ref(), Some(&self.task_args), self.metadata.as_ref()];
        let mut named = places.into_iter().flatten().flat_map(|fields| SETTING.iter().map(|name| fields.get(*name)));
        let found = named.find_map(|value| value.and_then(Value::as_str));
        found.unwrap_or(NOT_NAMED).to_owned()
    }
}

/// The score that counts, and its evaluation.
fn evaluated(scores: Option<&Map<String, Value>>, chosen: Option<&str>) -> Result<Option<(Value, LogEvent)>, Wrong> {
    let Some(scores) = scores.filter(|scores| !scores.is_empty()) else { return Ok(None) };
    let names = || scores.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let (name, score) = match (chosen, scores.iter().next()) {
        (Some(chosen), _) => scores
            .get_key_value(chosen)
            .ok_or_else(|| Wrong::new("scores", format!("there is no scorer {chosen}; there is {}", names())))?,
        (None, Some(only)) if scores.len() == 1 => only,
        (None, _) => {
            return Err(Wrong::new(
                "scores",
                format!("there are several ({}), and `--scorer` says which counts", names()),
            ));
        }
    };
    let field = format!("scores.{name}.value");
    let value = score.get("value").ok_or_else(|| Wrong::new(&field, "it is missing"))?;
    let number = numeric(value).ok_or_else(|| Wrong::new(&field, format!("{value} is no score from 0 to 1")))?;
    let evaluation = LogEvent::AnswerEvaluation {
        exact_answer: score.get("answer").cloned().unwrap_or_default(),
        is_correct: Some(number >= 1.0),
        score: Some(number),
        evaluation_return: score.get("explanation").cloned().unwrap_or_default(),
    };
    Ok(Some((number.into(), evaluation)))
}

/// What inspect_ai takes a score's value for: correct, incorrect, partial or no answer, a truth value, or a number.
fn numeric(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::Bool(correct) => f64::from(u8::from(*correct)),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "c" | "yes" | "true" => 1.0,
            "p" => 0.5,
            "i" | "n" | "no" | "false" => 0.0,
            text => text.parse().ok()?,
        },
        _ => return None,
    };
    (0.0..=1.0).contains(&number).then_some(number)
}
