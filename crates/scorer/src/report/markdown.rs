//! Markdown: a pipe table and a list of notes.

use super::Report;
use super::text::{HEADINGS, NAMES, columns};

pub(super) fn render(report: &Report) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(HEADINGS.map(str::to_owned).into());
    text += &line((0..HEADINGS.len()).map(|column| if column < NAMES { "---" } else { "---:" }.to_owned()).collect());
    for row in &report.rows {
        text += &line(columns(row).iter().map(|cell| escape(cell)).collect());
    }
    if !report.notes.is_empty() {
        text.push('\n');
        text.extend(report.notes.iter().flat_map(|note| ["- ".to_owned(), escape(note), "\n".to_owned()]));
    }
    text
}

/// Keeps names from becoming markup, and from ending their column.
pub(crate) fn escape(cell: &str) -> String {
    let mut escaped = String::with_capacity(cell.len());
    for character in cell.chars() {
        if matches!(character, '|' | '\\' | '`' | '*' | '<' | '[' | '~') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
