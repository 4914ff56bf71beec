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
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Cell {
    text: String,
    /// What it is sorted by, where that is a number.
    value: Option<f64>,
    /// An interval beside the text.
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
    pub(super) fn names(self, headings: &[impl AsRef<str>]) -> Self {
        self.with(headings, false)
    }

    /// The same with these columns of numbers behind those that it has.
    pub(super) fn numbers(self, headings: &[impl AsRef<str>]) -> Self {
        self.with(headings, true)
    }

    fn with(mut self, headings: &[impl AsRef<str>], numeric: bool) -> Self {
        self.columns.extend(headings.iter().map(|heading| Column { heading: heading.as_ref().to_owned(), numeric }));
        self
    }

    /// Adds a row: as many cells as there are columns.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }
}

impl Cell {
    /// A name.
    pub(super) fn name(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A number as sheets write it: `75.0`, `75.0 [55.0, 90.0]`, `<0.001`, `-`.
    pub(super) fn number(text: &str) -> Self {
        let (text, beside) = match text.split_once(' ') {
            Some((text, interval)) if interval.starts_with('[') => (text, interval),
            _ => (text, ""),
        };
        // What is less than a number sorts before it, a range by its lower end.
        let number = text.trim_start_matches('<');
        let end = number.get(1..).and_then(|rest| rest.find('-')).map_or(number.len(), |place| place + 1);
        let value = number.get(..end).and_then(|number| number.parse().ok());
        let less = if text.starts_with('<') { f64::EPSILON } else { 0.0 };
        Self {
            text: text.to_owned(),
            value: value.map(|value: f64| value - less),
            beside: beside.to_owned(),
            ..Self::default()
        }
    }

    /// A count.
    pub(super) fn count(count: usize) -> Self {
        Self::number(&count.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_what_they_say() {
        let held = |text: &str| {
            let cell = Cell::number(text);
            (cell.text, cell.beside, cell.value)
        };
        let plain = |text: &str| (text.to_owned(), String::new());
        assert_eq!(held("75.0 [-5.0, 90.0]"), ("75.0".to_owned(), "[-5.0, 90.0]".to_owned(), Some(75.0)));
        assert_eq!(held("-3.5").2, Some(-3.5));
        assert_eq!(held("55.0-90.0").2, Some(55.0));
        assert_eq!((held("-").2, held("").2), (None, None));
        let (text, beside, value) = held("<0.001");
        assert_eq!((text, beside), plain("<0.001"));
        assert!(value < held("0.001").2);
    }
}
