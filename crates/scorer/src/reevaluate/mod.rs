//! Judging recorded answers again, with the evaluators of the task families.
//!
//! Every `answer-evaluation` of a transcript is judged twice, and each time its verdict is compared with the recorded
//! one: once the recorded `exact_answer` as it stands, which compares evaluators; and once the answer that the family's
//! own extraction finds in the reply before it, which compares extraction and evaluation together. Extraction is by
//! rule, so that the same transcripts always give the same verdicts; recordings of the study had answers extracted by a
//! model.

mod gold;
mod judge;
mod render;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use throughline_tasks::{Environment, Sample};

use crate::input::{self, Flow};
use crate::seen::{IdHash, Seen};
use crate::{LeftOut, ScoreError, Skipped};
use gold::{Found, GoldSamples};
use judge::{Attempt, Judged};

pub use gold::SampleConflict;

/// Which answer a verdict of ours is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evaluated {
    /// The recorded answer, as it stands.
    Answer,
    /// The answer that our extraction finds in the reply.
    Reply,
}

/// An attempt that we judge otherwise than it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// The input in which the conversation stands.
    pub input: String,
    /// Its line there, from 1.
    pub line: usize,
    /// The run.
    pub conv_id: String,
    /// The task family, under the study's final name.
    pub task: String,
    /// The instruction, as recorded.
    pub task_id: String,
    /// The model, as recorded.
    pub model: String,
    /// The setting, as recorded.
    pub setting: String,
    /// The user turn before the attempt, from 1.
    pub turn: usize,
    /// What our verdict is on.
    pub evaluated: Evaluated,
    /// The recorded score, from 0 to 1.
    pub recorded_score: f64,
    /// The recorded answer.
    pub recorded_answer: String,
    /// Our score, from 0 to 1.
    pub score: f64,
    /// The answer that we judged; `None` where our extraction finds none in the reply.
    pub answer: Option<String>,
    /// What our evaluator says of it.
    pub reason: String,
}

/// How far our verdicts on one kind of answer agree with the recorded ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Verdicts that are the same.
    pub same: usize,
    /// Verdicts that were compared.
    pub compared: usize,
}

impl Agreement {
    fn add(&mut self, same: bool) {
        self.same += usize::from(same);
        self.compared += 1;
    }

    /// In percent; `None` where nothing was compared.
    pub fn percent(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts of attempts are far below 2^53")]
        (self.compared > 0).then(|| 100.0 * self.same as f64 / self.compared as f64)
    }
}

/// The attempts of one task family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaskAgreement {
    /// The task family, under the study's final name.
    pub task: String,
    /// Recorded answer attempts.
    pub attempts: usize,
    /// Verdicts on the recorded answers.
    pub answers: Agreement,
    /// Verdicts on the answers that our extraction finds in the replies.
    pub replies: Agreement,
    /// Replies of recorded attempts in which our extraction finds no answer; they count as wrong.
    pub without_answer: usize,
    /// Attempts that were not judged because no evaluator of this family is known here.
    pub without_evaluator: usize,
    /// Attempts that were not judged because the samples hold none with their id.
    pub without_sample: usize,
    /// Attempts that were not compared because no verdict was recorded.
    pub without_verdict: usize,
    /// Instructions of which there is no sample, in alphabetical order.
    pub missing_samples: Vec<String>,
}

/// What came of judging recorded answers again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reevaluation {
    /// Conversations that were read.
    pub conversations: usize,
    /// Agreement, by task family.
    pub tasks: Vec<TaskAgreement>,
    /// Every disagreement, in the order of the inputs.
    pub disagreements: Vec<Disagreement>,
    /// What was compared, and what could not be; one sentence or two each.
    pub notes: Vec<String>,
    /// What `keep_going` left out, by kind; empty without it.
    pub skipped: Vec<Skipped>,
}

/// Judges the answers of transcripts again.
///
/// All inputs are one set, as for [`Scorer`](crate::Scorer): a conversation id that comes twice is an error. After an
/// error a part of that input was read; drop it.
#[derive(Debug)]
pub struct Reevaluator {
    gold: GoldSamples,
    environment: Environment,
    left_out: LeftOut,
    seen: Seen,
    conversations: usize,
    tasks: BTreeMap<String, TaskAgreement>,
    disagreements: Vec<Disagreement>,
}

impl Reevaluator {
    /// Judges by these samples; those of families without an evaluator are left out, and a note says so. Their names are matched as reports match those of transcripts: `-` for `/`, and older
    /// names of task families. Evaluators find what they need in `environment`. With `keep_going`, what cannot be read is
    /// left out and counted.
    ///
    /// # Errors
    /// [`SampleConflict`] where two samples have the same name but not the same content.
    pub fn new(
        samples: impl IntoIterator<Item = Sample>,
        environment: Environment,
        keep_going: bool,
    ) -> Result<Self, SampleConflict> {
        Ok(Self {
            gold: GoldSamples::new(samples)?,
            environment,
            left_out: LeftOut::new(keep_going),
            seen: Seen::default(),
            conversations: 0,
            tasks: BTreeMap::new(),
            disagreements: Vec::new(),
        })
    }

    /// Reads a file of any format, a folder or a pattern, as [`crate::read_path`] does.
    ///
    /// # Errors
    /// [`ScoreError`] naming the path, or the file, the line and the field.
    pub fn add_path(&mut self, path: &Path) -> Result<(), ScoreError> {
        input::files(path)?.iter().try_for_each(|file| self.flow(|flow| flow.file(file)))
    }

    /// Reads to the end of `reader`, whatever its format; `name` is what errors call it.
    ///
    /// # Errors
    /// [`ScoreError`] naming the input, the line and the field.
    pub fn add_reader(&mut self, name: &str, reader: impl Read + Send) -> Result<(), ScoreError> {
        self.flow(|flow| flow.reader(name, reader))
    }

    fn flow(&mut self, read: impl FnOnce(&mut Flow<'_, Judged>) -> Result<(), ScoreError>) -> Result<(), ScoreError> {
        let Self { gold, environment, left_out, seen, conversations, tasks, disagreements } = self;
        read(&mut Flow {
            read: &|found, place| Judged::of(&found.transcript(place)?, place, gold, environment),
            take: &mut |made| {
                let fresh = made.and_then(|judged| match seen.again(IdHash::of(&judged.conv_id), &judged.place) {
                    Some(first) => Err(ScoreError::Duplicate { conv_id: judged.conv_id, first, again: judged.place }),
                    None => Ok(judged),
                });
                match fresh {
                    Ok(judged) => {
                        *conversations += 1;
                        judged.attempts.into_iter().for_each(|attempt| keep(attempt, tasks, disagreements));
                        Ok(())
                    }
                    Err(error) => left_out.put_aside(error),
                }
            },
            scorer: None,
        })
    }

    /// Everything that was judged.
    ///
    /// # Errors
    /// [`ScoreError::NoAttempts`] where no conversation holds an answer that was evaluated: there is nothing to compare.
    pub fn finish(self) -> Result<Reevaluation, ScoreError> {
        let skipped = self.left_out.into_skipped();
        let tasks: Vec<TaskAgreement> = self.tasks.into_values().collect();
        if tasks.is_empty() {
            return Err(ScoreError::NoAttempts { conversations: self.conversations });
        }
        let notes = render::notes(&tasks, &self.gold.unused, &skipped);
        Ok(Reevaluation { conversations: self.conversations, tasks, disagreements: self.disagreements, notes, skipped })
    }
}

fn keep(attempt: Attempt, tasks: &mut BTreeMap<String, TaskAgreement>, disagreements: &mut Vec<Disagreement>) {
    let task = tasks
        .entry(attempt.task.clone())
        .or_insert_with(|| TaskAgreement { task: attempt.task.clone(), ..TaskAgreement::default() });
    task.attempts += 1;
    match attempt.found {
        Found::NoEvaluator => task.without_evaluator += 1,
        Found::NoSample(id) => {
            task.without_sample += 1;
            if let Err(place) = task.missing_samples.binary_search(&id) {
                task.missing_samples.insert(place, id);
            }
        }
        Found::Sample if !attempt.has_verdict => task.without_verdict += 1,
        Found::Sample => {
            task.without_answer += usize::from(!attempt.reply_has_answer);
            let differs = |evaluated| attempt.disagreements.iter().any(|found| found.evaluated == evaluated);
            task.answers.add(!differs(Evaluated::Answer));
            task.replies.add(!differs(Evaluated::Reply));
            disagreements.extend(attempt.disagreements);
        }
    }
}

#[cfg(test)]
mod tests;
