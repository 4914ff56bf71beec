//! A change whose place was asked for: what the answer makes of it.

use throughline_conversation::{ClauseId, Question, Span};

use super::wording::{self, place};
use super::{Calibration, Change, Outcome, candidates};
use crate::cues;
use crate::guard::Scene;
use crate::words::{content, same_stem};

/// A change whose place the user has told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settled {
    /// What was asked.
    pub(crate) asked: Question,
    /// The clause that changes.
    pub(crate) target: ClauseId,
    /// How it reads now.
    pub(crate) text: String,
    /// The place that the user told, as it reads now.
    pub(crate) place: String,
    /// The clause that stood beside it until then.
    pub(crate) contesting: ClauseId,
    /// How probable the change was taken to be, from 0 to 1.
    pub(crate) probability: f64,
}

/// What the turn settles, where it picks one of the places that were asked for right before it.
pub(crate) fn settled(scene: Scene<'_>, calibration: &Calibration) -> Option<Settled> {
    let asked = scene.asked().filter(|asked| !asked.choices.is_empty())?;
    let choice = asked.choices.get(picked(scene.user, &asked.choices)?)?;
    let contesting =
        scene.spec.active().find(|clause| clause.contests.is_some() && clause.said.source.turn == asked.asked_at)?;
    let mut spec = scene.spec.clone();
    spec.requirements.retain(|clause| clause.said.id != contesting.said.id);
    let (turn, since) = (asked.asked_at, asked.asked_at.saturating_sub(1));
    let then = Scene { user: &contesting.said.quote, turn, since, spec: &spec, reply: None };
    candidates::candidates(then).into_iter().find_map(|candidate| {
        let Change::Put { old, .. } = candidate.change else { return None };
        let clause = spec.active().find(|clause| clause.said.id == candidate.clause)?;
        if place(&clause.said.text, old) != *choice {
            return None;
        }
        let probability = calibration.words.probability(&candidate.features);
        let Outcome::Reads(text) = wording::decision(then, clause, &candidate, probability, None).outcome else {
            return None;
        };
        let behind = clause.said.text.len() - old.end;
        let new = Span { start: old.start, end: text.len().checked_sub(behind)? };
        let place = place(&text, new);
        let (asked, target, contesting) = (asked.clone(), clause.said.id.clone(), contesting.said.id.clone());
        Some(Settled { asked, target, text, place, contesting, probability })
    })
}

/// Which of the choices an answer picks: by its place, or by words that it shares with one of them alone.
fn picked(answer: &str, choices: &[String]) -> Option<usize> {
    if let [(place, _)] = cues::places(answer, choices.len(), true)[..] {
        return Some(place);
    }
    let said = content(answer);
    let shared =
        |choice: &String| content(choice).iter().filter(|word| said.iter().any(|other| same_stem(other, word))).count();
    let best = choices.iter().map(shared).max().filter(|best| *best > 0)?;
    let mut best = choices.iter().enumerate().filter(|(_, choice)| shared(choice) == best);
    let (place, _) = best.next()?;
    best.next().is_none().then_some(place)
}
