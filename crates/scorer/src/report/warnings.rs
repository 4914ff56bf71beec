//! What makes figures weaker than they look.

use std::collections::BTreeSet;

use super::absent::Absent;
use super::notes::{cell, list};
use super::text::count;
use super::{Comparison, Details, Figures, Row};

/// With fewer instructions than this, intervals come out too narrow.
const FEW_INSTRUCTIONS: usize = 20;

/// Resamples that should lie beyond each end of an interval.
const BEYOND: f64 = 10.0;

/// The warnings; `details` belongs to `rows`, one to one.
pub(super) fn write(
    rows: &[Row],
    details: &[Details],
    comparisons: &[Comparison],
    figures: &Figures,
    absent: &Absent,
) -> Vec<String> {
    let mut warnings: Vec<_> =
        absent.reasons().map(|reason| format!("These figures are incomplete; {reason}.")).collect();
    warnings.extend(single_runs(rows));
    warnings.extend(std::iter::once(&(90.0, 10.0)).chain(&figures.thresholds).filter_map(|pair| few_runs(rows, *pair)));
    warnings.extend(few_instructions(rows, figures));
    warnings.extend(without_width(rows));
    warnings.extend(few_resamples(figures));
    warnings.extend(faults(rows, details));
    warnings.extend(undetectable(comparisons, figures));
    warnings
}

/// With one run, percentiles say nothing.
fn single_runs(rows: &[Row]) -> Option<String> {
    let single = cells(rows, |row| row.runs_per_instance_min == 1)?;
    Some(format!("An instruction with a single run has A90 = P and U90-10 = 0, whatever the model; so in {single}."))
}

/// With few runs, a percentile lies between the best two or the worst two of them.
fn few_runs(rows: &[Row], (high, low): (f64, f64)) -> Option<String> {
    let tail = (100.0 - high).min(low);
    // Where tail * N is below 100, not one run is expected beyond the percentile.
    let needed = if tail > 0.0 { (100.0 / tail).ceil() } else { return None };
    #[expect(clippy::cast_precision_loss, reason = "a count of runs")]
    let few = cells(rows, |row| row.runs_per_instance_max > 1 && (row.runs_per_instance_min as f64) < needed)?;
    Some(format!(
        "A{high} and U{high}-{low} need {needed} runs of an instruction to rest on more than its best two and worst two \
         runs; fewer in {few}."
    ))
}

fn few_instructions(rows: &[Row], figures: &Figures) -> Option<String> {
    let few = cells(rows, |row| row.instances < FEW_INSTRUCTIONS).filter(|_| figures.resamples > 0)?;
    Some(format!(
        "Intervals of fewer than {FEW_INSTRUCTIONS} instructions are narrower than their level says, and those of a single \
         one are left out; fewer in {few}."
    ))
}

/// Where all instructions of a cell score alike, every resample is the same.
fn without_width(rows: &[Row]) -> Option<String> {
    let alike = cells(rows, |row| row.p_interval.is_some_and(|interval| interval.high - interval.low < 1e-9))?;
    Some(format!(
        "Where every instruction has the same P, its interval has no width and cannot say how unsure the figure is; so in \
         {alike}."
    ))
}

fn few_resamples(figures: &Figures) -> Option<String> {
    #[expect(clippy::cast_precision_loss, reason = "a count of resamples")]
    let beyond = figures.resamples as f64 * (100.0 - figures.level) / 200.0;
    (figures.resamples > 0 && beyond < BEYOND).then(|| {
        format!(
            "{} resamples leave {beyond:.1} beyond each end of an interval of {} %: take more.",
            figures.resamples, figures.level
        )
    })
}

fn faults(rows: &[Row], details: &[Details]) -> Option<String> {
    let faulty: BTreeSet<String> = rows
        .iter()
        .zip(details)
        .filter(|(_, details)| details.faults.simulator > 0)
        .map(|(row, details)| format!("{} ({} of {} runs)", cell(row), details.faults.simulator, row.runs))
        .collect();
    (!faulty.is_empty()).then(|| {
        format!(
            "The simulated user, not the model, is at fault in {}; P without these runs stands with the faults.",
            list(&faulty)
        )
    })
}

/// Comparisons that could not have found even a difference of a tenth of the scale.
fn undetectable(comparisons: &[Comparison], figures: &Figures) -> Option<String> {
    const WORTH_FINDING: f64 = 10.0;
    let coarse = comparisons.iter().filter(|held| held.minimum_detectable.is_some_and(|least| least > WORTH_FINDING));
    let coarse = coarse.count();
    (coarse > 0).then(|| {
        format!(
            "{} of {} could find only differences above {WORTH_FINDING} points (80 % power at {} %): more instructions \
             are needed for less.",
            coarse,
            count(comparisons.len(), "comparison"),
            100.0 - figures.level
        )
    })
}

/// The cells of which this holds, in words; `None` where there is none.
fn cells(rows: &[Row], of: impl Fn(&Row) -> bool) -> Option<String> {
    let found: BTreeSet<String> = rows.iter().filter(|row| of(row)).map(cell).collect();
    let all = found.len() > 1 && found.len() == rows.len();
    (!found.is_empty()).then(|| if all { "every cell".to_owned() } else { list(&found) })
}
