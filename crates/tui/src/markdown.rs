//! Markdown as models write it, rendered to rows of a width while it is being written.
//!
//! What is appended costs by the block that it is appended to, not by the length of the text: what later words cannot
//! change is never looked at again, and a block that has become very large only when it has grown by a part of its size.
//! To have that, a block is rendered from what it holds alone. Labels of links are shown with their definitions as they
//! are written, footnotes too, and blocks are set off from each other where the source has a blank line.

mod blocks;
mod code;
mod fence;
mod highlight;
mod inline;
mod labels;
mod table;
#[cfg(test)]
mod tests;

pub use code::CodeBlock;
pub use highlight::{notices, warm_up};

use crate::text::{Margin, Row};
use crate::theme::Theme;
use blocks::{Boundary, OpenCode};
use fence::Fence;

/// What a text looks like and how wide it may be.
#[derive(Clone, Copy, Debug)]
struct Look {
    theme: &'static Theme,
    /// In cells, at least 1.
    width: u16,
}

impl Look {
    /// The cells beside a margin.
    fn room(self, margin: &Margin) -> usize {
        usize::from(self.width).saturating_sub(margin.cells)
    }
}

/// How a block is set off from the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gap {
    /// There is none before it.
    Start,
    Tight,
    /// By an empty row.
    Blank,
}

/// A text in markdown and the rows that show it.
#[derive(Clone, Debug)]
pub struct Rendered {
    look: Look,
    source: String,
    /// Whether the last character that came was a carriage return: a line feed behind it is no other line end.
    after_return: bool,
    rows: Vec<Row>,
    codes: Vec<CodeBlock>,
    /// How many of the first blocks of code have all their colours.
    coloured: usize,
    settled: Settled,
    /// How many bytes came that are not rendered yet.
    put_off: usize,
}

/// From so many bytes on that are not settled, what comes may be put off,
const LARGE: usize = 32 << 10;
/// as long as it is less than this part of them: so that all of it together costs a multiple of its length, not its square.
const PUT_OFF: usize = 64;

/// What no words to come can change.
#[derive(Clone, Copy, Debug)]
struct Settled {
    /// Where it ends in the source, always behind a line feed.
    offset: usize,
    rows: usize,
    codes: usize,
    next: Next,
}

/// What follows what is settled.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Blocks, the first set off like this; with the number of an item, the first item of the first list has that.
    Blocks(Gap, Option<u64>),
    /// Lines of the last block of code, up to its fence.
    Code(Fence),
}

impl Rendered {
    /// An empty text, to be shown in rows of `width` cells (0 is taken for 1).
    pub fn new(width: u16, theme: &'static Theme) -> Self {
        Self {
            look: Look { theme, width: width.max(1) },
            source: String::new(),
            after_return: false,
            rows: Vec::new(),
            codes: Vec::new(),
            coloured: 0,
            settled: Settled::NOTHING,
            put_off: 0,
        }
    }

    /// A text that is there already.
    pub fn of(source: &str, width: u16, theme: &'static Theme) -> Self {
        let mut rendered = Self::new(width, theme);
        rendered.push(source);
        rendered
    }

    /// Appends to the text. Where its last block is very large, what was appended may not be rendered yet.
    pub fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        for (i, part) in text.split('\r').enumerate() {
            let feed_counted = i > 0 || self.after_return;
            if i > 0 {
                self.source.push('\n');
            }
            self.source.push_str(part.strip_prefix('\n').filter(|_| feed_counted).unwrap_or(part));
            self.after_return = false;
        }
        self.after_return = text.ends_with('\r');
        self.put_off += text.len();
        let open = self.source.len() - self.settled.offset;
        if open < LARGE || self.put_off >= open / PUT_OFF {
            self.render();
        }
    }

    /// Renders what was put off: for when nothing more is appended.
    pub fn catch_up(&mut self) {
        if self.put_off > 0 {
            self.render();
        }
    }

    /// Renders the text for another width or theme. Colours that code has are kept.
    pub fn show(&mut self, width: u16, theme: &'static Theme) {
        let width = width.max(1);
        if self.look.width == width && std::ptr::eq(self.look.theme, theme) {
            return;
        }
        self.look = Look { theme, width };
        self.settled = Settled::NOTHING;
        self.render();
    }

    /// Highlights up to so many more lines of code, and tells whether there are more. Highlighting takes far longer than
    /// rendering, so that it is done piece by piece, between frames. The rows stay where they are.
    pub fn colour(&mut self, lines: usize) -> bool {
        let mut budget = lines;
        while let Some(code) = self.codes.get_mut(self.coloured) {
            if code.colour(&mut budget, self.look, &mut self.rows) {
                return true;
            }
            self.coloured += 1;
        }
        false
    }

    /// The text as it came, with line feeds for all sorts of line ends.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The rows. None is wider than the width.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The blocks of code, in order.
    pub fn code_blocks(&self) -> &[CodeBlock] {
        &self.codes
    }

    /// Renders everything that is not settled, and settles what can be.
    fn render(&mut self) {
        self.put_off = 0;
        let mut earlier = self.codes.split_off(self.settled.codes).into_iter();
        self.rows.truncate(self.settled.rows);
        // The last settled block of code may have more lines to come.
        self.coloured = self.coloured.min(self.settled.codes.saturating_sub(1));
        loop {
            match self.settled.next {
                Next::Code(fence) => {
                    if !self.read_code(fence) {
                        return;
                    }
                }
                Next::Blocks(gap, number) => {
                    let source = &self.source[self.settled.offset..];
                    let found =
                        blocks::render(source, self.look, (gap, number), &mut self.rows, &mut self.codes, &mut earlier);
                    match found.open_code {
                        Some(open) => self.settle_code(&open),
                        None => return self.settle(&found.boundaries),
                    }
                }
            }
        }
    }

    /// Settles what is before the last boundary that stands. With one more line after the first one of a block it is
    /// certain that the block begins there: a paragraph may be the head of a table until then.
    fn settle(&mut self, boundaries: &[Boundary]) {
        let source = &self.source[self.settled.offset..];
        let stands =
            |boundary: &&Boundary| source[boundary.offset..].bytes().filter(|byte| *byte == b'\n').nth(1).is_some();
        if let Some(boundary) = boundaries.iter().rev().find(stands) {
            self.settled = Settled {
                offset: self.settled.offset + boundary.offset,
                rows: boundary.rows,
                codes: boundary.codes,
                next: Next::Blocks(boundary.gap, boundary.number),
            };
        }
    }

    /// Settles everything up to the first line of a block of code.
    fn settle_code(&mut self, open: &OpenCode) {
        self.settled = Settled {
            offset: self.settled.offset + open.offset,
            rows: self.rows.len(),
            codes: self.codes.len(),
            next: Next::Code(open.fence),
        };
    }

    /// Takes lines of the last block of code. Tells whether it has come to its end and something else may follow.
    fn read_code(&mut self, fence: Fence) -> bool {
        let Some(code) = self.codes.last_mut() else { return false };
        code.pop_unfinished(self.settled.rows);
        loop {
            let rest = &self.source[self.settled.offset..];
            let (line, whole) = rest.split_once('\n').map_or((rest, false), |(line, _)| (line, true));
            let closed = fence.is_closed_by(line);
            if closed {
                code.close(self.look, &mut self.rows);
            } else if !line.is_empty() || whole {
                code.push(&fence.code(line), !whole, self.look, &mut self.rows);
            }
            if !whole {
                return false;
            }
            self.settled.offset += line.len() + 1;
            self.settled.rows = self.rows.len();
            if closed {
                self.settled.next = Next::Blocks(Gap::Tight, None);
                return true;
            }
        }
    }
}

impl Settled {
    const NOTHING: Self = Self { offset: 0, rows: 0, codes: 0, next: Next::Blocks(Gap::Start, None) };
}
