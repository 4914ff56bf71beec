//! How conversations went.

use std::collections::BTreeSet;

use super::{Sheet, cell, fraction, headings, some};
use crate::report::text::{figure, printable};
use crate::report::{Bucket, Details, Report};
use crate::run::facts::ResponseType;

pub(super) fn conversations(report: &Report) -> Sheet {
    let rows = report.details.iter().map(|held| {
        let figures = &held.conversations;
        let reasons: Vec<String> =
            figures.stop_reasons.iter().map(|(reason, runs)| format!("{reason} {runs}")).collect();
        let mut cells = cell(&held.cell);
        cells.extend([
            reasons.join(", "),
            figures.runs.to_string(),
            figure(Some(figures.turns)),
            figure(Some(figures.attempts)),
            figures.without_attempt.to_string(),
            whole(figures.reply_length),
        ]);
        cells
    });
    Sheet {
        title: "Conversations",
        headings: headings(&[
            "task",
            "model",
            "setting",
            "ended",
            "runs",
            "turns",
            "attempts",
            "no attempt",
            "reply length",
        ]),
        names: 4,
        rows: rows.collect(),
        note:
            "Turns, attempts and the length of a reply (in characters) are means. Ended: no reason was recorded, and \
               the last answer was not right."
                .into(),
    }
}

pub(super) fn costs(report: &Report) -> Sheet {
    let rows = report.details.iter().flat_map(|held| {
        let figures = &held.conversations;
        let mut lines: Vec<[String; 6]> = figures
            .tokens
            .iter()
            .map(|(role, tokens)| {
                let dash = || "-".to_owned();
                [
                    printable(role),
                    tokens.runs.to_string(),
                    whole(Some(tokens.prompt)),
                    whole(Some(tokens.completion)),
                    dash(),
                    dash(),
                ]
            })
            .collect();
        if figures.seconds.is_some() || figures.assistant_usd.is_some() || figures.other_usd.is_some() {
            let total = figures.assistant_usd.iter().chain(&figures.other_usd).copied().reduce(|a, b| a + b);
            let (dash, usd) = (|| "-".to_owned(), total.map_or_else(|| "-".into(), |usd| format!("{usd:.5}")));
            lines.push(["all".into(), figures.runs.to_string(), dash(), dash(), figure(figures.seconds), usd]);
        }
        lines.into_iter().map(|line| [cell(&held.cell), line.into()].concat())
    });
    Sheet {
        title: "Tokens, time and money per conversation",
        headings: headings(&[
            "task",
            "model",
            "setting",
            "role",
            "runs",
            "tokens read",
            "tokens written",
            "seconds",
            "US$",
        ]),
        names: 4,
        rows: rows.collect(),
        note: "Means over the runs that record them; nothing is estimated.".into(),
    }
}

pub(super) fn turn_costs(report: &Report) -> Sheet {
    let rows = report.settings.iter().flat_map(|held| {
        let roles: BTreeSet<&String> = held.turns.iter().flat_map(|turn| turn.spent.keys()).collect();
        roles.into_iter().flat_map(move |role| {
            held.turns.iter().filter_map(move |turn| {
                let spent = turn.spent.get(role)?;
                Some(vec![
                    printable(&held.cell.setting),
                    printable(role),
                    turn.turn.to_string(),
                    spent.runs.to_string(),
                    whole(Some(spent.prompt)),
                    whole(Some(spent.completion)),
                    fraction(Some(spent.seconds)),
                ])
            })
        })
    });
    Sheet {
        title: "Tokens and time by turn, over all tasks and models",
        headings: headings(&["setting", "role", "turn", "runs", "tokens read", "tokens written", "seconds"]),
        names: 2,
        rows: rows.collect(),
        note: "Means over the conversations that reach the turn and record calls of the role in any turn; a turn in which it \
               was not called counts as nothing. Seconds are those that calls took, with whatever ran beside them.".into(),
    }
}

pub(super) fn turns(report: &Report) -> Sheet {
    let every: Vec<_> = report.settings.iter().flat_map(|held| &held.turns).collect();
    let types: Vec<&str> = ResponseType::ALL
        .map(ResponseType::name)
        .into_iter()
        .filter(|response| every.iter().any(|turn| turn.responses.contains_key(response)))
        .collect();
    let mediated = every.iter().any(|turn| turn.edits.is_some());
    let mut names = headings(&["setting", "turn", "runs"]);
    names.extend(types.iter().map(|response| response.replace('_', " ")));
    names.push("reply length".into());
    names.extend(mediated.then(|| "edits".to_owned()));
    let rows = report.settings.iter().flat_map(|held| {
        held.turns.iter().map(|turn| {
            let mut cells = vec![printable(&held.cell.setting), turn.turn.to_string(), turn.runs.to_string()];
            cells.extend(types.iter().map(|response| share(turn.responses.get(response).copied(), turn.runs)));
            cells.push(whole(Some(turn.reply_length)));
            cells.extend(mediated.then(|| figure(turn.edits)));
            cells
        })
    });
    Sheet {
        title: "Replies by turn, over all tasks and models",
        rows: rows.collect(),
        headings: names,
        names: 1,
        note: "Types of reply in percent of the conversations that reach the turn; questions are the mediator's. A single \
               reply that was evaluated without being classified counts as an answer attempt.".into(),
    }
}

pub(super) fn first_attempt(report: &Report) -> Sheet {
    buckets(
        report,
        |held| &held.first_attempt,
        "First answer attempt against score, over all tasks and models",
        &["setting", "first attempt at", "runs", "mean turn", "score"],
        "The turn of the first attempt in percent of the turns that the conversation could have had: one for each shard \
         of the instruction (by its sample where that was given, or else by what any transcript of it reveals), or its own \
         turns if these are more.",
    )
}

pub(super) fn reply_length(report: &Report) -> Sheet {
    buckets(
        report,
        |held| &held.reply_length,
        "Length of replies against score, over all tasks and models",
        &["setting", "length, shortest first", "runs", "mean characters", "score"],
        "Fifths of the runs of each cell by the mean length of their replies, put together over cells; equal lengths share \
         a fifth.",
    )
}

fn buckets(
    report: &Report,
    of: fn(&Details) -> &[Bucket],
    title: &'static str,
    names: &[&str],
    note: &'static str,
) -> Sheet {
    let rows = report.settings.iter().flat_map(|held| {
        of(held).iter().map(|bucket| {
            vec![
                printable(&held.cell.setting),
                format!("{:.0}-{:.0} %", bucket.from, bucket.to),
                bucket.runs.to_string(),
                figure(bucket.mean),
                figure(bucket.score),
            ]
        })
    });
    Sheet { title, headings: headings(names), names: 2, rows: rows.collect(), note: note.into() }
}

pub(super) fn attempts(report: &Report) -> Sheet {
    let rows = report.settings.iter().flat_map(|held| {
        held.attempts.iter().map(|attempt| {
            vec![
                printable(&held.cell.setting),
                attempt.attempt.to_string(),
                attempt.runs.to_string(),
                whole(Some(attempt.length)),
                whole(attempt.of_first),
                figure(attempt.score),
            ]
        })
    });
    Sheet {
        title: "Answers by attempt, over all tasks and models",
        headings: headings(&["setting", "attempt", "runs", "answer length", "% of first", "score"]),
        names: 1,
        rows: rows.collect(),
        note: "The length is that of the extracted answer, in characters; % of first compares it with the first attempts of \
               the same conversations.".into(),
    }
}

pub(super) fn echo(report: &Report) -> Sheet {
    let rows = report.settings.iter().filter_map(|held| {
        let echo = held.echo.as_ref()?;
        let shares = [echo.first, echo.middle, echo.last].map(figure);
        Some([vec![printable(&held.cell.setting), echo.runs.to_string()], shares.to_vec()].concat())
    });
    Sheet {
        title: "What the last reply takes up, over all tasks and models",
        headings: headings(&["setting", "runs", "first turn", "middle turns", "last turn"]),
        names: 1,
        rows: rows.collect(),
        note: "Of the words that a turn brought into the conversation, the share in percent that the last reply repeats: an \
               outside view of which turns get lost, for conversations of three turns or more. A reply need not repeat \
               what it uses, so compare turns and settings, not heights.".into(),
    }
}

/// A length in whole characters, a number of tokens, a percentage.
fn whole(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:.0}"))
}

/// In percent; nothing of none.
fn share(count: Option<usize>, of: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a count of runs")]
    let percent = |count: usize| 100.0 * count as f64 / of as f64;
    count.and_then(|count| some(count, "").map(|_| format!("{:.0}", percent(count)))).unwrap_or_else(|| "-".into())
}
