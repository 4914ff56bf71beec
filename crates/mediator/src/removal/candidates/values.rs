//! A value of the turn in the place of one of a clause.

use throughline_conversation::Span;

use super::{Candidate, Change, Features, Piece, Seen, covers, wording};
use crate::cues::Said;
use crate::logistic::{flag, logarithm};
use crate::removal::features::Feature;
use crate::removal::values::{Class, Value};
use crate::words::{Weight, Word, same_stem, words};

/// A value of the piece in the place of one of the clause.
pub(super) fn changes(piece: &Piece<'_>, clause: &Seen<'_>, clauses: &[Seen<'_>], shared: &Features) -> Vec<Candidate> {
    let mut found = Vec::new();
    let elsewhere = piece.sentence.is_about_another(clause, clauses);
    let stated: Vec<&Value> =
        piece.values.iter().filter(|value| !elsewhere && !is_named_away(piece, value, clauses)).collect();
    let cued = shared.any(&[Feature::Revision, Feature::Opener]);
    let bare = piece.residue.is_empty();
    let corrects = piece.sentence.corrects || !piece.contrasts.is_empty();
    let parallel = piece.sentence.names_others(clause);
    // What comes beside a clause, or is said of another thing, takes nothing of it away.
    if !corrects && (piece.sentence.beside || piece.sentence.counts_others(clause)) {
        return Vec::new();
    }
    for &new in &stated {
        let others = stated.iter().filter(|other| **other != new).count();
        let led = Said::new(piece.text.get(..new.span.start).unwrap_or_default()).leads_to_a_change();
        let (relative, bound) = (relates(piece.text, new), bounds(piece.text, new));
        let unit = counted(piece, new);
        // What is said of one name ("`x` where it is full") is no other name for another one.
        let alone = piece.plain.iter().all(|word| new.span.contains(word.span));
        let other_name = |old: &Value| new.class == Class::Identifier && !alone && !resembles(&new.key, &old.key);
        let replaceable = |old: &&Value| {
            can_replace(new, old, clauses)
                && !is_said_again(piece, new, clause, old)
                && (corrects || cued || !other_name(old))
        };
        for old in clause.values.iter().filter(replaceable) {
            let rivals = clauses
                .iter()
                .flat_map(|seen| &seen.values)
                .filter(|rival| can_replace(new, rival, clauses) && same_unit(new, rival) == same_unit(new, old));
            let named = piece.values.iter().chain(&piece.sentence.values).any(|value| value.key == old.key);
            let sole = rivals.clone().count() <= 1;
            let slot = new.class != Class::Number || same_unit(new, old);
            let only = clause.values.iter().filter(|other| can_replace(new, other, clauses)).count() == 1;
            let just_said = bare && only && clause.is_last;
            let same_lead = same_lead(piece, new, clause, old);
            let of_one_kind = same_unit(new, old) || (new.unit.is_none() && old.unit.is_none());
            let told = piece.sentence.residue.iter().all(|word| clause.says(word));
            let restated = same_lead && of_one_kind && told && others == 0;
            let features = shared
                .clone()
                .with(Feature::Value, 1.0)
                .with(Feature::SameUnit, flag(same_unit(new, old)))
                .with(Feature::JustSaid, flag(just_said))
                .with(Feature::CuedJustSaid, flag(just_said && cued))
                .with(Feature::SameLead, flag(same_lead))
                .with(Feature::Restated, flag(restated))
                .with(Feature::Led, flag(led))
                .with(Feature::Relative, flag(relative && !relates(clause.text(), old)))
                .with(Feature::Bound, flag(bound && !bounds(clause.text(), old)))
                .with(Feature::NoUnit, flag(new.unit.is_none()))
                .with(Feature::OldNoUnit, flag(old.unit.is_none() && new.unit.is_some()))
                .with(Feature::LedOnly, flag(led && others == 0))
                .with(Feature::NoNumber, flag(new.class != Class::Number))
                .with(Feature::Spelling, flag(new.class == Class::Identifier && resembles(&new.key, &old.key)))
                .with(Feature::Distance, distance(new, old))
                .with(Feature::OldNamed, flag(named))
                .with(Feature::OldAgain, flag(named && !corrects))
                .with(Feature::Held, flag(!corrects && clause.values.iter().any(|held| held.key == new.key)))
                .with(
                    Feature::Parallel,
                    flag(!corrects && (parallel || piece.sentence.is_of_another(clause, new.class))),
                )
                .with(Feature::Near, nearness(&anchors(&piece.content, unit, clause, old), clause, old))
                .with(Feature::After, flag(is_next(&anchors(&piece.content, unit, clause, old), clause, old)))
                .with(Feature::TurnNear, nearness(&anchors(piece.sentence.around, unit, clause, old), clause, old))
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
    found.extend(wording::named_away(piece, clause, shared));
    found
}

/// Whether a value of the piece only names what is no longer so: it stands in the spec, and another value of its class
/// in the sentence does not.
fn is_named_away(piece: &Piece<'_>, value: &Value, clauses: &[Seen<'_>]) -> bool {
    let held = |value: &Value| clauses.iter().flat_map(|seen| &seen.values).any(|old| old.key == value.key);
    held(value) && piece.sentence.values.iter().any(|other| other.class == value.class && other.key != value.key)
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

/// Whether the sentence says a value again with the word that stands before it in the clause, as a name has it, beside a new
/// value of some unit: "make it 15 minutes for Sum 41".
fn is_said_again(piece: &Piece<'_>, new: &Value, clause: &Seen<'_>, old: &Value) -> bool {
    let before = lead(clause.text(), old.span.start);
    let again = |said: &Value| said.key == old.key && lead(piece.sentence.text, said.span.start) == before;
    new.unit.is_some() && old.unit.is_none() && before.is_some() && piece.sentence.values.iter().any(again)
}

/// Whether a value is a bound: "not more than 30".
fn bounds(text: &str, value: &Value) -> bool {
    Said::new(text.get(..value.span.start).unwrap_or_default()).ends_in_a_bound()
}

/// Whether a value says how far one thing is from another: "2 years older than", "3 times".
fn relates(text: &str, value: &Value) -> bool {
    Said::new(text.get(value.span.end..).unwrap_or_default()).compares()
}

/// Whether a number is one that a clock shows.
fn could_be_an_hour(value: &Value) -> bool {
    value.size.is_none_or(|size| size <= 24.0)
}

/// Whether the same word stands right before both values.
fn same_lead(piece: &Piece<'_>, new: &Value, clause: &Seen<'_>, old: &Value) -> bool {
    let new = lead(piece.text, new.span.start);
    new.is_some() && new == lead(clause.text(), old.span.start)
}

/// The word right before a place, where it says what something is about.
fn lead(text: &str, at: usize) -> Option<String> {
    let before = words(text).take_while(|word| word.span.end <= at).last()?;
    (before.weight == Weight::Content).then(|| before.folded.into_owned())
}

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

/// Whether two names are spellings of one, or versions of it: they begin or end alike over half of their length, what they
/// share as kinds of files aside ("avatar.png", "cover.png").
fn resembles(new: &str, old: &str) -> bool {
    let (new, old) = (new.trim_matches('`'), old.trim_matches('`'));
    let (new, old) = match (new.rsplit_once('.'), old.rsplit_once('.')) {
        (Some((new, kind)), Some((old, other))) if kind == other => (new, old),
        _ => (new, old),
    };
    let front = new.chars().zip(old.chars()).take_while(|(new, old)| new == old).count();
    let back = new.chars().rev().zip(old.chars().rev()).take_while(|(new, old)| new == old).count();
    front.max(back) * 2 >= new.chars().count().min(old.chars().count())
}

/// The word of the piece that says what a value of it counts or measures.
fn counted<'a>(piece: &'a Piece<'_>, value: &Value) -> Option<&'a str> {
    let is_unit = |word: &&Word<'_>| !value.span.contains(word.span) && covers(value, word, piece.text);
    piece.all.iter().find(is_unit).map(|unit| &*unit.folded)
}

/// The words of the clause that are among these and may say which value is meant: no number, and the unit of the new value
/// only where it is that of the old one ("9 adults" means the adults).
fn anchors<'a>(said: &[String], unit: Option<&str>, clause: &'a Seen<'a>, old: &Value) -> Vec<&'a Word<'a>> {
    let names = |word: &&Word<'_>| {
        !old.span.contains(word.span)
            && !word.text.chars().any(char::is_numeric)
            && said.iter().any(|said| same_stem(&word.folded, said))
            && (!unit.is_some_and(|unit| same_stem(&word.folded, unit)) || covers(old, word, clause.text()))
    };
    clause.content.iter().filter(names).collect()
}

/// How near one of these words of a clause stands to a value in it: 1 right beside it, less further away, 0 without one.
fn nearness(anchors: &[&Word<'_>], clause: &Seen<'_>, old: &Value) -> f64 {
    let place = |span: Span| clause.content.iter().filter(|word| word.span.start < span.start).count();
    let at = place(old.span);
    let distances = anchors.iter().map(|word| place(word.span).abs_diff(at).max(1));
    distances.min().map_or(0.0, |least| 1.0 / f64::from(u32::try_from(least).unwrap_or(u32::MAX)))
}

/// Whether a value is the first of its class behind one of these words of the clause.
fn is_next(anchors: &[&Word<'_>], clause: &Seen<'_>, old: &Value) -> bool {
    let same = || clause.values.iter().filter(|value| value.class == old.class);
    anchors.iter().any(|word| same().find(|value| value.span.start >= word.span.end) == Some(old))
}
