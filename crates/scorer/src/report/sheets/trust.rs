//! What can be believed: faults, calibration, the spec, score and legibility.

use super::{Sheet, cell, estimate, fraction, headings};
use crate::report::Report;
use crate::report::text::{figure, printable};
use crate::run::spec::OPS;

pub(super) fn faults(report: &Report) -> Sheet {
    let rows = report.details.iter().zip(&report.rows).filter_map(|(held, row)| {
        let faults = &held.faults;
        let counts = [
            faults.simulator,
            faults.repeated_shard,
            faults.ignored_duplicate,
            faults.unrevealed_shards,
            faults.turn_cap,
            faults.empty_user_turn,
            faults.unaware,
            faults.recorded_simulator,
            faults.empty_reply,
            faults.recorded_other,
        ];
        let mut cells = cell(&held.cell);
        cells.push(row.runs.to_string());
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend([figure(Some(row.p)), figure(faults.p_without)]);
        counts.iter().any(|count| *count > 0).then_some(cells)
    });
    let sheet = Sheet {
        title: "Faults, in runs",
        headings: headings(&[
            "task",
            "model",
            "setting",
            "runs",
            "simulator",
            "shard repeated",
            "choice ignored",
            "shards left",
            "turn cap",
            "empty turn",
            "unaware",
            "recorded",
            "empty reply",
            "others recorded",
            "P",
            "P without",
        ]),
        names: 3,
        rows: rows.collect(),
        note: "The simulated user is to blame for the column simulator and the seven columns behind it, the assistant for empty \
               replies. Shards left: the conversation ended without a right answer although the instruction has more, by \
               its sample where that was given, or else by other transcripts of it. Unaware: the program that made the run logs revealed shards under a name that its \
               simulated user does not look for. P without: over the runs without a simulator's fault. Faults that did \
               not happen have no column.".into(),
    };
    sheet.without_columns_of("0")
}

pub(super) fn calibration(report: &Report) -> Sheet {
    let rows = report.details.iter().flat_map(|held| {
        held.calibration.iter().map(|method| {
            let mut cells = cell(&held.cell);
            cells.push(printable(&method.method));
            cells.push(method.attempts.to_string());
            let figures = [method.confidence, method.accuracy, method.ece, method.adaptive_ece, method.brier];
            cells.extend(figures.map(|value| fraction(Some(value))));
            cells.push(fraction(method.auroc));
            cells
        })
    });
    Sheet {
        title: "Recorded confidence against verdicts",
        headings: headings(&[
            "task",
            "model",
            "setting",
            "method",
            "attempts",
            "confidence",
            "score",
            "ECE",
            "adaptive ECE",
            "Brier",
            "AUROC",
        ]),
        names: 4,
        rows: rows.collect(),
        note: "Over answer attempts. ECE has ten bins of equal width, adaptive ECE ten of equal mass; AUROC counts ties half \
               and is missing where all attempts are right or all are wrong. All from 0 to 1.".into(),
    }
}

pub(super) fn mediation(report: &Report) -> Sheet {
    let rows = report.details.iter().filter_map(|held| {
        let figures = held.mediation.as_ref()?;
        let mut cells = cell(&held.cell);
        cells.push(figures.runs.to_string());
        let shares =
            [figures.coverage, figures.number_coverage, figures.record, figures.precision, figures.unsupported];
        cells.extend(shares.map(figure));
        cells.extend([figures.clauses, figures.invented].map(|count| figure(Some(count))));
        Some(cells)
    });
    Sheet {
        title: "The spec against what the user said",
        headings: headings(&[
            "task",
            "model",
            "setting",
            "runs",
            "coverage",
            "numbers",
            "record",
            "precision",
            "unsupported",
            "clauses",
            "invented",
        ]),
        names: 3,
        rows: rows.collect(),
        note: "In percent: words of the user in clauses in force (coverage; numbers alone; with clauses that left force: \
               record), words of those clauses that the user said (precision), clauses whose quote is not where they say \
               (unsupported). Per run: clauses, and words in force that the user neither said nor pointed at (invented). Words \
               are compared by letters and digits; no list decides which ones count.".into(),
    }
}

pub(super) fn edits(report: &Report) -> Sheet {
    let mediated = || report.details.iter().filter_map(|held| Some((held, held.mediation.as_ref()?)));
    let ops: Vec<&str> =
        OPS.into_iter().filter(|op| mediated().any(|(_, figures)| figures.edits.contains_key(op))).collect();
    let rows = mediated().map(|(held, figures)| {
        let mut cells = cell(&held.cell);
        cells.push(figures.runs.to_string());
        cells.push(figure(figures.edits_per_turn));
        cells.extend(ops.iter().map(|op| figure(Some(figures.edits.get(op).copied().unwrap_or_default()))));
        let counts = [figures.contested, figures.unreadable, figures.refused, figures.dropped_quotes];
        cells.extend(counts.map(|count| figure(Some(count))));
        cells
    });
    let mut names = headings(&["task", "model", "setting", "runs", "edits a turn"]);
    names.extend(headings(&ops));
    names.extend(headings(&["contested", "verbatim turns", "refused words", "refused quotes"]));
    Sheet {
        title: "Edits of the spec",
        rows: rows.collect(),
        headings: names,
        names: 3,
        note: "Per run, but for edits a turn: edits by what they do, removals that were contested, turns that entered \
               verbatim because the draft could not be read; invented words and quotes nobody said, which the guard refused."
            .into(),
    }
}

pub(super) fn legibility(report: &Report) -> Sheet {
    let rows = report.legibility.iter().map(|held| {
        let mut cells =
            vec![printable(&held.model), printable(&held.setting), held.tasks.len().to_string(), estimate(&held.p)];
        cells.extend([held.coverage, held.precision, held.calibration, held.stability].map(figure));
        cells
    });
    Sheet {
        title: "Performance against legibility",
        headings: headings(&["model", "setting", "tasks", "P", "coverage", "precision", "calibration", "stability"]),
        names: 2,
        rows: rows.collect(),
        note: "All from 0 to 100, more is better. Coverage and precision are the spec's; calibration is 100 less the ECE in \
               percent; stability is 100 less the PSS. No sum is made of them: one does not pay for another.".into(),
    }
}
