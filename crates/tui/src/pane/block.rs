//! One turn of a conversation as rows.

use ratatui::style::Style;
use ratatui::text::{Line, Span as Piece};
use throughline_conversation::{Decision, Edit, Question, Span, Turn};
use throughline_session::{Exchange, Lane, Replied, Reply};

use crate::panel::one_line;
use crate::text::{self, Row};
use crate::theme::Theme;
use crate::viewer::{Mark, Remark};

/// What a part of a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// What the user said or did, and what was understood of it.
    Said,
    /// What the mediator asks.
    Question,
    /// The steps that the planner proposed.
    Plan,
    /// The reply that counts.
    Reply,
    /// What a recording observed.
    Observed,
}

/// What a turn is shown with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    pub(crate) theme: &'static Theme,
    pub(crate) width: u16,
    /// The words that are lit up, because the clause that stands on them is chosen.
    pub(crate) lit: Option<Span>,
    /// Whether the turn is chosen.
    pub(crate) chosen: bool,
    /// The question that waits for an answer, with its choices.
    pub(crate) open: Option<&'a Question>,
    /// Whether every detail of what was observed is shown.
    pub(crate) details: bool,
}

/// How far what is said is set in.
const INDENT: &str = "  ";

/// What the user said, and what was understood of it where it was heard.
pub(crate) fn said(place: usize, turn: &Turn, exchange: &Exchange, heard: bool, look: Look<'_>) -> Vec<Row> {
    let theme = look.theme;
    let who = if exchange.corrected { "You changed" } else { "You" };
    let mut rows = vec![head(who, &format!("turn {}", place + 1), theme.user, look)];
    let marks: Vec<_> = look.lit.map(|span| (span.start..span.end, theme.highlight)).into_iter().collect();
    let words = text::marked(&turn.user, theme.text, &marks);
    rows.extend(text::wrap_hanging(&words, look.width, &[Piece::raw(INDENT)], &[Piece::raw(INDENT)]));
    let (understood, style) = understood(turn, theme);
    if heard {
        let margin = [Piece::styled("  └ ", theme.muted)];
        rows.extend(text::wrap_hanging(
            &[Piece::styled(understood, style)],
            look.width,
            &margin,
            &[Piece::raw("    ")],
        ));
    }
    rows.push(Row::default());
    rows
}

/// What the mediator asks, with the choices to pick from while it waits for an answer.
pub(crate) fn question(asked: &str, look: Look<'_>) -> Vec<Row> {
    let theme = look.theme;
    let mut rows = vec![head("Question", "", theme.question, look)];
    let margin = [Piece::raw(INDENT)];
    rows.extend(text::wrap_hanging(&[Piece::styled(one_line(asked), theme.question)], look.width, &margin, &margin));
    if let Some(open) = look.open {
        for (place, choice) in open.choices.iter().enumerate() {
            let margin = [Piece::styled(format!("  [{}] ", place + 1), theme.accent)];
            rows.extend(text::wrap_hanging(
                &[Piece::raw(one_line(choice))],
                look.width,
                &margin,
                &[Piece::raw("      ")],
            ));
        }
    }
    rows.push(Row::default());
    rows
}

/// The steps that the planner proposed.
pub(crate) fn plan(steps: &str, look: Look<'_>) -> Vec<Row> {
    let margin = [Piece::raw(INDENT)];
    let mut rows = vec![head("Plan", "", look.theme.muted, look)];
    rows.extend(text::wrap_hanging(
        &[Piece::styled(steps.trim().to_owned(), look.theme.muted)],
        look.width,
        &margin,
        &margin,
    ));
    rows.push(Row::default());
    rows
}

/// What stands above a reply.
pub(crate) fn reply_head(reply: &Reply, lane: Lane, look: Look<'_>) -> Row {
    let who = match lane {
        Lane::Mediated => "Assistant",
        Lane::Unmediated => "Assistant, without the mediator",
    };
    head(who, &reply.model, look.theme.assistant, look)
}

/// What stands below a reply: how it ended, how sure the model was, how fast.
pub(crate) fn reply_foot(reply: &Reply, writing: bool, look: Look<'_>) -> Vec<Row> {
    let theme = look.theme;
    let margin = [Piece::raw(INDENT)];
    let mut rows = Vec::new();
    if let Some(failure) = &reply.failure {
        let words = Piece::styled(format!("failed: {}", one_line(failure)), theme.error);
        rows.extend(text::wrap_hanging(&[words], look.width, &margin, &margin));
    }
    let note = match &reply.ended {
        Some(ended) => ending(ended),
        None if reply.failure.is_some() => String::new(),
        None if writing => "…".to_owned(),
        None => BROKEN_OFF.to_owned(),
    };
    if !note.is_empty() {
        rows.extend(text::wrap_hanging(&[Piece::styled(note, theme.muted)], look.width, &margin, &margin));
    }
    rows.push(Row::default());
    rows
}

/// What was observed, a paragraph each.
pub(crate) fn observed(remarks: &[Remark], look: Look<'_>) -> Vec<Row> {
    let theme = look.theme;
    let mut rows = Vec::new();
    for remark in remarks.iter().filter(|remark| look.details || !remark.detail) {
        let style = match remark.mark {
            Mark::Plain => theme.muted,
            Mark::Right => theme.added,
            Mark::Wrong => theme.error,
            Mark::Fault => theme.finding,
        };
        let margin = [Piece::styled(format!("  {} ", remark.mark.sign()), style)];
        let title = Piece::styled(format!("{}: ", remark.title), style);
        let words = Piece::styled(remark.text.clone(), theme.muted);
        rows.extend(text::wrap_hanging(&[title, words], look.width, &margin, &[Piece::raw("    ")]));
    }
    if !rows.is_empty() {
        rows.push(Row::default());
    }
    rows
}

/// What is said of a reply that was being written when the program ended.
const BROKEN_OFF: &str = "broken off when the program ended";

fn ending(ended: &Replied) -> String {
    let mut told = Vec::new();
    match ended.reason.as_str() {
        "stop" => {}
        Replied::INTERRUPTED => told.push(BROKEN_OFF.to_owned()),
        "cancelled" => told.push("stopped by you".to_owned()),
        "length" => told.push("cut off: the limit of tokens was reached".to_owned()),
        other => told.push(one_line(other)),
    }
    if let Some(confidence) = ended.confidence {
        told.push(format!("confidence {confidence:.2} of 1"));
    }
    if let Some(tokens) = ended.tokens {
        told.push(format!("{} tokens", tokens.completion_tokens));
        if ended.seconds > 0.0 {
            #[expect(clippy::cast_precision_loss, reason = "tokens of one reply")]
            let rate = tokens.completion_tokens as f64 / ended.seconds;
            told.push(format!("{rate:.1} tokens/s"));
        }
    }
    told.join(" · ")
}

fn head(who: &str, what: &str, style: Style, look: Look<'_>) -> Row {
    let sign = if look.chosen { "▶ " } else { "● " };
    let sign = Piece::styled(sign, if look.chosen { look.theme.focus } else { style });
    let who = Piece::styled(who.to_owned(), style);
    let room = usize::from(look.width).saturating_sub(4 + text::width(&who.content));
    let what = Piece::styled(format!("  {}", text::shorten(what, room)), look.theme.muted);
    Row { margin: look.width, ..Row::of(Line::from(vec![sign, who, what])) }
}

/// What was understood of a turn, on one line: how many clauses it brought, changed, took out.
fn understood(turn: &Turn, theme: &Theme) -> (String, Style) {
    let count = |counted: fn(&Edit) -> bool| turn.edits.iter().filter(|edit| counted(edit)).count();
    let parts = [
        (count(|edit| matches!(edit, Edit::Add { .. } | Edit::Answer { .. } | Edit::Confirm { .. })), "+", "added"),
        (count(|edit| matches!(edit, Edit::Redirect { removal, .. } if removal.earned)), "+", "goal"),
        (count(|edit| matches!(edit, Edit::Revise { removal, .. } if removal.earned)), "~", "revised"),
        (
            count(|edit| {
                matches!(edit, Edit::Withdraw { removal, .. } if removal.earned) || matches!(edit, Edit::Dismiss { .. })
            }),
            "-",
            "withdrawn",
        ),
        (count(|edit| edit.removal().is_some_and(|removal| !removal.earned)), "?", "contested, both kept"),
        (count(|edit| matches!(edit, Edit::Refer { .. })), ">", "pointed at"),
        (count(|edit| matches!(edit, Edit::Assume { .. })), "=", "assumed"),
        (count(|edit| matches!(edit, Edit::Pin { .. })), "*", "held fast or let go"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, sign, what)| format!("{sign}{count} {what}"))
        .collect();
    if !told.is_empty() {
        let contested = turn.edits.iter().any(|edit| edit.removal().is_some_and(|removal| !removal.earned));
        return (told.join("  "), if contested { theme.contested } else { theme.muted });
    }
    let approved = turn.edits.iter().any(|edit| matches!(edit, Edit::Approve { .. }));
    match turn.decision {
        Decision::Proceed if approved => ("agreed".to_owned(), theme.muted),
        _ => ("nothing to record".to_owned(), theme.muted),
    }
}
