//! A conversation as a sample of an inspect_ai log, and the header of such a log.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};
use throughline_conversation::{Content, Entry, EntryRole, LogEvent, TokenUsage, Transcript};

use crate::names::NOT_NAMED;

/// The name under which verdicts stand in the log.
const SCORER: &str = "throughline";
/// Where nothing says when something was.
const NO_TIME: &str = "1970-01-01T00:00:00+00:00";

/// What all conversations of one log have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) task: String,
    pub(super) setting: String,
    pub(super) model: String,
}

impl Group {
    pub(super) fn of(transcript: &Transcript) -> Self {
        let Transcript { task, conv_type, assistant_model, .. } = transcript;
        Self { task: task.clone(), setting: conv_type.clone(), model: assistant_model.clone() }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}, {}", self.task, self.setting, self.model)
    }
}

impl Group {
    /// What a file of its own is called, without an ending.
    pub(super) fn file_name(&self) -> String {
        let Self { task, setting, model } = self;
        let name = format!("{task}_{setting}_{model}");
        name.replace(|letter: char| !(letter.is_alphanumeric() || "._-".contains(letter)), "-")
    }
}

/// What calls of one model or role took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_cost: Option<f64>,
}

impl Usage {
    fn add(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.input_tokens.saturating_add(self.output_tokens);
        self.total_cost = match (self.total_cost, other.total_cost) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }
}

/// Usage by model and by role.
#[derive(Clone, Debug, Default)]
pub(super) struct Usages {
    models: BTreeMap<String, Usage>,
    roles: BTreeMap<String, Usage>,
}

impl Usages {
    fn of(transcript: &Transcript) -> Self {
        let mut usages = Self::default();
        for event in transcript.trace.iter().filter_map(Entry::log) {
            if let LogEvent::Usage { role, tokens: TokenUsage { prompt_tokens, completion_tokens }, .. } = event {
                let usage = Usage { input_tokens: prompt_tokens, output_tokens: completion_tokens, ..Usage::default() };
                usages.roles.entry(role).or_default().add(usage);
            }
        }
        for (role, usage) in &mut usages.roles {
            let cost = transcript.other.get("calls").and_then(|calls| calls.get(role)?.get("cost_usd")?.as_f64());
            usage.total_cost = cost;
            usages.models.entry(model(transcript, role)).or_default().add(*usage);
        }
        usages
    }

    fn add(&mut self, other: &Self) {
        for (into, from) in [(&mut self.models, &other.models), (&mut self.roles, &other.roles)] {
            for (name, usage) in from {
                into.entry(name.clone()).or_default().add(*usage);
            }
        }
    }
}

/// The model behind a role, or the role's name where the transcript does not say.
fn model(transcript: &Transcript, role: &str) -> String {
    let field = match role {
        "assistant" => return transcript.assistant_model.clone(),
        "user" => "user_model",
        _ => "system_model",
    };
    let named = transcript.other.get(field).and_then(Value::as_str).filter(|name| *name != NOT_NAMED);
    named.unwrap_or(role).to_owned()
}

/// A sample of the log with its summary.
pub(super) struct Sample {
    /// The sample, as it stands in a file of its own.
    pub(super) whole: Value,
    /// The same without what is long.
    pub(super) summary: Value,
    pub(super) usages: Usages,
    /// When it began.
    pub(super) started: String,
}

/// The conversation as the run `epoch`, from 1, of its instruction, with its score from 0 to 1 where it has one.
pub(super) fn sample(transcript: &Transcript, epoch: usize, score: Option<f64>) -> Sample {
    let said = transcript.trace.iter().filter_map(|entry| message(entry, transcript));
    let messages: Vec<Value> = said.collect();
    let of = |role: &'static str| messages.iter().filter(move |message| message["role"] == role);
    let input = of("user").next().map_or(Value::from(""), |message| message["content"].clone());
    let usages = Usages::of(transcript);
    let started = started(transcript);
    let calls = transcript.trace.iter().filter_map(Entry::log).map(|event| match event {
        LogEvent::Usage { seconds, .. } => seconds,
        _ => 0.0,
    });
    let seconds: f64 = calls.sum();
    let total = transcript.other.get("seconds").and_then(Value::as_f64);
    let output = of("assistant").next_back().map(|reply| {
        let choice = json!({ "message": reply, "stop_reason": "stop" });
        json!({ "model": transcript.assistant_model, "choices": [choice] })
    });
    let mut sample = json!({
        "id": transcript.task_id,
        "epoch": epoch,
        "input": input,
        "target": target(transcript),
        "scores": scores(transcript, score),
        "metadata": metadata(transcript),
        "model_usage": usages.models,
        "role_usage": usages.roles,
        "started_at": started,
        "total_time": total.unwrap_or(seconds),
        "working_time": seconds,
        "uuid": transcript.conv_id,
    });
    let mut summary = sample.clone();
    summary["completed"] = true.into();
    summary["message_count"] = messages.len().into();
    // Only what is short is shown in a list.
    summary["metadata"] = json!({ "setting": transcript.conv_type });
    sample["messages"] = messages.into();
    sample["output"] = output.unwrap_or_else(|| json!({ "model": transcript.assistant_model, "choices": [] }));
    sample["events"] = events(transcript, &started).into();
    Sample { whole: sample, summary, usages, started }
}

/// What was said, as a message; what else its entry holds stands in the message's metadata.
fn message(entry: &Entry, transcript: &Transcript) -> Option<Value> {
    let text = entry.text()?;
    let mut message = Map::new();
    message.insert("content".into(), text.into());
    let role = match entry.role {
        EntryRole::System => "system",
        EntryRole::User => "user",
        EntryRole::Assistant => {
            message.insert("model".into(), transcript.assistant_model.as_str().into());
            "assistant"
        }
        EntryRole::Log => return None,
    };
    message.insert("role".into(), role.into());
    if !entry.other.is_empty() {
        message.insert("metadata".into(), Value::Object(entry.other.clone()));
    }
    Some(message.into())
}

/// What was observed, as events that the log's viewers show as they are.
fn events(transcript: &Transcript, started: &str) -> Vec<Value> {
    let mut time = started.to_owned();
    let mut events = Vec::new();
    for entry in &transcript.trace {
        if let Some(stamp) = entry.other.get("timestamp").and_then(Value::as_str).and_then(instant) {
            time = stamp;
        }
        if let Content::Event(content) = &entry.content {
            let event =
                json!({ "event": "info", "source": SCORER, "timestamp": time, "working_start": 0.0, "data": content });
            events.push(event);
        }
    }
    events
}

fn scores(transcript: &Transcript, score: Option<f64>) -> Value {
    let Some(score) = score else { return Value::Null };
    let mut evaluations = transcript.trace.iter().filter_map(Entry::log).filter_map(|event| match event {
        LogEvent::AnswerEvaluation { exact_answer, evaluation_return, .. } => Some((exact_answer, evaluation_return)),
        _ => None,
    });
    let (answer, explanation) = evaluations.next_back().unwrap_or_default();
    json!({ SCORER: { "value": score, "answer": text(answer), "explanation": text(explanation) } })
}

/// A value as a text, since the log has texts there; nothing for nothing.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Object(fields) if fields.is_empty() => None,
        other => Some(other.to_string()),
    }
}

/// The gold answer, where the conversation came from a log that held it.
fn target(transcript: &Transcript) -> Value {
    match transcript.other.get("target") {
        Some(Value::String(target)) => target.as_str().into(),
        Some(Value::Array(targets)) if targets.iter().all(Value::is_string) => targets.clone().into(),
        _ => "".into(),
    }
}

/// The setting, and whatever else the transcript holds.
fn metadata(transcript: &Transcript) -> Value {
    let mut metadata = transcript.other.clone();
    metadata.shift_remove("target");
    metadata.insert("setting".into(), transcript.conv_type.as_str().into());
    metadata.into()
}

fn started(transcript: &Transcript) -> String {
    let entries = transcript.trace.iter().map(|entry| entry.other.get("timestamp"));
    let stamps = std::iter::once(transcript.other.get("started")).chain(entries).flatten();
    stamps.filter_map(Value::as_str).find_map(instant).unwrap_or_else(|| NO_TIME.to_owned())
}

/// `2026-01-31 12:00:00`, as transcripts write the time, in the log's notation. What has no such form is no time.
fn instant(stamp: &str) -> Option<String> {
    let shape = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        10 => byte == b' ' || byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let second = stamp.get(..19).filter(|second| second.bytes().enumerate().all(shape))?;
    Some(format!("{}T{}+00:00", second.get(..10)?, second.get(11..)?))
}

/// What is known of a log when all of its samples are written.
#[derive(Default)]
pub(super) struct Totals {
    /// How many runs each instruction has, in the order in which they came.
    pub(super) epochs: IndexMap<String, usize>,
    usages: Usages,
    /// Scored runs, and the sum of their scores.
    scored: (usize, f64),
    /// When the first began, and the last.
    started: Option<(String, String)>,
    /// Names the log: the first conversation in it.
    first: String,
    dataset: Option<String>,
}

impl Totals {
    /// Nothing yet, of a log that begins with the conversation `first`.
    pub(super) fn new(first: String, dataset: Option<String>) -> Self {
        Self { first, dataset, ..Self::default() }
    }

    /// Counts a run.
    pub(super) fn count(&mut self, usages: &Usages, score: Option<f64>, started: String) {
        self.usages.add(usages);
        if let Some(score) = score {
            self.scored = (self.scored.0 + 1, self.scored.1 + score);
        }
        let (first, last) = self.started.take().unwrap_or_else(|| (started.clone(), started.clone()));
        self.started = Some((first.min(started.clone()), last.max(started)));
    }
}

/// The header of a log.
pub(super) fn header(group: &Group, totals: &Totals) -> Value {
    let runs: usize = totals.epochs.values().sum();
    let (started, last) = totals.started.as_ref().map_or((NO_TIME, NO_TIME), |(first, last)| (first, last));
    let (scored, sum) = totals.scored;
    #[expect(clippy::cast_precision_loss, reason = "no log holds 2^52 runs")]
    let metrics =
        if scored == 0 { json!({}) } else { json!({ "mean": { "name": "mean", "value": sum / scored as f64 } }) };
    let id = format!("{}.{}.{}.{}", group.task, group.setting, group.model, totals.first);
    json!({
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": id,
            "run_id": id,
            "task_id": id,
            "created": started,
            "task": group.task,
            "task_version": 0,
            "task_args": { "setting": group.setting },
            "dataset": {
                "name": totals.dataset,
                "samples": totals.epochs.len(),
                "sample_ids": totals.epochs.keys().collect::<Vec<_>>(),
                "shuffled": false,
            },
            "model": group.model,
            "model_args": {},
            "config": { "epochs": totals.epochs.values().max() },
            "packages": { "throughline": env!("CARGO_PKG_VERSION") },
            "metadata": { "setting": group.setting },
        },
        "plan": { "name": group.setting, "steps": [], "config": {} },
        "results": {
            "total_samples": runs,
            "completed_samples": runs,
            "scores": [{ "name": SCORER, "scorer": SCORER, "params": {}, "scored_samples": scored, "unscored_samples": runs - scored, "metrics": metrics }],
        },
        "stats": {
            "started_at": started,
            "completed_at": last,
            "model_usage": totals.usages.models,
            "role_usage": totals.usages.roles,
        },
    })
}
