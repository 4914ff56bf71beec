//! Samples: one instruction with its shards and its gold answer.

use std::io::Read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One piece of an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Its number within the sample, from 1 in the study's files.
    pub shard_id: i64,
    /// What the user says.
    pub shard: String,
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

/// Why samples cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
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
/// # Errors
/// [`SampleError`] naming the place.
pub fn read_samples(_input: impl Read) -> Result<Vec<Sample>, SampleError> {
    Ok(Vec::new())
}
