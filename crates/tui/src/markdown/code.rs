//! A block of code: what it holds, the rows it is drawn in, and its colours, which come later than its text.

use std::ops::Range;

use ratatui::text::Span;

use super::Look;
use super::highlight::{Highlight, Part};
use crate::text::{self, Margin, Row, tame, wrap_anywhere};

/// A block of code in a rendered text.
#[derive(Clone, Debug)]
pub struct CodeBlock {
    /// The language as it is named behind the fence, or nothing.
    pub language: String,
    /// The code as it stands in the text, without the indent of the block and without a line feed at its end. It is not
    /// made tame: this is for copying.
    pub text: String,
    /// The rows that it takes, its frame included.
    pub rows: Range<usize>,
    margin: Margin,
    /// How many lines `text` has.
    lines: usize,
    /// Whether more of the last line may come.
    unfinished: bool,
    colours: Colours,
}

/// How far a block of code is highlighted. Colours are kept when the block is drawn anew, at another width for instance.
#[derive(Clone, Debug, Default)]
struct Colours {
    highlight: Option<Highlight>,
    /// The parts of the first lines.
    lines: Vec<Box<[Part]>>,
    /// How many bytes these lines take, line feeds included.
    bytes: usize,
    /// How many rows these lines take.
    rows: usize,
    /// Whether the unfinished line has its colours for now.
    unfinished: bool,
    /// The text that `lines` were made from, while it is not known whether the block still begins with it.
    earlier: Option<String>,
}

impl CodeBlock {
    /// Draws the upper edge of a block that has no line yet. The colours of `earlier`, the block that was drawn in this
    /// place before, are taken over as far as its lines come again.
    pub(super) fn open(
        language: String,
        look: Look,
        (first, rest): (&Margin, Margin),
        earlier: Option<Self>,
        rows: &mut Vec<Row>,
    ) -> Self {
        let start = rows.len();
        let label = text::shorten(&language, look.room(first).saturating_sub(6)).into_owned();
        rows.push(edge(&if label.is_empty() { "┌".to_owned() } else { format!("┌─ {label} ") }, look, first));
        let colours = earlier.filter(|earlier| earlier.language == language).map(|earlier| Colours {
            bytes: 0,
            rows: 0,
            unfinished: false,
            earlier: Some(earlier.text),
            ..earlier.colours
        });
        Self {
            language,
            text: String::new(),
            rows: start..rows.len(),
            margin: rest,
            lines: 0,
            unfinished: false,
            colours: colours.unwrap_or_default(),
        }
    }

    /// Adds a line, which comes without its line feed; `unfinished` where more of it may come.
    pub(super) fn push(&mut self, line: &str, unfinished: bool, look: Look, rows: &mut Vec<Row>) {
        let taken_over = self.colours.takes_over(self.lines, line);
        let parts = if taken_over { &*self.colours.lines[self.lines] } else { &[] };
        let drawn = self.draw(line, parts, look);
        if taken_over {
            self.colours.bytes += line.len() + 1;
            self.colours.rows += drawn.len();
        }
        rows.extend(drawn);
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
        self.unfinished = unfinished;
        self.rows.end = rows.len();
    }

    /// Takes the unfinished line away again, if there is one. Its rows are no longer counted.
    pub(super) fn pop_unfinished(&mut self, rows_before: usize) {
        self.rows.end = rows_before;
        self.colours.unfinished = false;
        if std::mem::take(&mut self.unfinished) {
            self.lines -= 1;
            self.text.truncate(self.text.rfind('\n').unwrap_or(0));
        }
    }

    /// Draws the lower edge.
    pub(super) fn close(&mut self, look: Look, rows: &mut Vec<Row>) {
        rows.push(edge("└", look, &self.margin));
        self.rows.end = rows.len();
    }

    /// Highlights up to `budget` more lines, which it is lowered by. Tells whether there are more.
    pub(super) fn colour(&mut self, budget: &mut usize, look: Look, rows: &mut [Row]) -> bool {
        if look.theme.plain || self.language.is_empty() {
            return false;
        }
        let whole = self.lines - usize::from(self.unfinished);
        if self.colours.lines.len() > whole {
            self.colours = Colours::default();
        }
        loop {
            let is_whole = self.colours.lines.len() < whole;
            if !is_whole && (!self.unfinished || self.colours.unfinished) {
                return false;
            }
            if *budget == 0 {
                return true;
            }
            *budget -= 1;
            let line = &self.text[self.colours.bytes..];
            let line = &line[..line.find('\n').unwrap_or(line.len())];
            let Some(parts) = self.colours.parts(&self.language, &tame(line), is_whole) else { return false };
            let drawn = self.draw(line, &parts, look);
            let first = self.rows.start + 1 + self.colours.rows;
            if is_whole {
                self.colours.bytes += line.len() + 1;
                self.colours.rows += drawn.len();
                self.colours.lines.push(parts);
            } else {
                self.colours.unfinished = true;
            }
            for (row, drawn) in rows[first..].iter_mut().zip(drawn) {
                *row = drawn;
            }
        }
    }

    /// The rows of a line.
    fn draw(&self, line: &str, parts: &[Part], look: Look) -> Vec<Row> {
        let line = tame(line);
        let mut start = 0;
        let mut spans: Vec<Span<'_>> = Vec::with_capacity(parts.len().max(1));
        for part in parts {
            spans.push(Span::styled(&line[start..part.end], part.style(&look.theme.syntax)));
            start = part.end;
        }
        spans.push(Span::raw(&line[start..]));
        let mut rows = wrap_anywhere(&spans, look.width, &self.margin.spans);
        for row in &mut rows {
            row.line.style = look.theme.code_block;
        }
        rows
    }
}

impl Colours {
    /// Whether line `index` is among the first and still the same.
    fn takes_over(&mut self, index: usize, line: &str) -> bool {
        let Some(earlier) = &self.earlier else { return false };
        if index >= self.lines.len() {
            self.earlier = None;
            return false;
        }
        let rest = earlier.get(self.bytes..).and_then(|earlier| earlier.strip_prefix(line));
        let same = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\n'));
        if !same {
            *self = Self::default();
        }
        same
    }

    /// The parts of the next line, which is tame. The grammar goes on behind it only if it `is_whole`. Nothing in a
    /// language without a grammar.
    fn parts(&mut self, language: &str, line: &str, is_whole: bool) -> Option<Box<[Part]>> {
        let highlight = self.highlight.get_or_insert_with(|| Highlight::new(language));
        if !highlight.is_known() {
            return None;
        }
        Some(if is_whole { highlight.line(line) } else { highlight.clone().line(line) })
    }
}

/// An edge of the frame: its beginning, and a line to the end of the row.
fn edge(beginning: &str, look: Look, margin: &Margin) -> Row {
    let room = look.room(margin);
    let beginning = text::cut(beginning, room);
    let line = "─".repeat(room - text::width(beginning));
    Row::behind(margin, [Span::styled(format!("{beginning}{line}"), look.theme.border)])
}
