//! The tests of a sample, however they are packed.

use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::ZlibDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::function_name;
use crate::Sample;

/// More than this no packed list of cases unpacks to: 256 MiB.
const LARGEST: u64 = 256 << 20;

/// One call with what it returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Case {
    /// The arguments, a line each, in JSON.
    pub(super) input: String,
    /// The result, in JSON.
    pub(super) output: String,
    /// `functional` where it calls a function; of other kinds there are none in the study.
    #[serde(default, skip_serializing)]
    testtype: Option<String>,
}

/// What a function is tested by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tests {
    /// Calls; at least one.
    Cases(Vec<Case>),
    /// The source of a function `check(candidate)`.
    Check(String),
}

impl Tests {
    /// The tests of a sample.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub(super) fn of(sample: &Sample) -> Result<Self, String> {
        if function_name(sample).is_none_or(|name| !is_name(name)) {
            return Err("field `metadata.func_name` holds no name; put the name of the function there".into());
        }
        let mut cases = Vec::new();
        for field in ["public_test_cases", "private_test_cases"] {
            if let Some(packed) = sample.fields.get(field) {
                cases.extend(unpack(packed).map_err(|reason| format!("field `{field}` {reason}"))?);
            }
        }
        if let Some(kind) = cases.iter().find_map(|case| case.testtype.as_deref().filter(|kind| *kind != "functional"))
        {
            return Err(format!("a test case is `{kind}`; only cases that call a function can be run"));
        }
        match sample.text("test").filter(|check| check.contains("def check")) {
            _ if !cases.is_empty() => Ok(Self::Cases(cases)),
            Some(check) => Ok(Self::Check(check.to_owned())),
            None => {
                Err("there are no tests; give cases in `public_test_cases`, or `def check(candidate)` in `test`".into())
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Cases(cases) => cases.len(),
            Self::Check(_) => 1,
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

fn unpack(packed: &Value) -> Result<Vec<Case>, String> {
    match packed {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).map_err(|error| format!("holds no list of cases: {error}"))
        }
        Value::String(text) => {
            let text = unpickle(text)?;
            serde_json::from_str(&text).map_err(|error| format!("is packed and holds no list of cases: {error}"))
        }
        list => Vec::deserialize(list).map_err(|error| format!("holds no list of cases: {error}")),
    }
}

/// A text that was pickled, compressed with zlib and put into base64. The reader of pickles knows plain values alone: it
/// calls nothing.
fn unpickle(text: &str) -> Result<String, String> {
    let compressed =
        BASE64_STANDARD.decode(text.trim()).map_err(|error| format!("is neither JSON nor base64: {error}"))?;
    let mut pickled = Vec::new();
    let mut unpacked = ZlibDecoder::new(compressed.as_slice()).take(LARGEST + 1);
    unpacked.read_to_end(&mut pickled).map_err(|error| format!("is base64 of nothing compressed: {error}"))?;
    if pickled.len() as u64 > LARGEST {
        return Err(format!("unpacks to more than {LARGEST} bytes"));
    }
    let text = serde_pickle::from_slice(&pickled, serde_pickle::DeOptions::new());
    text.map_err(|error| format!("holds no pickled text: {error}"))
}
