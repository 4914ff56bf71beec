//! What is laid over the screen, drawn.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::{Overlay, Picker, Prompt};
use crate::app::App;
use crate::commands::{COMMANDS, Command};
use crate::keys::{BINDINGS, Context};
use crate::text;
use crate::theme::Theme;

impl Overlay {
    /// Draws it over that part of the screen.
    pub(crate) fn render(&self, app: &App, area: Rect, frame: &mut Frame<'_>) {
        let theme = app.theme;
        match self {
            Self::Help(row) => help(&Context::CHAT, COMMANDS, *row, theme, area, frame),
            Self::Palette(picker) => list(picker, "", theme, area, frame),
            Self::Sessions(picker) => list(picker, "", theme, area, frame),
            Self::Models(role, picker) => list(picker, &format!(" for the {}", role.name()), theme, area, frame),
            Self::Prompt(prompt) => typed(prompt, theme, area, frame),
            Self::Delete(_, title) => agree(title, theme, area, frame),
            Self::Comparison(comparison) => comparison.render(app.record.exchanges.last(), theme, area, frame),
        }
    }
}

/// A framed part of the screen of at most that size, in its middle.
pub(super) fn framed(
    title: &str,
    hint: &str,
    theme: &Theme,
    area: Rect,
    most: (u16, u16),
    frame: &mut Frame<'_>,
) -> Rect {
    let (width, height) = (area.width.min(most.0), area.height.min(most.1));
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    let outer = Rect { x, y, width, height };
    frame.render_widget(Clear, outer);
    let hint = text::shorten(hint, usize::from(width.saturating_sub(4))).into_owned();
    let title = text::shorten(title, usize::from(width.saturating_sub(4))).into_owned();
    let block = Block::bordered()
        .style(theme.text)
        .border_style(theme.focus)
        .title(Span::styled(format!(" {title} "), theme.heading))
        .title_bottom(Line::from(Span::styled(format!(" {hint} "), theme.muted)).right_aligned());
    frame.render_widget(block, outer);
    outer.inner(Margin::new(1, 1))
}

/// The keys of these contexts, and these commands, from that row on.
pub(crate) fn help(
    contexts: &[Context],
    commands: &[Command],
    row: usize,
    theme: &Theme,
    area: Rect,
    frame: &mut Frame<'_>,
) {
    let inside = framed("Help", "↑↓ scroll · Esc close", theme, area, (92, 60), frame);
    let mut lines = Vec::new();
    for &context in contexts {
        lines.push(Line::from(Span::styled(context.title(), theme.heading)));
        for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
            let keys: Vec<String> = binding.chords.iter().map(ToString::to_string).collect();
            lines.extend(entry(&keys.join("  "), binding.help, theme, inside.width));
        }
        lines.push(Line::default());
    }
    if !commands.is_empty() {
        lines.push(Line::from(Span::styled("Commands", theme.heading)));
    }
    for command in commands {
        let name = format!("/{} {}", command.name, command.arguments);
        lines.extend(entry(name.trim_end(), command.help, theme, inside.width));
    }
    let row = row.min(lines.len().saturating_sub(usize::from(inside.height)));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(row).take(usize::from(inside.height)).collect();
    frame.render_widget(Paragraph::new(shown), inside);
}

/// A name and what it is, in two columns, one below the other where the name is long.
fn entry(name: &str, what: &str, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    const COLUMN: usize = 26;
    let indent = [Span::raw(" ".repeat(COLUMN))];
    let mut lines = Vec::new();
    let room = text::width(name) + 3 <= COLUMN;
    let first = Span::styled(format!("  {name}"), theme.accent);
    let margin = if room {
        let gap = " ".repeat(COLUMN.saturating_sub(text::width(name) + 2));
        vec![first, Span::raw(gap)]
    } else {
        lines.push(Line::from(first));
        indent.to_vec()
    };
    let what = text::wrap_hanging(&[Span::raw(what.to_owned())], width, &margin, &indent);
    lines.extend(what.into_iter().map(|row| row.line));
    lines
}

fn list<T>(picker: &Picker<T>, more: &str, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let hint = match picker.hint {
        "" => "Enter choose · Esc close".to_owned(),
        hint => format!("Enter choose · {hint} · Esc close"),
    };
    let inside = framed(&format!("{}{more}", picker.title), &hint, theme, area, (92, 24), frame);
    let [typed, rest] = inside.layout(&Layout::vertical([Constraint::Length(1), Constraint::Min(0)]));
    let width = usize::from(inside.width);
    let search = text::shorten(&picker.typed, width.saturating_sub(3)).into_owned();
    let line = Line::from(vec![Span::styled("> ", theme.accent), Span::raw(search.clone())]);
    frame.render_widget(line, typed);
    let column = u16::try_from(text::width(&search) + 2).unwrap_or(0);
    frame.set_cursor_position((typed.x + column.min(typed.width.saturating_sub(1)), typed.y));
    let height = usize::from(rest.height).max(1);
    let first = picker.place().saturating_sub(height - 1);
    let lines: Vec<Line<'_>> = picker
        .shown()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(place, item)| {
            let chosen = place == picker.place();
            let label = text::shorten(&item.label, width.saturating_sub(3)).into_owned();
            let room = width.saturating_sub(text::width(&label) + 5);
            let detail = text::shorten(&item.detail, room).into_owned();
            let sign = if chosen { "▶ " } else { "  " };
            let line =
                Line::from(vec![Span::raw(sign), Span::raw(label), Span::styled(format!("  {detail}"), theme.muted)]);
            if chosen { line.patch_style(theme.selection) } else { line }
        })
        .collect();
    if lines.is_empty() {
        frame.render_widget(Span::styled("  nothing fits", theme.muted), rest);
    } else {
        frame.render_widget(Paragraph::new(lines), rest);
    }
}

fn typed(prompt: &Prompt, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let inside = framed(&prompt.title, "Enter take it · Esc leave it", theme, area, (92, 3), frame);
    frame.render_widget(&prompt.area, inside);
}

fn agree(title: &str, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let inside = framed("Delete", "y delete · n keep", theme, area, (72, 3), frame);
    let question = format!("Delete \u{201c}{}\u{201d} for good?", text::shorten(title, 40));
    frame.render_widget(Span::styled(question, theme.question), inside);
}
