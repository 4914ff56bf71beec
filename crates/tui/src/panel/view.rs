//! A row of the spec as lines.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::{Mark, Row, Subject};
use crate::text;
use crate::theme::Theme;

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
