//! The report: what was measured, and its renderings.

mod csv;
pub(crate) mod html;
pub(crate) mod json;
mod latex;
pub(crate) mod markdown;
mod model;
pub(crate) mod notes;
mod sections;
pub(crate) mod table;
pub(crate) mod text;

use std::io::{self, Write};

use crate::cells::Cells;
use html::Archive;
use notes::Counts;
use table::TableOptions;

pub use model::{
    AttemptDetails, Bucket, Calibration, CellName, Comparison, Conversations, Degradation, Details, EchoDetails,
    Estimate, Faults, Interval, LegibilityPoint, Mediation, PassK, Ratios, ReliabilityBin, Report, Row, Rules, Skipped,
    Thresholds, Tokens, TurnDetails,
};

impl Skipped {
    /// "left out: 2 truncated (first: a.jsonl: line 3), ..."
    pub(crate) fn sentence(skipped: &[Self]) -> String {
        let each: Vec<_> =
            skipped.iter().map(|kind| format!("{} {} (first: {})", kind.count, kind.problem, kind.first)).collect();
        format!("left out: {}", each.join(", "))
    }
}

/// One field of a row, for the formats that list them all.
enum Field<'a> {
    Name(&'a str),
    Count(usize),
    Figure(Option<f64>),
}

impl Report {
    pub(crate) fn new(cells: &Cells, counts: &Counts, skipped: Vec<Skipped>) -> Self {
        let shards = cells.shards();
        let measured = cells.measure();
        let compared = sections::compare_all(&measured);
        let rows = sections::rows(&measured, &compared);
        let details = sections::by_cell(&measured, &shards);
        Self {
            rules: notes::rules(&rows),
            degradation: sections::degradation(&measured),
            comparisons: Vec::new(),
            settings: sections::by_setting(&measured, &shards),
            legibility: sections::legibility(&rows, &details),
            notes: notes::write(&rows, &compared, counts, &skipped),
            warnings: Vec::new(),
            rows,
            details,
            skipped,
        }
    }

    /// A table for people, with the notes below it.
    pub fn to_table(&self, options: &TableOptions) -> String {
        table::render(self, *options)
    }

    /// A JSON array with one object a row, in full precision; `null` where a figure is not defined.
    pub fn to_json(&self) -> String {
        json::rows(self)
    }

    /// The whole report as one JSON object, in full precision; `null` where a figure is not defined.
    pub fn to_full_json(&self) -> String {
        json::whole(self)
    }

    /// CSV with a header, in full precision; empty where a figure is not defined.
    pub fn to_csv(&self) -> String {
        csv::render(self)
    }

    /// A Markdown table with the notes as a list below it.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// A LaTeX table (booktabs, longtable) with the warnings and notes as a list below it.
    pub fn to_latex(&self) -> String {
        latex::render(self)
    }

    /// One self-contained HTML page with these figures and the conversations of `archive`.
    ///
    /// # Errors
    /// What the system says when `out`, or the temporary files of the archive, fail.
    pub fn write_html(&self, archive: Archive, out: &mut impl Write) -> io::Result<()> {
        html::write(self, archive, out)
    }
}

impl Row {
    /// Every field under its name for machines.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let low = |interval: Option<Interval>| Field::Figure(interval.map(|interval| interval.low));
        let high = |interval: Option<Interval>| Field::Figure(interval.map(|interval| interval.high));
        vec![
            ("task", Field::Name(&self.task)),
            ("model", Field::Name(&self.model)),
            ("setting", Field::Name(&self.setting)),
            ("instances", Field::Count(self.instances)),
            ("runs", Field::Count(self.runs)),
            ("runs_per_instance_min", Field::Count(self.runs_per_instance_min)),
            ("runs_per_instance_max", Field::Count(self.runs_per_instance_max)),
            ("p", Field::Figure(Some(self.p))),
            ("p_low", low(self.p_interval)),
            ("p_high", high(self.p_interval)),
            ("a90", Field::Figure(Some(self.a90))),
            ("a90_low", low(self.a90_interval)),
            ("a90_high", high(self.a90_interval)),
            ("u90_10", Field::Figure(Some(self.u90_10))),
            ("u90_10_low", low(self.u90_10_interval)),
            ("u90_10_high", high(self.u90_10_interval)),
            ("degradation", Field::Figure(self.degradation)),
            ("degradation_low", low(self.degradation_interval)),
            ("degradation_high", high(self.degradation_interval)),
            ("degradation_instances", Field::Count(self.degradation_instances)),
            ("gap_closed", Field::Figure(self.gap_closed)),
            ("gap_closed_low", low(self.gap_closed_interval)),
            ("gap_closed_high", high(self.gap_closed_interval)),
            ("gap_closed_instances", Field::Count(self.gap_closed_instances)),
            ("sensitivity", Field::Figure(self.sensitivity)),
        ]
    }
}

#[cfg(test)]
mod tests;
