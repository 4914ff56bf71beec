//! The chat screen, drawn.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use throughline_conversation::TokenUsage;
use throughline_session::Lane;

use crate::app::{App, Focus};
use crate::keys::{Action, keys_of};
use crate::message::Activity;
use crate::{overlay, text};

/// What moves while something is being done.
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

/// So many names are offered at a time.
const MOST: usize = 8;

impl App {
    /// Draws what [`prepare`](Self::prepare) made ready for a screen of this size.
    pub fn view(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.render_widget(Block::new().style(self.theme.text), area);
        let areas = self.areas;
        self.title(areas.title, frame);
        if self.record.exchanges.is_empty() {
            self.welcome(areas.conversation, frame);
        } else {
            self.pane.render(areas.conversation, self.theme, frame.buffer_mut());
        }
        self.pending(areas.conversation, frame);
        if !areas.spec.is_empty() {
            self.spec(areas.spec, frame);
        }
        self.typed(areas.composer, frame);
        self.offered(areas.composer, area, frame);
        self.status(areas.status, frame);
        if let Some(laid) = &self.overlay {
            laid.render(self, overlay::over(area), frame);
        }
    }

    fn title(&self, area: Rect, frame: &mut Frame<'_>) {
        let theme = self.theme;
        let title = self.record.title.as_deref().unwrap_or("new session");
        let turns = self.record.exchanges.len();
        let place = match self.pane.share(turns) {
            Some(share) if !self.pane.follows() => {
                format!("  {:.0} % · {} to the end", share * 100.0, keys_of(Action::Bottom))
            }
            _ => String::new(),
        };
        let room = usize::from(area.width).saturating_sub(16 + text::width(&place));
        let line = Line::from(vec![
            Span::styled("Throughline", theme.heading),
            Span::styled(format!("  {}", text::shorten(title, room)), theme.muted),
            Span::styled(place, theme.accent),
        ]);
        frame.render_widget(line, area);
    }

    fn welcome(&self, area: Rect, frame: &mut Frame<'_>) {
        let theme = self.theme;
        let lines = [
            ("Say what you want, in as many turns as you like.", theme.text),
            ("The mediator keeps what you said as a spec, which you see and can put right.", theme.muted),
            ("The assistant carries out the spec alone.", theme.muted),
        ];
        let mut shown = vec![Line::default()];
        for (words, style) in lines {
            let margin = [Span::raw("  ")];
            let rows = text::wrap_hanging(&[Span::styled(words, style)], area.width, &margin, &margin);
            shown.extend(rows.into_iter().map(|row| row.line));
        }
        frame.render_widget(Paragraph::new(shown), area);
    }

    /// What was said and is still being heard, or waits for a model, stands below the conversation.
    fn pending(&self, area: Rect, frame: &mut Frame<'_>) {
        let heard = self.record.pending.as_ref().filter(|_| self.activity == Activity::Mediating);
        let (said, state) = match (&self.waiting, heard) {
            (Some(typed), _) => {
                (&typed.text, format!("  waits for the model, {} takes it back", keys_of(Action::Interrupt)))
            }
            (None, Some(pending)) => (pending, " …".to_owned()),
            (None, None) => return,
        };
        let room = usize::from(area.width).saturating_sub(4 + text::width(&state));
        let line = Line::from(vec![
            Span::styled("● ", self.theme.user),
            Span::raw(text::shorten(said, room).into_owned()),
            Span::styled(state, self.theme.muted),
        ]);
        let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
        frame.render_widget(Clear, last);
        frame.render_widget(line, last);
    }

    fn spec(&self, area: Rect, frame: &mut Frame<'_>) {
        let focused = self.focus == Focus::Spec;
        let hint = " e w r p edit, out, back, pin · n o settle · f fact ";
        self.panel.render("What was understood", hint, focused, self.theme, area, frame);
    }

    fn typed(&self, area: Rect, frame: &mut Frame<'_>) {
        let theme = self.theme;
        let focused = self.focus == Focus::Composer;
        let asked = self.open_question().is_some_and(|asked| !asked.choices.is_empty());
        let hint = if asked {
            format!(" 1-9 pick an answer · {} just go ", keys_of(Action::JustGo))
        } else {
            format!(" {} send · Ctrl+J new line · ? help ", keys_of(Action::Send))
        };
        let hint = text::shorten(&hint, usize::from(area.width.saturating_sub(2))).into_owned();
        let block = Block::bordered()
            .border_style(if focused { theme.focus } else { theme.border })
            .title_bottom(Line::from(Span::styled(hint, theme.muted)).right_aligned());
        let inside = block.inner(area);
        frame.render_widget(block, area);
        let mut typed = self.composer.area().clone();
        typed.set_style(theme.text);
        typed.set_cursor_line_style(Style::new());
        if !focused {
            typed.set_cursor_style(Style::new());
        }
        frame.render_widget(&typed, inside);
    }

    /// What completes what is typed, above it.
    fn offered(&self, composer: Rect, area: Rect, frame: &mut Frame<'_>) {
        let theme = self.theme;
        let Some(offered) = self.completion.as_ref().filter(|offered| !offered.items.is_empty()) else { return };
        let many = offered.items.len().min(MOST);
        let first = (offered.chosen + 1).saturating_sub(MOST);
        let height = u16::try_from(many + 2).unwrap_or(2).min(composer.y.saturating_sub(area.y));
        let place = Rect { x: composer.x, y: composer.y - height, width: composer.width.min(76), height };
        let block = Block::bordered().border_style(theme.border).style(theme.text);
        let inside = block.inner(place);
        frame.render_widget(Clear, place);
        frame.render_widget(block, place);
        let room = usize::from(inside.width);
        let lines: Vec<Line<'_>> = offered
            .items
            .iter()
            .enumerate()
            .skip(first)
            .take(many)
            .map(|(place, (name, what))| {
                let name = text::shorten(name, room.saturating_sub(3)).into_owned();
                let what = text::shorten(what, room.saturating_sub(text::width(&name) + 4)).into_owned();
                let sign = if place == offered.chosen { "▶ " } else { "  " };
                let line =
                    Line::from(vec![Span::raw(sign), Span::raw(name), Span::styled(format!("  {what}"), theme.muted)]);
                if place == offered.chosen { line.patch_style(theme.selection) } else { line }
            })
            .collect();
        frame.render_widget(Paragraph::new(lines), inside);
    }

    fn status(&self, area: Rect, frame: &mut Frame<'_>) {
        let theme = self.theme;
        if let Some(notice) = &self.notice {
            let style = if notice.trouble { theme.error } else { theme.accent };
            let sign = if notice.trouble { "! " } else { "" };
            let words = text::shorten(&notice.text, usize::from(area.width).saturating_sub(2)).into_owned();
            frame.render_widget(Span::styled(format!("{sign}{words}"), style), area);
            return;
        }
        let words = format!(
            " {} ",
            [self.doing(), self.figures(), self.models()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" · ")
        );
        let words = text::shorten(&words, usize::from(area.width)).into_owned();
        frame.render_widget(Line::from(Span::raw(words)).style(theme.status), area);
    }

    /// What is being done.
    fn doing(&self) -> String {
        let spinner =
            SPINNER.get(usize::try_from(self.now.as_millis() / 120).unwrap_or(0) % SPINNER.len()).unwrap_or(&"");
        let stop = keys_of(Action::Interrupt);
        match &self.activity {
            Activity::Idle => String::new(),
            Activity::Loading { what, share: Some(share) } => format!("{spinner} {what} {:.0} %", share * 100.0),
            Activity::Loading { what, share: None } => format!("{spinner} {what}"),
            Activity::Mediating => format!("{spinner} listening, {stop} stops"),
            Activity::Replying(Lane::Mediated) => format!("{spinner} replying, {stop} stops"),
            Activity::Replying(Lane::Unmediated) => format!("{spinner} replying without the mediator, {stop} stops"),
        }
    }

    /// Tokens, cost and use of the context so far.
    fn figures(&self) -> String {
        let mut told = Vec::new();
        let (mut tokens, mut cost) = (0, None);
        let mut count = |used: TokenUsage, usd: Option<f64>| {
            tokens += used.prompt_tokens + used.completion_tokens;
            cost = cost.map_or(usd, |sum: f64| Some(sum + usd.unwrap_or_default()));
        };
        for exchange in &self.record.exchanges {
            for spent in [exchange.spent, exchange.planned] {
                count(spent.tokens, spent.cost_usd);
            }
            for ended in exchange.replies().filter_map(|reply| reply.ended.as_ref()) {
                count(ended.tokens.unwrap_or_default(), ended.cost_usd);
            }
        }
        if tokens > 0 {
            told.push(format!("{tokens} tokens"));
        }
        if let Some(cost) = cost {
            told.push(format!("${cost:.4}"));
        }
        let last = self.last_reply().and_then(|reply| reply.ended.as_ref()).and_then(|ended| ended.tokens);
        if let (Some(last), Some(context)) = (last, self.staff.context.filter(|context| *context > 0)) {
            let used = last.prompt_tokens + last.completion_tokens;
            told.push(format!("context {} %", used * 100 / u64::from(context)));
        }
        told.join(" · ")
    }

    fn models(&self) -> String {
        let staff = &self.staff;
        if staff.assistant.is_empty() {
            return String::new();
        }
        let models = if staff.mediator == staff.assistant {
            staff.assistant.clone()
        } else {
            format!("mediator {}, assistant {}", staff.mediator, staff.assistant)
        };
        format!("{models} · asks: {}", staff.ask_mode)
    }
}
