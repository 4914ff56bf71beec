//! Tables as the page lays them out.

use serde::Serialize;

use crate::report::Interval;
use crate::report::text::figure;

/// A table that can be sorted by its columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Table {
    title: String,
    note: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Column {
    heading: String,
    numeric: bool,
    /// What the figures below are, for a pointer that rests on the heading.
    help: &'static str,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Cell {
    text: String,
    /// What it is sorted by, where that is a number.
    value: Option<f64>,
    /// An interval or another remark beside the text.
    beside: String,
    /// Where in the page it leads.
    link: String,
}

impl Table {
    /// A table without columns and rows.
    pub(super) fn new(title: &str, note: &str) -> Self {
        Self { title: title.to_owned(), note: note.to_owned(), ..Self::default() }
    }

    /// The same with these columns of names behind those that it has.
    pub(super) fn names(mut self, headings: &[&str]) -> Self {
        let column = |heading: &&str| Column { heading: (*heading).to_owned(), numeric: false, help: "" };
        self.columns.extend(headings.iter().map(column));
        self
    }

    /// The same with these columns of numbers, each with what it says, behind those that it has.
    pub(super) fn numbers(mut self, headings: &[(&str, &'static str)]) -> Self {
        let column =
            |(heading, help): &(&str, &'static str)| Column { heading: (*heading).to_owned(), numeric: true, help };
        self.columns.extend(headings.iter().map(column));
        self
    }

    /// Adds a row: as many cells as there are columns.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Cell {
    /// A name.
    pub(super) fn name(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A name, or what stands for all of them.
    pub(super) fn name_or_all(text: Option<&str>) -> Self {
        Self::name(text.unwrap_or("all"))
    }

    /// A count.
    pub(super) fn count(count: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "only sorted by")]
        let value = Some(count as f64);
        Self { text: count.to_string(), value, ..Self::default() }
    }

    /// A figure from 0 to 100, with one decimal.
    pub(super) fn figure(value: Option<f64>) -> Self {
        Self { text: figure(value), value, ..Self::default() }
    }

    /// A figure from 0 to 1, with three decimals.
    pub(super) fn fine(value: Option<f64>) -> Self {
        Self { text: value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}")), value, ..Self::default() }
    }

    /// The same figure with its interval beside it.
    pub(super) fn within(mut self, interval: Option<Interval>) -> Self {
        if let Some(Interval { low, high }) = interval {
            self.beside = format!("[{}, {}]", figure(Some(low)), figure(Some(high)));
        }
        self
    }

    /// The same cell, leading to a place in the page.
    pub(super) fn leading_to(mut self, link: String) -> Self {
        self.link = link;
        self
    }
}
