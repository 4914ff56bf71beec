//! Taking away must be earned: what a turn takes out of force, how probable that is, and what is left.
//!
//! Every change that a turn might make is found by rule ([`candidates`]), with what speaks for and against it
//! ([`features`]). Where that leaves it open and the model's readings are calibrated, the model reads the turn
//! ([`reading`]). A logistic regression, fitted on labelled turns, makes one probability of it ([`calibration`]).

mod calibration;
mod candidates;
mod classes;
mod features;
mod naming;
mod place;
mod reading;
mod settled;
mod values;
mod wording;

use serde::Serialize;
use throughline_conversation::{Clause, ClauseId, Span};
use throughline_models::{CancellationToken, ChatModel, ModelError};

pub use calibration::{Calibration, CalibrationError};
pub(crate) use candidates::{Candidate, Change};
pub(crate) use settled::{Settled, settled};
pub(crate) use values::{Value, values};

use crate::cues::Said;
use crate::guard::Scene;
use crate::logistic::Weights;
use crate::spent::Spent;
use candidates::Features;
use features::Feature;
use reading::Reading;

/// A rule that tells how a clause changes is followed where it is at least this probable, as a share of the probability
/// that the clause changes at all.
const TOLD: f64 = 0.15;

/// What a turn does to a clause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decision {
    /// The clause.
    pub(crate) target: ClauseId,
    /// The words of the turn that do it.
    pub(crate) quote: Span,
    /// The words of the turn that are accounted for by it: the quote, and what only names the old.
    pub(crate) covers: Span,
    /// What becomes of the clause.
    pub(crate) outcome: Outcome,
    /// How probable it is, from 0 to 1.
    pub(crate) probability: f64,
    /// The places that the user may mean, in the user's words, where it is as likely to be one as another; else empty.
    pub(crate) places: Vec<String>,
}

/// What becomes of a clause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It reads like this.
    Reads(String),
    /// The user's new words stand in its place.
    GivesWay,
    /// It falls away.
    Falls,
    /// A part of it falls away, and this is left: its text, and the words of the clause that it stands on.
    Shrinks { text: String, stands_on: Span },
    /// It is the goal, and another one takes its place: the quote. What the old one was about stays, where that can be
    /// told from what was to be done: so much of its text. `named` says that the turn takes the old one back by name.
    Redirected { stays: Option<Span>, named: bool },
}

/// A change that a turn might make: for a person to look at, and to fit a calibration to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Considered {
    /// The clause that would change.
    pub clause: ClauseId,
    /// The words of the clause that would leave force; `None` where that is the whole of it or no rule tells.
    pub old: Option<String>,
    /// The words of the turn that would do it.
    pub said: String,
    /// How probable it was taken to be, from 0 to 1.
    pub probability: f64,
    /// What spoke for and against it.
    features: Features,
}

impl Weighed {
    /// The places that the user may mean, where a change fits more than one.
    pub(crate) fn places(&self) -> Option<Vec<String>> {
        self.decisions.iter().map(|decision| &decision.places).find(|places| !places.is_empty()).cloned()
    }
}

impl Considered {
    fn new(scene: Scene<'_>, (candidate, probability): &(Candidate, f64)) -> Self {
        let text = scene.spec.clause(&candidate.clause).map_or("", |clause| clause.said.text.as_str());
        let old = match &candidate.change {
            Change::Put { old, .. } | Change::Take { old } | Change::Leave { old, .. } => {
                old.of(text).ok().map(str::to_owned)
            }
            Change::Open => None,
        };
        let said = candidate.piece.of(scene.user).unwrap_or_default().to_owned();
        let features = candidate.features.clone();
        Self { clause: candidate.clause.clone(), old, said, probability: *probability, features }
    }
}

/// How a turn was weighed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Weighed {
    /// What the turn does, at most one change for each piece and for each clause.
    pub(crate) decisions: Vec<Decision>,
    /// Every change that the turn might make, the likeliest first.
    pub(crate) considered: Vec<Considered>,
}

/// Weighs what a turn takes out of force. `model` is asked where the words leave it open and its readings are calibrated.
///
/// # Errors
/// What ended the model's call.
pub(crate) async fn weigh(
    scene: Scene<'_>,
    calibration: &Calibration,
    model: Option<(&dyn ChatModel, &str)>,
    spent: &mut Spent,
    cancel: &CancellationToken,
) -> Result<Weighed, ModelError> {
    let mut weighed = by_words(scene, calibration);
    let likeliest = weighed.iter().map(|(_, probability)| *probability).fold(0.0, f64::max);
    let mut read = None;
    if let Some((model, weights)) = model.and_then(|(model, name)| Some((model, calibration.readings_of(name)?)))
        && likeliest >= calibration.worth_reading
    {
        let shown = most_concerned(scene, &weighed);
        read = Reading::of(model, &shown, scene.user, spent, cancel).await?;
        if let Some(reading) = &read {
            reweigh(&mut weighed, reading, weights);
        }
    }
    Ok(settle(scene, calibration, weighed, read.as_ref()))
}

/// Weighs what a turn takes out of force by its words alone.
pub(crate) fn weigh_words(scene: Scene<'_>, calibration: &Calibration) -> Weighed {
    settle(scene, calibration, by_words(scene, calibration), None)
}

fn by_words(scene: Scene<'_>, calibration: &Calibration) -> Vec<(Candidate, f64)> {
    let candidates = candidates::candidates(scene).into_iter();
    let weighed = candidates.map(|candidate| {
        let probability = calibration.words.probability(&candidate.features);
        (candidate, probability)
    });
    weighed.collect()
}

fn settle(
    scene: Scene<'_>,
    calibration: &Calibration,
    mut weighed: Vec<(Candidate, f64)>,
    reading: Option<&Reading>,
) -> Weighed {
    weighed.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let considered = weighed.iter().map(|one| Considered::new(scene, one)).collect();
    Weighed { decisions: decide(scene, calibration, &weighed, reading), considered }
}

fn reweigh(weighed: &mut [(Candidate, f64)], reading: &Reading, weights: &Weights<Feature>) {
    for (candidate, probability) in weighed {
        candidate.features = reading.added_to(&candidate.features, &candidate.clause);
        *probability = weights.probability(&candidate.features);
    }
}

/// The clauses that a model is to see, those most likely to change where there are too many; in the order of the spec.
fn most_concerned<'a>(scene: Scene<'a>, weighed: &[(Candidate, f64)]) -> Vec<&'a Clause> {
    let mut clauses: Vec<&Clause> = scene.spec.active().collect();
    if clauses.len() > reading::SHOWN {
        let chance = |clause: &Clause| {
            let own = weighed.iter().filter(|(candidate, _)| candidate.clause == clause.said.id);
            own.map(|(_, probability)| *probability).fold(0.0, f64::max)
        };
        let mut chances: Vec<f64> = clauses.iter().map(|clause| chance(clause)).collect();
        chances.sort_by(|one, other| other.total_cmp(one));
        let least = chances.get(reading::SHOWN - 1).copied().unwrap_or_default();
        clauses.retain(|clause| chance(clause) >= least);
    }
    clauses
}

/// The likeliest changes, at most one for each clause and each piece of the turn, from the probability on from which
/// they are contested. `weighed` is sorted.
fn decide(
    scene: Scene<'_>,
    calibration: &Calibration,
    weighed: &[(Candidate, f64)],
    reading: Option<&Reading>,
) -> Vec<Decision> {
    let redirects = Said::new(scene.user).redirects();
    let mut decisions: Vec<Decision> = Vec::new();
    for (candidate, probability) in weighed.iter().filter(|(_, probability)| *probability >= calibration.contested) {
        let taken = decisions.iter().any(|held| {
            held.target == candidate.clause
                || held.covers.start < candidate.piece.end && candidate.piece.start < held.covers.end
        });
        let Some(clause) = scene.spec.active().find(|clause| clause.said.id == candidate.clause) else { continue };
        if !taken {
            let told = weighed.iter().filter(|(other, _)| {
                other.clause == candidate.clause && (other.piece == candidate.piece || candidate.is_cued())
            });
            // A change of task is more than a change of one of its values.
            let redirected = redirects && scene.spec.is_goal(&candidate.clause);
            let least = if redirected { *probability } else { TOLD * probability };
            // That the clause changes is as probable as its likeliest change; how it does is better told by a rule, and by one
            // of other words only where these say that something changes ("there is a typo, its Q4").
            let told = told.filter(|(other, other_probability)| match other.change {
                Change::Open => false,
                Change::Leave { .. } => *other_probability >= TOLD * probability,
                Change::Put { .. } | Change::Take { .. } => *other_probability >= least,
            });
            let told = told.map(|(told, _)| told).reduce(|best, other| {
                // A goal that is taken back by name does not just read otherwise.
                let rank = |told: &Candidate| {
                    let leaves = matches!(told.change, Change::Leave { .. });
                    place::rank(&told.features) + if leaves { place::SURE } else { 0.0 }
                };
                if rank(other) > rank(best) { other } else { best }
            });
            let candidate = told.unwrap_or(candidate);
            let places = place::rivals(scene, weighed, candidate, least);
            decisions.push(Decision { places, ..wording::decision(scene, clause, candidate, *probability, reading) });
        }
    }
    decisions
}

#[cfg(test)]
mod tests;
