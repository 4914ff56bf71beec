//! Tables, fitted to the width: first the wide columns shrink and their cells wrap; where that is hopeless, each row
//! becomes an entry of a list.

use pulldown_cmark::Alignment;
use ratatui::text::{Line, Span};

use super::Look;
use crate::text::{self, Margin, Row, wrap, wrap_hanging};

/// What stands between two columns.
const BETWEEN: &str = " │ ";

/// Words up to so many cells are not cut to make a column narrower.
const LONGEST_WORD: usize = 12;

/// The spans of a cell, tame.
pub(super) type Cell = Vec<Span<'static>>;

/// A table as it was read.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) alignments: Vec<Alignment>,
    pub(super) head: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Lays the table out behind a margin.
    pub(super) fn draw(&self, look: Look, first: &Margin, rest: &Margin, rows: &mut Vec<Row>) {
        let start = rows.len();
        let room = look.room(first).min(look.room(rest));
        match self.widths(room) {
            Some(widths) => self.grid(&widths, look, rows),
            None => self.list(u16::try_from(room).unwrap_or(look.width), look, rows),
        }
        for (i, row) in rows[start..].iter_mut().enumerate() {
            let margin = if i == 0 { first } else { rest };
            let drawn = std::mem::take(row);
            *row = Row { margin: 0, ..Row::behind(margin, drawn.line.spans) };
            row.margin += drawn.margin;
        }
    }

    /// The cells for each column; `None` if words would have to be cut.
    fn widths(&self, room: usize) -> Option<Vec<usize>> {
        let columns = self.alignments.len();
        let room = room.checked_sub(text::width(BETWEEN) * columns.saturating_sub(1))?;
        let cells = |column: usize| self.rows.iter().chain([&self.head]).filter_map(move |row| row.get(column));
        let wanted: Vec<usize> =
            (0..columns).map(|i| cells(i).map(|cell| widest(cell, '\n')).max().unwrap_or(0)).collect();
        let least: Vec<usize> = (0..columns)
            .map(|i| cells(i).map(|cell| widest(cell, ' ').clamp(1, LONGEST_WORD)).max().unwrap_or(1))
            .collect();
        let at = |level: usize| {
            wanted.iter().zip(&least).map(move |(wanted, least)| level.clamp(*least, (*wanted).max(*least)))
        };
        if at(0).sum::<usize>() > room {
            return None;
        }
        // The highest level that all columns can be cut down to; those that are narrower keep their width.
        let (mut low, mut high) = (0, room + 1);
        while low + 1 < high {
            let middle = low.midpoint(high);
            if at(middle).sum::<usize>() <= room { low = middle } else { high = middle }
        }
        let mut widths: Vec<usize> = at(low).collect();
        let mut left = room - widths.iter().sum::<usize>();
        for (width, wanted) in widths.iter_mut().zip(&wanted) {
            if left > 0 && *width == low && *wanted > low {
                *width += 1;
                left -= 1;
            }
        }
        Some(widths)
    }

    fn grid(&self, widths: &[usize], look: Look, rows: &mut Vec<Row>) {
        let rule = |between: &str| -> Row {
            let line = widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join(between);
            Row::of(Span::styled(line, look.theme.border))
        };
        self.grid_row(&self.head, widths, look, rows);
        rows.push(rule("─┼─"));
        let mut wrapped = false;
        for (i, row) in self.rows.iter().enumerate() {
            let start = rows.len();
            self.grid_row(row, widths, look, rows);
            // Where rows have several lines, it must be seen where one ends.
            let wraps = rows.len() > start + 1;
            if i > 0 && (wraps || wrapped) {
                rows.insert(start, rule("─┼─"));
            }
            wrapped = wraps;
        }
    }

    /// Draws one row of the table.
    fn grid_row(&self, cells: &[Cell], widths: &[usize], look: Look, rows: &mut Vec<Row>) {
        let columns: Vec<Vec<Row>> = (0..widths.len())
            .map(|i| wrap(cells.get(i).map_or(&[][..], Vec::as_slice), u16::try_from(widths[i]).unwrap_or(u16::MAX)))
            .collect();
        for line in 0..columns.iter().map(Vec::len).max().unwrap_or(1) {
            let mut spans: Vec<Span<'static>> = Vec::new();
            for (i, column) in columns.iter().enumerate() {
                if i > 0 {
                    spans.push(Span::styled(BETWEEN, look.theme.border));
                }
                let cell = column.get(line).map_or(&[][..], |row| row.line.spans.as_slice());
                let space = widths[i].saturating_sub(cell.iter().map(|span| text::width(&span.content)).sum());
                let before = match self.alignments[i] {
                    Alignment::Right => space,
                    Alignment::Center => space / 2,
                    Alignment::Left | Alignment::None => 0,
                };
                spans.push(" ".repeat(before).into());
                spans.extend(cell.iter().cloned());
                if i + 1 < widths.len() {
                    spans.push(" ".repeat(space - before).into());
                }
            }
            spans.retain(|span| !span.content.is_empty());
            rows.push(Row::of(Line::from(spans)));
        }
    }

    /// Draws each row as an entry, each cell with the head of its column before it.
    fn list(&self, width: u16, look: Look, rows: &mut Vec<Row>) {
        let only_head = [self.head.clone()];
        let entries = if self.rows.is_empty() { &only_head[..] } else { &self.rows };
        for entry in entries {
            for (i, cell) in entry.iter().enumerate() {
                let mut spans = Vec::new();
                if let Some(head) = self.head.get(i).filter(|head| !self.rows.is_empty() && widest(head, '\n') > 0) {
                    spans.extend(head.iter().cloned());
                    spans.push(Span::styled(": ", look.theme.muted));
                }
                spans.extend(cell.iter().cloned());
                let marker = if i == 0 { Span::styled("• ", look.theme.muted) } else { "  ".into() };
                rows.extend(wrap_hanging(&spans, width, &[marker], &["    ".into()]));
            }
        }
    }
}

/// The cells of the widest part of a cell, between separators.
fn widest(cell: &[Span<'_>], separator: char) -> usize {
    let content: String = cell.iter().map(|span| &*span.content).collect();
    content.split([separator, '\n']).map(text::width).max().unwrap_or(0)
}
