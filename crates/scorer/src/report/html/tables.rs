//! The tables of the page.

use crate::report::text::printable;
use crate::report::{Details, Report, Row};

use super::table::{Cell, Table};

/// Every table that has rows.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let all = [
        summary(report),
        degradation(report),
        comparisons(report),
        conversations(report),
        responses(report),
        faults(report),
        mediation(report),
        calibration(report),
        left_out(report),
    ];
    all.into_iter().filter(|table| !table.is_empty()).collect()
}

fn summary(report: &Report) -> Table {
    let with_intervals = report.rows.iter().any(|row| row.p_interval.is_some());
    let intervals = format!("in brackets {} % intervals; ", report.rules.level);
    let note = format!(
        "Scores from 0 to 100; {}numbers of runs lead to the conversations.",
        if with_intervals { intervals.as_str() } else { "" }
    );
    let mut table = Table::new("Performance, aptitude and unreliability by task, model and setting.", &note)
        .names(&["task", "model", "setting"])
        .numbers(&[
            ("instructions", "distinct instructions"),
            ("runs", "runs over all instructions"),
            ("P", "averaged performance"),
            ("A90", "aptitude: the 90th percentile of an instruction's runs"),
            ("U90-10", "unreliability: the distance of the 90th and 10th percentile of an instruction's runs"),
            ("% of full", "P in percent of that in full, on the instructions that both hold"),
            ("gap closed", "the share of the gap between sharded and full that this setting closes, in percent"),
        ]);
    for row in &report.rows {
        table.row(vec![
            Cell::name(&printable(&row.task)),
            Cell::name(&printable(&row.model)),
            Cell::name(&printable(&row.setting)),
            Cell::count(row.instances),
            Cell::count(row.runs).leading_to(conversations_of(row)),
            Cell::figure(Some(row.p)).within(row.p_interval),
            Cell::figure(Some(row.a90)).within(row.a90_interval),
            Cell::figure(Some(row.u90_10)).within(row.u90_10_interval),
            Cell::figure(row.degradation).within(row.degradation_interval),
            Cell::figure(row.gap_closed).within(row.gap_closed_interval),
        ]);
    }
    table
}

/// The address of the conversations behind a row.
fn conversations_of(row: &Row) -> String {
    let mut address = form_urlencoded::Serializer::new(String::new());
    address.append_pair("task", &row.task).append_pair("model", &row.model).append_pair("setting", &row.setting);
    format!("#{}", address.finish())
}

fn degradation(report: &Report) -> Table {
    let mut table = Table::new(
        "Settings against full, over tasks.",
        "In percent of full. A mean of ratios averages the ratio of each task and model; a ratio of means divides the \
         averages. They differ: say which one you quote.",
    )
    .names(&["model", "setting", "tasks"])
    .numbers(&[
        ("cells", "pairs of task and model"),
        ("P, mean of ratios", ""),
        ("P, ratio of means", ""),
        ("A90, mean of ratios", ""),
        ("A90, ratio of means", ""),
        ("U90-10, mean of ratios", "more than 100 is worse"),
        ("U90-10, ratio of means", "more than 100 is worse"),
    ]);
    for row in &report.degradation {
        let mut cells = vec![
            Cell::name_or_all(row.model.as_deref().map(printable).as_deref()),
            Cell::name(&printable(&row.setting)),
            Cell::name(&printable(&row.tasks.join(", "))),
            Cell::count(row.cells),
        ];
        for ratios in [&row.p, &row.a90, &row.u90_10] {
            for estimate in [&ratios.mean_of_ratios, &ratios.ratio_of_means] {
                cells.push(Cell::figure(estimate.value).within(estimate.interval));
            }
        }
        table.row(cells);
    }
    table
}

fn comparisons(report: &Report) -> Table {
    let mut table = Table::new(
        "Pairs of settings on the same instructions.",
        "Differences in P, in points. p-values are adjusted by Holm's method for all comparisons of this report.",
    )
    .names(&["task", "model", "subject", "baseline"])
    .numbers(&[
        ("instructions", "that both hold"),
        ("difference", "P of the subject less P of the baseline"),
        ("p", "of a permutation test"),
        ("p adjusted", "after Holm's correction"),
        ("detectable", "the smallest true difference that so many instructions would show with a probability of 80 %"),
    ]);
    for row in &report.comparisons {
        table.row(vec![
            Cell::name(&printable(&row.task)),
            Cell::name(&printable(&row.model)),
            Cell::name(&printable(&row.subject)),
            Cell::name(&printable(&row.baseline)),
            Cell::count(row.instances),
            Cell::figure(row.difference.value).within(row.difference.interval),
            Cell::fine(row.p_value),
            Cell::fine(row.p_adjusted),
            Cell::figure(row.minimum_detectable),
        ]);
    }
    table
}

fn conversations(report: &Report) -> Table {
    let mut table =
        Table::new("How the conversations went, by setting.", "Means over runs; tokens and dollars where recorded.")
            .names(&["setting", "ended"])
            .numbers(&[
                ("runs", ""),
                ("turns", "user turns"),
                ("attempts", "answer attempts"),
                ("no attempt", "runs without an answer attempt; they score 0"),
                ("reply length", "characters of a reply"),
                ("tokens read", "by all roles together"),
                ("tokens written", "by all roles together"),
                ("USD", "for the assistant's replies and everything else"),
                ("seconds", "of model calls"),
            ]);
    for Details { cell, conversations: held, .. } in &report.settings {
        let ended: Vec<String> =
            held.stop_reasons.iter().map(|(reason, count)| format!("{} {count}", reason.replace('_', " "))).collect();
        let tokens = |of: fn(&crate::report::Tokens) -> f64| {
            (!held.tokens.is_empty()).then(|| held.tokens.values().map(of).sum())
        };
        let dollars = match (held.assistant_usd, held.other_usd) {
            (None, None) => None,
            (assistant, other) => Some(assistant.unwrap_or_default() + other.unwrap_or_default()),
        };
        table.row(vec![
            Cell::name(&printable(&cell.setting)),
            Cell::name(&ended.join(", ")),
            Cell::count(held.runs),
            Cell::figure(Some(held.turns)),
            Cell::figure(Some(held.attempts)),
            Cell::count(held.without_attempt),
            Cell::figure(held.reply_length),
            Cell::figure(tokens(|tokens| tokens.prompt)),
            Cell::figure(tokens(|tokens| tokens.completion)),
            Cell::fine(dollars),
            Cell::figure(held.seconds),
        ]);
    }
    table
}

fn responses(report: &Report) -> Table {
    let turns = || report.settings.iter().flat_map(|details| details.turns.iter().map(move |turn| (details, turn)));
    let mut kinds: Vec<&str> = turns().flat_map(|(_, turn)| turn.responses.keys().copied()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let headings: Vec<(String, &'static str)> =
        kinds.iter().map(|kind| (kind.replace('_', " "), "replies of this type")).collect();
    let headings: Vec<(&str, &'static str)> =
        headings.iter().map(|(heading, help)| (heading.as_str(), *help)).collect();
    let mut table =
        Table::new("What the replies were, turn by turn.", "Numbers of replies; the types are the study's.")
            .names(&["setting"])
            .numbers(&[("turn", ""), ("runs", "that reach it"), ("reply length", "characters, on average")])
            .numbers(&headings);
    for (details, turn) in turns().filter(|(details, _)| details.turns.len() > 1) {
        let mut cells = vec![
            Cell::name(&printable(&details.cell.setting)),
            Cell::count(turn.turn),
            Cell::count(turn.runs),
            Cell::figure(Some(turn.reply_length)),
        ];
        cells.extend(kinds.iter().map(|kind| Cell::count(turn.responses.get(kind).copied().unwrap_or_default())));
        table.row(cells);
    }
    table
}

fn faults(report: &Report) -> Table {
    let mut table = Table::new(
        "Faults, of the simulated user and of models, by setting.",
        "Numbers of runs. What the simulated user did is not the model's fault: P without those runs stands beside.",
    )
    .names(&["setting"])
    .numbers(&[
        ("runs", ""),
        ("simulator", "runs in which the simulated user did something wrong"),
        ("P without", "P over the other runs"),
        ("shard repeated", "a shard was revealed again"),
        ("repeat ignored", "a shard was chosen again and passed over"),
        ("shards left", "the conversation ended without a right answer although shards were left"),
        ("turn cap", "the limit of turns was reached"),
        ("empty turn", "a user turn has no word"),
        ("unaware", "the simulated user could not know what it had revealed"),
        ("recorded", "faults that the transcript puts down to the simulated user"),
        ("empty reply", "the assistant's: a reply has no word"),
        ("other roles", "faults that the transcript puts down to others, such as the mediator"),
    ]);
    let harmed = |details: &&Details| {
        let faults = &details.faults;
        faults.simulator + faults.empty_reply + faults.recorded_other > 0
    };
    for Details { cell, conversations, faults, .. } in report.settings.iter().filter(harmed) {
        let mut cells = vec![
            Cell::name(&printable(&cell.setting)),
            Cell::count(conversations.runs),
            Cell::count(faults.simulator),
            Cell::figure(faults.p_without),
        ];
        cells.extend(
            [
                faults.repeated_shard,
                faults.ignored_duplicate,
                faults.unrevealed_shards,
                faults.turn_cap,
                faults.empty_user_turn,
                faults.unaware,
                faults.recorded_simulator,
                faults.empty_reply,
                faults.recorded_other,
            ]
            .map(Cell::count),
        );
        table.row(cells);
    }
    table
}

fn mediation(report: &Report) -> Table {
    let mut table =
        Table::new("What became of the user's words in the spec.", "Shares in percent; the other figures per run.")
            .names(&["task", "model", "setting"])
            .numbers(&[
                ("runs", "mediated"),
                ("coverage", "of the words that the user said, those in clauses in force at the end"),
                ("of numbers", "the same for words with a digit"),
                ("on record", "the same with clauses that left force"),
                ("precision", "of the words of clauses in force, those that the user said"),
                ("unsupported", "clauses in force whose quote does not stand where they say"),
                ("clauses", "in force at the end"),
                ("invented", "words of clauses in force that come from nowhere"),
                ("refused", "invented words that the guard refused"),
                ("contested", "removals that were not certain"),
                ("unreadable", "turns that entered verbatim because the draft could not be read"),
                ("edits a turn", ""),
            ]);
    for details in &report.details {
        let Some(held) = &details.mediation else { continue };
        table.row(vec![
            Cell::name_or_all(details.cell.task.as_deref().map(printable).as_deref()),
            Cell::name_or_all(details.cell.model.as_deref().map(printable).as_deref()),
            Cell::name(&printable(&details.cell.setting)),
            Cell::count(held.runs),
            Cell::figure(held.coverage),
            Cell::figure(held.number_coverage),
            Cell::figure(held.record),
            Cell::figure(held.precision),
            Cell::figure(held.unsupported),
            Cell::figure(Some(held.clauses)),
            Cell::figure(Some(held.invented)),
            Cell::figure(Some(held.refused)),
            Cell::figure(Some(held.contested)),
            Cell::figure(Some(held.unreadable)),
            Cell::figure(held.edits_per_turn),
        ]);
    }
    table
}

fn calibration(report: &Report) -> Table {
    let mut table = Table::new("How far recorded confidences can be believed.", "All figures from 0 to 1.")
        .names(&["task", "model", "setting", "method"])
        .numbers(&[
            ("attempts", "answer attempts with a confidence and a verdict"),
            ("confidence", "mean"),
            ("score", "mean"),
            ("ECE", "expected calibration error, bins of equal width; 0 is best"),
            ("adaptive ECE", "the same over bins of equal mass"),
            ("Brier", "mean squared distance of confidence and score; 0 is best"),
            ("AUROC", "the probability that a right attempt has the higher confidence"),
        ]);
    for details in &report.details {
        for held in &details.calibration {
            table.row(vec![
                Cell::name_or_all(details.cell.task.as_deref().map(printable).as_deref()),
                Cell::name_or_all(details.cell.model.as_deref().map(printable).as_deref()),
                Cell::name(&printable(&details.cell.setting)),
                Cell::name(&printable(&held.method)),
                Cell::count(held.attempts),
                Cell::fine(Some(held.confidence)),
                Cell::fine(Some(held.accuracy)),
                Cell::fine(Some(held.ece)),
                Cell::fine(Some(held.adaptive_ece)),
                Cell::fine(Some(held.brier)),
                Cell::fine(held.auroc),
            ]);
        }
    }
    table
}

fn left_out(report: &Report) -> Table {
    let mut table = Table::new("What was left out.", "These lines could not be scored; the figures are without them.")
        .names(&["problem", "first at"])
        .numbers(&[("lines", "or rests of inputs")]);
    for skipped in &report.skipped {
        table.row(vec![
            Cell::name(skipped.problem.name()),
            Cell::name(&printable(&skipped.first)),
            Cell::count(skipped.count),
        ]);
    }
    table
}
