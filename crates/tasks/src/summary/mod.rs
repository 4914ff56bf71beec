//! The task family `summary`: documents, to be summarised in bullets that cite them.

mod bullets;
mod sample;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Environment, Evaluation, EvaluationError, Inquiry, Sample, Shard, TaskFamily};
use bullets::{bullets, citations};
use sample::{Document, Haystack, handed_over};

/// Documents to be summarised in bullets, each with the numbers of the documents that it stands on, as in Summary of a
/// Haystack (Laban et al., arXiv 2407.01370).
///
/// A sample brings `query`, what the summary is to tell of; `documents`, each with `document_index`, its number, and
/// `document_text`; `insights`, each with `insight_id` and `insight`, what a good summary tells; and
/// `insightid2ref_citations`, the numbers of the documents that hold each insight. A shard hands over the documents of its
/// `doc_idxs`; it needs no words.
///
/// # Answers
/// The answer is the bullets of the reply: lines that begin with `-`, `*`, `•` or a number; without any, the lines that
/// cite documents. A reply without either attempts none.
///
/// # Verdicts and score
/// A judge reads each insight beside the bullets and says whether these cover it (`FULL`), in part (`PARTIAL`), or not
/// (`NO`), and which bullet does. Bullets of more than 300 words together are cut first, each in proportion. Of an
/// insight that is covered, the citation score is the F1 of the numbers in that bullet against the documents that hold the
/// insight. The score is the mean over all insights of coverage (1, 0.5 or 0) times citation score.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary;

const SYSTEM: &str = "You summarise documents, which may come in parts. Reply each time with a summary of all documents \
                      that came so far, in bullet points, a line each that begins with `- `, and with nothing else. Each \
                      point tells one insight that documents share, and ends with the numbers of all documents that it \
                      stands on, such as [1][4]. Use no more than 300 words. The summary is to answer this:\n";

/// What a judge says of an insight.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Verdict {
    bullet: usize,
    coverage: Coverage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Coverage {
    No,
    Partial,
    Full,
}

impl Coverage {
    fn share(self) -> f64 {
        match self {
            Self::No => 0.0,
            Self::Partial => 0.5,
            Self::Full => 1.0,
        }
    }
}

impl TaskFamily for Summary {
    fn name(&self) -> &'static str {
        "summary"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        let haystack = Haystack::of(sample)?;
        if haystack.query.trim().is_empty() {
            return Err("field `query` is empty; fill it in".into());
        }
        if haystack.insights.is_empty() {
            return Err("field `insights` is empty; put at least one insight there".into());
        }
        for (place, insight) in haystack.insights.iter().enumerate() {
            if haystack.holding(insight).is_none() {
                return Err(format!(
                    "field `insightid2ref_citations` lacks the insight of `insights[{place}]`; add it"
                ));
            }
        }
        for shard in &sample.shards {
            let numbers = handed_over(shard).ok_or_else(|| {
                format!("shard {} has no `doc_idxs`; put the numbers of its documents there", shard.shard_id)
            })?;
            if let Some(number) = numbers.into_iter().find(|number| haystack.document(*number).is_none()) {
                return Err(format!("shard {} names document {number}, which is none of `documents`", shard.shard_id));
            }
        }
        Ok(())
    }

    /// What is said is the documents themselves.
    fn exact_words(&self) -> bool {
        true
    }

    fn hands_over_material(&self) -> bool {
        true
    }

    fn is_judged(&self) -> bool {
        true
    }

    fn system_prompt(&self, sample: &Sample) -> String {
        format!("{SYSTEM}{}", sample.text("query").unwrap_or_default())
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        // A sample that came through `read_samples` has documents.
        Haystack::of(sample).map_or_else(|_| String::new(), |haystack| listed(&haystack.documents))
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        let parts = (1..).zip(pieces).map(|(number, piece)| format!("Part {number}\n\n{piece}"));
        parts.collect::<Vec<_>>().join("\n\n")
    }

    fn says<'a>(&self, sample: &'a Sample, shard: &'a Shard) -> Cow<'a, str> {
        let Ok(haystack) = Haystack::of(sample) else { return Cow::Borrowed(&shard.shard) };
        let numbers = handed_over(shard).unwrap_or_default();
        let documents = listed(numbers.iter().filter_map(|number| haystack.document(*number)));
        let words = shard.shard.trim();
        Cow::Owned(if words.is_empty() { documents } else { format!("{words}\n\n{documents}") })
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        bullets::summary(reply)
    }

    fn inquiries(&self, sample: &Sample, answer: &str) -> Vec<Inquiry> {
        let bullets = bullets(answer);
        let listed: Vec<String> = (1..).zip(&bullets).map(|(number, text)| format!("{number}. {text}")).collect();
        let numbers: Vec<usize> = (0..=bullets.len()).collect();
        let form = json!({
            "type": "object",
            "properties": {
                "bullet": {"type": "integer", "enum": numbers},
                "coverage": {"type": "string", "enum": ["NO", "PARTIAL", "FULL"]},
            },
            "required": ["bullet", "coverage"],
            "additionalProperties": false,
        });
        let asked = Haystack::of(sample).map(|haystack| haystack.insights).unwrap_or_default();
        let inquiry = |insight: sample::Insight| Inquiry {
            question: format!("Insight:\n{}\n\nBullets:\n{}", insight.text, listed.join("\n")),
            form: form.clone(),
        };
        asked.into_iter().map(inquiry).collect()
    }

    fn evaluate(&self, sample: &Sample, _: &str, _: &Environment) -> Result<Evaluation, EvaluationError> {
        Err(EvaluationError::NoJudge { task: self.name(), sample: sample.task_id.clone() })
    }

    /// `details` holds `coverage` and `citation` from 0 to 1 (the latter over the insights that are covered, `null` where
    /// none is), and the judge's `verdicts`, one an insight.
    fn conclude(&self, sample: &Sample, answer: &str, verdicts: &[Value]) -> Result<Evaluation, EvaluationError> {
        let unusable = |reason: String| EvaluationError::Verdict { sample: sample.task_id.clone(), reason };
        let haystack = Haystack::of(sample).map_err(unusable)?;
        let bullets = bullets(answer);
        let insights = haystack.insights.len();
        if verdicts.len() != insights {
            return Err(unusable(format!("there are {} for {insights} insights", verdicts.len())));
        }
        let (mut covered, mut cited, mut joint) = (0.0, Vec::new(), 0.0);
        for (insight, verdict) in haystack.insights.iter().zip(verdicts) {
            let Verdict { bullet, coverage } =
                Verdict::deserialize(verdict).map_err(|error| unusable(format!("{verdict}: {error}")))?;
            if bullet > bullets.len() {
                return Err(unusable(format!("{verdict}: there are {} bullets", bullets.len())));
            }
            if coverage == Coverage::No {
                continue;
            }
            // What is covered by no bullet in particular is cited by none.
            let numbers = bullet.checked_sub(1).map(|place| citations(&bullets[place])).unwrap_or_default();
            let held = haystack.holding(insight).cloned().unwrap_or_default();
            let citation = f1(numbers.intersection(&held).count(), numbers.len(), held.len());
            covered += coverage.share();
            joint += coverage.share() * citation;
            cited.push(citation);
        }
        let citation = (!cited.is_empty()).then(|| cited.iter().sum::<f64>() / count(cited.len()));
        Ok(Evaluation {
            score: joint / count(insights),
            details: json!({"coverage": covered / count(insights), "citation": citation, "verdicts": verdicts}),
        })
    }
}

/// The harmonic mean of precision and recall, which is 0 where nothing is shared.
fn f1(shared: usize, said: usize, held: usize) -> f64 {
    if shared == 0 { 0.0 } else { 2.0 * count(shared) / count(said + held) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of insights and documents are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

fn listed<'a>(documents: impl IntoIterator<Item = &'a Document>) -> String {
    let documents =
        documents.into_iter().map(|document| format!("Document [{}]:\n{}", document.number, document.text.trim()));
    documents.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests;
