//! Words that point at a reply, or at a part of it.

use std::sync::LazyLock;

use regex::Regex;
use throughline_conversation::Span;

use super::{LISTS, Said, Talk, talk};
use crate::segments::{pieces, quoted};
use crate::words::{Weight, fold, words};

/// The places in a list of so many that the turn's own words point at, from 0, each with the words that do. `asked` says
/// that the list was put to choose from.
pub(crate) fn places(turn: &str, count: usize, asked: bool) -> Vec<(usize, Span)> {
    pieces(turn, Span::whole(turn)).into_iter().flat_map(|piece| places_in(turn, piece, count, asked)).collect()
}

fn places_in(turn: &str, piece: Span, count: usize, asked: bool) -> Vec<(usize, Span)> {
    let quoted = quoted(turn);
    let all: Vec<_> = words(turn)
        .filter(|word| piece.contains(word.span) && !quoted.iter().any(|range| range.contains(word.span)))
        .collect();
    let number =
        |word: &crate::words::Word<'_>| word.text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let numbers = all.iter().filter(|word| number(word).is_some()).count();
    // Numbers and next to nothing else answer to a list: "mix 1 and 3", or "2" where it was asked.
    let alone = (numbers > 1 || (asked && numbers > 0))
        && !piece.of(turn).map(Said::new).is_ok_and(|held| held.revises() || held.hints())
        && all.iter().filter(|word| word.weight == Weight::Content).count() <= numbers + 1;
    let mut found = Vec::new();
    for (index, word) in all.iter().enumerate() {
        let folded = &word.folded;
        let before = index.checked_sub(1).and_then(|before| all.get(before)).map(|before| &*before.folded);
        let ordinal = LISTS.ordinal.iter().position(|words| words.hold(folded));
        // "Number 3", "option 2": the word before says that a place is meant.
        let numbered = before.is_some_and(|before| LISTS.numbering.hold(before));
        let counted = number(word).filter(|_| alone || numbered || turn[..word.span.start].ends_with('#'));
        // 第二个
        let numerals = ["一", "二", "三", "四", "五"];
        let chinese = || numerals.iter().position(|numeral| *numeral == folded).filter(|_| before == Some("第"));
        let last = || LISTS.last.hold(folded).then(|| count.checked_sub(1)).flatten();
        let place = ordinal.or(counted).or_else(chinese).or_else(last).filter(|place| *place < count);
        found.extend(place.map(|place| (place, word.span)));
    }
    found
}

/// Whether a word is an ordinal, or the last.
pub(crate) fn is_ordinal(word: &str) -> bool {
    let folded = fold(word);
    LISTS.ordinal.iter().any(|words| words.hold(&folded)) || is_last(&folded)
}

/// Whether a word says that something is the last; with a time it counts nothing ("last month").
pub(crate) fn is_last(folded: &str) -> bool {
    LISTS.last.hold(folded)
}

/// Whether a word names what any list has: "one", "option", "version".
pub(crate) fn is_counted(folded: &str) -> bool {
    [&LISTS.counted, &LISTS.numbering, &LISTS.artifact].iter().any(|words| words.hold(folded))
}

/// Words that say which of several is meant: "the one that keeps warm", "18,000 is right".
pub(crate) fn the_one(turn: &str) -> Option<Span> {
    static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            r"(?i)\b(?:the|that)\s+one\s+(?:that|which|who|with|from|in|for)\s+(?:[\w'’-]+\s*){1,4}",
            r"(?i)\b(?:the|that)\s+(?:[\w'’-]+\s+){1,2}one\b",
            r"(?i)^[\w'’.,-]+(?:\s[\w'’.,-]+){0,2}\s+(?:is|are)\s+(?:right|correct|fine|good)\b",
            r"(?i)^(?:keep|take|i\s+like|i\s+love|go\s+with|let'?s\s+(?:do|take|go\s+with)|(?:i|we)'?ll\s+take)\s+(?:the\s+)?(?:[\w'’-]+\s*){1,3}",
            r"(?i)\b(?:o|a)\s+(?:que|de|do|da|com)\s+(?:[\w-]+\s*){1,3}",
            r"(?i)\b(?:der|die|das)\s+(?:mit|aus|von|in)\s+(?:[\w-]+\s*){1,3}",
            r"(?i)\b(?:el|la)\s+(?:que|de|con)\s+(?:[\w-]+\s*){1,3}",
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    let found = PATTERNS.iter().find_map(|pattern| pattern.find(turn))?;
    Some(Span { start: found.start(), end: found.start() + found.as_str().trim_end().len() })
}

/// Words that say what the last reply is, and mean all of it: "that code", "the same table".
pub(crate) fn whole_reply(turn: &str) -> Option<Span> {
    let all: Vec<_> = words(turn).collect();
    all.windows(2).find_map(|pair| {
        let [first, second] = pair else { return None };
        let points = LISTS.pointer.hold(&first.folded) && LISTS.artifact.hold(&second.folded);
        points.then_some(Span { start: first.span.start, end: second.span.end })
    })
}

/// Whether the turn's own words point at a part of a reply (`whole` false), or at a reply as a whole.
pub(crate) fn points(turn: &str, whole: bool) -> bool {
    !places(turn, usize::MAX, true).is_empty()
        || the_one(turn).is_some()
        || whole_reply(turn).is_some()
        || talk(turn) == Some(Talk::Agrees)
        || Said::new(turn).points(whole)
}
