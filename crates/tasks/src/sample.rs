//! Samples: one instruction with its shards and its gold answer.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{canonical_task, families, family};

/// One piece of an instruction. Fields that are not named here survive a round trip unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Its number within the sample, from 1 in the study's files.
    pub shard_id: i64,
    /// What the user says.
    pub shard: String,
    /// Every other field: `doc_idxs`, …
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Shard {
    /// A shard with nothing beside its number and its words.
    pub fn new(shard_id: i64, shard: impl Into<String>) -> Self {
        Self { shard_id, shard: shard.into(), other: Map::new() }
    }

    /// Whether it holds words, or hands over documents.
    pub fn says_something(&self) -> bool {
        !self.shard.trim().is_empty()
            || self.other.get("doc_idxs").and_then(Value::as_array).is_some_and(|it| !it.is_empty())
    }
}

/// One instruction with its shards and its gold answer, in the study's format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Names the sample.
    pub task_id: String,
    /// The task family.
    pub task: String,
    /// The pieces, in the order in which a user reveals them.
    pub shards: Vec<Shard>,
    /// The fields of the family: `question` and `answer` for math, and any other.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl Sample {
    /// The text in one of the family's fields; `None` where there is no such field or it holds something else.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    /// The text in one of the family's fields, which must be there and hold more than white space.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub fn required_text(&self, field: &str) -> Result<&str, String> {
        match self.fields.get(field) {
            None => Err(format!("field `{field}` is missing; add it as a text")),
            Some(Value::String(text)) if text.trim().is_empty() => Err(format!("field `{field}` is empty; fill it in")),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("field `{field}` is no text; put its content in quotation marks")),
        }
    }

    /// The shards that say something, in order. Some of the study's samples hold shards without a word.
    pub fn spoken(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(|shard| shard.says_something())
    }

    /// The words of the shards that say something, in order.
    pub fn pieces(&self) -> Vec<&str> {
        self.spoken().map(|shard| shard.shard.as_str()).collect()
    }

    /// Whether it can be used: what every family needs, then what its own family needs, where that is known here.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.task_id.trim().is_empty() {
            return Err("field `task_id` is empty; give the sample a name".into());
        }
        if self.spoken().next().is_none() {
            return Err("field `shards` is empty; it needs at least one shard with words".into());
        }
        let mut ids = HashSet::new();
        for (place, shard) in self.shards.iter().enumerate() {
            if !ids.insert(shard.shard_id) {
                return Err(format!("field `shards[{place}].shard_id` repeats {}; number the shards", shard.shard_id));
            }
        }
        family(&self.task).map_or(Ok(()), |family| family.check(self))
    }

    /// Whether its family is known here.
    fn check_family(&self) -> Result<(), String> {
        if family(&self.task).is_some() {
            return Ok(());
        }
        let known: Vec<_> = families().iter().map(|family| format!("`{}`", family.name())).collect();
        Err(format!("field `task` holds `{}`, which is no task known here; known are {}", self.task, known.join(", ")))
    }
}

/// One spelling of an instruction's id. Recordings write the same id with `-` or `/` behind the data set's name
/// (`sharded-BFCL-parallel_0`, `sharded-BFCL/parallel_0`).
pub fn instruction_id(task_id: &str) -> Cow<'_, str> {
    if task_id.contains('/') { Cow::Owned(task_id.replace('/', "-")) } else { Cow::Borrowed(task_id) }
}

/// Why samples cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The input could not be read at all.
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    /// Not JSON, or not a list of samples.
    #[error("line {line}, column {column}: {reason}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A sample lacks what its family needs.
    #[error("sample {sample}: {reason}")]
    Sample {
        /// The sample's `task_id`, or its place where it has none.
        sample: String,
        /// What is wrong, naming the field.
        reason: String,
    },
}

/// Reads a list of samples and checks that each has what its family needs.
///
/// The input is a JSON array of samples, as in the study's files, or one sample a line.
///
/// # Errors
/// [`SampleError`] naming the place: line and column where the input is no JSON, the sample and the field where a
/// sample cannot be used or its name was used before.
pub fn read_samples(input: impl Read) -> Result<Vec<Sample>, SampleError> {
    let samples = read_any_samples(input)?;
    for sample in &samples {
        sample.check_family().map_err(|reason| SampleError::Sample { sample: sample.task_id.clone(), reason })?;
    }
    Ok(samples)
}

/// Reads samples as [`read_samples`] does, but also those of families that are not known here: these can be neither
/// replayed nor judged, but say which shards an instruction has.
///
/// # Errors
/// The same, but for unknown families.
pub fn read_any_samples(input: impl Read) -> Result<Vec<Sample>, SampleError> {
    let mut seen = HashSet::new();
    let mut samples = Vec::new();
    for (place, value) in read_values(input)?.into_iter().enumerate() {
        let sample = checked(place, value)?;
        if !seen.insert((canonical_task(&sample.task).to_owned(), sample.task_id.clone())) {
            let reason = "field `task_id` was used before; give each sample a name of its own".into();
            return Err(SampleError::Sample { sample: sample.task_id, reason });
        }
        samples.push(sample);
    }
    Ok(samples)
}

/// A sample that is an instruction yet to be sharded.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// The sample, with the whole instruction as its only shard.
    pub sample: Sample,
    /// The instruction.
    pub text: String,
}

/// Reads samples as [`read_samples`] does for the sake of their instructions: they may have no shards, and those that they
/// have do not count.
///
/// # Errors
/// The same, and [`SampleError::Sample`] for a family whose instructions are no single text.
pub fn read_instructions(input: impl Read) -> Result<Vec<Instruction>, SampleError> {
    let mut values = read_values(input)?;
    for fields in values.iter_mut().filter_map(Value::as_object_mut) {
        // It takes the place of the instruction until that is found.
        fields.insert("shards".into(), json!([Shard::new(1, "-")]));
    }
    let samples = read_samples(Value::from(values).to_string().as_bytes())?;
    let instruction = |mut sample: Sample| {
        let found = family(&sample.task).and_then(|family| family.instruction(&sample)).map(str::to_owned);
        let Some(text) = found else {
            let reason =
                format!("instructions of the family `{}` are no single text that could be sharded", sample.task);
            return Err(SampleError::Sample { sample: sample.task_id, reason });
        };
        sample.shards = vec![Shard::new(1, text.trim())];
        Ok(Instruction { sample, text })
    };
    samples.into_iter().map(instruction).collect()
}

/// What may be samples: the items of an array, or one a line; at least one.
fn read_values(mut input: impl Read) -> Result<Vec<Value>, SampleError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(SampleError::Read)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| not_text(&bytes, error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let values = if text.trim_start().starts_with('[') { from_array(text)? } else { from_lines(text)? };
    if values.is_empty() {
        return Err(SampleError::Malformed { line: 1, column: 1, reason: "there is no sample here".into() });
    }
    Ok(values)
}

fn not_text(bytes: &[u8], valid: usize) -> SampleError {
    let (mut line, mut column) = (1, 1);
    for byte in &bytes[..valid] {
        (line, column) = if *byte == b'\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    SampleError::Malformed { line, column, reason: "not UTF-8; save the file in that encoding".into() }
}

fn from_array(text: &str) -> Result<Vec<Value>, SampleError> {
    serde_json::from_str(text).map_err(|error| malformed(&error, 0))
}

fn from_lines(text: &str) -> Result<Vec<Value>, SampleError> {
    let mut values = Vec::new();
    for (line, content) in text.lines().enumerate().filter(|(_, content)| !content.trim().is_empty()) {
        values.push(serde_json::from_str(content).map_err(|error| malformed(&error, line))?);
    }
    Ok(values)
}

/// serde_json's error with its own place taken out of its text, `lines` lines further down.
fn malformed(error: &serde_json::Error, lines: usize) -> SampleError {
    let text = error.to_string();
    let reason = text.rfind(" at line ").and_then(|end| text.get(..end)).unwrap_or(&text);
    let hint = if error.is_eof() { "; the file seems to be cut off" } else { "" };
    SampleError::Malformed { line: error.line() + lines, column: error.column(), reason: format!("{reason}{hint}") }
}

fn checked(place: usize, value: Value) -> Result<Sample, SampleError> {
    let named = value.get("task_id").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    let name = named.map_or_else(|| format!("no. {} (without a `task_id`)", place + 1), str::to_owned);
    let failed = |reason| SampleError::Sample { sample: name.clone(), reason };
    if !value.is_object() {
        return Err(failed("not an object; a sample is an object with `task_id`, `task` and `shards`".into()));
    }
    let sample: Sample = serde_path_to_error::deserialize(value).map_err(|error| match error.path().to_string() {
        path if path == "." => failed(error.inner().to_string()),
        path => failed(format!("field `{path}`: {}", error.inner())),
    })?;
    sample.check().map_err(failed)?;
    Ok(sample)
}

#[cfg(test)]
mod tests;
