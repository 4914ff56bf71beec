//! The measures of each cell.

use super::{Sheet, with_interval};
use crate::report::text::{figure, printable};
use crate::report::{Interval, Report, Row};

pub(super) fn cells(report: &Report) -> Sheet {
    let mut headings = super::headings(&["task", "model", "setting", "inst", "runs", "P"]);
    let intervals = report.rows.iter().any(|row| row.p_interval.is_some());
    headings.extend(intervals.then(|| format!("{} % interval", report.rules.level)));
    headings.extend(super::headings(&["A90", "U90-10", "% of full", "gap closed"]));
    headings.extend(others(report));
    let rows = report.rows.iter().map(|row| {
        let mut cells = names(row);
        cells.push(figure(Some(row.p)));
        cells.extend(intervals.then(|| range(row.p_interval)));
        cells.extend([Some(row.a90), Some(row.u90_10), row.degradation, row.gap_closed].map(figure));
        for pair in &row.thresholds {
            cells.extend([figure(pair.aptitude.value), figure(pair.unreliability.value)]);
        }
        cells.extend(row.pass_k.iter().map(|pass| figure(pass.value)));
        cells
    });
    Sheet { title: "Measures", names: 3, rows: rows.collect(), headings, note: "".into() }
}

pub(super) fn intervals(report: &Report) -> Sheet {
    let mut headings =
        super::headings(&["task", "model", "setting", "inst", "runs", "P", "A90", "U90-10", "% of full", "gap closed"]);
    headings.extend(others(report));
    headings.push("PSS".into());
    let rows = report.rows.iter().map(|row| {
        let mut cells = names(row);
        cells.extend([
            with_interval(Some(row.p), row.p_interval),
            with_interval(Some(row.a90), row.a90_interval),
            with_interval(Some(row.u90_10), row.u90_10_interval),
            with_interval(row.degradation, row.degradation_interval),
            with_interval(row.gap_closed, row.gap_closed_interval),
        ]);
        for pair in &row.thresholds {
            cells.extend([super::estimate(&pair.aptitude), super::estimate(&pair.unreliability)]);
        }
        cells.extend(row.pass_k.iter().map(|pass| figure(pass.value)));
        cells.push(figure(row.sensitivity));
        cells
    });
    Sheet {
        title: "Measures with their intervals",
        names: 3,
        rows: rows.collect(),
        headings,
        note: "PSS (PromptSensiScore) is how far two runs of an instruction differ in score, on average.".into(),
    }
}

/// `55.0-90.0`.
fn range(interval: Option<Interval>) -> String {
    let ends = |interval: Interval| format!("{}-{}", figure(Some(interval.low)), figure(Some(interval.high)));
    interval.map_or_else(|| "-".into(), ends)
}

/// The headings of what was asked for beside the usual figures.
fn others(report: &Report) -> Vec<String> {
    let Some(row) = report.rows.first() else { return Vec::new() };
    let thresholds =
        row.thresholds.iter().flat_map(|pair| [format!("A{}", pair.high), format!("U{}-{}", pair.high, pair.low)]);
    thresholds.chain(row.pass_k.iter().map(|pass| format!("pass^{}", pass.k))).collect()
}

fn names(row: &Row) -> Vec<String> {
    vec![
        printable(&row.task),
        printable(&row.model),
        printable(&row.setting),
        row.instances.to_string(),
        row.runs.to_string(),
    ]
}
