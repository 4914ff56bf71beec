//! `throughline score`.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use throughline_replay::SampleSet;
use throughline_scorer::{
    Aliases, Archive, Options, Reevaluation, Reevaluator, Report, Scorer, Skipped, TableOptions, TableStyle,
};

use crate::args::{Format, Score};
use crate::output;

/// Scores transcripts and prints the rows.
pub(crate) fn run(arguments: &Score) -> anyhow::Result<ExitCode> {
    if arguments.reevaluate {
        return reevaluate(arguments);
    }
    let aliases = arguments.aliases.as_deref().map(aliases).transpose()?.unwrap_or_default();
    let options = Options { keep_going: arguments.keep_going, aliases, scorer: arguments.scorer.clone() };
    let mut scorer = Scorer::new(options);
    if arguments.html.is_some() {
        scorer.keep_in(Archive::new()?);
    }
    for path in &arguments.paths {
        if path == Path::new("-") {
            scorer.add_reader("standard input", io::stdin())?;
        } else {
            scorer.add_path(path)?;
        }
    }
    let archive = scorer.take_archive();
    let report = scorer.finish()?;
    if let (Some(path), Some(archive)) = (&arguments.html, archive) {
        write_page(&report, archive, path)?;
    }
    let text = match arguments.format {
        Format::Table => table(&report),
        Format::Json => report.to_json(),
        Format::Csv => report.to_csv(),
        Format::Markdown => report.to_markdown(),
        Format::Latex => report.to_latex(),
    };
    output::print_line(text.trim_end())?;
    note_skipped(arguments.format, &report.skipped);
    Ok(ExitCode::SUCCESS)
}

/// Judges the recorded answers again and prints where the verdicts differ.
fn reevaluate(arguments: &Score) -> anyhow::Result<ExitCode> {
    let render: fn(&Reevaluation) -> String = match arguments.format {
        Format::Table => |judged| judged.to_table(&table_options()),
        Format::Json => Reevaluation::to_json,
        Format::Csv => Reevaluation::to_csv,
        Format::Markdown => Reevaluation::to_markdown,
        Format::Latex => anyhow::bail!("`--reevaluate` has no LaTeX form; choose another one with `--format`"),
    };
    let mut samples = Vec::new();
    for path in &arguments.samples {
        samples.extend(SampleSet::load(path)?.samples);
    }
    let mut reevaluator = Reevaluator::new(samples, arguments.keep_going)?;
    for path in &arguments.paths {
        if path == Path::new("-") {
            reevaluator.add_reader("standard input", io::stdin())?;
        } else {
            reevaluator.add_path(path)?;
        }
    }
    let judged = reevaluator.finish()?;
    output::print_line(render(&judged).trim_end())?;
    note_skipped(arguments.format, &judged.skipped);
    Ok(ExitCode::SUCCESS)
}

/// Says what was left out where the format does not: the table and the Markdown do, data for programs does not.
fn note_skipped(format: Format, skipped: &[Skipped]) {
    if matches!(format, Format::Json | Format::Csv) {
        output::left_out(skipped);
    }
}

/// Reads a file of aliases.
fn aliases(path: &Path) -> anyhow::Result<Aliases> {
    let name = || path.display().to_string();
    Aliases::from_toml(&std::fs::read_to_string(path).with_context(name)?).with_context(name)
}

/// Writes the page, and says how large it has become.
fn write_page(report: &Report, archive: Archive, path: &Path) -> anyhow::Result<()> {
    let count = archive.count();
    let write = || {
        let mut out = BufWriter::new(File::create(path)?);
        report.write_html(archive, &mut out)?;
        out.flush()?;
        out.get_ref().metadata()
    };
    let written: io::Result<_> = write();
    let size = written.with_context(|| format!("{} cannot be written", path.display()))?.len();
    let conversations = if count == 1 { "conversation" } else { "conversations" };
    output::note(&format!("wrote {}: {count} {conversations}, {}", path.display(), indicatif::DecimalBytes(size)));
    Ok(())
}

/// The table as it fits where it is printed.
pub(crate) fn table(report: &Report) -> String {
    report.to_table(&table_options())
}

fn table_options() -> TableOptions {
    if io::stdout().is_terminal() {
        TableOptions { style: TableStyle::Unicode, width: console_width() }
    } else {
        TableOptions::default()
    }
}

/// The width of the terminal in columns.
fn console_width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, columns)| columns)
}
