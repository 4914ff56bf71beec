//! `throughline score`.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use throughline_scorer::{Aliases, Options, Report, Scorer, TableOptions, TableStyle};

use crate::args::{Format, Score};
use crate::output;

/// Scores transcripts and prints the rows.
pub(crate) fn run(arguments: &Score) -> anyhow::Result<ExitCode> {
    let aliases = arguments.aliases.as_deref().map(aliases).transpose()?.unwrap_or_default();
    let options = Options { keep_going: arguments.keep_going, aliases, scorer: arguments.scorer.clone() };
    let mut scorer = Scorer::new(options);
    for path in &arguments.paths {
        if path == Path::new("-") {
            scorer.add_reader("standard input", io::stdin())?;
        } else {
            scorer.add_path(path)?;
        }
    }
    let report = scorer.finish()?;
    let text = match arguments.format {
        Format::Table => table(&report),
        Format::Json => report.to_json(),
        Format::Csv => report.to_csv(),
        Format::Markdown => report.to_markdown(),
    };
    output::print_line(text.trim_end())?;
    // The table and the Markdown say it themselves; data for programs holds rows alone.
    if matches!(arguments.format, Format::Json | Format::Csv) {
        for skipped in &report.skipped {
            output::note(&format!(
                "left out {}: {} (first at {})",
                skipped.count,
                skipped.problem.name(),
                skipped.first
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a file of aliases.
fn aliases(path: &Path) -> anyhow::Result<Aliases> {
    let name = || path.display().to_string();
    Aliases::from_toml(&std::fs::read_to_string(path).with_context(name)?).with_context(name)
}

/// The table as it fits where it is printed.
pub(crate) fn table(report: &Report) -> String {
    let options = if io::stdout().is_terminal() {
        let width = console_width();
        TableOptions { style: TableStyle::Unicode, width }
    } else {
        TableOptions::default()
    };
    report.to_table(&options)
}

/// The width of the terminal in columns.
fn console_width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns)
}
