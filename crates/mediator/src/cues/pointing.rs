//! Words that point at a reply, or at a part of it.

use std::sync::LazyLock;

use regex::Regex;
use throughline_conversation::Span;

use super::{LISTS, Phrases, Said, Stretches, Talk, talk};
use crate::segments::{pieces, quoted};
use crate::words::{Weight, Word, fold, words};

/// How the items of a list are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// There is no list: the parts are paragraphs or sentences, say.
    None,
    /// By nothing that a turn could name: `-`, `*` and so on, or code blocks.
    Bullets,
    /// `1.`, `2)` and so on.
    Numbers,
    /// `a)`, `B:` and so on.
    Letters,
}

/// What a turn may point into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    /// How many items it has.
    pub(crate) count: usize,
    pub(crate) marks: Marks,
    /// It was put to choose from.
    pub(crate) asked: bool,
}

impl List {
    /// The choices of a question: they are numbered.
    pub(crate) fn choices(count: usize) -> Self {
        Self { count, marks: Marks::Numbers, asked: true }
    }

    /// The place, from 0, that a word gives as a number, or as a letter where the list has letters.
    fn named(self, word: &Word<'_>) -> Option<usize> {
        /// Letters that are more often words of their own.
        const WORDS: [&str; 6] = ["I", "a", "e", "i", "o", "y"];
        if let (Marks::Letters, [letter @ (b'a'..=b'z' | b'A'..=b'Z')]) = (self.marks, word.text.as_bytes()) {
            return (!WORDS.contains(&word.text)).then(|| usize::from(letter.to_ascii_lowercase() - b'a'));
        }
        word.text.parse::<usize>().ok()?.checked_sub(1)
    }
}

/// The places in a list that the turn's own words point at, from 0, each with the words that do.
pub(crate) fn places(turn: &str, list: List) -> Vec<(usize, Span)> {
    pieces(turn, Span::whole(turn)).into_iter().flat_map(|piece| places_in(turn, piece, list)).collect()
}

fn places_in(turn: &str, piece: Span, list: List) -> Vec<(usize, Span)> {
    /// How many words the longest name of a place has.
    const LONGEST: usize = 5;
    let quoted = quoted(turn);
    let is_own = |span| piece.contains(span) && !quoted.iter().any(|range| range.contains(span));
    let stretches = Stretches::over(words(turn).filter(|word| is_own(word.span)));
    let all = &stretches.words;
    let named = all.iter().filter(|word| list.named(word).is_some()).count();
    let says_else = || piece.of(turn).map(Said::new).is_ok_and(|held| held.revises() || held.hints());
    let about = all.iter().filter(|word| word.weight == Weight::Content && list.named(word).is_none()).count();
    // Marks and next to nothing else answer to a list: "mix 1 and 3", or "2" where it was asked.
    let is_list = list.marks != Marks::None;
    let alone = is_list && (named > 1 || (list.asked && named > 0)) && about <= 1 && !says_else();
    // "B! And then": what is named so opens the turn.
    let has_names = matches!(list.marks, Marks::Numbers | Marks::Letters);
    let opens = has_names && named == 1 && all.len() == 1 && turn[..piece.start].trim().is_empty();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = all.get(at) {
        // "Number 3", "option B": the word before says that a place is meant.
        let behind_numbering = || at.checked_sub(1).is_some_and(|before| LISTS.numbering.hold(&all[before].folded));
        let numbered = || behind_numbering() || turn[..word.span.start].ends_with('#');
        let phrase = stretches.from(at, LONGEST).find_map(|(held, behind)| Some((place(held, list.count)?, behind)));
        let by_mark = || list.named(word).filter(|_| alone || opens || numbered()).map(|place| (place, at + 1));
        let pointing = phrase.or_else(by_mark);
        let behind = pointing.map_or(at + 1, |(_, behind)| behind);
        let place = pointing.map(|(place, _)| place).filter(|place| *place < list.count);
        found.extend(place.map(|place| (place, stretches.span(at, behind))));
        at = behind;
    }
    found
}

/// The place in a list of so many that an ordinal phrase gives: "second", "last", "middle one".
fn place(phrase: &str, count: usize) -> Option<usize> {
    let ordinal = || LISTS.ordinal.iter().position(|words| words.hold(phrase));
    let last = || LISTS.last.hold(phrase).then(|| count.checked_sub(1)).flatten();
    let middle = || (count % 2 == 1 && LISTS.middle.hold(phrase)).then_some(count / 2);
    ordinal().or_else(last).or_else(middle)
}

/// Whether a word is an ordinal, the last, or the one in the middle.
pub(crate) fn is_ordinal(word: &str) -> bool {
    place(&fold(word), 1).is_some()
}

/// Whether a word says that something is the last; with a time it counts nothing ("last month").
pub(crate) fn is_last(folded: &str) -> bool {
    LISTS.last.hold(folded)
}

/// Whether a word names what any list has: "one", "option", "version".
pub(crate) fn is_counted(folded: &str) -> bool {
    [&LISTS.counted, &LISTS.numbering, &LISTS.artifact].iter().any(|words| words.hold(folded))
}

/// Whether a word says how a place is found, and counts nothing: "the second sounds fun".
pub(crate) fn is_judged(folded: &str) -> bool {
    LISTS.judged.hold(folded)
}

/// Words that say which of several is meant: "the one that keeps warm", "the paragraph with the hamster", "18,000 is
/// right", "me quedo con la cabaña".
pub(crate) fn the_one(turn: &str) -> Option<Span> {
    static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        [
            r"(?i)\b(?:the|that)\s+(?<counted>\w+)\s+(?:that|which|who|with|from|in|for|about|where)\s+(?:[\w'’-]+\s*){1,4}",
            r"(?i)\b(?:the|that)\s+(?:[\w'’-]+\s+){1,2}one\b",
            r"(?i)^[\w'’.,-]+(?:\s[\w'’.,-]+){0,2}\s+(?:(?:is|are)\s+(?:right|correct|fine|good|great|nice|perfect)|sounds|it\s+is|klingt|gefällt|suena|me\s+gusta|me\s+plaît|mi\s+piace|klinkt)\b",
            r"(?i)^(?:keep|take|i\s+like|i\s+love|go\s+with|let'?s\s+(?:do|take|go\s+with)|(?:i|we)'?ll\s+take)\s+(?:the\s+)?(?:[\w'’-]+\s*){1,3}",
            r"(?i)^(?:nimm|behalte|ich\s+nehme|wir\s+nehmen|nehmen\s+wir|mir\s+gefällt)\s+(?:[\w'’-]+\s*){1,3}",
            r"(?i)^(?:me\s+gusta|me\s+quedo\s+con|nos\s+quedamos\s+con|elijo|vamos\s+con)\s+(?:[\w'’-]+\s*){1,3}",
            r"(?i)^(?:garde|prends|je\s+prends|on\s+prend|j['’]aime)\s+(?:[\w'’-]+\s*){1,3}",
            r"(?i)^(?:tieni|prendo|prendiamo|mi\s+piace|scelgo)\s+(?:[\w'’-]+\s*){1,3}",
            r"(?i)^(?:fico\s+com|vamos\s+com|gostei\s+d[aeo]|gosto\s+d[aeo])\s+(?:[\w'’-]+\s*){1,3}",
            r"(?i)^(?:ik\s+neem|doe\s+maar|biorę|wezmę|беру|возьму)\s+(?:[\w'’-]+\s*){1,3}",
            r"(?i)\b(?:o|a)\s+(?:que|de|do|da|com)\s+(?:[\w-]+\s*){1,3}",
            r"(?i)\b(?:der|die|das)\s+(?:mit|aus|von|in)\s+(?:[\w-]+\s*){1,3}",
            r"(?i)\b(?:el|la)\s+(?:que|de|con)\s+(?:[\w-]+\s*){1,3}",
            r"(?i)\b(?:celui|celle)\s+(?:qui|de|du|avec|à|au)\s+(?:[\w-]+\s*){1,3}",
            r"(?i)\bquell[ao]\s+(?:che|di|del|della|con|al)\s+(?:[\w-]+\s*){1,3}",
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    PATTERNS.iter().find_map(|pattern| {
        let found = pattern.captures(turn)?;
        let counts = |noun: regex::Match<'_>| is_counted(&fold(noun.as_str()));
        found.name("counted").is_none_or(counts).then_some(())?;
        let all = found.get(0)?;
        Some(Span { start: all.start(), end: all.start() + all.as_str().trim_end().len() })
    })
}

/// Words that say what the last reply is, and mean all of it: "that code", "the same table".
pub(crate) fn whole_reply(turn: &str) -> Option<Span> {
    behind(turn, &[&LISTS.pointer, &LISTS.yours], |word| LISTS.artifact.hold(&word.folded))
}

/// A word that fits, with what calls it the assistant's: "your having".
pub(crate) fn yours(turn: &str, fits: impl Fn(&Word<'_>) -> bool) -> Option<Span> {
    behind(turn, &[&LISTS.yours], fits)
}

/// A word that fits, with a phrase of these lists right before it.
fn behind(turn: &str, lists: &[&Phrases], fits: impl Fn(&Word<'_>) -> bool) -> Option<Span> {
    /// How many words the longest of these phrases has.
    const LONGEST: usize = 2;
    let stretches = Stretches::of(turn);
    (0..stretches.words.len()).find_map(|at| {
        let mut phrases = stretches.from(at, LONGEST);
        let (_, behind) = phrases.find(|(phrase, behind)| {
            stretches.words.get(*behind).is_some_and(&fits) && lists.iter().any(|list| list.hold(phrase))
        })?;
        Some(stretches.span(at, behind + 1))
    })
}

/// Whether the turn's own words point at a part of a reply with these parts, or at all of it where it has but one.
pub(crate) fn points(turn: &str, parts: List) -> bool {
    !places(turn, List { asked: true, ..parts }).is_empty()
        || the_one(turn).is_some()
        || whole_reply(turn).is_some()
        || talk(turn) == Some(Talk::Agrees)
        || Said::new(turn).points(parts.count == 1)
}
