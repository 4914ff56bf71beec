//! The rows in sight, drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::Pane;
use crate::theme::Theme;

impl Pane {
    /// Draws the rows in sight; short conversations stand at the top.
    pub(crate) fn render(&self, area: Rect, theme: &Theme, buffer: &mut Buffer) {
        for (place, at) in self.visible.iter().enumerate().take(usize::from(area.height)) {
            let Some((_, row, inset)) = self.row(*at) else { continue };
            let y = area.y + u16::try_from(place).unwrap_or(u16::MAX);
            let inset = inset.min(area.width);
            let line = Rect { x: area.x + inset, y, width: area.width - inset, height: 1 };
            (&row.line).render(line, buffer);
            if let Some((from, to)) = self.marks().filter(|(from, to)| (from.0..=to.0).contains(at)) {
                let first = if from.0 == *at { from.1 } else { 0 };
                let last = if to.0 == *at { to.1 } else { u16::MAX };
                let columns = first.min(area.width)..last.saturating_add(1).min(area.width).max(first.min(area.width));
                let marked = Rect { x: area.x + columns.start, width: columns.end - columns.start, ..line };
                buffer.set_style(marked, theme.selection);
            }
        }
    }

    /// The share of the turns that are above the first row in sight, from 0 to 1; `None` where everything is in sight.
    pub(crate) fn share(&self, turns: usize) -> Option<f64> {
        let (first, last) = (self.visible.first()?, self.visible.last()?);
        let whole = first.turn == 0 && first.row == 0 && self.follows() && last.turn + 1 >= turns;
        #[expect(clippy::cast_precision_loss, reason = "turns of one conversation")]
        let share = first.turn as f64 / turns.max(1) as f64;
        (!whole).then_some(share)
    }
}
