//! The report: what was measured, and its renderings.

pub(crate) mod absent;
mod csv;
mod figures;
mod gate;
pub(crate) mod html;
pub(crate) mod json;
mod latex;
pub(crate) mod markdown;
mod model;
pub(crate) mod notes;
pub(crate) mod sections;
pub(crate) mod sheets;
pub(crate) mod table;
pub(crate) mod text;
mod warnings;

use std::io::{self, Write};

use crate::Options;
use crate::cells::Cells;
use crate::statistics::Bootstrap;
use absent::Absent;
use html::Archive;
use notes::Counts;

pub use figures::Figures;
pub use gate::{Gate, GateError};
pub use model::{
    AttemptDetails, Bucket, Calibration, CellName, Comparison, Conversations, Degradation, Details, EchoDetails,
    Estimate, Faults, Interval, LegibilityPoint, Mediation, Missing, PassK, Ratios, ReliabilityBin, Report, Row, Rules,
    Skipped, Thresholds, Tokens, TurnDetails, TurnSpent,
};
pub use sheets::{Section, Sheet};
pub use table::{TableOptions, TableStyle};

impl Skipped {
    /// "left out: 2 truncated (first: a.jsonl: line 3), ..."
    pub(crate) fn sentence(skipped: &[Self]) -> String {
        let each: Vec<_> =
            skipped.iter().map(|kind| format!("{} {} (first: {})", kind.count, kind.problem, kind.first)).collect();
        format!("left out: {}", each.join(", "))
    }
}

impl Report {
    /// The report of some runs; `against` holds the runs that they are compared with, and what these are called.
    pub(crate) fn new(
        cells: &Cells,
        counts: &Counts,
        absent: Absent,
        options: &Options,
        against: Option<(&Cells, &str)>,
    ) -> Self {
        let figures = &options.figures;
        let bootstrap = Bootstrap::new(figures.resamples, figures.seed, figures.level / 100.0);
        let shards = cells.shards(&options.shards);
        let measured = cells.measure();
        let compared = sections::compare_all(&measured);
        let rows = sections::rows(&measured, &compared, figures, &bootstrap);
        let details = sections::by_cell(&measured, &shards);
        let comparisons = match against {
            Some((others, name)) => sections::between(&measured, &others.measure(), name, figures, &bootstrap),
            None => sections::comparisons(&measured, figures, &bootstrap),
        };
        Self {
            rules: notes::rules(&rows, figures),
            degradation: sections::degradation(&measured, &bootstrap),
            settings: sections::by_setting(&measured, &shards),
            legibility: sections::legibility(&measured, &rows, &details, &bootstrap),
            notes: notes::write(&rows, &compared, counts, shards.origin, absent.unknown, figures),
            warnings: warnings::write(&rows, &details, &comparisons, figures, &absent),
            comparisons,
            rows,
            details,
            skipped: absent.skipped,
            failed_runs: absent.failed,
            missing_runs: absent.missing,
        }
    }

    /// Tables of these sections for people, with the warnings and notes below them.
    pub fn to_table(&self, sections: &[Section], options: &TableOptions) -> String {
        table::render(&self.sheets(sections), &self.warnings, &self.notes, *options)
    }

    /// A JSON array with one object a row, in full precision; `null` where a figure is not defined.
    pub fn to_json(&self) -> String {
        json::lines(&self.rows)
    }

    /// The same for the comparisons.
    pub fn comparisons_to_json(&self) -> String {
        json::lines(&self.comparisons)
    }

    /// The whole report as one JSON object, in full precision; `null` where a figure is not defined.
    pub fn to_full_json(&self) -> String {
        json::whole(self)
    }

    /// CSV of the rows, with a header, in full precision; empty where a figure is not defined.
    pub fn to_csv(&self) -> String {
        csv::render(self.rows.iter().map(Row::fields))
    }

    /// The same for the comparisons.
    pub fn comparisons_to_csv(&self) -> String {
        csv::render(self.comparisons.iter().map(Comparison::fields))
    }

    /// CSV of one section, with a header: cells and comparisons in full precision, the others as people read them. Empty
    /// where the transcripts say nothing about it.
    pub fn section_to_csv(&self, section: Section) -> String {
        match section {
            Section::Cells | Section::Intervals => self.to_csv(),
            Section::Comparisons => self.comparisons_to_csv(),
            other => self.sheets(&[other]).first().map(csv::sheet).unwrap_or_default(),
        }
    }

    /// LaTeX tables (booktabs, longtable) of these sections, with the warnings and notes as a list below them.
    pub fn to_latex(&self, sections: &[Section]) -> String {
        latex::render(self, &self.sheets(sections))
    }

    /// One self-contained HTML page with these figures and the conversations of `archive`.
    ///
    /// # Errors
    /// What the system says when `out`, or the temporary files of the archive, fail.
    pub fn write_html(&self, archive: Archive, out: &mut impl Write) -> io::Result<()> {
        html::write(self, archive, out)
    }

    /// Markdown tables of these sections, with the warnings and notes as lists below them.
    pub fn to_markdown(&self, sections: &[Section]) -> String {
        markdown::render(self, &self.sheets(sections))
    }
}

#[cfg(test)]
mod tests;
