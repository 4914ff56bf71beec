//! The rows in sight, drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::Pane;

impl Pane {
    /// Draws the rows in sight; short conversations stand at the top.
    pub(crate) fn render(&self, area: Rect, buffer: &mut Buffer) {
        for (place, at) in self.visible.iter().enumerate().take(usize::from(area.height)) {
            let Some((_, row)) = self.row(*at) else { continue };
            let y = area.y + u16::try_from(place).unwrap_or(u16::MAX);
            (&row.line).render(Rect { y, height: 1, ..area }, buffer);
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
