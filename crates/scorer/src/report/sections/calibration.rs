//! Recorded confidences against verdicts.

use std::collections::BTreeMap;

use crate::measures::calibration::{Bin, Judged, auroc, brier, calibration_error, equal_mass, equal_width};
use crate::report::{Calibration, ReliabilityBin};

use super::Mean;
use super::details::Group;

/// Bins of the calibration errors and of the reliability diagram.
pub(crate) const BINS: usize = 10;

pub(super) fn calibration(group: &Group<'_>) -> Vec<Calibration> {
    let mut methods: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
    for attempt in group.runs().flat_map(|run| &*run.facts.attempts) {
        let Some(score) = attempt.score else { continue };
        for confidence in &attempt.confidences {
            methods.entry(&confidence.method).or_default().push(Judged { confidence: confidence.value, score });
        }
    }
    methods.into_iter().filter_map(|(method, judged)| of(method, judged)).collect()
}

/// How far confidences can be believed; `None` of nothing.
pub(crate) fn of(method: &str, mut judged: Vec<Judged>) -> Option<Calibration> {
    judged.sort_unstable_by(|a, b| a.confidence.total_cmp(&b.confidence).then(a.score.total_cmp(&b.score)));
    let bins = equal_width(&judged, BINS);
    Some(Calibration {
        method: method.to_owned(),
        attempts: judged.len(),
        confidence: judged.iter().map(|one| one.confidence).collect::<Mean>().value()?,
        accuracy: judged.iter().map(|one| one.score).collect::<Mean>().value()?,
        ece: calibration_error(&bins)?,
        adaptive_ece: calibration_error(&equal_mass(&judged, BINS))?,
        brier: brier(&judged)?,
        auroc: auroc(&judged),
        bins: bins.into_iter().map(reliability).collect(),
    })
}

fn reliability(bin: Bin) -> ReliabilityBin {
    let Bin { from, to, count, confidence, accuracy } = bin;
    ReliabilityBin { from, to, attempts: count, confidence, accuracy }
}
