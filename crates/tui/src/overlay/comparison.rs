//! The replies with and without the mediator, side by side.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use throughline_session::{Exchange, Lane, Reply};

use super::view::framed;
use crate::keys::{Action, keys_of};
use crate::pane::Written;
use crate::text;
use crate::theme::Theme;

/// Both replies, as far as they were rendered.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The first row in sight.
    pub(crate) row: usize,
    /// In the order of [`Lane::BOTH`].
    sides: [Option<Written>; 2],
}

impl Comparison {
    /// Makes the rows of that turn's replies, to be drawn over that part of the screen. Tells whether code is still to
    /// get colours.
    pub(crate) fn prepare(&mut self, exchange: &Exchange, theme: &'static Theme, area: Rect) -> bool {
        let [left, _, _] = columns(area.inner(Margin::new(1, 1)));
        let (mut colouring, mut longest) = (false, 0);
        for (lane, side) in Lane::BOTH.into_iter().zip(&mut self.sides) {
            // What takes the place of a reply makes it an earlier one.
            let which = (lane, exchange.earlier.len());
            *side = exchange.reply(lane).map(|reply| Written::of(reply, which, side.take(), left.width, theme));
            longest = longest.max(side.as_ref().map_or(0, |side| side.rows().len()));
            colouring |= side.as_mut().is_some_and(Written::colour);
        }
        self.row = self.row.min(longest.saturating_sub(1));
        colouring
    }

    pub(super) fn render(&self, exchange: Option<&Exchange>, theme: &'static Theme, area: Rect, frame: &mut Frame<'_>) {
        let hint = format!(
            "{} keep the left · {} keep the right · {} close",
            keys_of(Action::KeepMediated),
            keys_of(Action::KeepUnmediated),
            keys_of(Action::Close)
        );
        let inside = framed("With and without the mediator", &hint, theme, area, (area.width, area.height), frame);
        let [left, between, right] = columns(inside);
        let bar: Vec<Line<'_>> = (0..between.height).map(|_| Line::from(Span::styled("│", theme.border))).collect();
        frame.render_widget(Paragraph::new(bar), between);
        let Some(exchange) = exchange else { return };
        let titles = ["With: it read the spec", "Without: it read every turn"];
        for (((lane, title), side), area) in Lane::BOTH.into_iter().zip(titles).zip(&self.sides).zip([left, right]) {
            let [head, body] = area.layout(&Layout::vertical([Constraint::Length(1), Constraint::Min(0)]));
            let kept = if exchange.kept == lane { " (kept)" } else { "" };
            frame.render_widget(Span::styled(format!("{title}{kept}"), theme.assistant), head);
            self.side(exchange.reply(lane), side.as_ref(), theme, body, frame);
        }
    }

    /// A reply as far as it has come.
    fn side(
        &self,
        reply: Option<&Reply>,
        side: Option<&Written>,
        theme: &'static Theme,
        area: Rect,
        frame: &mut Frame<'_>,
    ) {
        let (Some(reply), Some(side)) = (reply, side) else {
            frame.render_widget(Span::styled("…", theme.muted), area);
            return;
        };
        let failure = reply.failure.as_ref().map(|failure| format!("failed: {failure}"));
        let failed = failure.map(|failure| text::wrap(&[Span::styled(failure, theme.error)], area.width));
        let failed = failed.unwrap_or_default();
        let first = self.row.min((side.rows().len() + failed.len()).saturating_sub(usize::from(area.height)));
        // Each row is drawn by itself, over the whole width that its ground takes.
        for (row, line) in side.rows().iter().chain(&failed).skip(first).zip(area.rows()) {
            frame.render_widget(&row.line, line);
        }
    }
}

/// Two sides and what is between them.
fn columns(inside: Rect) -> [Rect; 3] {
    inside.layout(&Layout::horizontal([Constraint::Fill(1), Constraint::Length(1), Constraint::Fill(1)]))
}
