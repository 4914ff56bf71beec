//! Judging the answers of one conversation.

use serde_json::Value;
use throughline_conversation::{Entry, EntryRole, LogEvent, Transcript};
use throughline_tasks::{Environment, Evaluation, Sample, TaskFamily, canonical_task};

use super::gold::{Found, GoldSamples};
use super::{Disagreement, Evaluated};
use crate::{Place, ScoreError};

/// Characters of an answer that are kept for a report.
const MOST_SHOWN: usize = 500;

/// A conversation whose answers were judged.
pub(super) struct Judged {
    pub(super) place: Place,
    pub(super) conv_id: String,
    pub(super) attempts: Vec<Attempt>,
}

/// An answer attempt that was judged, or could not be.
pub(super) struct Attempt {
    pub(super) task: String,
    pub(super) found: Found,
    pub(super) has_verdict: bool,
    pub(super) reply_has_answer: bool,
    pub(super) disagreements: Vec<Disagreement>,
}

/// A recorded verdict with its answer and the reply that it was found in.
struct Recorded<'a> {
    turn: usize,
    reply: &'a str,
    answer: String,
    score: Option<f64>,
    /// What a judge said of the answer, where one was asked.
    verdicts: Option<Vec<Value>>,
}

impl Judged {
    pub(super) fn of(
        transcript: &Transcript,
        place: &Place,
        gold: &GoldSamples,
        environment: &Environment,
    ) -> Result<Self, ScoreError> {
        let found = gold.find(&transcript.task, &transcript.task_id);
        let attempts = recorded(transcript).into_iter().map(|recorded| {
            let attempt = Attempt {
                task: canonical_task(&transcript.task).to_owned(),
                found: Found::Sample,
                has_verdict: recorded.score.is_some(),
                reply_has_answer: false,
                disagreements: Vec::new(),
            };
            match &found {
                Err(lacking) => Ok(Attempt { found: lacking.clone(), ..attempt }),
                Ok((family, sample)) => {
                    let evaluator = Evaluator { family: *family, sample, environment };
                    attempt.judged(&evaluator, &recorded, transcript, place)
                }
            }
        });
        let attempts = attempts.collect::<Result<_, _>>()?;
        Ok(Self { place: place.clone(), conv_id: transcript.conv_id.clone(), attempts })
    }
}

/// What judges the answers to one sample.
struct Evaluator<'a> {
    family: &'a dyn TaskFamily,
    sample: &'a Sample,
    environment: &'a Environment,
}

impl Attempt {
    fn judged(
        mut self,
        Evaluator { family, sample, environment }: &Evaluator<'_>,
        recorded: &Recorded<'_>,
        transcript: &Transcript,
        place: &Place,
    ) -> Result<Self, ScoreError> {
        let Some(recorded_score) = recorded.score else { return Ok(self) };
        let extracted = family.extract(sample, recorded.reply);
        self.reply_has_answer = extracted.is_some();
        for (evaluated, answer) in [(Evaluated::Answer, Some(&recorded.answer)), (Evaluated::Reply, extracted.as_ref())]
        {
            let evaluation = answer.map(|answer| match &recorded.verdicts {
                Some(verdicts) if family.is_judged() && *answer == recorded.answer => {
                    family.conclude(sample, answer, verdicts)
                }
                _ => family.evaluate(sample, answer, environment),
            });
            let evaluation = evaluation.transpose();
            let failed = |source| ScoreError::Evaluation { place: place.clone(), source };
            let (score, reason) = match evaluation.map_err(failed)? {
                Some(evaluation) => (evaluation.score, reason(&evaluation)),
                None => (0.0, "no answer is found in the reply".to_owned()),
            };
            if (score - recorded_score).abs() < 1e-9 {
                continue;
            }
            self.disagreements.push(Disagreement {
                input: place.name.clone(),
                line: place.line,
                conv_id: transcript.conv_id.clone(),
                task: self.task.clone(),
                task_id: transcript.task_id.clone(),
                model: transcript.assistant_model.clone(),
                setting: transcript.conv_type.clone(),
                turn: recorded.turn,
                evaluated,
                recorded_score,
                recorded_answer: shortened(&recorded.answer),
                score,
                answer: answer.map(|answer| shortened(answer)),
                reason,
            });
        }
        Ok(self)
    }
}

/// The answer attempts of a transcript, in order. Of `score` and `is_correct`, the first that holds a value counts.
fn recorded(transcript: &Transcript) -> Vec<Recorded<'_>> {
    let (mut turn, mut reply) = (0, "");
    let mut attempts = Vec::new();
    for entry in &transcript.trace {
        match entry.role {
            EntryRole::User => turn += 1,
            EntryRole::Assistant => reply = entry.text().unwrap_or_default(),
            EntryRole::System => {}
            EntryRole::Log => attempts.extend(attempt(entry, turn, reply)),
        }
    }
    attempts
}

fn attempt<'a>(entry: &Entry, turn: usize, reply: &'a str) -> Option<Recorded<'a>> {
    let Some(LogEvent::AnswerEvaluation { exact_answer, is_correct, score, evaluation_return }) = entry.log() else {
        return None;
    };
    let verdicts = evaluation_return.get("verdicts").and_then(Value::as_array).cloned();
    let answer = match exact_answer {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    Some(Recorded {
        turn,
        reply,
        answer,
        score: score.or(is_correct.map(|right| f64::from(u8::from(right)))),
        verdicts,
    })
}

/// What an evaluator notes beside its score, on one line.
fn reason(evaluation: &Evaluation) -> String {
    let noted = evaluation.details.as_object().into_iter().flatten().filter_map(|(name, value)| match value {
        Value::Null => None,
        Value::String(text) => Some(format!("{name}: {text}")),
        other => Some(format!("{name}: {other}")),
    });
    noted.collect::<Vec<_>>().join("; ")
}

fn shortened(answer: &str) -> String {
    match answer.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", answer.get(..end).unwrap_or_default()),
        None => answer.to_owned(),
    }
}
