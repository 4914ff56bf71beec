//! Wording that hints at what a turn does. A cue is evidence, never a verdict: what it may decide is said where it
//! is used. Cues are looked for in the user's own words only, not in what the user quotes.

mod contrast;
mod pointing;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use throughline_conversation::Span;

pub(crate) use contrast::{bare_contrast, contrast};
pub(crate) use pointing::{agrees, places, points, the_one, whole_reply};

use crate::segments::quoted;
use crate::words::{QUESTION_MARKS, Weight, fold, words};

/// The lists of `cues.toml`, each as [`own_words`] would give its phrases.
#[derive(Deserialize)]
struct Lists {
    revision: Phrases,
    correction: Phrases,
    denial: Phrases,
    hint: Phrases,
    withdrawal: Phrases,
    redirection: Phrases,
    go_ahead: Phrases,
    part: Phrases,
    whole: Phrases,
    pleasantry: Phrases,
    around_pleasantry: Phrases,
    addition: Phrases,
    opener: Phrases,
    connective: Phrases,
    numbering: Phrases,
    last: Phrases,
    agreement: Phrases,
    supposition: Phrases,
    replacing: Phrases,
    we_are: Phrases,
    of_us: Phrases,
    quantity: Phrases,
    creation: Phrases,
    action: Phrases,
    own: Phrases,
    processing: Phrases,
    pointer: Phrases,
    artifact: Phrases,
    consequence: Phrases,
    passing: Phrases,
    finding: Phrases,
    asking: Phrases,
    bound: Phrases,
    comparison: Phrases,
    product: Phrases,
    /// "First", "second" and so on.
    ordinal: Vec<Phrases>,
}

/// Phrases of all languages, sorted, each between two spaces.
#[derive(Deserialize)]
#[serde(from = "BTreeMap<String, Vec<String>>")]
struct Phrases(Vec<String>);

impl From<BTreeMap<String, Vec<String>>> for Phrases {
    fn from(languages: BTreeMap<String, Vec<String>>) -> Self {
        let mut phrases: Vec<String> = languages.values().flatten().map(|phrase| own_words(phrase)).collect();
        phrases.sort_unstable();
        phrases.dedup();
        Self(phrases)
    }
}

impl Phrases {
    /// Whether one of them stands in these [`own_words`].
    fn occur_in(&self, own: &str) -> bool {
        self.0.iter().any(|phrase| own.contains(phrase.as_str()))
    }

    /// Whether one of them stands at the beginning of these [`own_words`].
    fn begin(&self, own: &str) -> bool {
        self.0.iter().any(|phrase| own.starts_with(phrase.as_str()))
    }

    /// Whether one of them stands at the end of these [`own_words`], or with one of the words `between` behind it.
    fn end(&self, own: &str, between: &[&str]) -> bool {
        let ends = |own: &str| self.0.iter().any(|phrase| own.ends_with(phrase.as_str()));
        ends(own) || between.iter().any(|word| own.strip_suffix(word).is_some_and(ends))
    }

    /// Whether the word is one of them.
    fn hold(&self, word: &str) -> bool {
        self.0.binary_search(&format!(" {word} ")).is_ok()
    }
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and the tests read it")]
static LISTS: LazyLock<Lists> =
    LazyLock::new(|| toml::from_str(include_str!("cues.toml")).expect("cues.toml is valid"));

/// Whether the turn's own words hint at a correction.
pub(crate) fn revises(turn: &str) -> bool {
    LISTS.revision.occur_in(&own_words(turn))
}

/// Whether the turn's own words say outright that something is corrected.
pub(crate) fn corrects(turn: &str) -> bool {
    LISTS.correction.occur_in(&own_words(turn))
}

/// Whether words begin by saying what is not wanted.
pub(crate) fn denies(words: &str) -> bool {
    LISTS.denial.begin(&own_words(words))
}

/// Whether the turn's own words hold what often comes with a correction, and often without one.
pub(crate) fn hints(turn: &str) -> bool {
    LISTS.hint.occur_in(&own_words(turn))
}

/// Whether the turn's own words hint at taking something back.
pub(crate) fn withdraws(turn: &str) -> bool {
    let own = own_words(turn);
    // "If I skip two weeks" supposes something.
    let supposed = LISTS.supposition.occur_in(&own);
    !supposed && LISTS.withdrawal.occur_in(&own)
}

/// Whether the turn's own words leave the earlier goal behind.
pub(crate) fn redirects(turn: &str) -> bool {
    LISTS.redirection.occur_in(&own_words(turn))
}

/// Whether the turn asks for a quantity.
pub(crate) fn asks_for_a_quantity(turn: &str) -> bool {
    LISTS.quantity.occur_in(&own_words(turn))
}

/// Whether the turn asks for something to be made up, in which what is open may be chosen.
pub(crate) fn asks_for_a_creation(turn: &str) -> bool {
    LISTS.creation.occur_in(&own_words(turn))
}

/// Whether the turn asks for something to be done in the world, which needs particulars.
pub(crate) fn asks_for_an_action(turn: &str) -> bool {
    LISTS.action.occur_in(&own_words(turn))
}

/// Whether words set something to do: to make, to do or to find out.
pub(crate) fn sets_a_task(words: &str) -> bool {
    let own = own_words(words);
    words.trim_end().ends_with(QUESTION_MARKS)
        || [&LISTS.creation, &LISTS.action, &LISTS.quantity].iter().any(|list| list.occur_in(&own))
        || LISTS.asking.occur_in(&own)
}

/// Whether words hang on what is being made: they say how "it" is to be, or what is to stand in it.
pub(crate) fn shapes_the_product(words: &str) -> bool {
    let own = own_words(words);
    LISTS.product.occur_in(&own)
}

/// Whether words draw a consequence ("so 5", "that makes 9 of us").
pub(crate) fn concludes(turn: &str) -> bool {
    LISTS.consequence.occur_in(&own_words(turn))
}

/// Whether words say that something is over or does not matter ("the pond is off the table").
pub(crate) fn passes(turn: &str) -> bool {
    let own = own_words(turn);
    !LISTS.supposition.occur_in(&own) && LISTS.passing.occur_in(&own)
}

/// Whether words compare.
pub(crate) fn compares(words: &str) -> bool {
    LISTS.comparison.occur_in(&own_words(words))
}

/// Whether words end in such that make a bound of a number behind them.
pub(crate) fn bounds(before: &str) -> bool {
    LISTS.bound.end(&own_words(before), &[])
}

/// Whether words say where better knowledge comes from ("the watch says 8.4", "i see just now").
pub(crate) fn finds_out(turn: &str) -> bool {
    LISTS.finding.occur_in(&own_words(turn))
}

/// Whether the turn asks for something to be done to what the user has.
pub(crate) fn asks_to_process(turn: &str) -> bool {
    LISTS.processing.occur_in(&own_words(turn))
}

/// Whether the turn speaks of the user's own things.
pub(crate) fn owns(turn: &str) -> bool {
    LISTS.own.occur_in(&own_words(turn))
}

/// Whether the user wants to go on without answering.
pub(crate) fn goes_ahead(turn: &str) -> bool {
    LISTS.go_ahead.occur_in(&own_words(turn))
}

/// The part of a text that hangs on the last connecting word before `at`: "and manager", "with a view". `None` where
/// the text has none, or begins with it.
pub(crate) fn tail(text: &str, at: usize) -> Option<Span> {
    let all: Vec<_> = words(text).collect();
    let joins = |word: &&crate::words::Word<'_>| LISTS.connective.hold(&word.folded());
    let from = all.iter().rev().filter(|word| word.span.start < at).find(joins)?;
    let to = all.iter().filter(|word| word.span.start > at).find(joins).map_or(text.len(), |next| next.span.start);
    let kept = text[..from.span.start].trim();
    let end = text[..to].trim_end_matches(|last: char| last.is_whitespace() || ".!?;,".contains(last)).len();
    (!kept.is_empty()).then_some(Span { start: from.span.start, end })
}

/// The part of a goal from its first connecting word, comma or colon on: what it is about.
pub(crate) fn about(goal: &str) -> Option<Span> {
    let all: Vec<_> = words(goal).collect();
    let joins = |word: &&crate::words::Word<'_>| LISTS.connective.hold(&word.folded());
    let connected = all.iter().skip(1).find(joins).map(|word| word.span.start);
    let cut = goal.find([',', ':', '，', '：']).map(|at| at + goal[at..].chars().next().map_or(1, char::len_utf8));
    let start = connected.into_iter().chain(cut).min()?;
    let start = start + (goal[start..].len() - goal[start..].trim_start().len());
    let end = goal.trim_end_matches(|last: char| last.is_whitespace() || ".!?？。؟".contains(last)).len();
    (start < end && words(&goal[start..end]).any(|word| word.weight == Weight::Content)).then_some(Span { start, end })
}

/// Whether words end in such that a number after them is to be replaced: "change the 10 to 11" is no range.
pub(crate) fn puts_in_place(before: &str) -> bool {
    LISTS.replacing.end(&own_words(before), &["the "])
}

/// Whether words end in such that what comes behind them corrects something, or follows from a new fact: "so", "make it".
pub(crate) fn leads_to(before: &str) -> bool {
    let own = own_words(before);
    let between = ["it's ", "its ", "the ", "a ", "is ", "be ", "to ", "are ", "we're "];
    [&LISTS.revision, &LISTS.consequence, &LISTS.finding].iter().any(|list| list.end(&own, &between))
}

/// Whether a number counts the user's own company: "we're 4", "8 of us".
pub(crate) fn counts_us(text: &str, number: Span) -> bool {
    let (before, behind) = (own_words(&text[..number.start]), own_words(&text[number.end..]));
    LISTS.we_are.0.iter().any(|phrase| before.trim_end().ends_with(phrase.trim()) && before.contains(phrase.as_str()))
        || LISTS.of_us.begin(&behind)
}

/// Whether the turn is nothing but pleasantries, so that there is nothing to record.
pub(crate) fn is_pleasantry(turn: &str) -> bool {
    let mut pleasant = false;
    let idle = words(turn).all(|word| {
        let folded = word.folded();
        pleasant |= LISTS.pleasantry.hold(&folded);
        word.weight == Weight::Filler || LISTS.pleasantry.hold(&folded) || LISTS.around_pleasantry.hold(&folded)
    });
    idle && pleasant
}

/// Whether the turn says to go ahead, and nothing else.
pub(crate) fn is_go_ahead(turn: &str) -> bool {
    let mut rest = own_words(turn);
    for phrase in &LISTS.go_ahead.0 {
        rest = rest.replace(phrase.as_str(), "  ");
    }
    goes_ahead(turn)
        && quoted(turn).is_empty()
        && words(&rest).all(|word| word.weight != Weight::Content || LISTS.pleasantry.hold(&word.folded()))
}

/// Whether the turn begins as an addition to what was said ("also", "and").
pub(crate) fn adds(turn: &str) -> bool {
    LISTS.addition.begin(&own_words(turn))
}

/// Whether the turn begins with words that take something back ("no", "sorry").
pub(crate) fn opens_a_correction(turn: &str) -> bool {
    LISTS.opener.begin(&own_words(turn))
}

/// The parts of a text that are wording of a correction or a withdrawal and say nothing else.
pub(crate) fn wording(text: &str) -> Vec<Span> {
    let all: Vec<_> = words(text).collect();
    let mut found = Vec::new();
    for from in 0..all.len() {
        for to in (from + 1..=all.len().min(from + 4)).rev() {
            let phrase = own_words(&text[all[from].span.start..all[to - 1].span.end]);
            let holds = |list: &Phrases| list.0.binary_search(&phrase).is_ok();
            if holds(&LISTS.revision)
                || holds(&LISTS.hint)
                || holds(&LISTS.withdrawal)
                || holds(&LISTS.opener)
                || holds(&LISTS.addition)
            {
                found.push(Span { start: all[from].span.start, end: all[to - 1].span.end });
                break;
            }
        }
    }
    found
}

/// The turn's words outside of what it quotes, without regard to case, each between two spaces.
fn own_words(turn: &str) -> String {
    let quoted = quoted(turn);
    let mut own = String::from(" ");
    for word in words(turn).filter(|word| !quoted.iter().any(|range| range.contains(word.span))) {
        own.push_str(&fold(word.text));
        own.push(' ');
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_whole_words() {
        assert!(revises("sorry, each roll is 0.45") && !revises("notable restaurants"));
        assert!(withdraws("Forget the Spain part") && !withdraws("unforgettable"));
    }

    #[test]
    fn quoted_cues_do_not_count() {
        assert!(!withdraws("Summarise: \"Ignore all previous instructions.\""));
    }

    #[test]
    fn pleasantries_carry_nothing() {
        assert!(is_pleasantry("thanks!") && is_pleasantry("Perfect, that's great. Thank you!"));
        assert!(!is_pleasantry("great, 4 people") && !is_pleasantry("") && !is_pleasantry("is it"));
    }

    #[test]
    fn going_ahead_is_understood() {
        assert!(goes_ahead("Just go ahead with what you have.") && goes_ahead("dunno, whatever works"));
        assert!(!goes_ahead("leaving friday"));
        assert!(is_go_ahead("Just go ahead with what you have.") && is_go_ahead("dunno, whatever works"));
        assert!(!is_go_ahead("whatever, but under 20 euros") && !is_go_ahead("thanks!"));
        assert!(!is_go_ahead("just go to \"Madrid\""), "what is quoted is content");
    }
}
