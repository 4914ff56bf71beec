//! The text within a block: emphasis, code, links, line breaks, formulas.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::labels::unshield;
use crate::text::tame;
use crate::theme::Theme;

/// The text of a block in the making.
#[derive(Debug)]
pub(super) struct Inline<'a> {
    source: &'a str,
    theme: &'static Theme,
    spans: Vec<Span<'static>>,
    /// All text so far, without styles.
    plain: String,
    /// The style of what comes next, and those to go back to.
    styles: Vec<Style>,
    /// Links that are open, the innermost last.
    links: Vec<Link>,
    /// Where it begins in the source, and where what has been read of it ends.
    start: usize,
    end: usize,
    /// A formula in `\(…\)` or `\[…\]` that is open.
    formula: Option<Formula>,
}

/// A formula that is open: how far the text was before it, so that what has been made of it can be taken back.
#[derive(Debug)]
struct Formula {
    /// Where it begins in the source.
    start: usize,
    closing: u8,
    style: Style,
    plain: usize,
    spans: usize,
    /// The length of the last span.
    last: usize,
}

/// A link or an image that is open.
#[derive(Debug)]
struct Link {
    address: String,
    /// Where its text begins in `Inline::plain`.
    start: usize,
}

impl<'a> Inline<'a> {
    /// A block whose text begins at `start`.
    pub(super) fn new(source: &'a str, start: usize, style: Style, theme: &'static Theme) -> Self {
        Self {
            source,
            theme,
            spans: Vec::new(),
            plain: String::new(),
            styles: vec![style],
            links: Vec::new(),
            start,
            end: start,
            formula: None,
        }
    }

    /// Where the text begins in the source.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where the text that has been read ends in the source.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Whether nothing has been read that shows.
    pub(super) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    pub(super) fn into_spans(self) -> Vec<Span<'static>> {
        self.spans
    }

    /// Takes the next part of the text. What is no part of a text is left out.
    pub(super) fn read(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => return self.begin(&tag),
            Event::End(tag) => self.finish(tag),
            Event::Text(text) => self.text(as_written(self.source, &text, range.clone()), &range),
            Event::Code(code) if self.theme.plain => self.push(&format!("`{}`", unshield(&code)), Style::new()),
            Event::Code(code) => self.push(&unshield(&code), self.theme.code),
            Event::InlineHtml(tag) if is_line_break(&tag) => self.push("\n", Style::new()),
            Event::InlineHtml(tag) => self.push(as_written(self.source, &tag, range.clone()), Style::new()),
            Event::InlineMath(_) | Event::DisplayMath(_) => self.verbatim(range.clone(), self.style()),
            Event::SoftBreak | Event::HardBreak => self.push("\n", Style::new()),
            _ => {}
        }
        self.end = self.end.max(range.end);
    }

    /// Takes the next lines of a block of HTML, which are shown as they are.
    pub(super) fn html(&mut self, lines: &str, range: &Range<usize>) {
        if !self.is_empty() {
            self.push("\n", Style::new());
        }
        let lines = as_written(self.source, lines, range.clone());
        self.push(lines.strip_suffix('\n').unwrap_or(lines), Style::new());
        self.end = range.end;
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Emphasis => self.open(Style::new().add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.open(Style::new().add_modifier(Modifier::BOLD)),
            Tag::Strikethrough => {
                self.open(Style::new().add_modifier(Modifier::CROSSED_OUT));
                self.push("~~", Style::new());
            }
            Tag::Link { dest_url, .. } => self.link(dest_url, self.theme.link),
            Tag::Image { dest_url, .. } => {
                self.push("image: ", self.theme.muted);
                self.link(dest_url, Style::new());
            }
            _ => {}
        }
    }

    fn finish(&mut self, tag: TagEnd) {
        if tag == TagEnd::Strikethrough {
            self.push("~~", Style::new());
        }
        if self.styles.len() > 1 {
            self.styles.pop();
        }
        if matches!(tag, TagEnd::Link | TagEnd::Image)
            && let Some(Link { address, start }) = self.links.pop()
            && !is_told(self.plain.get(start..).unwrap_or_default(), &address)
        {
            self.push(&format!(" ({address})"), self.theme.muted);
        }
    }

    fn link(&mut self, address: &str, style: Style) {
        self.links.push(Link { address: unshield(address).into_owned(), start: self.plain.len() });
        self.open(style);
    }

    fn text(&mut self, text: &str, range: &Range<usize>) {
        // The backslash before an escaped character belongs to no text.
        let is_escaped = self.end < range.start && self.source[..range.start].ends_with('\\');
        let escaped = text.bytes().next().filter(|_| is_escaped);
        match (escaped, &self.formula) {
            (Some(bracket @ (b'(' | b'[')), None) => {
                self.formula = Some(Formula {
                    start: range.start - 1,
                    closing: if bracket == b'(' { b')' } else { b']' },
                    style: self.style(),
                    plain: self.plain.len(),
                    spans: self.spans.len(),
                    last: self.spans.last().map_or(0, |span| span.content.len()),
                });
                self.push(text, Style::new());
            }
            (Some(bracket), Some(formula)) if bracket == formula.closing => {
                self.close_formula(range.start + 1);
                self.push(&text[1..], Style::new());
            }
            _ => self.push(text, Style::new()),
        }
    }

    /// Puts a formula that ends at a place of the source as it is written in the place of what has been made of it.
    fn close_formula(&mut self, end: usize) {
        let Some(formula) = self.formula.take() else { return };
        self.plain.truncate(formula.plain);
        self.spans.truncate(formula.spans);
        if let Some(last) = self.spans.last_mut() {
            last.content.to_mut().truncate(formula.last);
        }
        self.verbatim(formula.start..end, formula.style);
    }

    /// Adds a part of the source as it is written, without the marks of quotes and indents at the beginnings of lines.
    fn verbatim(&mut self, range: Range<usize>, style: Style) {
        let lines: Vec<&str> =
            self.source[range].lines().map(|line| line.trim_start_matches([' ', '\t', '>'])).collect();
        self.add(&lines.join("\n"), style);
    }

    fn open(&mut self, style: Style) {
        self.styles.push(self.style().patch(style));
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    /// Adds text in the style that holds here, with another laid over it.
    fn push(&mut self, text: &str, over: Style) {
        self.add(text, self.style().patch(over));
    }

    fn add(&mut self, text: &str, style: Style) {
        let text = tame(text);
        self.plain.push_str(&text);
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(&text),
            _ => self.spans.push(Span::styled(text.into_owned(), style)),
        }
    }
}

/// The text of an event as it stands in the source, which the parser has read shielded. Only references to characters
/// (`&amp;`) and what the parser adds stand there otherwise.
pub(super) fn as_written<'a>(source: &'a str, text: &'a str, range: Range<usize>) -> &'a str {
    if text.len() == range.len() { &source[range] } else { text }
}

/// Whether the text of a link tells its address.
fn is_told(text: &str, address: &str) -> bool {
    address.is_empty() || text == address || address.strip_prefix("mailto:") == Some(text)
}

/// Whether an HTML tag is a line break, which is the only way to have one in a cell of a table.
fn is_line_break(tag: &str) -> bool {
    let name = tag.trim_start_matches('<').trim_end_matches('>').trim_end_matches('/').trim_end();
    name.eq_ignore_ascii_case("br")
}
