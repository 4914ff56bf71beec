//! What to call places in texts, so that a user can tell one from another.

use throughline_conversation::Span;

use super::candidates::covers;
use super::values;
use crate::segments::pieces;
use crate::words::{Weight, Word, words};

/// No name goes on for more words beside its value.
const MOST: usize = 8;

/// What to call places in texts: each value with the fewest words around it, of its own part of the text, that tell it from
/// the others. Where none do, the names are alike.
pub(super) fn names(places: &[(&str, Span)]) -> Vec<String> {
    let around: Vec<Around<'_>> = places.iter().map(|place| Around::new(*place, places)).collect();
    let sizes = (0..=MOST).flat_map(|more| (0..=more).rev().map(move |before| (before, more - before)));
    let named = |(before, behind): (usize, usize)| -> Vec<Name<'_>> {
        around.iter().map(|one| one.name(before, behind)).collect()
    };
    // Words that say something tell one from another better than those that only join others.
    let mut told = sizes.clone().map(named).find(|names| apart(names, Name::says_what_no_other_does));
    told = told.or_else(|| sizes.clone().map(named).find(|names| apart(names, Name::reads_like_no_other)));
    told.unwrap_or_else(|| named((0, 0))).into_iter().map(|name| name.text.to_owned()).collect()
}

/// The part of a text that a place in it belongs to.
pub(super) fn part(text: &str, place: Span) -> Span {
    pieces(text, Span::whole(text)).into_iter().find(|part| part.contains(place)).unwrap_or(Span::whole(text))
}

/// Whether each name is told from all others.
fn apart<'a>(names: &[Name<'a>], told: impl Fn(&Name<'a>, &[&Name<'a>]) -> bool) -> bool {
    names.iter().enumerate().all(|(place, name)| {
        let others = names.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other);
        told(name, &others.collect::<Vec<_>>())
    })
}

/// A value and the words around it that may name its place.
struct Around<'a> {
    text: &'a str,
    value: Span,
    words: Vec<Word<'a>>,
    /// The first and the last of these words that the value and its unit are.
    own: (usize, usize),
}

/// A name that a place may have.
struct Name<'a> {
    text: &'a str,
    /// The words in it that say something beside the value, without regard to case.
    content: Vec<String>,
}

impl<'a> Around<'a> {
    fn new((text, value): (&'a str, Span), places: &[(&'a str, Span)]) -> Self {
        let part = part(text, value);
        // No name holds another of the places.
        let others = || places.iter().filter(|(other, span)| *other == text && *span != value).map(|(_, span)| *span);
        let start = others().map(|other| other.end).filter(|end| *end <= value.start).max().unwrap_or(0);
        let end = others().map(|other| other.start).filter(|start| *start >= value.end).min().unwrap_or(text.len());
        let near = |word: &Word<'_>| part.contains(word.span) && start <= word.span.start && word.span.end <= end;
        let words: Vec<Word<'_>> = words(text).filter(near).collect();
        let figure = values(text).into_iter().find(|figure| figure.span == value);
        let is_own = |word: &Word<'_>| {
            value.contains(word.span) || figure.as_ref().is_some_and(|figure| covers(figure, word, text))
        };
        let first = words.iter().position(is_own).unwrap_or_default();
        let last = words.iter().rposition(is_own).unwrap_or(first);
        Self { text, value, words, own: (first, last) }
    }

    /// The value with so many words before and behind it, as far as there are any.
    fn name(&self, before: usize, behind: usize) -> Name<'a> {
        let (first, last) = self.own;
        let end = self.words.len().min(last + 1 + behind);
        let mut held = self.words.get(first.saturating_sub(before)..end).unwrap_or_default();
        let joins = |word: &Word<'_>| word.weight == Weight::Filler && !self.value.contains(word.span);
        while let Some((_, rest)) = held.split_first().filter(|(word, _)| joins(word)) {
            held = rest;
        }
        while let Some((_, rest)) = held.split_last().filter(|(word, _)| joins(word)) {
            held = rest;
        }
        let says = |word: &&Word<'_>| word.weight == Weight::Content && !self.value.contains(word.span);
        let content = held.iter().filter(says).map(|word| word.folded.to_string()).collect();
        let start = held.first().map_or(self.value.start, |word| word.span.start);
        let end = held.last().map_or(self.value.end, |word| word.span.end);
        Name { text: self.text.get(start..end).unwrap_or_default(), content }
    }
}

impl Name<'_> {
    fn says_what_no_other_does(&self, others: &[&Self]) -> bool {
        self.content.iter().any(|word| !others.iter().any(|other| other.content.contains(word)))
    }

    fn reads_like_no_other(&self, others: &[&Self]) -> bool {
        others.iter().all(|other| other.text != self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_what_tells_it_from_the_others() {
        for (text, value, called) in [
            ("A table with two budgets: travel 400, catering 400.", "400", ["travel 400", "catering 400"]),
            ("write an invite: doors at 15:00 and dinner at 15:00", "15:00", ["doors at 15:00", "dinner at 15:00"]),
            ("Plan a barbecue. 8 adults and 8 kids.", "8", ["8 adults", "8 kids"]),
            ("connect 30 s, read 30 s", "30", ["connect 30 s", "read 30 s"]),
            ("3 nights in Porto and 3 nights in Lisbon", "3", ["3 nights in Porto", "3 nights in Lisbon"]),
            ("lunch for $40, drinks for $40 a head", "40", ["lunch for $40", "drinks for $40"]),
            ("from 5 to 5", "5", ["from 5", "to 5"]),
            ("Frühstück um 9, Abfahrt um 9", "9", ["Frühstück um 9", "Abfahrt um 9"]),
            ("4, 4", "4", ["4", "4"]),
        ] {
            let places: Vec<_> =
                text.match_indices(value).map(|(start, _)| (text, Span { start, end: start + value.len() })).collect();
            assert_eq!(names(&places), called, "{text}");
        }
    }
}
