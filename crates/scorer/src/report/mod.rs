//! What was measured, and its renderings.

mod csv;
mod json;
mod markdown;
pub(crate) mod notes;
pub(crate) mod table;
mod text;

use std::collections::BTreeMap;

use crate::Problem;
use crate::cells::Measured;
use crate::compare::{self, Compared};
use crate::names::{FULL, SHARDED};
use notes::Counts;
use table::TableOptions;

/// The measures of every cell, in the order task, model, setting (full, concat, shuffle-concat, sharded, recap,
/// snowball, user-only, ergo, mediated, then the others alphabetically).
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// One row per cell.
    pub rows: Vec<Row>,
    /// The rules behind the figures, N, and what a reader must know of these inputs; one sentence or two each, in
    /// ASCII but for names from the inputs.
    pub notes: Vec<String>,
    /// What `keep_going` left out, by kind; empty without it.
    pub skipped: Vec<Skipped>,
}

/// The measures of one cell. Every figure that is not a count is on a scale of 0 to 100.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The task family, under the study's final name.
    pub task: String,
    /// The model, as recorded.
    pub model: String,
    /// The setting, as recorded.
    pub setting: String,
    /// Distinct instructions.
    pub instances: usize,
    /// Runs over all instructions.
    pub runs: usize,
    /// The fewest runs of an instruction.
    pub runs_per_instance_min: usize,
    /// The most runs of an instruction.
    pub runs_per_instance_max: usize,
    /// Averaged performance P.
    pub p: f64,
    /// Aptitude A90.
    pub a90: f64,
    /// Unreliability U90-10.
    pub u90_10: f64,
    /// P in percent of that of full, over the instructions that both hold; 100 is no loss.
    pub degradation: Option<f64>,
    /// How many instructions `degradation` stands on.
    pub degradation_instances: usize,
    /// The share in percent of the gap in P between sharded and full that this setting closes, over the instructions
    /// that all three hold. Full has 100 and sharded 0; `None` where sharded is not below full.
    pub gap_closed: Option<f64>,
    /// How many instructions `gap_closed` stands on.
    pub gap_closed_instances: usize,
}

/// Lines, or rests of inputs, that were left out for one kind of problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The kind.
    pub problem: Problem,
    /// How many.
    pub count: usize,
    /// Where the first one stands.
    pub first: String,
}

impl Skipped {
    /// "left out: 2 truncated (first: a.jsonl: line 3), ..."
    pub(crate) fn sentence(skipped: &[Self]) -> String {
        let each: Vec<_> =
            skipped.iter().map(|kind| format!("{} {} (first: {})", kind.count, kind.problem, kind.first)).collect();
        format!("left out: {}", each.join(", "))
    }
}

/// A row's comparisons, with the reasons where they have no value.
pub(crate) struct Comparisons {
    pub(crate) degradation: Compared,
    pub(crate) gap_closed: Compared,
}

/// One field of a row, for the formats that list them all.
enum Field<'a> {
    Name(&'a str),
    Count(usize),
    Figure(Option<f64>),
}

impl Report {
    pub(crate) fn new(measured: &[Measured], counts: &Counts, skipped: Vec<Skipped>) -> Self {
        let compared = compare_all(measured);
        let rows: Vec<Row> = measured.iter().zip(&compared).map(|(cell, compared)| Row::new(cell, compared)).collect();
        let notes = notes::write(&rows, &compared, counts, &skipped);
        Self { rows, notes, skipped }
    }

    /// A table for people, with the notes below it.
    pub fn to_table(&self, options: &TableOptions) -> String {
        table::render(self, *options)
    }

    /// A JSON array with one flat object a row, in full precision; `null` where a figure is not defined.
    pub fn to_json(&self) -> String {
        json::render(self)
    }

    /// CSV with a header, in full precision; empty where a figure is not defined.
    pub fn to_csv(&self) -> String {
        csv::render(self)
    }

    /// A Markdown table with the notes as a list below it.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }
}

/// Compares every cell with full and sharded of its task and model.
fn compare_all(measured: &[Measured]) -> Vec<Comparisons> {
    let by_name: BTreeMap<_, _> = measured
        .iter()
        .map(|cell| ((&*cell.key.task, &*cell.key.model, &*cell.key.setting.name), &cell.performance))
        .collect();
    measured
        .iter()
        .map(|cell| {
            let of = |setting| by_name.get(&(&*cell.key.task, &*cell.key.model, setting)).copied();
            let (full, sharded) = (of(FULL), of(SHARDED));
            Comparisons {
                degradation: compare::against_full(&cell.performance, full),
                gap_closed: compare::of_gap(&cell.performance, sharded, full),
            }
        })
        .collect()
}

impl Row {
    fn new(cell: &Measured, compared: &Comparisons) -> Self {
        let (runs_per_instance_min, runs_per_instance_max) = cell.runs_per_instruction;
        Self {
            task: cell.key.task.clone(),
            model: cell.key.model.clone(),
            setting: cell.key.setting.name.clone(),
            instances: cell.performance.len(),
            runs: cell.runs,
            runs_per_instance_min,
            runs_per_instance_max,
            p: cell.measures.p,
            a90: cell.measures.a90,
            u90_10: cell.measures.u90_10,
            degradation: compared.degradation.value.ok(),
            degradation_instances: compared.degradation.instances,
            gap_closed: compared.gap_closed.value.ok(),
            gap_closed_instances: compared.gap_closed.instances,
        }
    }

    /// Every field under its name for machines.
    fn fields(&self) -> [(&'static str, Field<'_>); 14] {
        [
            ("task", Field::Name(&self.task)),
            ("model", Field::Name(&self.model)),
            ("setting", Field::Name(&self.setting)),
            ("instances", Field::Count(self.instances)),
            ("runs", Field::Count(self.runs)),
            ("runs_per_instance_min", Field::Count(self.runs_per_instance_min)),
            ("runs_per_instance_max", Field::Count(self.runs_per_instance_max)),
            ("p", Field::Figure(Some(self.p))),
            ("a90", Field::Figure(Some(self.a90))),
            ("u90_10", Field::Figure(Some(self.u90_10))),
            ("degradation", Field::Figure(self.degradation)),
            ("degradation_instances", Field::Count(self.degradation_instances)),
            ("gap_closed", Field::Figure(self.gap_closed)),
            ("gap_closed_instances", Field::Count(self.gap_closed_instances)),
        ]
    }
}

#[cfg(test)]
mod tests;
