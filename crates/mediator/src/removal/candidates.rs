//! What a turn might take out of force, found without a model: for every clause the likeliest change, and what speaks
//! for and against it.

use strsim::damerau_levenshtein;
use throughline_conversation::{Clause, ClauseId, Span};

use super::classes::is_uncounted;
use super::features::Feature;
use super::place;
use super::values::{Class, Value, values as values_in};
use crate::cues;
use crate::guard::Scene;
use crate::logistic::{self, flag, logarithm, share};
use crate::segments::{pieces, quoted, segments};
use crate::words::{Weight, Word, content as content_words, same_stem, words};

/// What speaks for and against a removal.
pub(crate) type Features = logistic::Features<Feature>;

/// What would become of the clause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The words under `old` in the clause give way to those under `new` in the turn.
    Put { old: Span, new: Span },
    /// The words under `old` in the clause fall away.
    Take { old: Span },
    /// The whole clause gives way, or a part that no rule can tell.
    Open,
}

impl Change {
    /// The words of the turn that would be put in the place of others.
    fn new(&self) -> Option<Span> {
        match self {
            Self::Put { new, .. } => Some(*new),
            Self::Take { .. } | Self::Open => None,
        }
    }
}

/// A change that a turn might make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The clause that would change.
    pub(crate) clause: ClauseId,
    /// The words of the turn that would change it.
    pub(crate) piece: Span,
    /// How.
    pub(crate) change: Change,
    /// What speaks for and against it.
    pub(crate) features: Features,
}

/// Whether a word is the sign of a currency.
fn is_currency(word: &str) -> bool {
    word.chars().all(|sign| "$€£¥₹".contains(sign))
}

/// Every change worth weighing: for each piece of the turn and each clause in force at least one.
pub(crate) fn candidates(scene: Scene<'_>) -> Vec<Candidate> {
    let clauses: Vec<Seen<'_>> = scene.spec.active().map(|clause| Seen::new(clause, scene)).collect();
    let mut all = Vec::new();
    for segment in segments(scene.user) {
        for span in pieces(scene.user, segment) {
            let Some(piece) = Piece::new(scene, segment, span) else { continue };
            let mut found = Vec::new();
            for clause in &clauses {
                let shared = shared_features(&piece, clause, &clauses);
                found.extend(value_changes(&piece, clause, &clauses, &shared));
                found.extend(heads(&piece, clause, &shared));
                found.extend(respellings(&piece, clause, &shared));
                found.extend(withdrawal(&piece, clause, &shared));
                found.extend(leads(&piece, clause, &shared));
                found.push(piece.candidate(clause, Change::Open, shared.with(Feature::Open, 1.0)));
            }
            compare(&mut found);
            all.extend(found);
        }
    }
    all
}

/// Leaves out where a new value fits less well than elsewhere, and marks, of the other changes that a piece might make, those
/// whose place fits best, and those that share that with another.
fn compare(found: &mut Vec<Candidate>) {
    let ranked: Vec<(Option<Span>, f64)> =
        found.iter().map(|candidate| (candidate.change.new(), place::rank(&candidate.features))).collect();
    let best_of = |new: Option<Span>| {
        ranked.iter().filter(|(other, _)| *other == new).map(|(_, rank)| *rank).fold(f64::NEG_INFINITY, f64::max)
    };
    let mut ranks = ranked.iter();
    found.retain_mut(|candidate| {
        let Some((new, rank)) = ranks.next() else { return true };
        let best = best_of(*new) - rank < place::ALIKE;
        let alike = ranked.iter().filter(|(other, other_rank)| other == new && (other_rank - rank).abs() < place::ALIKE);
        let cued = [Feature::Revision, Feature::Opener, Feature::Redirection, Feature::Withdrawal]
            .iter()
            .any(|cue| candidate.features.get(*cue) > 0.0);
        let features = candidate.features.with(Feature::Best, flag(best));
        let features = features.with(Feature::CuedBest, flag(best && cued && new.is_none()));
        candidate.features = features.with(Feature::Tied, flag(best && alike.count() > 1));
        best || new.is_none()
    });
}

/// A clause, taken apart.
struct Seen<'a> {
    clause: &'a Clause,
    is_goal: bool,
    is_last: bool,
    values: Vec<Value>,
    content: Vec<Word<'a>>,
}

impl<'a> Seen<'a> {
    fn new(clause: &'a Clause, scene: Scene<'_>) -> Self {
        let text = &clause.said.text;
        Self {
            clause,
            is_goal: scene.spec.is_goal(&clause.said.id),
            is_last: clause.said.source.turn + 1 == scene.turn,
            values: values_in(text),
            content: words(text).filter(|word| word.weight == Weight::Content && !is_currency(word.text)).collect(),
        }
    }

    fn text(&self) -> &'a str {
        &self.clause.said.text
    }

    fn says(&self, word: &str) -> bool {
        self.content.iter().any(|held| same_stem(&held.folded(), word))
    }
}

/// A piece of the turn, taken apart.
struct Piece<'a> {
    text: &'a str,
    /// Where it stands in the turn.
    span: Span,
    values: Vec<Value>,
    /// What it says beside values and the wording of a correction, without regard to case.
    residue: Vec<String>,
    /// All its content words that are no wording of a correction.
    content: Vec<String>,
    /// The content words of the whole turn.
    around: Vec<String>,
    /// The values of the whole sentence.
    sentence: Vec<Value>,
    /// What the sentence's wording and the piece by itself speak for, whatever the clause.
    features: Features,
}

impl<'a> Piece<'a> {
    fn new(scene: Scene<'a>, segment: Span, span: Span) -> Option<Self> {
        let (turn, text) = (segment.of(scene.user).ok()?, span.of(scene.user).ok()?);
        let wording = cues::wording(text);
        let values = values_in(text);
        let said: Vec<Word<'_>> = words(text)
            .filter(|word| word.weight == Weight::Content && !wording.iter().any(|held| held.contains(word.span)))
            .filter(|word| !is_currency(word.text))
            .collect();
        let content: Vec<String> = said.iter().map(Word::folded).collect();
        let residue = said.iter().filter(|word| !values.iter().any(|value| covers(value, word, text)));
        let residue = residue.map(Word::folded).collect();
        if content.is_empty() {
            return None;
        }
        let around = content_words(scene.user);
        let sentence = values_in(turn);
        let features = Features::default()
            .with(Feature::Revision, flag(cues::revises(turn)))
            .with(Feature::Correction, flag(cues::corrects(text)))
            .with(Feature::Denial, flag(cues::denies(text)))
            .with(Feature::Hint, flag(cues::hints(turn)))
            .with(Feature::Opener, flag(cues::opens_a_correction(turn)))
            .with(Feature::Withdrawal, flag(cues::withdraws(text)))
            .with(Feature::Redirection, flag(cues::redirects(turn)))
            .with(Feature::Addition, flag(cues::adds(turn)))
            .with(Feature::Question, flag(turn.trim_end().ends_with(['?', '？', '؟'])))
            .with(Feature::Consequence, flag(cues::concludes(text)))
            .with(Feature::Passing, flag(cues::passes(text)))
            .with(Feature::Finding, flag(cues::finds_out(turn)))
            .with(Feature::Length, logarithm(content.len()));
        Some(Self { text, span, values, residue, content, around, sentence, features })
    }

    fn candidate(&self, clause: &Seen<'_>, change: Change, features: Features) -> Candidate {
        Candidate { clause: clause.clause.said.id.clone(), piece: self.span, change, features }
    }

    /// Whether the sentence is worded as a correction.
    fn cued(&self) -> bool {
        [Feature::Revision, Feature::Opener, Feature::Redirection].iter().any(|cue| self.features.get(*cue) > 0.0)
    }

    fn in_turn(&self, span: Span) -> Span {
        Span { start: self.span.start + span.start, end: self.span.start + span.end }
    }
}

/// Whether a word is a value, the unit right behind it or the currency sign before it.
fn covers(value: &Value, word: &Word<'_>, text: &str) -> bool {
    if word.span.end <= value.span.start && is_currency(word.text) {
        return text.get(word.span.end..value.span.start).is_some_and(|between| between.trim().is_empty());
    }
    let behind = || text.get(value.span.end..word.span.start).is_some_and(|between| between.trim().is_empty());
    value.span.contains(word.span) || (value.unit.is_some() && word.span.start >= value.span.end && behind())
}

/// What a piece and a clause have to do with each other, whatever would change.
fn shared_features(piece: &Piece<'_>, clause: &Seen<'_>, clauses: &[Seen<'_>]) -> Features {
    let shared = piece.content.iter().filter(|word| clause.says(word)).count();
    let covered = clause.content.iter().filter(|held| piece.content.iter().any(|word| same_stem(&held.folded(), word)));
    let unexplained = piece.residue.iter().filter(|word| !clause.says(word)).count();
    let task = clause.is_goal && cues::sets_a_task(piece.text);
    piece
        .features
        .with(Feature::GoalTask, flag(task))
        .with(Feature::CuedGoalTask, flag(task && piece.cued()))
        .with(Feature::Shared, share(shared, piece.content.len()))
        .with(Feature::Covered, share(covered.count(), clause.content.len()))
        .with(Feature::Unexplained, logarithm(unexplained))
        .with(Feature::ClauseLength, logarithm(clause.content.len()))
        .with(Feature::Clauses, logarithm(clauses.len()))
        .with(Feature::Goal, flag(clause.is_goal))
        .with(Feature::Last, flag(clause.is_last))
}

/// A value of the piece in the place of one of the clause.
fn value_changes(piece: &Piece<'_>, clause: &Seen<'_>, clauses: &[Seen<'_>], shared: &Features) -> Vec<Candidate> {
    let mut found = Vec::new();
    let stated: Vec<&Value> = piece.values.iter().filter(|value| !is_named_away(piece, value, clauses)).collect();
    for &new in &stated {
        let others = stated.iter().filter(|other| **other != new).count();
        for old in clause.values.iter().filter(|old| can_replace(new, old, clauses)) {
            let rivals = clauses
                .iter()
                .flat_map(|seen| &seen.values)
                .filter(|rival| can_replace(new, rival, clauses) && same_unit(new, rival) == same_unit(new, old));
            let named = piece.values.iter().chain(&piece.sentence).any(|value| value.key == old.key);
            let sole = rivals.clone().count() <= 1;
            let cued = shared.get(Feature::Revision) + shared.get(Feature::Opener) > 0.0;
            let slot = new.class != Class::Number || same_unit(new, old);
            let bare = piece.residue.is_empty();
            let only = clause.values.iter().filter(|other| can_replace(new, other, clauses)).count() == 1;
            let just_said = bare && only && clause.is_last;
            let led = cues::leads_to(piece.text.get(..new.span.start).unwrap_or_default());
            let features = shared
                .with(Feature::Value, 1.0)
                .with(Feature::SameUnit, flag(same_unit(new, old)))
                .with(Feature::JustSaid, flag(just_said))
                .with(Feature::CuedJustSaid, flag(just_said && cued))
                .with(Feature::SameLead, flag(same_lead(piece, new, clause, old)))
                .with(Feature::Led, flag(led))
                .with(Feature::Relative, flag(relates(piece.text, new) && !relates(clause.text(), old)))
                .with(Feature::Bound, flag(bounds(piece.text, new) && !bounds(clause.text(), old)))
                .with(Feature::NoUnit, flag(new.unit.is_none()))
                .with(Feature::OldNoUnit, flag(old.unit.is_none() && new.unit.is_some()))
                .with(Feature::LedOnly, flag(led && others == 0))
                .with(Feature::NoNumber, flag(new.class != Class::Number))
                .with(Feature::Spelling, flag(new.class == Class::Identifier && resembles(&new.key, &old.key)))
                .with(Feature::Distance, distance(new, old))
                .with(Feature::OldNamed, flag(named))
                .with(Feature::Near, nearness(&piece.content, clause, old))
                .with(Feature::After, flag(is_next(&piece.content, clause, old)))
                .with(Feature::TurnNear, nearness(&piece.around, clause, old))
                .with(Feature::Bare, flag(bare))
                .with(Feature::Sole, flag(sole))
                .with(Feature::CuedValue, flag(cued))
                .with(Feature::CuedSole, flag(cued && sole))
                .with(Feature::BareSole, flag(bare && sole))
                .with(Feature::SoleSlot, flag(sole && slot))
                .with(Feature::Rivals, logarithm(rivals.count().saturating_sub(1)))
                .with(Feature::Values, logarithm(others));
            found.push(piece.candidate(clause, Change::Put { old: old.span, new: piece.in_turn(new.span) }, features));
        }
    }
    found.extend(named_away(piece, clause, shared));
    found
}

/// Whether a value of the piece only names what is no longer so: it stands in the spec, and another value of its class
/// in the sentence does not.
fn is_named_away(piece: &Piece<'_>, value: &Value, clauses: &[Seen<'_>]) -> bool {
    let held = |value: &Value| clauses.iter().flat_map(|seen| &seen.values).any(|old| old.key == value.key);
    held(value) && piece.sentence.iter().any(|other| other.class == value.class && other.key != value.key)
}

/// Whether one value may take the place of another: both are of one class and not of different units. A number may be
/// meant for a time where no other number could be.
fn can_replace(new: &Value, old: &Value, clauses: &[Seen<'_>]) -> bool {
    let bare = new.unit.is_none() && old.unit.is_none();
    let alike = |one: &Value, other: &Value| one.class == other.class && !other_unit(one, other);
    let fits = match (new.class, old.class) {
        (Class::Time, Class::Number) | (Class::Number, Class::Time) if bare && could_be_an_hour(new) => {
            !clauses.iter().flat_map(|seen| &seen.values).any(|other| alike(new, other))
        }
        _ => alike(new, old),
    };
    fits && new.key != old.key
}

/// Whether a value is a bound: "not more than 30".
fn bounds(text: &str, value: &Value) -> bool {
    cues::bounds(text.get(..value.span.start).unwrap_or_default())
}

/// Whether a value says how far one thing is from another: "2 years older than", "3 times".
fn relates(text: &str, value: &Value) -> bool {
    cues::compares(text.get(value.span.end..).unwrap_or_default())
}

/// Whether a number is one that a clock shows.
fn could_be_an_hour(value: &Value) -> bool {
    value.size.is_none_or(|size| size <= 24.0)
}

/// Whether the same word stands right before both values.
fn same_lead(piece: &Piece<'_>, new: &Value, clause: &Seen<'_>, old: &Value) -> bool {
    let lead = |text: &str, at: usize| {
        let before = words(text).take_while(|word| word.span.end <= at).last()?;
        (before.weight == Weight::Content).then(|| before.folded())
    };
    let new = lead(piece.text, new.span.start);
    new.is_some() && new == lead(clause.text(), old.span.start)
}

/// Names that are nearly the same: "Pedersen" in the place of "Petersen".
fn respellings(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Vec<Candidate> {
    let mut found = Vec::new();
    for new in words(piece.text).filter(|word| word.weight == Weight::Content && word.text.chars().count() >= NAME) {
        for old in &clause.content {
            let (fresh, held) = (new.folded(), old.folded());
            let near = damerau_levenshtein(&fresh, &held) <= 2 && held.chars().count() >= NAME;
            let named = |text: &str| text.starts_with(char::is_uppercase);
            if near && !same_stem(&fresh, &held) && named(new.text) && named(old.text) {
                let change = Change::Put { old: old.span, new: piece.in_turn(new.span) };
                found.push(piece.candidate(clause, change, shared.with(Feature::Respelling, 1.0)));
            }
        }
    }
    found
}

/// A name of fewer characters is near to too many others.
const NAME: usize = 4;

/// Words before the same word: "third person" in the place of "first person".
fn heads(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Vec<Candidate> {
    let said: Vec<Word<'_>> = words(piece.text).filter(|word| word.weight == Weight::Content).collect();
    let adjacent = |text: &str, one: &Word<'_>, other: &Word<'_>| {
        text.get(one.span.end..other.span.start).is_some_and(|between| between.trim().is_empty())
    };
    let mut found = Vec::new();
    let material = quoted(clause.text());
    for new in said.windows(2) {
        for old in clause.content.windows(2) {
            let ([new, head], [old, same]) = (new, old) else { continue };
            let same_head = same_stem(&head.folded(), &same.folded()) && !same_stem(&new.folded(), &old.folded());
            let fresh = !clause.says(&new.folded());
            let word = |text: &str| {
                text.chars().all(char::is_alphabetic) && text.chars().count() > 1 && !is_uncounted(&text.to_lowercase())
            };
            if same_head
                && fresh
                && word(new.text)
                && word(old.text)
                && word(head.text)
                && !material.iter().any(|held| held.contains(same.span))
                && adjacent(piece.text, new, head)
                && adjacent(clause.text(), old, same)
            {
                let change = Change::Put { old: old.span, new: piece.in_turn(new.span) };
                let cued = shared.get(Feature::Revision) + shared.get(Feature::Opener) > 0.0;
                let features = shared.with(Feature::Head, 1.0).with(Feature::CuedValue, flag(cued));
                found.push(piece.candidate(clause, change, features));
            }
        }
    }
    found
}

/// Two words or more that stand in both and go on differently: "something for fishing", "rather something for the
/// kitchen". What goes on, to the end of the part, takes the place of what went on.
fn leads(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    let said: Vec<Word<'_>> = words(piece.text).collect();
    let material = quoted(clause.text());
    for part in pieces(clause.text(), Span::whole(clause.text())) {
        let held: Vec<Word<'_>> = words(clause.text())
            .filter(|word| part.contains(word.span) && !material.iter().any(|held| held.contains(word.span)))
            .collect();
        for (from, new) in said.windows(2).enumerate() {
            for (at, old) in held.windows(2).enumerate() {
                let same = new.iter().zip(old).all(|(new, old)| new.folded() == old.folded());
                let says = old.iter().any(|word| word.weight == Weight::Content);
                let (Some(new), Some(old)) = (said.get(from + 2..), held.get(at + 2..)) else { continue };
                let (Some(first), Some(last), Some(head), Some(tail)) = (new.first(), new.last(), old.first(), old.last())
                else {
                    continue;
                };
                let alone = |words: &[Word<'_>]| words.len() <= LED && words.iter().any(|word| word.weight == Weight::Content);
                if same && says && alone(new) && alone(old) && first.folded() != head.folded() {
                    let old = Span { start: head.span.start, end: tail.span.end };
                    let new = piece.in_turn(Span { start: first.span.start, end: last.span.end });
                    return Some(piece.candidate(clause, Change::Put { old, new }, shared.with(Feature::Lead, 1.0)));
                }
            }
        }
    }
    None
}

/// What goes on for more words says something else.
const LED: usize = 4;

fn same_unit(new: &Value, old: &Value) -> bool {
    new.unit.is_some() && new.unit == old.unit
}

fn other_unit(new: &Value, old: &Value) -> bool {
    new.unit.is_some() && old.unit.is_some() && new.unit != old.unit
}

/// How far apart two numbers are: the size of the logarithm of their ratio, at most 3; 0 for what is no number.
fn distance(new: &Value, old: &Value) -> f64 {
    match (new.size, old.size) {
        (Some(new), Some(old)) if new > 0.0 && old > 0.0 => (new / old).ln().abs().min(3.0),
        (Some(_), Some(_)) => 3.0,
        _ => 0.0,
    }
}

/// Whether two names are spellings of one, or versions of it: they begin or end alike over half of their length.
fn resembles(new: &str, old: &str) -> bool {
    let (new, old) = (new.trim_matches('`'), old.trim_matches('`'));
    let front = new.chars().zip(old.chars()).take_while(|(new, old)| new == old).count();
    let back = new.chars().rev().zip(old.chars().rev()).take_while(|(new, old)| new == old).count();
    front.max(back) * 2 >= new.chars().count().min(old.chars().count())
}

/// How near one of these words stands to a value in the clause: 1 right beside it, less further away, 0 without one.
fn nearness(said: &[String], clause: &Seen<'_>, old: &Value) -> f64 {
    let place = |span: Span| clause.content.iter().filter(|word| word.span.start < span.start).count();
    let at = place(old.span);
    let distances = clause
        .content
        .iter()
        .filter(|word| !old.span.contains(word.span))
        .filter(|word| is_anchor(word, said))
        .map(|word| place(word.span).abs_diff(at).max(1));
    distances.min().map_or(0.0, |least| 1.0 / f64::from(u32::try_from(least).unwrap_or(u32::MAX)))
}

/// Whether a word of a clause is one of these words, and says which value is meant: a number does not.
fn is_anchor(word: &Word<'_>, said: &[String]) -> bool {
    !word.text.chars().any(char::is_numeric) && said.iter().any(|said| same_stem(&word.folded(), said))
}

/// Whether a value is the first of its class behind one of these words in the clause.
fn is_next(said: &[String], clause: &Seen<'_>, old: &Value) -> bool {
    let anchors = clause.content.iter().filter(|word| is_anchor(word, said));
    let same = || clause.values.iter().filter(|value| value.class == old.class);
    anchors
        .filter(|word| !old.span.contains(word.span))
        .any(|word| same().find(|value| value.span.start >= word.span.end) == Some(old))
}

/// "Not X but Y", "Y instead of X", "Y, not X", where X stands in the clause and is no value.
fn named_away(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    let found = |contrast: Option<(Span, Option<Span>)>| {
        let (old, new) = contrast?;
        let wanted = content_words(old.of(piece.text).ok()?);
        Some((stretch(clause, &wanted)?, new))
    };
    let (old, new) = found(cues::contrast(piece.text)).or_else(|| found(cues::bare_contrast(piece.text)))?;
    let features = shared.with(Feature::Contrast, 1.0).with(Feature::OldNamed, 1.0);
    let change = match new {
        Some(new) => Change::Put { old, new: piece.in_turn(new) },
        None => Change::Open,
    };
    Some(piece.candidate(clause, change, features))
}

/// Where these words stand one after the other in the clause.
fn stretch(clause: &Seen<'_>, wanted: &[String]) -> Option<Span> {
    let window = clause.content.windows(wanted.len().max(1)).find(|window| {
        !wanted.is_empty() && window.iter().zip(wanted).all(|(held, word)| same_stem(&held.folded(), word))
    })?;
    Some(Span { start: window.first()?.span.start, end: window.last()?.span.end })
}

/// The part of `part` that hangs on the last connecting word before `at`.
fn tail(text: &str, part: Span, at: usize) -> Option<Span> {
    let tail = cues::tail(part.of(text).ok()?, at - part.start)?;
    Some(Span { start: part.start + tail.start, end: part.start + tail.end })
}

/// Something that the piece takes back by name.
fn withdrawal(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    if !(cues::withdraws(piece.text) || cues::passes(piece.text) || cues::denies(piece.text)) {
        return None;
    }
    let named: Vec<&Word<'_>> =
        clause.content.iter().filter(|held| piece.content.iter().any(|word| same_stem(&held.folded(), word))).collect();
    let (first, last) = (named.first()?, named.last()?);
    // What falls away is the part of the clause that the named words stand in, when that is not all of it.
    let whole = Span::whole(clause.text());
    let parts = pieces(clause.text(), whole);
    let part = parts.into_iter().find(|part| part.contains(first.span) && part.contains(last.span)).unwrap_or(whole);
    let tail = tail(clause.text(), part, first.span.start).filter(|tail| tail.contains(last.span));
    let old = tail.unwrap_or(part);
    // A goal without its beginning is none.
    if clause.is_goal && old.start == 0 && old != whole {
        return None;
    }
    let inside = clause.content.iter().filter(|word| old.contains(word.span)).count();
    let features = shared
        .with(Feature::Take, 1.0)
        .with(Feature::TakeUnexplained, shared.get(Feature::Unexplained))
        .with(Feature::Named, share(named.len(), inside))
        .with(Feature::Whole, flag(old == whole));
    Some(piece.candidate(clause, Change::Take { old }, features))
}
