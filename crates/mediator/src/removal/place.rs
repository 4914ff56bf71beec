//! Which of several places a new value is meant for.

use throughline_conversation::Span;

use super::candidates::Features;
use super::features::Feature;
use super::naming::names;
use super::{Candidate, Change};
use crate::guard::Scene;

/// Ranks that are no further apart are alike.
pub(super) const ALIKE: f64 = 0.25;

/// No place fits so well.
pub(super) const SURE: f64 = 100.0;

/// How well a place fits: whether it is named, of the same unit or spelling, and near to what the user says about it. The
/// weights only order places of one change; whether there is a change at all is the calibration's.
pub(super) fn rank(features: &Features) -> f64 {
    let get = |feature| features.get(feature);
    4.0 * get(Feature::OldNamed)
        + 4.0 * get(Feature::Contrast)
        + 3.0 * get(Feature::SameLead)
        + 3.0 * (get(Feature::Spelling) + get(Feature::Respelling))
        // Where no value says it: the clause that the piece speaks of.
        + 2.0 * get(Feature::Open) * (get(Feature::Shared) + get(Feature::Covered))
        + 2.0 * get(Feature::SameUnit)
        + 2.0 * get(Feature::Head)
        + 2.0 * get(Feature::Lead)
        + get(Feature::Near)
        + get(Feature::After)
        + 0.5 * get(Feature::TurnNear)
        // Another task takes the place of the goal.
        + get(Feature::Open) * get(Feature::GoalTask) * get(Feature::Redirection)
        // Without a word that says which, the one just said is meant.
        + get(Feature::Last) * (0.5 + 2.5 * get(Feature::Bare))
        + get(Feature::Named)
        - get(Feature::Distance)
}

/// The places where a value of the turn may go, in the user's words, where there is more than one and nothing tells them
/// apart; else none. Places of changes less probable than `least` are left out.
pub(super) fn rivals(scene: Scene<'_>, weighed: &[(Candidate, f64)], chosen: &Candidate, least: f64) -> Vec<String> {
    let Change::Put { new, .. } = &chosen.change else { return Vec::new() };
    let best = rank(&chosen.features);
    let alike = weighed.iter().filter(|(other, probability)| {
        *probability >= least
            && matches!(&other.change, Change::Put { new: same, .. } if same == new)
            && rank(&other.features) >= best - ALIKE
    });
    let mut places: Vec<(&str, Span)> = Vec::new();
    for (other, _) in alike {
        let Change::Put { old, .. } = &other.change else { continue };
        // What the user holds fast is no place for it.
        let clause = scene.spec.clause(&other.clause).filter(|clause| !clause.pinned);
        let place = clause.map(|clause| (clause.said.text.as_str(), *old));
        places.extend(place.filter(|place| !places.contains(place)));
    }
    if places.len() > 1 { names(&places) } else { Vec::new() }
}
