//! A change whose place was asked for: what the answer makes of it.

use throughline_conversation::{Clause, ClauseId, Question, Span};

use super::naming::part;
use super::{Calibration, Candidate, Change, candidates, place, wording};
use crate::cues::{self, Said};
use crate::guard::Scene;
use crate::segments::{pieces, segments};
use crate::words::{Weight, Word, content, same_stem, words};

/// A change whose place the user has told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settled {
    /// What was asked.
    pub(crate) asked: Question,
    /// The words of the turn that tell the place.
    pub(crate) said: Span,
    /// The clauses that change, each with how it reads now.
    pub(crate) changes: Vec<(ClauseId, String)>,
    /// The clause that stood beside them until then.
    pub(crate) contesting: ClauseId,
    /// How probable the change was taken to be, from 0 to 1.
    pub(crate) probability: f64,
}

/// What the turn settles, where it picks one of the places that were asked for right before it, or all of them.
pub(crate) fn settled(scene: Scene<'_>, calibration: &Calibration) -> Option<Settled> {
    let asked = scene.asked().filter(|asked| !asked.choices.is_empty())?;
    let (said, chosen) = picked(scene, &asked.choices)?;
    let mut contesting = scene.spec.active().filter(|clause| clause.contests.is_some());
    contesting.find_map(|contesting| {
        let (changes, probability) = changed(scene, asked, contesting, &chosen, calibration)?;
        let contesting = contesting.said.id.clone();
        Some(Settled { asked: asked.clone(), said, changes, contesting, probability })
    })
}

/// What the clause that asked for a change makes of these places, and how probable that was. `None` where it asked for none
/// of them.
fn changed(
    scene: Scene<'_>,
    asked: &Question,
    contesting: &Clause,
    chosen: &[&String],
    calibration: &Calibration,
) -> Option<(Vec<(ClauseId, String)>, f64)> {
    let mut spec = scene.spec.clone();
    spec.requirements.retain(|clause| clause.said.id != contesting.said.id);
    let (turn, since) = (asked.asked_at, asked.asked_at.saturating_sub(1));
    let then = Scene { user: &contesting.said.quote, turn, since, spec: &spec, reply: None };
    let candidates = candidates::candidates(then);
    let (mut changes, mut probability) = (Vec::new(), 0.0_f64);
    for clause in spec.active().filter(|_| contesting.said.source.turn == asked.asked_at) {
        let text = &clause.said.text;
        let fits = |choice: &&&String, old: Span| {
            let mut named = text.match_indices(choice.as_str());
            named.any(|(start, _)| Span { start, end: start + choice.len() }.contains(old))
        };
        let best = |choice: &&String| {
            let own = candidates.iter().filter(|candidate| candidate.clause == clause.said.id);
            let own = own.filter(|candidate| matches!(candidate.change, Change::Put { old, .. } if fits(&choice, old)));
            own.max_by(|one, other| place::rank(&one.features).total_cmp(&place::rank(&other.features)))
        };
        let mut puts: Vec<(Span, Span)> = Vec::new();
        for candidate in chosen.iter().filter_map(best) {
            probability = probability.max(calibration.words.probability(&candidate.features));
            puts.extend(put(candidate).filter(|put| !puts.contains(put)));
        }
        // From the last to the first, so that each of them stands where it stood.
        puts.sort_by_key(|(old, _)| std::cmp::Reverse(old.start));
        let reads =
            puts.iter().try_fold(text.clone(), |reads, (old, new)| wording::put(then.user, &reads, *old, *new))?;
        if !puts.is_empty() {
            let said = wording::without_the_old(then.user, Span::whole(then.user), text);
            let reads = wording::with_the_rest(reads, said.of(then.user).unwrap_or_default(), text);
            changes.push((clause.said.id.clone(), reads));
        }
    }
    (!changes.is_empty()).then_some((changes, probability))
}

fn put(candidate: &Candidate) -> Option<(Span, Span)> {
    match candidate.change {
        Change::Put { old, new } => Some((old, new)),
        Change::Take { .. } | Change::Leave { .. } | Change::Open => None,
    }
}

/// The choices that the turn picks, and its words that do.
fn picked<'a>(scene: Scene<'_>, choices: &'a [String]) -> Option<(Span, Vec<&'a String>)> {
    let first = *segments(scene.user).first()?;
    pieces(scene.user, first).into_iter().find_map(|piece| {
        let answer = Answer::new(piece.of(scene.user).ok()?);
        let all =
            || Some((0..choices.len()).collect()).filter(|all: &Vec<usize>| answer.takes_all() && !all.is_empty());
        let one = || answer.picks(scene, choices).map(|place| vec![place]);
        let places = all().or_else(one)?;
        Some((piece, places.into_iter().filter_map(|place| choices.get(place)).collect()))
    })
}

/// A part of a turn that may pick one of several choices.
struct Answer<'a> {
    text: &'a str,
    /// What it names to leave it out ("doors, not dinner").
    left_out: Option<Span>,
    /// Its words that say something beside the wording of a choice.
    said: Vec<Word<'a>>,
}

impl<'a> Answer<'a> {
    fn new(text: &'a str) -> Self {
        let left_out = cues::contrast(text).or_else(|| cues::bare_contrast(text)).map(|(old, _)| old);
        let wording = cues::wording_of_choosing(text);
        let idle = |span: Span| left_out.iter().chain(&wording).any(|held| held.contains(span));
        let said = words(text).filter(|word| word.weight == Weight::Content && !idle(word.span)).collect();
        Self { text, left_out, said }
    }

    /// Whether all its words stand in these parts of it, or are known. What says more is something else than an answer.
    fn is_all_in(&self, parts: &[Span], known: impl Fn(&str) -> bool) -> bool {
        self.said.iter().all(|word| parts.iter().any(|part| part.contains(word.span)) || known(&word.folded))
    }

    /// Whether it takes all that there is to choose from.
    fn takes_all(&self) -> bool {
        let all = cues::all_taken(self.text);
        self.left_out.is_none() && !all.is_empty() && self.is_all_in(&all, |_| false)
    }

    /// The one choice that it picks: by its place in the list, or by words of it, or else words around it in what the user
    /// said, that no other has.
    fn picks(&self, scene: Scene<'_>, choices: &[String]) -> Option<usize> {
        if let [(place, span)] = cues::places(self.text, cues::List::choices(choices.len()))[..] {
            return Some(place).filter(|_| self.is_all_in(&[span], |_| false));
        }
        let around: Vec<String> = choices.iter().map(|choice| surroundings(scene, choice).to_owned()).collect();
        let named = self.shares(choices).or_else(|| self.shares(&around))?;
        let known = |word: &str| choices.iter().chain(&around).any(|known| says(known, word));
        let rest = || (choices.len() == 2).then_some(1 - named.min(1));
        let denied = self.left_out.is_none() && Said::new(self.text).denies();
        let place = if denied { rest() } else { Some(named) };
        place.filter(|_| self.is_all_in(&[], known))
    }

    /// The one of these texts that shares the most words with it.
    fn shares(&self, texts: &[String]) -> Option<usize> {
        let shared = |text: &String| self.said.iter().filter(|word| says(text, &word.folded)).count();
        let best = texts.iter().map(shared).max().filter(|best| *best > 0)?;
        let mut best = texts.iter().enumerate().filter(|(_, text)| shared(text) == best);
        let (place, _) = best.next()?;
        best.next().is_none().then_some(place)
    }
}

fn says(text: &str, word: &str) -> bool {
    content(text).iter().any(|held| same_stem(held, word))
}

/// The part of what the user said that a choice stands in.
fn surroundings<'a>(scene: Scene<'a>, choice: &'a str) -> &'a str {
    let clause = scene.spec.active().find(|clause| clause.said.text.contains(choice));
    let found = clause.and_then(|clause| {
        let start = clause.said.text.find(choice)?;
        part(&clause.said.text, Span { start, end: start + choice.len() }).of(&clause.said.text).ok()
    });
    found.unwrap_or(choice)
}
