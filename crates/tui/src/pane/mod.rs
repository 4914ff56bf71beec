//! The conversation pane: turns as rows, of which only those in sight are made.

mod block;
mod view;
mod written;

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use throughline_conversation::Source;
use throughline_session::{Lane, Record};

use block::Look;
pub(crate) use block::Part;
pub(crate) use written::Written;

use crate::text::{self, Row};
use crate::theme::Theme;
use crate::viewer::Observed;

/// The pane.
#[derive(Debug, Default)]
pub(crate) struct Pane {
    /// The first row in sight; `None` while the end is followed.
    top: Option<Position>,
    /// The chosen turn.
    pub(crate) chosen: Option<usize>,
    /// What was made at the width, by turn.
    blocks: HashMap<usize, Block>,
    size: (u16, u16),
    /// Where rows come from that are in sight, from top to bottom.
    visible: Vec<Position>,
    /// What the mouse marked: from where to where, each a position and a column.
    marked: Option<(Mark, Mark)>,
}

/// A cell that the mouse was at.
type Mark = (Position, u16);

/// A row of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) turn: usize,
    pub(crate) row: usize,
}

/// A turn as rows: what stands before the reply, the reply, what stands below it.
#[derive(Debug, Default)]
struct Block {
    before: Vec<(Part, Row)>,
    reply: Option<Written>,
    below: Vec<Row>,
    /// What it was made of: the length of what may grow, and what it looked like.
    stamp: Stamp,
}

/// How far a reply is set in.
const INDENT: u16 = 2;

impl Block {
    fn height(&self) -> usize {
        let reply = self.reply.as_ref().map_or(0, |reply| reply.rows().len());
        self.before.len() + reply + self.below.len()
    }

    /// A row, and how far it is set in.
    fn row(&self, place: usize) -> Option<(Part, &Row, u16)> {
        if let Some((part, row)) = self.before.get(place) {
            return Some((*part, row, 0));
        }
        let place = place - self.before.len();
        let reply = self.reply.as_ref().map_or(&[][..], Written::rows);
        match reply.get(place) {
            Some(row) => Some((Part::Reply, row, INDENT)),
            None => self.below.get(place - reply.len()).map(|row| (Part::Reply, row, 0)),
        }
    }
}

/// What changes the rows of a turn.
#[derive(Clone, Debug, Default, PartialEq)]
struct Stamp {
    reply: usize,
    kept: Lane,
    lit: Option<throughline_conversation::Span>,
    theme: &'static str,
    /// Whether there is a plan, the reply ended or is being written, the turn is chosen, a question waits, every detail
    /// of a recording is shown.
    flags: [bool; 6],
}

/// More blocks than this are not kept once they are out of sight.
const MOST_BLOCKS: usize = 256;

/// What the pane shows.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) record: &'a Record,
    pub(crate) theme: &'static Theme,
    pub(crate) lit: Option<Source>,
    /// The question that waits for an answer.
    pub(crate) open: Option<&'a throughline_conversation::Question>,
    /// Whether a reply is being written.
    pub(crate) writing: bool,
    /// What was observed in each turn, of a recording.
    pub(crate) observed: Option<&'a [Observed]>,
    /// Whether every detail of what was observed is shown.
    pub(crate) details: bool,
    /// The first turn that is shown while the end is followed.
    pub(crate) from: usize,
}

/// So many rows of a turn are drawn at once where all of it is.
const ROWS_DRAWN: usize = 1000;

impl Pane {
    /// A turn of a chat as it stays, drawn at that width with all its colours: pieces that follow each other.
    pub(crate) fn whole(record: &Record, turn: usize, width: u16, theme: &'static Theme) -> Vec<Buffer> {
        let scene =
            Scene { record, theme, lit: None, open: None, writing: false, observed: None, details: false, from: 0 };
        let mut pane = Self { size: (width, 0), ..Self::default() };
        pane.visible = (0..pane.height(scene, turn)).map(|row| Position { turn, row }).collect();
        while pane.colour() {}
        let positions = std::mem::take(&mut pane.visible);
        let pieces = positions.chunks(ROWS_DRAWN).map(|rows| {
            pane.visible = rows.to_vec();
            let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
            let mut piece = Buffer::empty(Rect { width, height, ..Rect::ZERO });
            piece.set_style(piece.area, theme.text);
            pane.render(piece.area, theme, &mut piece);
            piece
        });
        pieces.collect()
    }

    /// Makes the rows in sight, for a pane of that size.
    pub(crate) fn prepare(&mut self, scene: Scene<'_>, width: u16, height: u16) {
        if self.size.0 != width {
            self.blocks.clear();
        }
        self.size = (width, height);
        let turns = scene.record.exchanges.len();
        self.visible.clear();
        let Some(last) = turns.checked_sub(1) else { return };
        let room = usize::from(height);
        if let Some(top) = self.top {
            let top = self.clamped(scene, Position { turn: top.turn.min(last), row: top.row });
            self.top = Some(top);
            self.fill_down(scene, top, room, last);
            // Where the end is in sight it is followed again.
            if self.visible.len() < room {
                self.top = None;
            }
        }
        if self.top.is_none() {
            self.fill_up(scene, room, last);
        }
        if self.blocks.len() > MOST_BLOCKS {
            let (first, last) = (self.visible.first().map(|at| at.turn), self.visible.last().map(|at| at.turn));
            self.blocks.retain(|turn, _| Some(*turn) >= first && Some(*turn) <= last);
        }
    }

    fn clamped(&mut self, scene: Scene<'_>, at: Position) -> Position {
        let height = self.height(scene, at.turn);
        Position { row: at.row.min(height.saturating_sub(1)), ..at }
    }

    fn fill_down(&mut self, scene: Scene<'_>, top: Position, room: usize, last: usize) {
        let (mut turn, mut from) = (top.turn, top.row);
        while self.visible.len() < room && turn <= last {
            let height = self.height(scene, turn);
            let rows = (from..height).take(room - self.visible.len());
            self.visible.extend(rows.map(|row| Position { turn, row }));
            (turn, from) = (turn + 1, 0);
        }
    }

    fn fill_up(&mut self, scene: Scene<'_>, room: usize, last: usize) {
        self.visible.clear();
        let mut turn = last;
        loop {
            let height = self.height(scene, turn);
            let rows = (0..height).rev().take(room - self.visible.len());
            self.visible.extend(rows.map(|row| Position { turn, row }));
            if self.visible.len() >= room || turn <= scene.from {
                break;
            }
            turn -= 1;
        }
        self.visible.reverse();
    }

    /// How many rows a turn takes.
    fn height(&mut self, scene: Scene<'_>, turn: usize) -> usize {
        self.make(scene, turn);
        self.blocks.get(&turn).map_or(0, Block::height)
    }

    /// Makes the rows of a turn, unless they are as they would be made.
    fn make(&mut self, scene: Scene<'_>, place: usize) {
        let (Some(turn), Some(exchange)) =
            (scene.record.conversation.turns.get(place), scene.record.exchanges.get(place))
        else {
            return;
        };
        let last = place + 1 == scene.record.exchanges.len();
        let writing = last && scene.writing;
        let lit = scene.lit.filter(|source| source.turn == place).map(|source| source.span);
        let chosen = self.chosen == Some(place);
        let open = scene.open.filter(|_| last);
        let reply = exchange.reply(exchange.kept);
        let stamp = Stamp {
            reply: reply.map_or(0, |reply| reply.text.len() + usize::from(reply.failure.is_some())),
            kept: exchange.kept,
            lit,
            theme: scene.theme.name,
            flags: [
                exchange.plan.is_some(),
                reply.is_some_and(|reply| reply.ended.is_some()),
                writing,
                chosen,
                open.is_some(),
                scene.details,
            ],
        };
        if self.blocks.get(&place).is_some_and(|block| block.stamp == stamp) {
            return;
        }
        let look = Look { theme: scene.theme, width: self.size.0, lit, chosen, open, details: scene.details };
        let observed = scene.observed.and_then(|observed| observed.get(place));
        let heard = observed.is_none_or(|observed| observed.heard);
        let mut before = Vec::new();
        let mut add = |part: Part, more: Vec<Row>| before.extend(more.into_iter().map(|row| (part, row)));
        add(Part::Said, block::said(place, turn, exchange, heard, look));
        if let Some(observed) = observed {
            add(Part::Observed, block::observed(&observed.before, look));
        }
        if let Some(asked) = &exchange.question {
            add(Part::Question, block::question(asked, look));
        }
        if let Some(steps) = &exchange.plan {
            add(Part::Plan, block::plan(steps, look));
        }
        if let Some(reply) = reply {
            add(Part::Reply, vec![block::reply_head(reply, exchange.kept, look)]);
        }
        let former = self.blocks.remove(&place).and_then(|block| block.reply);
        let which = (exchange.kept, exchange.earlier.len());
        let width = look.width.saturating_sub(INDENT);
        let written = reply.map(|reply| Written::of(reply, which, former, width, scene.theme));
        let mut below = reply.map(|reply| block::reply_foot(reply, writing, look)).unwrap_or_default();
        below.extend(observed.map(|observed| block::observed(&observed.after, look)).unwrap_or_default());
        self.blocks.insert(place, Block { before, reply: written, below, stamp });
    }

    /// Gives code in sight a little more of its colours, and tells whether there is more to come.
    pub(crate) fn colour(&mut self) -> bool {
        let turns: Vec<usize> = self.visible.iter().map(|at| at.turn).collect();
        let mut more = false;
        for (_, block) in self.blocks.iter_mut().filter(|(turn, _)| turns.contains(turn)) {
            more |= block.reply.as_mut().is_some_and(Written::colour);
        }
        more
    }

    /// The row at that position, and how far it is set in.
    fn row(&self, at: Position) -> Option<(Part, &Row, u16)> {
        self.blocks.get(&at.turn)?.row(at.row)
    }

    /// Whether the end is followed.
    pub(crate) fn follows(&self) -> bool {
        self.top.is_none()
    }

    /// The turn and part at a row of the pane, from 0.
    pub(crate) fn at(&self, row: u16) -> Option<(usize, Part)> {
        let at = *self.visible.get(usize::from(row))?;
        Some((at.turn, self.row(at)?.0))
    }

    /// Scrolls by so many rows; what is above the first row or below the last does not exist.
    pub(crate) fn scroll(&mut self, scene: Scene<'_>, rows: isize) {
        let Some(mut at) = self.visible.first().copied() else { return };
        for _ in 0..rows.unsigned_abs() {
            if rows < 0 {
                match (at.row.checked_sub(1), at.turn.checked_sub(1)) {
                    (Some(row), _) => at.row = row,
                    (None, Some(turn)) => at = Position { turn, row: self.height(scene, turn).saturating_sub(1) },
                    (None, None) => break,
                }
            } else if at.row + 1 < self.height(scene, at.turn) {
                at.row += 1;
            } else if at.turn + 1 < scene.record.exchanges.len() {
                at = Position { turn: at.turn + 1, row: 0 };
            } else {
                break;
            }
        }
        self.top = Some(at);
        let (width, height) = self.size;
        self.prepare(scene, width, height);
    }

    /// Scrolls by pages.
    pub(crate) fn page(&mut self, scene: Scene<'_>, down: bool) {
        let rows = isize::try_from(self.size.1.saturating_sub(2).max(1)).unwrap_or(1);
        self.scroll(scene, if down { rows } else { -rows });
    }

    /// To the beginning.
    pub(crate) fn go_to_top(&mut self) {
        self.top = Some(Position { turn: 0, row: 0 });
    }

    /// To the end, which is followed from then on.
    pub(crate) fn follow(&mut self) {
        self.top = None;
    }

    /// Brings a turn into sight, if it is not.
    pub(crate) fn reveal(&mut self, turn: usize) {
        let head = Position { turn, row: 0 };
        if !self.visible.contains(&head) {
            self.top = Some(head);
        }
    }

    /// Begins to mark text at that cell of the pane.
    pub(crate) fn mark(&mut self, column: u16, row: u16) {
        self.marked = self.visible.get(usize::from(row)).map(|at| ((*at, column), (*at, column)));
    }

    /// Marks on to that cell of the pane.
    pub(crate) fn mark_to(&mut self, column: u16, row: u16) {
        if let (Some((from, _)), Some(at)) = (self.marked, self.visible.get(usize::from(row)).or(self.visible.last())) {
            self.marked = Some((from, (*at, column)));
        }
    }

    /// Forgets what was marked.
    pub(crate) fn unmark(&mut self) {
        self.marked = None;
    }

    /// What is marked, in the order of the text; nothing where it is less than a cell.
    fn marks(&self) -> Option<(Mark, Mark)> {
        let (from, to) = self.marked.filter(|(from, to)| from != to)?;
        Some(if from <= to { (from, to) } else { (to, from) })
    }

    /// The text that is marked.
    pub(crate) fn marked(&self) -> Option<String> {
        let (from, to) = self.marks()?;
        let mut rows = Vec::new();
        for turn in from.0.turn..=to.0.turn {
            let block = self.blocks.get(&turn)?;
            let first = if turn == from.0.turn { from.0.row } else { 0 };
            let last = if turn == to.0.turn { to.0.row } else { block.height().saturating_sub(1) };
            rows.extend((first..=last).filter_map(|row| block.row(row)));
        }
        let inset = |place: usize, column: u16| {
            let inset = rows.get(place).map_or(0, |(_, _, inset)| *inset);
            usize::from(column.saturating_sub(inset))
        };
        let end = rows.len().checked_sub(1)?;
        let (from, to) = ((0, inset(0, from.1)), (end, inset(end, to.1) + 1));
        let rows: Vec<Row> = rows.iter().map(|(_, row, _)| (*row).clone()).collect();
        Some(text::copied(&rows, from, to)).filter(|text| !text.trim().is_empty())
    }

    /// Forgets everything that was made, for another conversation.
    pub(crate) fn reset(&mut self) {
        *self = Self { size: self.size, ..Self::default() };
    }
}
