//! `throughline score`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use throughline_scorer::{
    Aliases, Archive, Figures, Options, Output, Reevaluation, Reevaluator, Report, SampleShards, Scorer, Section,
    Skipped, TableOptions, TableStyle, files,
};
use throughline_tasks::{Sample, read_any_samples};

use crate::args::{Format, Score};
use crate::{evaluation, output};

/// Some figure is below what was demanded.
const BELOW: u8 = 1;

/// Scores transcripts and prints the report.
pub(crate) fn run(arguments: &Score) -> anyhow::Result<ExitCode> {
    if arguments.reevaluate {
        return reevaluate(arguments);
    }
    fits(arguments)?;
    let (paths, against) = sets(arguments);
    let options = options(arguments)?;
    // A place that cannot be written is said before hours of reading, not after.
    let page = arguments.html.as_deref().map(|path| page(path, [paths, against])).transpose()?;
    let mut scorer = read(paths, &options, page.is_some().then(Archive::new).transpose()?)?;
    let archive = scorer.take_archive();
    let report = if against.is_empty() {
        scorer.finish()?
    } else {
        let name = against.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        scorer.finish_against(&read(against, &options, None)?, &name)?
    };
    known(arguments.baseline.as_deref(), &report)?;
    // A gate that concerns nothing is to be corrected, not to be read off the end of a report.
    let failures: Vec<String> =
        arguments.fail_below.iter().map(|gate| gate.failures(&report)).collect::<Result<Vec<_>, _>>()?.concat();
    if let (Some(path), Some(page), Some(archive)) = (&arguments.html, page, archive) {
        write_page(&report, archive, page, path)?;
    }
    output::print_line(render(arguments, &report, !against.is_empty()).trim_end())?;
    for section in arguments.sections.iter().filter(|section| report.sheets(&[**section]).is_empty()) {
        output::note(&format!("nothing under {}: these transcripts hold nothing about it", section.name()));
    }
    note_skipped(arguments.format, &report.skipped);
    if is_data(arguments.format) {
        report.unfinished().for_each(|reason| output::note(&format!("incomplete: {reason}")));
    }
    for failure in &failures {
        output::note(&format!("failed: {failure}"));
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(BELOW) })
}

/// Whether the format has a place for the sections that were asked for.
fn fits(arguments: &Score) -> anyhow::Result<()> {
    match arguments.format {
        Format::Csv => anyhow::ensure!(
            !arguments.full && arguments.sections.len() <= 1,
            "CSV holds one table: choose one section with `--sections`, or `--full --format json` for everything"
        ),
        Format::Json => anyhow::ensure!(
            arguments.sections.is_empty(),
            "JSON has no single sections: take them from `--full --format json`, where they are fields"
        ),
        Format::Table | Format::Markdown | Format::Latex => {}
    }
    Ok(())
}

/// Begins the page. It replaces what is there under its name, but never what is about to be read.
fn page(path: &Path, inputs: [&[PathBuf]; 2]) -> anyhow::Result<Output> {
    if let Ok(there) = path.canonicalize() {
        for input in inputs.concat().iter().filter(|input| *input != Path::new("-")) {
            anyhow::ensure!(
                !files(input)?.iter().any(|file| file.canonicalize().is_ok_and(|file| file == there)),
                "`--html {}` would replace an input; choose another name",
                path.display()
            );
        }
    }
    Ok(Output::create(path, true)?)
}

/// Whether there are runs in the setting that the others are to be compared with.
fn known(baseline: Option<&str>, report: &Report) -> anyhow::Result<()> {
    let settings: BTreeSet<&str> = report.rows.iter().map(|row| row.setting.as_str()).collect();
    if let Some(setting) = baseline.filter(|setting| !settings.contains(setting)) {
        let settings = output::tame(&settings.into_iter().collect::<Vec<_>>().join(", "));
        anyhow::bail!("`--baseline {setting}`: there is no run in that setting, only in {settings}");
    }
    Ok(())
}

/// The runs to score, and those to compare them with, if any.
fn sets(arguments: &Score) -> (&[PathBuf], &[PathBuf]) {
    match arguments.paths.as_slice() {
        [first, second]
            if arguments.against.is_empty()
                && !arguments.together
                && [first, second].iter().all(|path| throughline_scorer::is_run_directory(path)) =>
        {
            output::note(&format!(
                "comparing {} with {}; with --together they are scored as one set",
                first.display(),
                second.display()
            ));
            arguments.paths.split_at(1)
        }
        paths => (paths, &arguments.against),
    }
}

fn options(arguments: &Score) -> anyhow::Result<Options> {
    let aliases = arguments.aliases.as_deref().map(aliases).transpose()?.unwrap_or_default();
    let figures = Figures {
        thresholds: arguments.thresholds.clone(),
        pass_k: arguments.pass_k.iter().map(|k| k.get()).collect(),
        resamples: arguments.resamples.try_into().unwrap_or(usize::MAX),
        seed: arguments.seed,
        level: arguments.level,
        baseline: arguments.baseline.clone(),
    };
    let shards = SampleShards::new(&samples(arguments)?)?;
    Ok(Options { keep_going: arguments.keep_going, aliases, scorer: arguments.scorer.clone(), shards, figures })
}

/// The samples that were given, of any family.
fn samples(arguments: &Score) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for path in &arguments.samples {
        let name = || path.display().to_string();
        samples.extend(read_any_samples(File::open(path).with_context(name)?).with_context(name)?);
    }
    Ok(samples)
}

/// Reads one set of runs, and sets them down in the archive if there is one.
fn read(paths: &[PathBuf], options: &Options, archive: Option<Archive>) -> anyhow::Result<Scorer> {
    let mut scorer = Scorer::new(options.clone());
    if let Some(archive) = archive {
        scorer.keep_in(archive);
    }
    for path in paths {
        if path == Path::new("-") {
            scorer.add_reader("standard input", io::stdin())?;
        } else {
            scorer.add_path(path)?;
        }
    }
    Ok(scorer)
}

fn render(arguments: &Score, report: &Report, compared: bool) -> String {
    let usual = if compared { Section::Comparisons } else { Section::Cells };
    let sections = match arguments.sections.as_slice() {
        _ if arguments.full => &Section::ALL[..],
        [] => &[usual],
        sections => sections,
    };
    match arguments.format {
        Format::Table => table(report, sections),
        Format::Markdown => report.to_markdown(sections),
        Format::Json if arguments.full => report.to_full_json(),
        Format::Json if compared => report.comparisons_to_json(),
        Format::Json => report.to_json(),
        Format::Csv => sections.iter().map(|section| report.section_to_csv(*section)).collect(),
        Format::Latex => report.to_latex(sections),
    }
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
    let samples = samples(arguments)?;
    let environment = evaluation::environment(&samples, &arguments.samples, &arguments.evaluating)?;
    let mut reevaluator = Reevaluator::new(samples, environment, arguments.keep_going)?;
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
    if is_data(format) {
        output::left_out(skipped);
    }
}

/// Whether a format is for programs, and holds no warnings where people look for them.
fn is_data(format: Format) -> bool {
    matches!(format, Format::Json | Format::Csv)
}

/// Reads a file of aliases.
fn aliases(path: &Path) -> anyhow::Result<Aliases> {
    let name = || path.display().to_string();
    Aliases::from_toml(&std::fs::read_to_string(path).with_context(name)?).with_context(name)
}

/// Writes the page, and says how large it has become.
fn write_page(report: &Report, archive: Archive, mut page: Output, path: &Path) -> anyhow::Result<()> {
    let count = archive.count();
    report.write_html(archive, &mut page).with_context(|| format!("{} cannot be written", path.display()))?;
    page.finish()?;
    let size = std::fs::metadata(path).map_or(0, |there| there.len());
    let conversations = if count == 1 { "conversation" } else { "conversations" };
    output::note(&format!("wrote {}: {count} {conversations}, {}", path.display(), indicatif::DecimalBytes(size)));
    Ok(())
}

/// The tables as they fit where they are printed.
pub(crate) fn table(report: &Report, sections: &[Section]) -> String {
    report.to_table(sections, &table_options())
}

pub(crate) fn table_options() -> TableOptions {
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
