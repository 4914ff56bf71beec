//! JSON: a list with a line for each item, or the whole report.

use serde::Serialize;

use super::Report;

pub(super) fn lines(items: &[impl Serialize]) -> String {
    let items: Vec<String> = items.iter().map(text).collect();
    format!("[\n{}\n]\n", items.join(",\n"))
}

pub(super) fn whole(report: &Report) -> String {
    text(report) + "\n"
}

/// Any part of a report as JSON on one line.
#[expect(clippy::expect_used, reason = "a report has text keys only, and a number that is not finite becomes null")]
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("serialised")
}
