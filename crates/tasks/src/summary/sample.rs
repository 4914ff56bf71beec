//! What a sample of the family holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Sample, Shard};

/// The fields of a sample that the family reads.
#[derive(Debug, Deserialize)]
pub(super) struct Haystack {
    pub(super) query: String,
    pub(super) documents: Vec<Document>,
    pub(super) insights: Vec<Insight>,
    #[serde(rename = "insightid2ref_citations")]
    citations: BTreeMap<String, BTreeSet<u64>>,
}

/// One of the documents.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    /// Its number, which citations name.
    #[serde(rename = "document_index")]
    pub(super) number: u64,
    #[serde(rename = "document_text")]
    pub(super) text: String,
}

/// What a summary should tell.
#[derive(Debug, Deserialize)]
pub(super) struct Insight {
    #[serde(rename = "insight_id")]
    id: Value,
    #[serde(rename = "insight")]
    pub(super) text: String,
}

impl Haystack {
    /// Reads a sample's fields.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub(super) fn of(sample: &Sample) -> Result<Self, String> {
        let fields: Map<String, Value> = ["query", "documents", "insights", "insightid2ref_citations"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), sample.fields.get(name)?.clone())))
            .collect();
        serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| match error.path().to_string() {
            path if path == "." => error.into_inner().to_string(),
            path => format!("field `{path}`: {}", error.inner()),
        })
    }

    /// The numbers of the documents that hold an insight.
    pub(super) fn holding(&self, insight: &Insight) -> Option<&BTreeSet<u64>> {
        match &insight.id {
            Value::String(id) => self.citations.get(id),
            other => self.citations.get(&other.to_string()),
        }
    }

    pub(super) fn document(&self, number: u64) -> Option<&Document> {
        self.documents.iter().find(|document| document.number == number)
    }
}

/// The numbers of the documents that a shard hands over; `None` where it does not say.
pub(super) fn handed_over(shard: &Shard) -> Option<Vec<u64>> {
    shard.other.get("doc_idxs")?.as_array()?.iter().map(Value::as_u64).collect()
}
