//! Where what stands on the screen.

use ratatui::layout::{Constraint, Layout, Margin, Rect};

use crate::app::App;

/// From so many columns on the spec stands beside the conversation; below, it covers it.
const WIDE: u16 = 96;

/// How many rows what is typed takes at most, its borders aside.
const MOST_TYPED: u16 = 8;

/// Where what stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Areas {
    /// The line at the top.
    pub(crate) title: Rect,
    /// The rows of the conversation.
    pub(crate) conversation: Rect,
    /// The spec with its border; empty where it is not shown.
    pub(crate) spec: Rect,
    /// The rows of the spec.
    pub(crate) panel: Rect,
    /// What is typed, with its border.
    pub(crate) composer: Rect,
    /// The line at the bottom.
    pub(crate) status: Rect,
    /// Whether both stand side by side.
    pub(crate) wide: bool,
}

impl Areas {
    pub(crate) fn of(app: &App, area: Rect) -> Self {
        let typed = u16::try_from(app.composer.rows(area.width.saturating_sub(2))).unwrap_or(u16::MAX);
        // On a low screen the conversation keeps what it can.
        let most = MOST_TYPED.min(area.height / 3).max(1);
        let rows = [
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(typed.clamp(1, most) + 2),
            Constraint::Length(1),
        ];
        let [title, middle, composer, status] = area.layout(&Layout::vertical(rows));
        let sides = Self::sides(middle, app.panel.open, app.focus == crate::app::Focus::Spec);
        Self { title, composer, status, ..sides }
    }

    /// Without anything to type into.
    pub(crate) fn to_read(area: Rect, panel: bool, focused: bool) -> Self {
        let rows = [Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)];
        let [title, middle, status] = area.layout(&Layout::vertical(rows));
        Self { title, status, ..Self::sides(middle, panel, focused) }
    }

    /// Conversation and spec in the middle of the screen.
    fn sides(middle: Rect, panel: bool, focused: bool) -> Self {
        let wide = middle.width >= WIDE;
        let (conversation, spec) = match (panel, wide) {
            (true, true) => {
                let columns = [Constraint::Min(40), Constraint::Length((middle.width * 2 / 5).clamp(36, 64))];
                let [conversation, spec] = middle.layout(&Layout::horizontal(columns));
                (conversation, spec)
            }
            (true, false) if focused => (middle, middle),
            (false, _) | (true, false) => (middle, Rect::ZERO),
        };
        let conversation = Rect { width: conversation.width.saturating_sub(1), ..conversation };
        Self { conversation, spec, panel: spec.inner(Margin::new(1, 1)), wide, ..Self::default() }
    }
}
