//! From blocks of markdown to rows.

use std::ops::Range;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::code::CodeBlock;
use super::fence::Fence;
use super::inline::{Inline, as_written};
use super::labels::{line_start, shield};
use super::table::Table;
use super::{Gap, Look};
use crate::text::{self, Margin, Row, wrap_hanging};

/// Formulas are recognised so that they stay as they are. What would change the words (smart quotes), and what a later
/// part of the text would change in an earlier one (footnotes), is left out.
pub(super) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
}

/// Where the rendering of what follows could begin anew: before a block that nothing contains, or an item of a list that
/// nothing contains.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boundary {
    /// The beginning of a line of the source.
    pub(super) offset: usize,
    /// How many rows and blocks of code there are before it.
    pub(super) rows: usize,
    pub(super) codes: usize,
    /// How it is set off from what is before it.
    pub(super) gap: Gap,
    /// The number of the item, if it has one.
    pub(super) number: Option<u64>,
}

/// A block of code whose end the source does not have.
#[derive(Debug)]
pub(super) struct OpenCode {
    pub(super) fence: Fence,
    /// Where its first line begins.
    pub(super) offset: usize,
}

/// What rendering a source led to, besides rows.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) boundaries: Vec<Boundary>,
    /// The last block, where it is code outside of any other block that is not ended; it has its upper edge, and no line.
    pub(super) open_code: Option<OpenCode>,
}

/// Renders a source that begins at a [`Boundary`] and appends to rows and blocks of code. `earlier` are the blocks of
/// code that this source had when it was rendered before.
pub(super) fn render(
    source: &str,
    look: Look,
    (gap, number): (Gap, Option<u64>),
    rows: &mut Vec<Row>,
    codes: &mut Vec<CodeBlock>,
    earlier: &mut std::vec::IntoIter<CodeBlock>,
) -> Rest {
    let shielded = shield(source);
    let mut blocks = Blocks {
        source,
        look,
        rows,
        codes,
        earlier,
        containers: Vec::new(),
        shared: 0,
        gap,
        end: None,
        number,
        inline: None,
        code: None,
        table: None,
        rest: Rest::default(),
    };
    for (event, range) in Parser::new_ext(&shielded, options()).into_offset_iter() {
        blocks.read(event, range);
        if blocks.rest.open_code.is_some() {
            return blocks.rest;
        }
    }
    blocks.finish_text(0);
    blocks.rest
}

/// A block that others are in.
#[derive(Debug)]
enum Container {
    Quote,
    /// With the number of its next item if it has numbers.
    List(Option<u64>),
    /// With what stands before its text, and whether that has been drawn.
    Item {
        marker: String,
        drawn: bool,
    },
}

/// A block of code that is being read.
#[derive(Debug)]
struct Code {
    language: String,
    text: String,
}

struct Blocks<'a> {
    source: &'a str,
    look: Look,
    rows: &'a mut Vec<Row>,
    codes: &'a mut Vec<CodeBlock>,
    earlier: &'a mut std::vec::IntoIter<CodeBlock>,
    containers: Vec<Container>,
    /// How many of the containers have been open since the last row.
    shared: usize,
    /// How what comes next is set off, as long as nothing has been drawn.
    gap: Gap,
    /// Where what has been drawn ends in the source, if anything has.
    end: Option<usize>,
    /// The number that the first item has in place of its own.
    number: Option<u64>,
    inline: Option<Inline<'a>>,
    code: Option<Code>,
    table: Option<Table>,
    rest: Rest,
}

impl<'a> Blocks<'a> {
    fn read(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) if is_inline(&tag) => self.text_at(range.start).read(Event::Start(tag), range),
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image) => {
                self.text_at(range.start).read(event, range);
            }
            Event::Start(tag) => {
                self.finish_text(0);
                self.start(tag, range);
            }
            Event::End(tag) => self.finish(tag, range),
            Event::Rule => {
                self.finish_text(0);
                self.mark(range.start, None);
                self.rule(&range);
            }
            Event::Html(html) => self.text_at(range.start).html(&html, &range),
            Event::TaskListMarker(done) => self.task(done),
            Event::Text(text) if self.code.is_some() => {
                if let Some(code) = &mut self.code {
                    code.text.push_str(as_written(self.source, &text, range));
                }
            }
            event => self.text_at(range.start).read(event, range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        if self.containers.is_empty() && self.table.is_none() {
            self.mark(range.start, None);
        }
        match tag {
            Tag::Heading { level, .. } => {
                let modifier = match level {
                    HeadingLevel::H1 => Modifier::UNDERLINED,
                    HeadingLevel::H2 => Modifier::empty(),
                    _ => Modifier::ITALIC,
                };
                self.begin_text(range.start, self.look.theme.heading.add_modifier(modifier));
            }
            Tag::BlockQuote(kind) => {
                self.containers.push(Container::Quote);
                if let Some(kind) = kind {
                    self.title(kind, &range);
                }
            }
            Tag::CodeBlock(kind) => self.start_code(&kind, &range),
            Tag::List(first) => {
                // The number of an item is counted, so one that does not begin its list here cannot tell it.
                let first = first.map(|first| self.number.take().unwrap_or(first));
                self.containers.push(Container::List(first));
            }
            Tag::Item => self.item(&range),
            Tag::Table(alignments) => self.table = Some(Table { alignments, ..Table::default() }),
            Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableHead => {}
            Tag::TableCell => {
                let head = self.table.as_ref().is_some_and(|table| table.rows.is_empty());
                self.begin_text(range.start, if head { self.look.theme.heading } else { Style::new() });
            }
            _ => self.begin_text(range.start, self.base()),
        }
    }

    fn finish(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::TableCell => {
                let cell = self.inline.take().map(Inline::into_spans).unwrap_or_default();
                if let Some(table) = &mut self.table {
                    table.rows.last_mut().unwrap_or(&mut table.head).push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let (first, rest) = self.begin(range.start);
                    table.draw(self.look, &first, &rest, self.rows);
                    self.drawn(range.end);
                }
            }
            TagEnd::CodeBlock => self.finish_code(&range),
            TagEnd::BlockQuote(_) | TagEnd::List(_) => self.leave(),
            TagEnd::Item => {
                self.finish_text(0);
                if matches!(self.containers.last(), Some(Container::Item { drawn: false, .. })) {
                    let (first, _) = self.begin(range.start);
                    self.rows.push(Row::behind(&first, []));
                    self.drawn(range.end);
                }
                self.leave();
            }
            _ => self.finish_text(range.end),
        }
    }

    /// Ends the innermost container.
    fn leave(&mut self) {
        self.finish_text(0);
        self.containers.pop();
        self.shared = self.shared.min(self.containers.len());
    }

    fn item(&mut self, range: &Range<usize>) {
        let lists = self.containers.iter().filter(|container| matches!(container, Container::List(_)));
        let depth = lists.take(3).count();
        let outermost = self.containers.len() == 1;
        let number = match self.containers.last_mut() {
            Some(Container::List(Some(next))) => {
                let number = *next;
                *next = next.saturating_add(1);
                Some(number)
            }
            _ => None,
        };
        if outermost {
            self.mark(range.start, number);
        }
        let marker = match (number, depth) {
            (Some(number), _) => format!("{number}. "),
            (None, 1) => "• ".to_owned(),
            (None, 2) => "◦ ".to_owned(),
            (None, _) => "▪ ".to_owned(),
        };
        self.containers.push(Container::Item { marker, drawn: false });
    }

    fn task(&mut self, done: bool) {
        let sign = if done { "[x] " } else { "[ ] " };
        if let Some(Container::Item { marker, drawn: false }) = self.containers.last_mut() {
            marker.push_str(sign);
        }
    }

    fn rule(&mut self, range: &Range<usize>) {
        let (first, _) = self.begin(range.start);
        let line = Span::styled("─".repeat(self.look.room(&first)), self.look.theme.border);
        self.rows.push(Row::behind(&first, [line]));
        self.drawn(range.end);
    }

    /// The title of a quote that is a note or a warning.
    fn title(&mut self, kind: BlockQuoteKind, range: &Range<usize>) {
        let title = match kind {
            BlockQuoteKind::Note => "Note",
            BlockQuoteKind::Tip => "Tip",
            BlockQuoteKind::Important => "Important",
            BlockQuoteKind::Warning => "Warning",
            BlockQuoteKind::Caution => "Caution",
        };
        let style = self.look.theme.quote.add_modifier(Modifier::BOLD);
        self.draw_text(&[Span::styled(title, style)], range.start);
        let line = self.source[range.start..].find('\n').map_or(self.source.len(), |length| range.start + length);
        self.drawn(line);
    }

    fn start_code(&mut self, kind: &CodeBlockKind<'_>, range: &Range<usize>) {
        let CodeBlockKind::Fenced(info) = kind else {
            self.code = Some(Code { language: String::new(), text: String::new() });
            return;
        };
        let language =
            info.trim_start_matches(['{', '.', ' ']).split([' ', ',', '}', '{', '\t']).next().unwrap_or_default();
        let language = language.to_owned();
        match self.open_code(range).filter(|_| self.containers.is_empty()) {
            Some(open) => {
                self.begin_code(language, range.start);
                self.rest.open_code = Some(open);
            }
            None => self.code = Some(Code { language, text: String::new() }),
        }
    }

    /// The fence of a block that begins and does not end, and whose first line is whole.
    fn open_code(&self, range: &Range<usize>) -> Option<OpenCode> {
        let (opening, code) = self.source[line_start(self.source, range.start)..].split_once('\n')?;
        let fence = Fence::opening(opening)?;
        let is_open = range.end >= self.source.len() && !code.lines().any(|line| fence.is_closed_by(line));
        is_open.then(|| OpenCode { fence, offset: self.source.len() - code.len() })
    }

    /// Draws the upper edge of a block of code.
    fn begin_code(&mut self, language: String, start: usize) {
        let (first, rest) = self.begin(start);
        let earlier = self.earlier.next();
        self.codes.push(CodeBlock::open(language, self.look, (&first, rest), earlier, self.rows));
    }

    fn finish_code(&mut self, range: &Range<usize>) {
        let Some(code) = self.code.take() else { return };
        self.begin_code(code.language, range.start);
        if let Some(block) = self.codes.last_mut() {
            let unfinished = range.end >= self.source.len();
            let mut lines = code.text.lines().peekable();
            while let Some(line) = lines.next() {
                let unfinished = unfinished && lines.peek().is_none();
                block.push(line, unfinished, self.look, self.rows);
            }
            block.close(self.look, self.rows);
        }
        self.drawn(range.end);
    }

    /// The style of ordinary text here.
    fn base(&self) -> Style {
        let quoted = self.containers.iter().any(|container| matches!(container, Container::Quote));
        if quoted { self.look.theme.quote } else { Style::new() }
    }

    /// The text of the block that is being read; where none is, as in the items of a tight list, one begins.
    fn text_at(&mut self, start: usize) -> &mut Inline<'a> {
        let style = self.base();
        self.inline.get_or_insert_with(|| Inline::new(self.source, start, style, self.look.theme))
    }

    fn begin_text(&mut self, start: usize, style: Style) {
        self.inline = Some(Inline::new(self.source, start, style, self.look.theme));
    }

    /// Draws the text that has been read, which belongs to a block that ends at `end` at the latest.
    fn finish_text(&mut self, end: usize) {
        if let Some(text) = self.inline.take().filter(|text| !text.is_empty()) {
            let (start, end) = (text.start(), text.end().max(end));
            self.draw_text(&text.into_spans(), start);
            self.drawn(end);
        }
    }

    fn draw_text(&mut self, spans: &[Span<'_>], start: usize) {
        let (first, rest) = self.begin(start);
        self.rows.extend(wrap_hanging(spans, self.look.width, &first.spans, &rest.spans));
    }

    /// Begins to draw at a place of the source: sets it off from what is before it, and gives the margins of its first
    /// row and of the others.
    fn begin(&mut self, start: usize) -> (Margin, Margin) {
        if self.gap_before(start) == Gap::Blank {
            let margin = self.margin(self.shared, false);
            self.rows.push(Row::behind(&margin, []));
        }
        let margins = (self.margin(self.containers.len(), true), self.margin(self.containers.len(), false));
        for container in &mut self.containers {
            if let Container::Item { drawn, .. } = container {
                *drawn = true;
            }
        }
        self.shared = self.containers.len();
        margins
    }

    /// What has been drawn ends at a place of the source.
    fn drawn(&mut self, end: usize) {
        self.end = Some(self.source[..end].trim_end().len());
    }

    /// The margin within so many containers: of the first row of what they hold, or of another.
    fn margin(&self, depth: usize, first: bool) -> Margin {
        let theme = self.look.theme;
        let spans = self.containers[..depth].iter().filter_map(|container| match container {
            Container::Quote => Some(Span::styled("│ ", theme.quote)),
            Container::List(_) => None,
            Container::Item { marker, drawn: false } if first => Some(Span::styled(marker.clone(), theme.muted)),
            Container::Item { marker, .. } => Some(" ".repeat(text::width(marker)).into()),
        });
        Margin::fit(spans.collect(), self.look.width)
    }

    /// How a block that begins at a place is set off from what has been drawn before it: as in the source.
    fn gap_before(&self, start: usize) -> Gap {
        match (self.end, self.gap) {
            (Some(end), _) if has_blank_line(self.source.get(end..start).unwrap_or_default(), false) => Gap::Blank,
            (Some(_), _) => Gap::Tight,
            (None, Gap::Start) => Gap::Start,
            (None, _) if has_blank_line(&self.source[..start], true) => Gap::Blank,
            (None, gap) => gap,
        }
    }

    /// Takes down that rendering could begin anew here.
    fn mark(&mut self, start: usize, number: Option<u64>) {
        let gap = self.gap_before(start);
        let offset = line_start(self.source, start);
        self.rest.boundaries.push(Boundary { offset, rows: self.rows.len(), codes: self.codes.len(), gap, number });
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
}

/// Whether there is a blank line, or one of a quote, in what separates two blocks; its first line counts only if it
/// begins there, its last is that of the second block.
fn has_blank_line(between: &str, begins_line: bool) -> bool {
    let mut lines = between.split('\n');
    lines.next_back();
    lines.skip(usize::from(!begins_line)).any(|line| line.trim_matches([' ', '\t', '>']).is_empty())
}
