//! What is kept of a transcript.

pub(crate) mod facts;
mod observe;
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

impl Run {
    /// What counts of `transcript`, which stands at `place`.
    pub(crate) fn of(transcript: &Transcript, place: &Place) -> Result<Self, ScoreError> {
        for (field, value) in [
            ("conv_id", &transcript.conv_id),
            ("task", &transcript.task),
            ("assistant_model", &transcript.assistant_model),
            ("conv_type", &transcript.conv_type),
            ("task_id", &transcript.task_id),
        ] {
            if value.trim().is_empty() {
                return Err(ScoreError::Unnamed { place: place.clone(), field });
            }
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
        let family = canonical_task(&transcript.task);
        let instruction = names::instruction(&transcript.task_id);
        Ok(Self {
            oddities: Oddities {
                older_family: family != transcript.task,
                respelled: instruction != transcript.task_id,
                no_attempt: verdict == Verdict::NoAttempt,
                not_named: [&transcript.task, &transcript.assistant_model, &transcript.conv_type]
                    .into_iter()
                    .any(|name| name == names::NOT_NAMED),
            },
            cell: CellKey {
                task: family.to_owned(),
                model: transcript.assistant_model.clone(),
                setting: Setting::new(&transcript.conv_type),
            },
            instruction: instruction.into_owned(),
            score: 100.0 * score,
            facts: Facts::of(transcript),
        })
    }
}
