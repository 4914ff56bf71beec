//! The viewer, drawn.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

use super::{Entry, Opened, Viewer};
use crate::keys::Context;
use crate::overlay::{help, over};
use crate::text;

/// The columns beside name and model: task, setting, verdict.
const TASK: usize = 10;
const SETTING: usize = 15;
const VERDICT: usize = 15;

impl Viewer {
    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.render_widget(Block::new().style(self.theme.text), area);
        match &self.open {
            Some(opened) => self.recording(opened, frame),
            None => self.listing(frame),
        }
        self.status(frame);
        if let Some(row) = self.help {
            help(&Context::VIEWER, &[], row, self.theme, over(area), frame);
        }
    }

    /// The place of the first conversation in sight.
    pub(super) fn first(&self) -> usize {
        (self.list.chosen() + 1).saturating_sub(self.rows().max(1))
    }

    fn listing(&self, frame: &mut Frame<'_>) {
        let theme = self.theme;
        let title = self.areas.title;
        let count = match (self.list.fitting(), self.list.len()) {
            (fitting, all) if fitting == all => counted(all),
            (fitting, all) => format!("{fitting} of {}", counted(all)),
        };
        let reading = if self.complete { "" } else { ", still reading" };
        let line =
            vec![Span::styled("Throughline", theme.heading), Span::styled(format!("  {count}{reading}"), theme.muted)];
        frame.render_widget(Line::from(line), title);
        let area = frame.area();
        let row = |number: u16| Rect { y: title.y + number, ..title }.intersection(area);
        let typed = text::shorten(&self.list.typed, usize::from(title.width).saturating_sub(3)).into_owned();
        let cursor = u16::try_from(text::width(&typed) + 2).unwrap_or(u16::MAX);
        let hint = if typed.is_empty() { "type to narrow the list" } else { "" };
        let line = vec![Span::styled("> ", theme.accent), Span::raw(typed), Span::styled(hint, theme.muted)];
        let place = row(1);
        frame.render_widget(Line::from(line), place);
        if !place.is_empty() && self.help.is_none() {
            frame.set_cursor_position((place.x + cursor.min(place.width - 1), place.y));
        }
        let width = usize::from(title.width);
        let names = ["conversation", "task", "setting", "model", "verdict"];
        frame.render_widget(Line::from(Span::styled(columns("  ", names, width), theme.muted)), row(2));
        let first = self.first();
        let lines: Vec<Line<'_>> = self
            .list
            .shown(first)
            .take(self.rows())
            .enumerate()
            .map(|(place, entry)| {
                let Entry { id, task, setting, model, verdict } = entry;
                let chosen = first + place == self.list.chosen();
                let sign = if chosen { "▶ " } else { "  " };
                let style = if chosen { theme.selection } else { Style::new() };
                Line::from(Span::styled(columns(sign, [id, task, setting, model, verdict], width), style))
            })
            .collect();
        let rest = Rect { y: title.y + 3, height: u16::try_from(self.rows()).unwrap_or(0), ..title };
        if lines.is_empty() && self.complete {
            frame.render_widget(Span::styled("  nothing fits", theme.muted), rest.intersection(area));
        } else {
            frame.render_widget(Paragraph::new(lines), rest.intersection(area));
        }
    }

    fn recording(&self, opened: &Opened, frame: &mut Frame<'_>) {
        let (theme, areas) = (self.theme, self.areas);
        let turns = opened.turns();
        let at = if turns == 0 { "no turns".to_owned() } else { format!("turn {} of {turns}", opened.turn + 1) };
        let id = &opened.recording.record.id.0;
        let about = format!("{at} · {} · {id}", opened.recording.about);
        let room = usize::from(areas.title.width).saturating_sub(13);
        let line = vec![
            Span::styled("Throughline", theme.heading),
            Span::styled(format!("  {}", text::shorten(&about, room)), theme.muted),
        ];
        frame.render_widget(Line::from(line), areas.title);
        opened.pane.render(areas.conversation, theme, frame.buffer_mut());
        if !areas.spec.is_empty() {
            let title = format!("What was understood, as of turn {}", opened.turn + 1);
            let hint = " ↑↓ lights up the words · Tab back ";
            opened.panel.render(&title, hint, opened.in_spec, theme, areas.spec, frame);
        }
    }

    fn status(&self, frame: &mut Frame<'_>) {
        let (theme, area) = (self.theme, self.areas.status);
        let width = usize::from(area.width);
        if let Some(notice) = &self.notice {
            let (style, sign) = if notice.trouble { (theme.error, "! ") } else { (theme.accent, "") };
            let words = text::shorten(&notice.text, width.saturating_sub(2)).into_owned();
            frame.render_widget(Span::styled(format!("{sign}{words}"), style), area);
            return;
        }
        let words = match (&self.open, self.wanted.and_then(|place| self.list.entry(place))) {
            (_, Some(entry)) => format!(" opening {} … ", entry.id),
            (None, None) => " Enter open · ↑↓ choose · Esc leave · F1 help ".to_owned(),
            (Some(opened), None) => {
                let details = if opened.details { "less" } else { "details" };
                let spec = if opened.recording.mediated { " · Tab spec" } else { "" };
                let list = if self.list.len() > 1 { " · n/p other conversation" } else { "" };
                format!(" ←→ turn · PageDown scroll{spec} · d {details}{list} · Esc back · ? help ")
            }
        };
        let words = text::shorten(&words, width).into_owned();
        frame.render_widget(Line::from(Span::raw(words)).style(theme.status), area);
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 conversation".to_owned() } else { format!("{count} conversations") }
}

/// A row of the list. What has no room is cut; name and model share what the others leave.
fn columns(sign: &str, texts: [&str; 5], width: usize) -> String {
    let rest = width.saturating_sub(2 + TASK + SETTING + VERDICT + 4);
    let widths = [rest - rest * 2 / 5, TASK, SETTING, rest * 2 / 5, VERDICT];
    let mut row = sign.to_owned();
    for (text, width) in texts.iter().zip(widths) {
        let text = text::shorten(text, width);
        row.push_str(&text);
        row.extend(std::iter::repeat_n(' ', width + 1 - text::width(&text).min(width)));
    }
    row
}
