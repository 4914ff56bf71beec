//! What a reader must know beside the figures.

use std::collections::{BTreeMap, BTreeSet};

use super::sections::Comparisons;
use super::text::{count, printable};
use super::{Figures, Row, Rules};
use crate::PERCENTILE_RULE;
use crate::aliases::Merged;
use crate::compare::{Compared, Undefined};
use crate::run::Oddities;
use crate::shards::Origin;
use crate::statistics::{EXACT, POWER, UNDEFINED};

/// Names that a note lists before it only counts the rest.
const LISTED: usize = 6;

/// Runs by what was understood of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    older_family: usize,
    respelled: usize,
    no_attempt: usize,
    not_named: usize,
    /// Runs that were reported under another name than they were recorded with.
    pub(crate) merged: Merged,
}

impl Counts {
    pub(crate) fn add(&mut self, oddities: Oddities) {
        self.older_family += usize::from(oddities.older_family);
        self.respelled += usize::from(oddities.respelled);
        self.no_attempt += usize::from(oddities.no_attempt);
        self.not_named += usize::from(oddities.not_named);
    }

    /// These runs and others.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.older_family += other.older_family;
        self.respelled += other.respelled;
        self.no_attempt += other.no_attempt;
        self.not_named += other.not_named;
        for (names, runs) in &other.merged {
            *self.merged.entry(names.clone()).or_default() += runs;
        }
        self
    }
}

/// The rules that hold for every report.
pub(super) fn rules(rows: &[Row], figures: &Figures) -> Rules {
    let level = figures.level;
    Rules {
        percentile: PERCENTILE_RULE.into(),
        aggregation: "per instruction over its runs, then the mean over the instructions of the cell".into(),
        interval: interval_rule(level),
        test: format!(
            "paired permutation test (random signs), two-sided, exact with at most {EXACT} differences other than zero; \
             adjusted for all comparisons after Holm; detectable differences at {} % power",
            100.0 * POWER
        ),
        runs_per_instruction_min: rows.iter().map(|row| row.runs_per_instance_min).min().unwrap_or_default(),
        runs_per_instruction_max: rows.iter().map(|row| row.runs_per_instance_max).max().unwrap_or_default(),
        resamples: figures.resamples,
        seed: figures.seed,
        level,
    }
}

fn interval_rule(level: f64) -> String {
    format!(
        "percentile bootstrap at {level} %, instructions drawn with putting back within each task, all runs of an \
         instruction together; none where the figure is undefined in more than {} % of the resamples",
        100.0 * UNDEFINED
    )
}

fn intervals(figures: &Figures) -> Option<String> {
    let Figures { resamples, seed, level, .. } = figures;
    (*resamples > 0).then(|| format!("Intervals by {}; {resamples} resamples, seed {seed}.", interval_rule(*level)))
}

/// The notes: rules first, then what is particular to these inputs. `compared` belongs to `rows`, one to one.
pub(super) fn write(
    rows: &[Row],
    compared: &[Comparisons],
    counts: &Counts,
    shards: Origin,
    unknown_plans: usize,
    figures: &Figures,
) -> Vec<String> {
    let mut notes = vec![
        "P, A90 and U90-10 are computed per instruction over its N runs, on scores of 0 to 100, then averaged over the \
         instructions (inst)."
            .into(),
        format!("Percentiles by {PERCENTILE_RULE}; here N is {}.", runs_per_instruction(rows)),
        "% of full = 100 x P / P of full; gap closed = 100 x (P - P of sharded) / (P of full - P of sharded). Each is a \
         ratio of means over the instructions that these settings share, within one task and model."
            .into(),
    ];
    notes.extend(intervals(figures));
    notes.extend(partly_shared(rows));
    notes.extend(undefined(rows, compared));
    notes.extend(understood(counts));
    notes.extend(known_shards(shards));
    notes.extend(unplanned(unknown_plans));
    if !counts.merged.is_empty() {
        let each: Vec<_> = counts
            .merged
            .iter()
            .map(|((alias, name), runs)| format!("{runs} of {} as {}", printable(alias), printable(name)))
            .collect();
        notes.push(format!("Models reported under another name, as the aliases say: {}.", each.join(", ")));
    }
    notes
}

fn runs_per_instruction(rows: &[Row]) -> String {
    let fewest = rows.iter().map(|row| row.runs_per_instance_min).min().unwrap_or_default();
    let most = rows.iter().map(|row| row.runs_per_instance_max).max().unwrap_or_default();
    if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") }
}

/// Rows whose comparisons stand on fewer instructions than their P.
fn partly_shared(rows: &[Row]) -> Option<String> {
    let partly: BTreeSet<String> =
        rows.iter().filter_map(|row| Some(format!("{} ({})", cell(row), part(row)?))).collect();
    (!partly.is_empty()).then(|| format!("Compared on a part of their instructions: {}.", list(&partly)))
}

fn part(row: &Row) -> Option<String> {
    let fewer = |value: Option<f64>, instances| (value.is_some() && instances < row.instances).then_some(instances);
    let degradation = fewer(row.degradation, row.degradation_instances);
    let gap_closed = fewer(row.gap_closed, row.gap_closed_instances);
    let shared = match (degradation, gap_closed) {
        (None, None) => return None,
        (Some(degradation), Some(gap_closed)) if degradation == gap_closed => degradation.to_string(),
        (Some(degradation), None) => format!("% of full: {degradation}"),
        (None, Some(gap_closed)) => format!("gap closed: {gap_closed}"),
        (Some(degradation), Some(gap_closed)) => format!("% of full: {degradation}, gap closed: {gap_closed}"),
    };
    Some(format!("{shared} of {}", row.instances))
}

/// Why comparisons have no value, reason by reason.
fn undefined(rows: &[Row], compared: &[Comparisons]) -> Vec<String> {
    let groups = |of: fn(&Comparisons) -> &Compared| {
        let mut reasons: BTreeMap<Undefined, BTreeSet<String>> = BTreeMap::new();
        for (row, compared) in rows.iter().zip(compared) {
            if let Err(reason) = of(compared).value {
                let group = format!("{}/{}", printable(&row.task), printable(&row.model));
                reasons.entry(reason).or_default().insert(group);
            }
        }
        reasons
    };
    let degradation = groups(|compared| &compared.degradation);
    let mut gap_closed = groups(|compared| &compared.gap_closed);
    let say = |what: &str, reason: &Undefined, groups| format!("{what} not defined where {reason}: {}.", list(groups));
    let mut notes = Vec::new();
    for (reason, groups) in &degradation {
        let both = gap_closed.get(reason) == Some(groups);
        if both {
            gap_closed.remove(reason);
        }
        notes.push(say(if both { "% of full and gap closed are" } else { "% of full is" }, reason, groups));
    }
    notes.extend(gap_closed.iter().map(|(reason, groups)| say("Gap closed is", reason, groups)));
    notes
}

/// What was read as something that it does not literally say.
fn understood(counts: &Counts) -> Vec<String> {
    [
        (counts.no_attempt, "without an answer attempt: scored 0"),
        (counts.not_named, "without the name of a task, model or setting: shown as NA"),
        (counts.older_family, "under an older task name (apis, python): counted as actions, code"),
        (counts.respelled, "whose instruction id is spelled with /: read as with -"),
    ]
    .into_iter()
    .filter(|(runs, _)| *runs > 0)
    .map(|(runs, what)| format!("{} {what}.", count(runs, "run")))
    .collect()
}

/// Where it is known from how many shards there are; nothing where no samples were given.
fn known_shards(from: Origin) -> Option<String> {
    let Origin { samples, runs, beyond } = from;
    let lacking = match runs {
        0 => String::new(),
        runs => {
            format!("; of {} without a sample there, those that any run reveals", count(runs, "instruction"))
        }
    };
    let other = match beyond {
        0 => String::new(),
        beyond => format!(
            ". Runs of {} reveal shards that its sample does not have: other samples were replayed",
            count(beyond, "instruction")
        ),
    };
    (samples > 0).then(|| format!("Shards of {} by the samples given{lacking}{other}.", count(samples, "instruction")))
}

/// Run directories whose manifest is not one that this program writes.
fn unplanned(directories: usize) -> Option<String> {
    let which = match directories {
        0 => return None,
        1 => "A run directory does not say in its manifest.toml".to_owned(),
        several => format!("{several} run directories do not say in their manifest.toml"),
    };
    Some(format!("{which} which runs were planned: some may be missing."))
}

pub(super) fn cell(row: &Row) -> String {
    format!("{}/{}/{}", printable(&row.task), printable(&row.model), printable(&row.setting))
}

pub(super) fn list(names: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(String::as_str).collect();
    let rest = names.len().saturating_sub(LISTED);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}
