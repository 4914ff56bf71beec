//! The spec panel: what was understood, and which line of it is chosen.

mod rows;
mod view;

use ratatui::text::Line;
use throughline_conversation::{Clause, ClauseId, Correction, Source, Spec, Turn};

pub(crate) use rows::{Mark, Row, Subject, one_line};

use crate::keys::Action;
use crate::theme::Theme;

/// The panel.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    /// Whether it is shown; on a narrow screen it covers the conversation then.
    pub(crate) open: bool,
    /// What was understood.
    pub(crate) spec: Spec,
    rows: Vec<Row>,
    chosen: Option<Subject>,
    /// The rows as lines, each with its row's place.
    lines: Vec<(usize, Line<'static>)>,
    /// The theme and width that the lines were made for; `None` where the rows have changed since.
    made: Option<(&'static str, u16)>,
    /// The first line that is shown.
    scroll: usize,
    height: usize,
    /// The chosen row that was brought into sight last, so that the wheel may leave it.
    shown: Option<Subject>,
}

impl Panel {
    /// Takes in what the turns so far amount to.
    pub(crate) fn refresh(&mut self, turns: &[Turn], spec: &Spec) {
        self.spec.clone_from(spec);
        self.rows = rows::rows(turns, &self.spec);
        self.made = None;
        if self.place().is_none() {
            self.chosen = None;
        }
    }

    /// A panel that is shown.
    pub(crate) fn opened() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// The chosen row's place.
    pub(crate) fn place(&self) -> Option<usize> {
        let chosen = self.chosen.as_ref()?;
        self.rows.iter().position(|row| row.subject == *chosen)
    }

    /// The chosen row.
    pub(crate) fn chosen(&self) -> Option<&Row> {
        self.rows.get(self.place()?)
    }

    /// The clause that the chosen row stands for.
    fn clause(&self) -> Option<&Clause> {
        match &self.chosen {
            Some(Subject::Clause(id)) => self.spec.clause(id),
            _ => None,
        }
    }

    /// Chooses the row at that place of the rows, if it can be chosen.
    pub(crate) fn choose(&mut self, place: usize) {
        if let Some(row) = self.rows.get(place).filter(|row| row.is_choosable()) {
            self.chosen = Some(row.subject.clone());
        }
    }

    /// Chooses the first row of what that turn said.
    pub(crate) fn choose_of_turn(&mut self, turn: usize) {
        let of_turn = |row: &&Row| row.is_choosable() && row.source.is_some_and(|source| source.turn == turn);
        if let Some(row) = self.rows.iter().find(of_turn) {
            self.chosen = Some(row.subject.clone());
        }
    }

    /// Chooses nothing.
    pub(crate) fn leave(&mut self) {
        self.chosen = None;
    }

    /// Chooses the next row, or the one before.
    pub(crate) fn step(&mut self, down: bool) {
        let choosable: Vec<usize> =
            self.rows.iter().enumerate().filter(|(_, row)| row.is_choosable()).map(|(place, _)| place).collect();
        let next = match self.place() {
            None => choosable.first(),
            Some(place) if down => choosable.iter().find(|next| **next > place).or(choosable.last()),
            Some(place) => choosable.iter().rev().find(|next| **next < place).or(choosable.first()),
        };
        if let Some(next) = next.copied() {
            self.choose(next);
        }
    }

    /// Makes the lines, for a panel of that size, and brings the chosen row into sight.
    pub(crate) fn prepare(&mut self, theme: &'static Theme, width: u16, height: u16) {
        self.height = usize::from(height);
        if self.made != Some((theme.name, width)) {
            self.made = Some((theme.name, width));
            let rows = self.rows.iter().enumerate();
            let lines = |(place, row)| view::lines(row, theme, width).into_iter().map(move |line| (place, line));
            self.lines = rows.flat_map(lines).collect();
        }
        let chosen = self.place();
        if self.shown != self.chosen {
            self.shown.clone_from(&self.chosen);
            if let Some(place) = chosen {
                let first = self.lines.partition_point(|(of, _)| *of < place);
                let behind = self.lines.partition_point(|(of, _)| *of <= place);
                self.scroll = self.scroll.min(first).max(behind.saturating_sub(self.height));
            }
        }
        self.scroll = self.scroll.min(self.lines.len().saturating_sub(self.height));
    }

    /// The lines in sight.
    pub(crate) fn visible(&self, theme: &'static Theme) -> Vec<Line<'static>> {
        let chosen = self.place();
        let first = chosen.map(|place| self.lines.partition_point(|(of, _)| *of < place));
        let lines = self.lines.iter().enumerate().skip(self.scroll).take(self.height);
        lines
            .map(
                |(at, (of, line))| {
                    if Some(*of) == chosen { view::chosen(line, Some(at) == first, theme) } else { line.clone() }
                },
            )
            .collect()
    }

    /// How many lines there are above and below those in sight.
    pub(crate) fn hidden(&self) -> (usize, usize) {
        (self.scroll, self.lines.len().saturating_sub(self.scroll + self.height))
    }

    /// Scrolls by so many lines.
    pub(crate) fn scroll_by(&mut self, lines: isize) {
        self.scroll = self.scroll.saturating_add_signed(lines).min(self.lines.len().saturating_sub(self.height));
    }

    /// Chooses what stands at a line of the panel, from 0.
    pub(crate) fn choose_at(&mut self, line: u16) {
        if let Some((place, _)) = self.lines.get(self.scroll + usize::from(line)) {
            self.choose(*place);
        }
    }

    /// The words that the chosen row stands on.
    pub(crate) fn lit(&self) -> Option<Source> {
        self.chosen().and_then(|row| row.source)
    }

    /// What the user's own hands change about the chosen row; why that cannot be otherwise.
    pub(crate) fn correction(&self, action: Action) -> Result<Correction, &'static str> {
        if let Some(Subject::Assumption(assumption)) = &self.chosen {
            let assumption = assumption.clone();
            return match action {
                Action::Confirm => Ok(Correction::Confirm { assumption }),
                Action::Withdraw => Ok(Correction::Dismiss { assumption }),
                _ => Err("an assumption can be made a fact, or taken out"),
            };
        }
        let clause = self.clause().ok_or("choose a clause first")?;
        let id = clause.said.id.clone();
        let active = clause.status.is_active();
        match action {
            Action::Withdraw if active => Ok(Correction::Withdraw { clause: id }),
            Action::Pin if active => Ok(Correction::Pin { clause: id, pinned: !clause.pinned }),
            Action::Restore if !active => Ok(Correction::Restore { clause: id }),
            Action::Restore => Err("it is in force already"),
            Action::AcceptLater | Action::KeepEarlier => self.settle(clause, action == Action::AcceptLater),
            Action::Confirm => Err("only an assumption can be made a fact"),
            _ => Err("it is no longer in force; bring it back first"),
        }
    }

    /// Settles what is contested, on whichever side of it the chosen clause stands.
    fn settle(&self, clause: &Clause, accept: bool) -> Result<Correction, &'static str> {
        let later = if self.spec.contested(clause).is_some() {
            Some(clause)
        } else {
            self.spec.contesting(&clause.said.id).next()
        };
        let later = later.ok_or("nothing contests it")?.said.id.clone();
        Ok(if accept { Correction::Accept { clause: later } } else { Correction::Withdraw { clause: later } })
    }

    /// The chosen clause's words, to be put in other words.
    pub(crate) fn to_reword(&self) -> Option<(ClauseId, String)> {
        let clause = self.clause().filter(|clause| clause.status.is_active())?;
        Some((clause.said.id.clone(), one_line(&clause.said.text)))
    }
}
