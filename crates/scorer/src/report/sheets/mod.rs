//! The sections of a report as tables of text, for every rendering that people read.

mod conversations;
mod headline;
mod pairs;
mod trust;

use std::borrow::Cow;

use super::text::{count, figure, printable};
use super::{CellName, Estimate, Interval, Report};

/// A section of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// P, A90, U90-10, percent of full and gap closed of each cell.
    Cells,
    /// The same with the interval of each figure, with other percentiles, pass^k and the PromptSensiScore.
    Intervals,
    /// Settings against full over tasks and models, as mean of ratios and as ratio of means.
    Degradation,
    /// Pairs of settings on the same instructions.
    Comparisons,
    /// Turns, attempts, lengths and stop reasons per conversation.
    Conversations,
    /// Tokens, time and money per conversation.
    Costs,
    /// Tokens and time, turn by turn.
    TurnCosts,
    /// What replies were, turn by turn.
    Turns,
    /// When the first answer attempt came, against the score.
    FirstAttempt,
    /// The length and score of answers, attempt by attempt.
    Attempts,
    /// The length of replies against the score.
    ReplyLength,
    /// Which turns the last reply takes up.
    Echo,
    /// What went wrong, simulator and model apart.
    Faults,
    /// Recorded confidence against verdicts.
    Calibration,
    /// The spec against what the user said.
    Mediation,
    /// What the mediator changed in the spec, and what its guard refused.
    Edits,
    /// Score and legibility side by side.
    Legibility,
}

impl Section {
    /// Every section, in the order of reports.
    pub const ALL: [Self; 17] = [
        Self::Cells,
        Self::Intervals,
        Self::Degradation,
        Self::Comparisons,
        Self::Conversations,
        Self::Costs,
        Self::TurnCosts,
        Self::Turns,
        Self::FirstAttempt,
        Self::Attempts,
        Self::ReplyLength,
        Self::Echo,
        Self::Faults,
        Self::Calibration,
        Self::Mediation,
        Self::Edits,
        Self::Legibility,
    ];

    /// Its name for commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Intervals => "intervals",
            Self::Degradation => "degradation",
            Self::Comparisons => "comparisons",
            Self::Conversations => "conversations",
            Self::Costs => "costs",
            Self::TurnCosts => "turn-costs",
            Self::Turns => "turns",
            Self::FirstAttempt => "first-attempt",
            Self::Attempts => "attempts",
            Self::ReplyLength => "reply-length",
            Self::Echo => "echo",
            Self::Faults => "faults",
            Self::Calibration => "calibration",
            Self::Mediation => "mediation",
            Self::Edits => "edits",
            Self::Legibility => "legibility",
        }
    }
}

/// A table of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What it shows.
    pub title: &'static str,
    /// The columns' headings.
    pub headings: Vec<String>,
    /// How many of the first columns are names; the others are numbers.
    pub names: usize,
    /// The rows, each with as many cells as there are headings. Names from inputs are on one line, without characters
    /// that would steer a terminal.
    pub rows: Vec<Vec<String>>,
    /// How to read it; empty where nothing needs to be said.
    pub note: Cow<'static, str>,
}

impl Sheet {
    /// The sheet without the columns of numbers that hold nothing else than this.
    pub(crate) fn without_columns_of(mut self, nothing: &str) -> Self {
        let kept: Vec<bool> = (0..self.headings.len())
            .map(|column| column < self.names || self.rows.iter().any(|row| row[column] != nothing))
            .collect();
        let retain = |cells: &mut Vec<String>| {
            let mut keep = kept.iter();
            cells.retain(|_| keep.next().copied().unwrap_or(true));
        };
        retain(&mut self.headings);
        self.rows.iter_mut().for_each(retain);
        self
    }
}

impl Report {
    /// These sections as tables of text, in the order given; those that the transcripts say nothing about are left out.
    pub fn sheets(&self, sections: &[Section]) -> Vec<Sheet> {
        let sheets = sections.iter().map(|section| match section {
            Section::Cells => headline::cells(self),
            Section::Intervals => headline::intervals(self),
            Section::Degradation => pairs::degradation(self),
            Section::Comparisons => pairs::comparisons(self),
            Section::Conversations => conversations::conversations(self),
            Section::Costs => conversations::costs(self),
            Section::TurnCosts => conversations::turn_costs(self),
            Section::Turns => conversations::turns(self),
            Section::FirstAttempt => conversations::first_attempt(self),
            Section::Attempts => conversations::attempts(self),
            Section::ReplyLength => conversations::reply_length(self),
            Section::Echo => conversations::echo(self),
            Section::Faults => trust::faults(self),
            Section::Calibration => trust::calibration(self),
            Section::Mediation => trust::mediation(self),
            Section::Edits => trust::edits(self),
            Section::Legibility => trust::legibility(self),
        });
        sheets.filter(|sheet| !sheet.rows.is_empty()).collect()
    }
}

pub(crate) fn headings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Task, model and setting.
fn cell(name: &CellName) -> Vec<String> {
    let of = |part: &Option<String>| part.as_deref().map_or_else(|| "all".into(), printable);
    vec![of(&name.task), of(&name.model), printable(&name.setting)]
}

/// `75.0 [55.0, 90.0]`.
fn with_interval(value: Option<f64>, interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high }) => format!("{} [{}, {}]", figure(value), figure(Some(low)), figure(Some(high))),
        None => figure(value),
    }
}

pub(crate) fn estimate(estimate: &Estimate) -> String {
    with_interval(estimate.value, estimate.interval)
}

/// A figure between 0 and 1, or of seconds.
pub(crate) fn fraction(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.3}"))
}

/// "3 turns", or nothing of none.
fn some(number: usize, what: &str) -> Option<String> {
    (number > 0).then(|| count(number, what))
}
