//! Arguments of `score`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use throughline_scorer::{Gate, Section};

use super::Evaluating;

/// Arguments of `score`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Score {
    /// Files of recorded conversations, folders with them, patterns, `-` for standard input: one set of runs, except
    /// that two run directories alone are compared, the first against the second.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Compare with the runs in here, cell by cell on the same instructions; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Vec<PathBuf>,
    /// Take two run directories for one set.
    #[arg(long, conflicts_with = "against")]
    pub(crate) together: bool,
    /// A TOML file of models that go by several names, one a line: "alias" = "name".
    #[arg(long, value_name = "FILE")]
    pub(crate) aliases: Option<PathBuf>,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scorer: Option<String>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also write one self-contained page with the tables, figures and every conversation.
    #[arg(long, value_name = "FILE", conflicts_with = "reevaluate")]
    pub(crate) html: Option<PathBuf>,
    /// Tables to print: cells, intervals, degradation, comparisons, conversations, costs, turn-costs, turns,
    /// first-attempt, attempts, reply-length, echo, faults, calibration, mediation, edits, legibility.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = section)]
    pub(crate) sections: Vec<Section>,
    /// Everything: all tables that the transcripts have something for; in JSON, the whole report as one object.
    #[arg(long, conflicts_with = "sections")]
    pub(crate) full: bool,
    /// Aptitude and unreliability at these percentiles as well, beside 90 and 10.
    #[arg(long, value_name = "HIGH,LOW", value_parser = thresholds)]
    pub(crate) thresholds: Vec<(f64, f64)>,
    /// pass^k for these k: how probable it is that k runs of an instruction all succeed.
    #[arg(long, value_name = "K", value_delimiter = ',')]
    pub(crate) pass_k: Vec<std::num::NonZeroUsize>,
    /// The setting that the others are compared with; sharded, or full without it, unless given.
    #[arg(long, value_name = "SETTING")]
    pub(crate) baseline: Option<String>,
    /// Bootstrap resamples behind each interval; 0 for no intervals.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub(crate) resamples: u32,
    /// The seed of the resampling.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The confidence level of intervals, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = level)]
    pub(crate) level: f64,
    /// Exit with code 1 where a figure is below this: MEASURE=VALUE or SETTING:MEASURE=VALUE, with p, a90, reliability,
    /// degradation, gap-closed, coverage, precision or difference; may be given several times.
    #[arg(long, value_name = "GATE")]
    pub(crate) fail_below: Vec<Gate>,
    /// Leave out what cannot be read or was never evaluated, and count it in the report.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Instead of scoring, judge the recorded answers again and report where our verdicts differ from the recorded ones.
    #[arg(long, requires = "samples", conflicts_with_all = [
        "aliases", "scorer", "against", "together", "sections", "full", "thresholds", "pass_k", "baseline", "fail_below",
    ])]
    pub(crate) reevaluate: bool,
    /// The samples that were replayed, in the study's format: with them it is known which shards were never revealed;
    /// `--reevaluate` takes the gold answers from them.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) samples: Vec<PathBuf>,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal.
    #[default]
    Table,
    /// An array with one object for each cell, or each comparison of two sets; with `--full`, one object with everything.
    Json,
    /// Comma-separated values with a header, of one section.
    Csv,
    /// For a document.
    Markdown,
    /// For a paper: booktabs tables.
    Latex,
}

fn section(name: &str) -> Result<Section, String> {
    let names = || Section::ALL.map(Section::name).join(", ");
    let found = Section::ALL.into_iter().find(|section| section.name() == name);
    found.ok_or_else(|| format!("no section of that name; there are {}", names()))
}

fn thresholds(pair: &str) -> Result<(f64, f64), String> {
    let parsed =
        pair.split_once(',').and_then(|(high, low)| Some((high.trim().parse().ok()?, low.trim().parse().ok()?)));
    parsed
        .filter(|(high, low): &(f64, f64)| 0.0 <= *low && low < high && *high <= 100.0)
        .ok_or_else(|| "two percentiles from 0 to 100, the higher one first, such as 95,5".to_owned())
}

fn level(percent: &str) -> Result<f64, String> {
    let parsed = percent.parse().ok().filter(|level: &f64| 0.0 < *level && *level < 100.0);
    parsed.ok_or_else(|| "a number between 0 and 100".to_owned())
}
