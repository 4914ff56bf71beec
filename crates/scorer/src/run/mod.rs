//! What is kept of a transcript.

pub(crate) mod facts;
mod line;
pub(crate) mod observe;
pub(crate) mod spec;

use throughline_conversation::{Transcript, Verdict};
use throughline_tasks::canonical_task;

use crate::names;
use crate::{Place, ScoreError};

use facts::Facts;

/// One run, without its trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) cell: CellKey,
    /// The instruction, in one spelling.
    pub(crate) instruction: String,
    /// From 0 to 100.
    pub(crate) score: f64,
    pub(crate) facts: Facts,
    pub(crate) oddities: Oddities,
}

/// What the figures of a report belong to. The derived order is that of reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CellKey {
    pub(crate) task: String,
    pub(crate) model: String,
    pub(crate) setting: Setting,
}

/// A setting, ordered as in reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Setting {
    rank: usize,
    pub(crate) name: String,
}

impl Setting {
    pub(crate) fn new(name: &str) -> Self {
        Self { rank: names::setting_rank(name), name: name.to_owned() }
    }
}

/// What was understood rather than read, for the notes of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is counted for itself")]
pub(crate) struct Oddities {
    /// The task goes by an older name.
    pub(crate) older_family: bool,
    /// The instruction's id is spelled with `/`.
    pub(crate) respelled: bool,
    /// No answer was attempted.
    pub(crate) no_attempt: bool,
    /// The task, the model or the setting is not named.
    pub(crate) not_named: bool,
}

/// What a run is a run of.
#[derive(Clone, Copy, Debug)]
struct Names<'a> {
    conv_id: &'a str,
    task: &'a str,
    model: &'a str,
    setting: &'a str,
    instruction: &'a str,
}

impl Names<'_> {
    /// The field of a transcript that does not name what it should.
    fn empty(&self) -> Option<&'static str> {
        [
            ("conv_id", self.conv_id),
            ("task", self.task),
            ("assistant_model", self.model),
            ("conv_type", self.setting),
            ("task_id", self.instruction),
        ]
        .into_iter()
        .find_map(|(field, name)| name.trim().is_empty().then_some(field))
    }
}

impl Run {
    /// What counts of `transcript`, which stands at `place`.
    pub(crate) fn of(transcript: &Transcript, place: &Place) -> Result<Self, ScoreError> {
        let names = Names {
            conv_id: &transcript.conv_id,
            task: &transcript.task,
            model: &transcript.assistant_model,
            setting: &transcript.conv_type,
            instruction: &transcript.task_id,
        };
        if let Some(field) = names.empty() {
            return Err(ScoreError::Unnamed { place: place.clone(), field });
        }
        let conv_id = || transcript.conv_id.clone();
        let verdict = transcript.verdict().map_err(|reason| ScoreError::Verdict {
            place: place.clone(),
            conv_id: conv_id(),
            reason,
        })?;
        let Some(score) = verdict.score() else {
            return Err(ScoreError::Unevaluated { place: place.clone(), conv_id: conv_id() });
        };
        let mut run = Self::new(names, score, Facts::of(transcript));
        run.oddities.no_attempt = verdict == Verdict::NoAttempt;
        Ok(run)
    }

    /// A run with at least one answer attempt; `score` is from 0 to 1.
    fn new(recorded: Names<'_>, score: f64, facts: Facts) -> Self {
        let family = canonical_task(recorded.task);
        let instruction = names::instruction(recorded.instruction);
        Self {
            oddities: Oddities {
                older_family: family != recorded.task,
                respelled: instruction != recorded.instruction,
                no_attempt: false,
                not_named: [recorded.task, recorded.model, recorded.setting].contains(&names::NOT_NAMED),
            },
            cell: CellKey {
                task: family.to_owned(),
                model: recorded.model.to_owned(),
                setting: Setting::new(recorded.setting),
            },
            instruction: instruction.into_owned(),
            score: 100.0 * score,
            facts,
        }
    }
}

#[cfg(test)]
mod tests;
