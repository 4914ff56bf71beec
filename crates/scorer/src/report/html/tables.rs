//! The tables of the page, from the same sheets as every other rendering.

use crate::report::{Report, Row, Section, Sheet};

use super::table::{Cell, Table};

/// Every table that has rows; but the intervals hold all that the cells do, and two sections are the data of figures.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let elsewhere = |section: &Section| matches!(section, Section::Cells | Section::FirstAttempt | Section::Legibility);
    Section::ALL.into_iter().filter(|section| !elsewhere(section)).filter_map(|section| of(report, section)).collect()
}

/// A section as a table; `None` where the transcripts say nothing about it.
pub(super) fn of(report: &Report, section: Section) -> Option<Table> {
    report.sheets(&[section]).first().map(|sheet| table(report, section, sheet))
}

fn table(report: &Report, section: Section, sheet: &Sheet) -> Table {
    let (names, numbers) = sheet.headings.split_at(sheet.names);
    let mut table = Table::new(&format!("{}.", sheet.title), &sheet.note).names(names).numbers(numbers);
    for (place, cells) in sheet.rows.iter().enumerate() {
        let cell = |(column, text): (usize, &String)| {
            if column < sheet.names {
                Cell::name(text)
            } else if section == Section::Intervals && sheet.headings[column] == "runs" {
                Cell::number(text).leading_to(report.rows.get(place).map(conversations_of).unwrap_or_default())
            } else {
                Cell::number(text)
            }
        };
        table.row(cells.iter().enumerate().map(cell).collect());
    }
    table
}

/// The address of the conversations behind a row.
fn conversations_of(row: &Row) -> String {
    let mut address = form_urlencoded::Serializer::new(String::new());
    address.append_pair("task", &row.task).append_pair("model", &row.model).append_pair("setting", &row.setting);
    format!("#{}", address.finish())
}
