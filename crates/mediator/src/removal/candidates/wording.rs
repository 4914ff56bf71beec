//! Words of the turn in the place of words of a clause that are no values.

use strsim::damerau_levenshtein;
use throughline_conversation::Span;

use super::{Candidate, Change, Features, Piece, Seen};
use crate::logistic::flag;
use crate::removal::classes::is_uncounted;
use crate::removal::features::Feature;
use crate::words::{Weight, Word, content as content_words, same_stem};

/// Names that are nearly the same: "Pedersen" in the place of "Petersen".
pub(super) fn respellings(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Vec<Candidate> {
    let mut found = Vec::new();
    for new in piece.all.iter().filter(|word| word.weight == Weight::Content && word.text.chars().count() >= NAME) {
        for old in &clause.content {
            let (fresh, held) = (&new.folded, &old.folded);
            let near = damerau_levenshtein(fresh, held) <= 2 && held.chars().count() >= NAME;
            let named = |text: &str| text.starts_with(char::is_uppercase);
            if near && !same_stem(fresh, held) && named(new.text) && named(old.text) {
                let change = Change::Put { old: old.span, new: piece.in_turn(new.span) };
                found.push(piece.candidate(clause, change, shared.clone().with(Feature::Respelling, 1.0)));
            }
        }
    }
    found
}

/// A name of fewer characters is near to too many others.
const NAME: usize = 4;

/// Words before the same word: "third person" in the place of "first person".
pub(super) fn heads(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Vec<Candidate> {
    let said: Vec<&Word<'_>> = piece.all.iter().filter(|word| word.weight == Weight::Content).collect();
    let cued = shared.any(&[Feature::Revision, Feature::Opener]);
    let adjacent = |text: &str, one: &Word<'_>, other: &Word<'_>| {
        text.get(one.span.end..other.span.start).is_some_and(|between| between.trim().is_empty())
    };
    let mut found = Vec::new();
    for new in said.windows(2) {
        for old in clause.content.windows(2) {
            let ([new, head], [old, same]) = (new, old) else { continue };
            let same_head = same_stem(&head.folded, &same.folded) && !same_stem(&new.folded, &old.folded);
            let fresh = !clause.says(&new.folded);
            let word = |text: &str| {
                text.chars().all(char::is_alphabetic) && text.chars().count() > 1 && !is_uncounted(&text.to_lowercase())
            };
            if same_head
                && fresh
                && word(new.text)
                && word(old.text)
                && word(head.text)
                && !clause.quotes(same)
                && adjacent(piece.text, new, head)
                && adjacent(clause.text(), old, same)
            {
                let change = Change::Put { old: old.span, new: piece.in_turn(new.span) };
                let features = shared.clone().with(Feature::Head, 1.0).with(Feature::CuedValue, flag(cued));
                found.push(piece.candidate(clause, change, features));
            }
        }
    }
    found
}

/// Two words that stand in both and go on differently: "something for fishing", "rather something for the kitchen". What
/// goes on, to the end of the part, takes the place of what went on.
pub(super) fn leads(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    clause.parts.iter().find_map(|part| {
        let inside = |word: &Word<'_>| part.contains(word.span) && !clause.quotes(word);
        let held: Vec<Word<'_>> = clause.all.iter().filter(|word| inside(word)).cloned().collect();
        let (new, old) = forks(&piece.plain, &held)?;
        let change = Change::Put { old, new: piece.in_turn(new) };
        Some(piece.candidate(clause, change, shared.clone().with(Feature::Lead, 1.0)))
    })
}

/// How two texts go on, each to its end, behind the first two words that they share.
fn forks(said: &[Word<'_>], held: &[Word<'_>]) -> Option<(Span, Span)> {
    let same = |new: &[Word<'_>], old: &[Word<'_>]| {
        new.iter().zip(old).all(|(new, old)| new.folded == old.folded)
            && old.iter().any(|word| word.weight == Weight::Content)
    };
    let pairs = said.windows(2).enumerate().flat_map(|(from, new)| {
        held.windows(2).enumerate().filter(move |(_, old)| same(new, old)).map(move |(at, _)| (from + 2, at + 2))
    });
    pairs.into_iter().find_map(|(from, at)| {
        let (new, old) = (said.get(from..)?, held.get(at..)?);
        let differ = new.first()?.folded != old.first()?.folded;
        Some((goes_on(new)?, goes_on(old)?)).filter(|_| differ)
    })
}

/// Where these words stand, where they say something and are few enough to be one thing.
fn goes_on(words: &[Word<'_>]) -> Option<Span> {
    let says = words.iter().any(|word| word.weight == Weight::Content);
    let span = Span { start: words.first()?.span.start, end: words.last()?.span.end };
    (says && words.len() <= LED).then_some(span)
}

/// What goes on for more words says something else.
const LED: usize = 4;

/// "Not X but Y", "Y instead of X", "Y, not X", where X stands in the clause and is no value.
pub(super) fn named_away(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    let (old, new) = piece.contrasts.iter().find_map(|(old, new)| {
        let wanted = content_words(old.of(piece.text).ok()?);
        Some((stretch(clause, &wanted)?, *new))
    })?;
    let features = shared.clone().with(Feature::Contrast, 1.0).with(Feature::OldNamed, 1.0);
    let change = match new {
        Some(new) => Change::Put { old, new: piece.in_turn(new) },
        None => Change::Open,
    };
    Some(piece.candidate(clause, change, features))
}

/// Where these words stand one after the other in the clause.
fn stretch(clause: &Seen<'_>, wanted: &[String]) -> Option<Span> {
    let window = clause.content.windows(wanted.len().max(1)).find(|window| {
        !wanted.is_empty() && window.iter().zip(wanted).all(|(held, word)| same_stem(&held.folded, word))
    })?;
    Some(Span { start: window.first()?.span.start, end: window.last()?.span.end })
}
