//! Renderings of a re-evaluation.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, presets};

use super::{Agreement, Disagreement, Evaluated, Reevaluation, TaskAgreement};
use crate::Skipped;
use crate::report::markdown::escape;
use crate::report::table::{TableOptions, empty, lines_of};
use crate::report::text::printable;

const HEADINGS: [&str; 4] = ["task", "attempts", "recorded answers, same verdict", "replies, same verdict"];

/// Names that a note lists before it only counts the rest.
const LISTED: usize = 6;

/// Characters of an answer that a line for people shows.
const MOST_SHOWN: usize = 120;

impl Reevaluation {
    /// A table for people, with every disagreement and the notes below it.
    pub fn to_table(&self, options: &TableOptions) -> String {
        let mut table = empty(*options);
        table.load_preset(presets::NOTHING);
        table.set_header(HEADINGS);
        table.add_rows(self.tasks.iter().map(columns));
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index > 0 {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut text = lines_of(&table);
        for (heading, disagreements) in self.groups() {
            text += &format!("\n{heading}\n");
            for found in disagreements {
                text += &format!("  {}\n", sentence(found));
            }
        }
        text.push('\n');
        text.extend(self.notes.iter().map(|note| format!("- {note}\n")));
        text
    }

    /// One JSON object with everything; the order of its fields is that of [`Reevaluation`].
    pub fn to_json(&self) -> String {
        crate::report::json::text(self) + "\n"
    }

    /// The disagreements as CSV with a header, one a row.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = [
            "input",
            "line",
            "conv_id",
            "task",
            "task_id",
            "model",
            "setting",
            "turn",
            "evaluated",
            "recorded_score",
            "recorded_answer",
            "score",
            "answer",
            "reason",
        ];
        // A vector takes every byte, and every row has as many fields as the header.
        let _ = writer.write_record(header);
        for found in &self.disagreements {
            let _ = writer.write_record([
                found.input.as_str(),
                &found.line.to_string(),
                &found.conv_id,
                &found.task,
                &found.task_id,
                &found.model,
                &found.setting,
                &found.turn.to_string(),
                subject(found.evaluated),
                &found.recorded_score.to_string(),
                &found.recorded_answer,
                &found.score.to_string(),
                found.answer.as_deref().unwrap_or_default(),
                &found.reason,
            ]);
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// A Markdown table, with every disagreement and the notes as lists below it.
    pub fn to_markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&HEADINGS.map(str::to_owned));
        text += "| --- | ---: | ---: | ---: |\n";
        text.extend(self.tasks.iter().map(|task| line(&columns(task).map(|cell| escape(&cell)))));
        for (heading, disagreements) in self.groups() {
            text += &format!("\n{heading}\n\n");
            text.extend(disagreements.iter().map(|found| format!("- {}\n", escape(&sentence(found)))));
        }
        text.push('\n');
        text.extend(self.notes.iter().map(|note| format!("- {}\n", escape(note))));
        text
    }

    /// The disagreements on recorded answers, then those on replies, under their headings.
    fn groups(&self) -> Vec<(String, Vec<&Disagreement>)> {
        let group = |evaluated, what| {
            let found: Vec<_> = self.disagreements.iter().filter(|found| found.evaluated == evaluated).collect();
            let heading = match found.len() {
                1 => format!("1 disagreement on {what}:"),
                count => format!("{count} disagreements on {what}:"),
            };
            (!found.is_empty()).then_some((heading, found))
        };
        let answers = group(Evaluated::Answer, "recorded answers");
        let replies = group(Evaluated::Reply, "answers found in replies");
        answers.into_iter().chain(replies).collect()
    }
}

fn columns(task: &TaskAgreement) -> [String; 4] {
    let share = |agreement: Agreement| match agreement.percent() {
        Some(percent) => format!("{} of {} ({percent:.1} %)", agreement.same, agreement.compared),
        None => "-".to_owned(),
    };
    [printable(&task.task), task.attempts.to_string(), share(task.answers), share(task.replies)]
}

fn subject(evaluated: Evaluated) -> &'static str {
    match evaluated {
        Evaluated::Answer => "answer",
        Evaluated::Reply => "reply",
    }
}

/// One disagreement on one line.
fn sentence(found: &Disagreement) -> String {
    let Disagreement { input, line, conv_id, task_id, model, setting, turn, .. } = found;
    let ours = match (&found.answer, found.evaluated) {
        (Some(answer), Evaluated::Reply) => format!(" for {}", quoted(answer)),
        _ => String::new(),
    };
    let reason = if found.reason.is_empty() { String::new() } else { format!(" ({})", found.reason) };
    let said = format!(
        "{input}:{line}: {conv_id} ({task_id}, {model}, {setting}), turn {turn}: recorded {} for {}, ours {}{ours}{reason}",
        verdict(found.recorded_score),
        quoted(&found.recorded_answer),
        verdict(found.score),
    );
    printable(&said)
}

fn verdict(score: f64) -> String {
    if score >= 1.0 {
        "right".into()
    } else if score <= 0.0 {
        "wrong".into()
    } else {
        format!("{score}")
    }
}

fn quoted(answer: &str) -> String {
    match answer.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("`{}…`", answer.get(..end).unwrap_or_default()),
        None => format!("`{answer}`"),
    }
}

/// What was compared, then what could not be.
pub(super) fn notes(tasks: &[TaskAgreement], unused: &BTreeMap<String, usize>, skipped: &[Skipped]) -> Vec<String> {
    let mut notes = vec![
        "Recorded answers: the recorded exact_answer of each evaluated attempt, judged by our evaluator. Replies: the \
         answer that our extraction finds, by rule and without a model, in the reply before it, judged likewise; where \
         it finds none, the attempt is wrong."
            .to_owned(),
    ];
    let named = |count: fn(&TaskAgreement) -> usize, what: &str| {
        let of: Vec<String> = tasks
            .iter()
            .filter(|task| count(task) > 0)
            .map(|task| format!("{} {}", count(task), printable(&task.task)))
            .collect();
        (!of.is_empty()).then(|| format!("{what}: {}.", of.join(", ")))
    };
    notes.extend(named(
        |task| task.without_answer,
        "Attempts by the recording whose reply holds no answer by our extraction",
    ));
    notes.extend(named(
        |task| task.without_evaluator,
        "Not judged, because there is no extraction and evaluation by rule for the task here",
    ));
    if !unused.is_empty() {
        let each: Vec<String> = unused.iter().map(|(task, count)| format!("{count} {}", printable(task))).collect();
        notes.push(format!("Samples left out, because nothing here judges their task by rule: {}.", each.join(", ")));
    }
    for task in tasks.iter().filter(|task| task.without_sample > 0) {
        let ids: Vec<_> = task.missing_samples.iter().take(LISTED).map(|id| printable(id)).collect();
        let more = task.missing_samples.len().saturating_sub(LISTED);
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        notes.push(format!(
            "Not judged, because the samples hold no such instruction: {} {} ({}{rest}).",
            task.without_sample,
            printable(&task.task),
            ids.join(", ")
        ));
    }
    notes.extend(named(|task| task.without_verdict, "Not compared, because no verdict was recorded"));
    if !skipped.is_empty() {
        notes.push(format!("These figures are incomplete; {}.", printable(&Skipped::sentence(skipped))));
    }
    notes
}
