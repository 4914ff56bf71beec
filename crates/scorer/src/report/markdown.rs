//! Markdown: a pipe table for each sheet, and the warnings and notes as lists.

use super::{Report, Sheet};

/// A report of one sheet needs no headings.
pub(super) fn render(report: &Report, sheets: &[Sheet]) -> String {
    let mut text = String::new();
    for sheet in sheets {
        if !text.is_empty() {
            text.push('\n');
        }
        if sheets.len() > 1 {
            text += &format!("## {}\n\n", sheet.title);
        }
        table(sheet, &mut text);
        if !sheet.note.is_empty() {
            text += &format!("\n{}\n", escape(&sheet.note));
        }
    }
    let several = sheets.len() > 1;
    for (title, lines) in [("Warnings", &report.warnings), ("Notes", &report.notes)] {
        if lines.is_empty() {
            continue;
        }
        text += &if several { format!("\n## {title}\n\n") } else { "\n".to_owned() };
        let strong = if title == "Warnings" { "**Warning:** " } else { "" };
        text.extend(lines.iter().map(|line| format!("- {strong}{}\n", escape(line))));
    }
    text
}

fn table(sheet: &Sheet, text: &mut String) {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    *text += &line(sheet.headings.iter().map(|heading| escape(heading)).collect());
    let rule = |column| if column < sheet.names { "---" } else { "---:" }.to_owned();
    *text += &line((0..sheet.headings.len()).map(rule).collect());
    for row in &sheet.rows {
        *text += &line(row.iter().map(|cell| escape(cell)).collect());
    }
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
