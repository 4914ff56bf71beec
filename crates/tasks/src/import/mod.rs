//! Samples out of the files of benchmark packages: HumanEval, and the Berkeley Function-Calling Leaderboard.
//!
//! An imported sample has a single shard, the whole instruction. So it can be replayed in the setting `full` at once, and
//! in those of several turns once it is sharded.

mod bfcl;
mod human_eval;

use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};

use crate::{Sample, canonical_task};

/// More than this no file unpacks to: 1 GiB.
const LARGEST: u64 = 1 << 30;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file of a package: its name, for messages, and what it holds, which may be compressed with gzip.
#[derive(Clone, Debug)]
pub struct PackageFile {
    /// As messages name it.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What files of packages amount to.
#[derive(Debug, Default)]
pub struct Imported {
    /// At least one, each with a name of its own.
    pub samples: Vec<Sample>,
    /// How many records were left out, and why.
    pub left_out: BTreeMap<NotImported, usize>,
}

/// Why a record of a package is no sample here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum NotImported {
    /// A conversation, not an instruction.
    #[error("the question has several turns, or more than a message of the user")]
    Turns,
    /// Calls in another language than Python.
    #[error("the calls are not in Python")]
    Language,
    /// The files hold no answer to the question.
    #[error("no possible answer is known")]
    Unanswered,
    /// The family that would judge it cannot.
    #[error("it cannot be judged: {0}")]
    Unusable(String),
}

/// Why files cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be unpacked, or is no text.
    #[error("{file}: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A record is no JSON object, or lacks what its format has.
    #[error("{file}, record {record}: {reason}")]
    Record {
        /// The file.
        file: String,
        /// Its place in the file, from 1: where it is one a line, the line without empty ones.
        record: usize,
        /// What is wrong, naming the field.
        reason: String,
    },
    /// A record of no format that is known here.
    #[error(
        "{file}, record {record}: neither of HumanEval (`task_id`, `prompt`, `entry_point`, `test`) nor of BFCL (`id` with \
         `question` and `function`, or with `ground_truth`); it has {fields}"
    )]
    Unknown {
        /// The file.
        file: String,
        /// Its place, from 1.
        record: usize,
        /// The fields that it has.
        fields: String,
    },
    /// Nothing is left.
    #[error("there is nothing to import: {0}")]
    Nothing(String),
    /// Two records have one name.
    #[error("{task_id} comes twice; give each file once")]
    Twice {
        /// The name.
        task_id: String,
    },
}

/// Reads files of packages, told apart by the fields of their records. Questions of BFCL and their possible answers
/// stand in files of their own and are put together by their ids, in whatever order the files come.
///
/// # Errors
/// [`ImportError`] naming the file, and the record where it is one that is wrong.
pub fn import(files: &[PackageFile]) -> Result<Imported, ImportError> {
    let mut questions = Vec::new();
    let mut answers = BTreeMap::new();
    let mut candidates = Vec::new();
    for file in files {
        for (place, record) in records(file)?.into_iter().enumerate() {
            let wrong = |reason| ImportError::Record { file: file.name.clone(), record: place + 1, reason };
            if human_eval::is_one(&record) {
                candidates.push(Ok(human_eval::sample(record).map_err(wrong)?));
            } else if bfcl::is_answer(&record) {
                let (id, calls) = bfcl::answer(record).map_err(wrong)?;
                answers.insert(id, calls);
            } else if bfcl::is_question(&record) {
                questions.push(bfcl::question(record).map_err(wrong)?);
            } else {
                let fields: Vec<_> = record.keys().map(|field| format!("`{field}`")).collect();
                let fields = if fields.is_empty() { "none".into() } else { fields.join(", ") };
                return Err(ImportError::Unknown { file: file.name.clone(), record: place + 1, fields });
            }
        }
    }
    candidates.extend(questions.into_iter().map(|question| bfcl::sample(question, &mut answers)));
    collected(candidates)
}

/// The samples that can be used, and why the others cannot.
fn collected(candidates: Vec<Result<Sample, NotImported>>) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let mut seen = HashSet::new();
    for candidate in candidates {
        match candidate.and_then(|sample| sample.check().map(|()| sample).map_err(NotImported::Unusable)) {
            Ok(sample) => {
                if !seen.insert((canonical_task(&sample.task).to_owned(), sample.task_id.clone())) {
                    return Err(ImportError::Twice { task_id: sample.task_id });
                }
                imported.samples.push(sample);
            }
            Err(reason) => *imported.left_out.entry(reason).or_default() += 1,
        }
    }
    if !imported.samples.is_empty() {
        return Ok(imported);
    }
    let reasons: Vec<_> =
        imported.left_out.iter().map(|(reason, count)| format!("{count} left out: {reason}")).collect();
    let unanswered = imported.left_out.keys().any(|reason| *reason == NotImported::Unanswered);
    let remedy = if unanswered { "; give the file of the folder `possible_answer` as well" } else { "" };
    let none = if reasons.is_empty() { "no file holds a question".to_owned() } else { reasons.join("; ") };
    Err(ImportError::Nothing(none + remedy))
}

/// The records of a file: a JSON array of objects, or one object a line.
fn records(file: &PackageFile) -> Result<Vec<Map<String, Value>>, ImportError> {
    let unreadable = |reason| ImportError::Unreadable { file: file.name.clone(), reason };
    let mut text = String::new();
    let read = if file.bytes.starts_with(&GZIP) {
        MultiGzDecoder::new(file.bytes.as_slice()).take(LARGEST + 1).read_to_string(&mut text)
    } else {
        file.bytes.as_slice().read_to_string(&mut text)
    };
    read.map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    if text.len() as u64 > LARGEST {
        return Err(unreadable(format!("unpacks to more than {LARGEST} bytes")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let wrong = |place: usize, error: &serde_json::Error| {
        let reason = format!("no JSON object: {error}; is the file complete?");
        ImportError::Record { file: file.name.clone(), record: place + 1, reason }
    };
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(|error| unreadable(format!("no list of JSON objects: {error}")));
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).enumerate();
    lines.map(|(place, line)| serde_json::from_str(line).map_err(|error| wrong(place, &error))).collect()
}

/// Takes a text out of a record.
fn text(record: &mut Map<String, Value>, field: &str) -> Result<String, String> {
    match record.shift_remove(field) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(Value::String(_)) => Err(format!("field `{field}` is empty")),
        Some(_) => Err(format!("field `{field}` is no text")),
        None => Err(format!("field `{field}` is missing")),
    }
}

#[cfg(test)]
mod tests;
