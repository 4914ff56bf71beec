//! A row of the spec as lines.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::{Mark, Panel, Row, Subject};
use crate::text;
use crate::theme::Theme;

impl Panel {
    /// Draws the lines in sight within a border, which says what the keys do while they go here.
    pub(crate) fn render(
        &self,
        title: &str,
        hint: &str,
        focused: bool,
        theme: &'static Theme,
        area: Rect,
        frame: &mut Frame<'_>,
    ) {
        let more = match self.hidden() {
            (0, 0) => String::new(),
            (above, below) => format!(" {above} above, {below} below "),
        };
        let hint = if focused { hint } else { "" };
        let hint = text::shorten(hint, usize::from(area.width.saturating_sub(2))).into_owned();
        let block = Block::bordered()
            .border_style(if focused { theme.focus } else { theme.border })
            .title(Span::styled(format!(" {title} "), theme.heading))
            .title(Line::from(Span::styled(more, theme.muted)).right_aligned())
            .title_bottom(Span::styled(hint, theme.muted));
        frame.render_widget(Clear, area);
        frame.render_widget(block.style(theme.text), area);
        frame.render_widget(Paragraph::new(self.visible(theme)), area.inner(Margin::new(1, 1)));
    }
}

/// The lines of a row at that width, while it is not chosen.
pub(super) fn lines(row: &Row, theme: &'static Theme, width: u16) -> Vec<Line<'static>> {
    if row.subject == Subject::Title {
        return vec![Line::from(Span::styled(
            text::shorten(&row.text, usize::from(width)).into_owned(),
            theme.heading,
        ))];
    }
    let style = style(row.mark, theme);
    let pin = if row.pinned { "*" } else { " " };
    // Nothing runs through a sign, which would hide it.
    let sign = Span::styled(format!(" {}{pin}", row.mark.sign()), style.remove_modifier(Modifier::CROSSED_OUT));
    let words = Span::styled(row.text.clone(), style);
    let mut rows = text::wrap_hanging(&[words], width, &[sign], &[Span::raw("   ")]);
    if !row.detail.is_empty() {
        let detail = Span::styled(row.detail.clone(), theme.muted);
        rows.extend(text::wrap_hanging(&[detail], width, &[Span::raw("     ")], &[Span::raw("     ")]));
    }
    rows.into_iter().map(|row| row.line).collect()
}

/// A line of the chosen row; `first` bears the sign.
pub(super) fn chosen(line: &Line<'static>, first: bool, theme: &Theme) -> Line<'static> {
    let mut line = line.clone().patch_style(theme.selection);
    if let Some(sign) = line.spans.first_mut().filter(|_| first) {
        sign.content = sign.content.replacen(' ', "▶", 1).into();
    }
    line
}

fn style(mark: Mark, theme: &Theme) -> Style {
    match mark {
        Mark::Plain => theme.text,
        Mark::Added => theme.added,
        Mark::Revised => theme.revised,
        Mark::Withdrawn | Mark::Gone => theme.withdrawn,
        Mark::Contested => theme.contested,
        Mark::Assumed => theme.assumption,
        Mark::Asked => theme.question,
        Mark::Finding => theme.finding,
    }
}
