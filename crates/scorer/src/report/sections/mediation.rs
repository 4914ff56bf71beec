//! What became of the user's words in the spec.

use crate::report::Mediation;
use crate::run::facts::Share;
use crate::run::spec::{OPS, SpecFigures};

use super::details::Group;
use super::{Mean, as_f64};

pub(super) fn mediation(group: &Group<'_>) -> Option<Mediation> {
    let all: Vec<&SpecFigures> = group.runs().filter_map(|run| run.facts.spec.as_deref()).collect();
    if all.is_empty() {
        return None;
    }
    let share = |of: fn(&SpecFigures) -> Share| by_instruction(group, of);
    let per_run = |of: fn(&SpecFigures) -> u32| {
        all.iter().map(|figures| f64::from(of(figures))).collect::<Mean>().value().unwrap_or_default()
    };
    let edits = OPS.iter().enumerate().map(|(place, op)| {
        let each = all.iter().map(|figures| f64::from(figures.edits[place]));
        (*op, each.collect::<Mean>().value().unwrap_or_default())
    });
    let turns: usize = group.runs().filter(|run| run.facts.spec.is_some()).map(|run| run.facts.turns.len()).sum();
    let total: u32 = all.iter().flat_map(|figures| figures.edits).map(u32::from).sum();
    Some(Mediation {
        runs: all.len(),
        coverage: share(|figures| figures.coverage),
        number_coverage: share(|figures| figures.number_coverage),
        record: share(|figures| figures.record),
        precision: share(|figures| figures.precision),
        unsupported: share(|figures| figures.unsupported),
        clauses: per_run(|figures| figures.unsupported.of),
        invented: per_run(|figures| figures.invented),
        refused: per_run(|figures| figures.refused),
        dropped_quotes: per_run(|figures| figures.dropped_quotes),
        contested: per_run(|figures| figures.contested),
        unreadable: per_run(|figures| figures.unreadable),
        assumptions: per_run(|figures| figures.assumptions),
        edits: edits.filter(|(_, count)| *count > 0.0).collect(),
        edits_per_turn: (turns > 0).then(|| f64::from(total) / as_f64(turns)),
        broken: all.iter().filter(|figures| figures.broken).count(),
    })
}

/// A share in percent per run, then per instruction, then averaged.
fn by_instruction(group: &Group<'_>, of: fn(&SpecFigures) -> Share) -> Option<f64> {
    let each = group.instructions().filter_map(|instruction| {
        let shares = instruction.runs.iter().filter_map(|run| of(run.facts.spec.as_deref()?).ratio());
        shares.map(|share| 100.0 * share).collect::<Mean>().value()
    });
    each.collect::<Mean>().value()
}
