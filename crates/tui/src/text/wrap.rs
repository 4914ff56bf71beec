//! Wrapping of styled text, by Unicode's rules for where a line may break (UAX 14) and never within a grapheme.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::graphemes::{grapheme_width, graphemes};
use super::{tame, width};

/// Stands for a grapheme that is wider than the whole row.
const TOO_WIDE: &str = "\u{fffd}";

/// One row of laid out text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What is drawn.
    pub line: Line<'static>,
    /// How many cells at its beginning are layout (an indent, a bullet, a bar) and no text.
    pub margin: u16,
    /// How many spaces stand at its end that are not drawn.
    pub spaces: u16,
    /// Whether the text goes on in the next row without a line break: what is copied is then joined, with `spaces`
    /// between.
    pub wrapped: bool,
}

impl Row {
    /// A row that nothing was wrapped for.
    pub fn of(line: impl Into<Line<'static>>) -> Self {
        Self { line: line.into(), ..Self::default() }
    }

    /// A row of spans behind a margin.
    pub(crate) fn behind(margin: &Margin, spans: impl IntoIterator<Item = Span<'static>>) -> Self {
        let line: Line<'static> = margin.spans.iter().cloned().chain(spans).collect();
        Self { margin: margin.cells(), ..Self::of(line) }
    }
}

/// The text of rows as it was before it was wrapped: margins are left out, and what was one line is one again. `from` and
/// `to` are a row and a cell in it each; what lies between them, `to` itself not, is taken.
pub fn copied(rows: &[Row], from: (usize, usize), to: (usize, usize)) -> String {
    let mut text = String::new();
    let last = to.0.min(rows.len().saturating_sub(1));
    for (i, row) in rows.iter().enumerate().take(last + 1).skip(from.0) {
        let first_cell = usize::from(row.margin).max(if i == from.0 { from.1 } else { 0 });
        let end_cell = if i == to.0 { to.1 } else { usize::MAX };
        let mut cell = 0;
        for (_, grapheme) in row.line.spans.iter().flat_map(|span| graphemes(&span.content)) {
            if (first_cell..end_cell).contains(&cell) {
                text.push_str(grapheme);
            }
            cell += grapheme_width(grapheme);
        }
        if cell < end_cell {
            text.push_str(&" ".repeat(row.spaces.into()));
        }
        if !row.wrapped && i < last {
            text.push('\n');
        }
    }
    text
}

/// Wraps text at spaces and wherever else a line may break; a word longer than a row is cut. Line feeds end rows. Nothing
/// is lost: spaces at the end of a row are counted, and only a grapheme that is wider than a whole row has a stand-in.
///
/// Every span is made tame. There is always at least one row; a `width` of 0 is taken for 1.
pub fn wrap(spans: &[Span<'_>], width: u16) -> Vec<Row> {
    wrap_hanging(spans, width, &[], &[])
}

/// Wraps text behind a margin: `first` before the first row, `rest` before every other. Margins are tame and hold no
/// line feed. They take at most half of the width; of a margin that is wider the end is kept.
pub fn wrap_hanging(spans: &[Span<'_>], width: u16, first: &[Span<'static>], rest: &[Span<'static>]) -> Vec<Row> {
    Layout::new(spans, width, first, rest).rows(|text| {
        linebreaks(text).filter(|(_, kind)| *kind == BreakOpportunity::Allowed).map(|(at, _)| at).collect()
    })
}

/// Wraps text behind a margin as [`wrap_hanging`] does, but only where a row is full, as is right for code.
pub fn wrap_anywhere(spans: &[Span<'_>], width: u16, margin: &[Span<'static>]) -> Vec<Row> {
    Layout::new(spans, width, margin, margin).rows(|_| Vec::new())
}

/// The text of a paragraph with its styles, and the room it is laid out in.
struct Layout {
    text: String,
    /// Where each style ends.
    styles: Vec<(usize, Style)>,
    width: usize,
    first: Margin,
    rest: Margin,
}

/// What stands before the text of a row, cut to what it may take.
#[derive(Clone, Debug, Default)]
pub(crate) struct Margin {
    pub(crate) spans: Vec<Span<'static>>,
    pub(crate) cells: usize,
}

impl Margin {
    /// A margin for rows of that width, at least 1. It takes at most half of them; where it is wider its end is kept.
    pub(crate) fn fit(mut spans: Vec<Span<'static>>, row_width: u16) -> Self {
        let most = usize::from(row_width / 2);
        let mut cells: usize = spans.iter().map(|span| width(&span.content)).sum();
        for span in &mut spans {
            let surplus = cells.saturating_sub(most);
            let mut dropped = 0;
            let kept = graphemes(&span.content).find(|(_, grapheme)| {
                let keep = dropped >= surplus;
                dropped += if keep { 0 } else { grapheme_width(grapheme) };
                keep
            });
            let kept = kept.map_or(span.content.len(), |(start, _)| start);
            if kept > 0 {
                span.content = span.content[kept..].to_owned().into();
            }
            cells -= dropped;
        }
        spans.retain(|span| !span.content.is_empty());
        Self { spans, cells }
    }

    fn cells(&self) -> u16 {
        u16::try_from(self.cells).unwrap_or(u16::MAX)
    }
}

/// A row in the making.
struct Pending {
    /// Where its text begins.
    start: usize,
    /// The cells from `start` on.
    cells: usize,
    /// The last place where the row may end, and the cells up to there.
    chance: Option<(usize, usize)>,
}

impl Layout {
    fn new(spans: &[Span<'_>], width: u16, first: &[Span<'static>], rest: &[Span<'static>]) -> Self {
        let width = width.max(1);
        let [first, rest] = [first, rest].map(|spans| Margin::fit(spans.to_vec(), width));
        let mut text = String::new();
        let mut styles: Vec<(usize, Style)> = Vec::with_capacity(spans.len());
        for span in spans {
            text.push_str(&tame(&span.content));
            match styles.last_mut() {
                Some((end, style)) if *style == span.style => *end = text.len(),
                _ => styles.push((text.len(), span.style)),
            }
        }
        Self { text, styles, width: width.into(), first, rest }
    }

    fn rows(&self, breaks: impl Fn(&str) -> Vec<usize>) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut start = 0;
        for line in self.text.split('\n') {
            self.line(start..start + line.len(), &breaks(line), &mut rows);
            start += line.len() + 1;
        }
        rows
    }

    /// The cells for text in the row after so many others.
    fn room(&self, rows: &[Row]) -> usize {
        self.width - if rows.is_empty() { self.first.cells } else { self.rest.cells }
    }

    /// Lays out what stands between two line feeds; `breaks` are the places in it where a row may end, in order.
    fn line(&self, range: Range<usize>, breaks: &[usize], rows: &mut Vec<Row>) {
        let mut breaks = breaks.iter().map(|at| range.start + at).peekable();
        let mut row = Pending { start: range.start, cells: 0, chance: None };
        for (run, _) in self.runs(range.clone()) {
            for (at, grapheme) in graphemes(&self.text[run.clone()]) {
                let at = run.start + at;
                while breaks.next_if(|place| *place < at).is_some() {}
                if breaks.next_if_eq(&at).is_some() {
                    row.chance = Some((at, row.cells));
                }
                let cells = grapheme_width(grapheme);
                // Spaces may hang over the edge, where nothing is drawn of them.
                while grapheme != " " && row.cells + cells > self.room(rows) && row.start < at {
                    let (end, before) = row.chance.take().unwrap_or((at, row.cells));
                    rows.push(self.row(row.start..end, true, rows));
                    row = Pending { start: end, cells: row.cells - before, chance: None };
                }
                row.cells += cells;
            }
        }
        rows.push(self.row(row.start..range.end, false, rows));
    }

    /// The parts of a range that have one style each. What is drawn as one span is measured as one, since a grapheme
    /// that two spans share is drawn as two.
    fn runs(&self, range: Range<usize>) -> impl Iterator<Item = (Range<usize>, Style)> {
        let from = self.styles.partition_point(|(end, _)| *end <= range.start);
        let starts = std::iter::once(range.start).chain(self.styles[from..].iter().map(|(end, _)| *end));
        starts
            .zip(&self.styles[from..])
            .take_while(move |(start, _)| *start < range.end)
            .map(move |(start, (end, style))| (start..range.end.min(*end), *style))
    }

    /// Makes a row of a part of the text, to follow the given rows.
    fn row(&self, range: Range<usize>, wrapped: bool, rows: &[Row]) -> Row {
        let drawn = self.text[range.clone()].trim_end_matches(' ').len();
        let spaces = u16::try_from(range.len() - drawn).unwrap_or(u16::MAX);
        let margin = if rows.is_empty() { &self.first } else { &self.rest };
        let spans = self.runs(range.start..range.start + drawn).map(|(run, style)| {
            let text = &self.text[run];
            let text = if width(text) > self.room(rows) { TOO_WIDE } else { text };
            Span::styled(text.to_owned(), style)
        });
        Row { spaces, wrapped, ..Row::behind(margin, spans) }
    }
}

#[cfg(test)]
mod tests;
