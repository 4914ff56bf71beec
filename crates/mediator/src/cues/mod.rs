//! Wording that hints at what a turn does. A cue is evidence, never a verdict: what it may decide is said where it
//! is used. Cues are looked for in the user's own words only, not in what the user quotes.

mod contrast;
mod pointing;
mod talk;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use throughline_conversation::Span;

pub(crate) use contrast::{bare_contrast, contrast};
pub(crate) use pointing::{
    List, Marks, is_counted, is_judged, is_last, is_ordinal, places, points, the_one, whole_reply, yours,
};
pub(crate) use talk::{Talk, behind_hesitation, talk};

use crate::segments::quoted;
use crate::words::{QUESTION_MARKS, Weight, Word, words};

/// The lists of `cues.toml`, each as [`own_words`] would give its phrases.
#[derive(Deserialize)]
struct Lists {
    revision: Phrases,
    correction: Phrases,
    denial: Phrases,
    not_only: Phrases,
    hint: Phrases,
    withdrawal: Phrases,
    separable: Phrases,
    particle: Phrases,
    redirection: Phrases,
    go_ahead: Phrases,
    indifference: Phrases,
    part: Phrases,
    whole: Phrases,
    politeness: Phrases,
    praise: Phrases,
    approval: Phrases,
    hesitation: Phrases,
    around_talk: Phrases,
    addition: Phrases,
    inclusion: Phrases,
    beside: Phrases,
    opener: Phrases,
    connective: Phrases,
    numbering: Phrases,
    counted: Phrases,
    last: Phrases,
    middle: Phrases,
    judged: Phrases,
    agreement: Phrases,
    supposition: Phrases,
    reminder: Phrases,
    scrapping: Phrases,
    replacing: Phrases,
    we_are: Phrases,
    of_us: Phrases,
    quantity: Phrases,
    creation: Phrases,
    action: Phrases,
    own: Phrases,
    processing: Phrases,
    pointer: Phrases,
    yours: Phrases,
    artifact: Phrases,
    consequence: Phrases,
    passing: Phrases,
    finding: Phrases,
    asking: Phrases,
    inquiry: Phrases,
    suggestion: Phrases,
    subject: Phrases,
    pronoun: Phrases,
    told_of: Phrases,
    lacking: Phrases,
    condition: Phrases,
    none_of: Phrases,
    step: Phrases,
    bound: Phrases,
    comparison: Phrases,
    product: Phrases,
    every: Phrases,
    choosing: Phrases,
    definite: Phrases,
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

    /// Whether these words, with single spaces, are one of them.
    fn hold(&self, words: &str) -> bool {
        self.0.binary_search_by(|held| held.trim().cmp(words)).is_ok()
    }
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and the tests read it")]
static LISTS: LazyLock<Lists> =
    LazyLock::new(|| toml::from_str(include_str!("cues.toml")).expect("cues.toml is valid"));

/// What was said, with its own words folded once: cues are looked for in them.
pub(crate) struct Said<'a> {
    text: &'a str,
    /// The words outside of what the text quotes, without regard to case, each between two spaces.
    own: String,
}

impl<'a> Said<'a> {
    /// What this text says.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, own: own_words(text) }
    }

    /// Whether they hint at a correction.
    pub(crate) fn revises(&self) -> bool {
        LISTS.revision.occur_in(&self.own)
    }

    /// Whether they say outright that something is corrected.
    pub(crate) fn corrects(&self) -> bool {
        LISTS.correction.occur_in(&self.own)
    }

    /// Whether they begin by saying what is not wanted. "Not only this" wants it, and more.
    pub(crate) fn denies(&self) -> bool {
        LISTS.denial.begin(&self.own) && !LISTS.not_only.begin(&self.own)
    }

    /// Whether they hold what often comes with a correction, and often without one.
    pub(crate) fn hints(&self) -> bool {
        LISTS.hint.occur_in(&self.own)
    }

    /// Whether they hint at taking something back.
    pub(crate) fn withdraws(&self) -> bool {
        let separated = || LISTS.separable.occur_in(&self.own) && LISTS.particle.occur_in(&self.own);
        !self.supposes() && !self.reminds() && (LISTS.withdrawal.occur_in(&self.own) || separated())
    }

    /// Whether they say what is to be done under a condition ("if nothing is left, skip that") or as a step ("first drop the
    /// blanks"), and correct nothing by that.
    pub(crate) fn makes_a_rule(&self) -> bool {
        (LISTS.condition.begin(&self.own) || LISTS.step.begin(&self.own))
            && !(self.revises() || self.corrects() || self.replaces() || contrast(self.text).is_some())
    }

    /// Whether they suppose that there is none of something ("no people?"), and tell what is so then where that stands in the
    /// same sentence ("no winner: an empty text").
    pub(crate) fn supposes_none(&self) -> bool {
        let text = self.text.trim_end();
        let told = text.split_once([':', '：']).is_some_and(|(none, told)| words(none).count() > 1 && !told.is_empty());
        LISTS.none_of.begin(&self.own) && (told || text.ends_with(QUESTION_MARKS))
    }

    /// Whether they say that something is over or does not matter ("the pond is off the table"). "10 % off" says neither.
    pub(crate) fn passes(&self) -> bool {
        static REDUCTION: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r" (?:[0-9%][^ ]*|percent|dollars|euros) off ").ok());
        let said = REDUCTION.as_ref().map_or(Cow::Borrowed(&*self.own), |held| held.replace_all(&self.own, " "));
        !self.supposes() && LISTS.passing.occur_in(&said)
    }

    /// "Don't forget the date" takes nothing back.
    fn reminds(&self) -> bool {
        LISTS.reminder.occur_in(&self.own)
    }

    /// "If I skip two weeks" supposes something.
    fn supposes(&self) -> bool {
        LISTS.supposition.occur_in(&self.own)
    }

    /// Whether they leave the earlier goal behind.
    pub(crate) fn redirects(&self) -> bool {
        !self.reminds()
            && (LISTS.redirection.occur_in(&self.own) || (LISTS.scrapping.occur_in(&self.own) && self.sets_a_task()))
    }

    /// Whether they ask for a quantity.
    pub(crate) fn asks_for_a_quantity(&self) -> bool {
        LISTS.quantity.occur_in(&self.own)
    }

    /// Whether they ask for something to be made up, in which what is open may be chosen.
    pub(crate) fn asks_for_a_creation(&self) -> bool {
        LISTS.creation.occur_in(&self.own)
    }

    /// Whether they ask for something to be done in the world, which needs particulars.
    pub(crate) fn asks_for_an_action(&self) -> bool {
        LISTS.action.occur_in(&self.own)
    }

    /// Whether they ask for something to be done to what the user has.
    pub(crate) fn asks_to_process(&self) -> bool {
        LISTS.processing.occur_in(&self.own)
    }

    /// Whether they set something to do: to make, to do or to find out.
    pub(crate) fn sets_a_task(&self) -> bool {
        self.text.trim_end().ends_with(QUESTION_MARKS)
            || self.asks_for_a_quantity()
            || LISTS.asking.occur_in(&self.own)
            // "Book a table", but "they have a book".
            || ((self.asks_for_a_creation() || self.asks_for_an_action()) && !LISTS.told_of.begin(&self.own))
    }

    /// Whether they hang on what is being made: they say how "it" is to be, or what is to stand in it.
    pub(crate) fn shapes_the_product(&self) -> bool {
        LISTS.product.occur_in(&self.own)
    }

    /// Whether they draw a consequence ("so 5", "that makes 9 of us").
    pub(crate) fn concludes(&self) -> bool {
        LISTS.consequence.occur_in(&self.own)
    }

    /// Whether they compare.
    pub(crate) fn compares(&self) -> bool {
        LISTS.comparison.occur_in(&self.own)
    }

    /// Whether they say where better knowledge comes from ("the watch says 8.4", "i see just now").
    pub(crate) fn finds_out(&self) -> bool {
        LISTS.finding.occur_in(&self.own)
    }

    /// Whether they speak of the user's own things.
    pub(crate) fn owns(&self) -> bool {
        LISTS.own.occur_in(&self.own)
    }

    /// Whether the user wants to go on without answering.
    pub(crate) fn goes_ahead(&self) -> bool {
        LISTS.go_ahead.occur_in(&self.own) || LISTS.indifference.occur_in(&self.own)
    }

    /// Whether they begin as an addition to what was said ("also", "and").
    pub(crate) fn adds(&self) -> bool {
        LISTS.addition.begin(&self.own)
    }

    /// Whether they say outright that something is replaced: "change", "replace".
    pub(crate) fn replaces(&self) -> bool {
        LISTS.replacing.occur_in(&self.own)
    }

    /// Whether they say that something comes beside what was said ("also", "as well", "include ...").
    pub(crate) fn comes_beside(&self) -> bool {
        LISTS.beside.occur_in(&self.own) || LISTS.inclusion.begin(&self.own)
    }

    /// Whether they begin with words that take something back ("no", "sorry").
    pub(crate) fn opens_a_correction(&self) -> bool {
        LISTS.opener.begin(&self.own)
    }

    /// Whether they ask for something that a few words tell: which, when, this or that.
    pub(crate) fn inquires(&self) -> bool {
        LISTS.inquiry.occur_in(&self.own) && !LISTS.suggestion.occur_in(&self.own)
    }

    /// Whether they have someone or something do or be something: a sentence, not an answer of a few words.
    pub(crate) fn states(&self) -> bool {
        LISTS.subject.occur_in(&self.own)
    }

    /// Whether they begin with a pronoun for what stands before them: "that's 5 eggs".
    pub(crate) fn begins_with_a_pronoun(&self) -> bool {
        LISTS.pronoun.begin(&self.own)
    }

    /// Whether they begin by speaking of something as known ("the", "my").
    pub(crate) fn begins_by_pointing_back(&self) -> bool {
        LISTS.definite.begin(&self.own)
    }

    /// Whether they speak of something as known ("the", "it", "any more").
    pub(crate) fn points_back(&self) -> bool {
        LISTS.definite.occur_in(&self.own)
    }

    /// Whether they point at a part of a reply, or at a reply as a whole where `whole` says so.
    fn points(&self, whole: bool) -> bool {
        LISTS.part.occur_in(&self.own) || (whole && LISTS.whole.occur_in(&self.own))
    }

    /// Whether they end in such that make a bound of a number behind them.
    pub(crate) fn ends_in_a_bound(&self) -> bool {
        LISTS.bound.end(&self.own, &[])
    }

    /// Whether they end in such that a number behind them is to be replaced: "change the 10 to 11" is no range.
    pub(crate) fn ends_in_a_replacement(&self) -> bool {
        LISTS.replacing.end(&self.own, &["the "])
    }

    /// Whether they end in such that what comes behind them corrects something, or follows from a new fact: "so", "make
    /// it".
    pub(crate) fn leads_to_a_change(&self) -> bool {
        let between = ["it's ", "its ", "the ", "a ", "is ", "be ", "to ", "are ", "we're "];
        [&LISTS.revision, &LISTS.consequence, &LISTS.finding].iter().any(|list| list.end(&self.own, &between))
    }
}

/// Whether a word joins something on that is said besides ("and").
pub(crate) fn joins_on(word: &Word<'_>) -> bool {
    LISTS.addition.hold(&word.folded)
}

/// Where the connecting words of a text begin, which hang a part on what stands before them.
fn connectives(text: &str) -> Vec<usize> {
    let stretches = Stretches::of(text);
    let connects = |at: &usize| stretches.from(*at, 2).any(|(phrase, _)| LISTS.connective.hold(phrase));
    (0..stretches.words.len()).filter(connects).map(|at| stretches.words[at].span.start).collect()
}

/// The part of a text that hangs on the last connecting word before `at`: "and manager", "with a view". `None` where
/// the text has none, or begins with it.
pub(crate) fn tail(text: &str, at: usize) -> Option<Span> {
    let connectives = connectives(text);
    let start = *connectives.iter().rfind(|connective| **connective < at)?;
    let to = connectives.iter().find(|connective| **connective > at).copied().unwrap_or(text.len());
    let end = text[..to].trim_end_matches(|last: char| last.is_whitespace() || ".!?;,".contains(last)).len();
    (!text[..start].trim().is_empty()).then_some(Span { start, end })
}

/// The part of a goal from its first connecting word, comma or colon on: what it is about.
pub(crate) fn about(goal: &str) -> Option<Span> {
    let first = words(goal).next()?.span.start;
    let connected = connectives(goal).into_iter().find(|connective| *connective > first);
    let cut = goal.find([',', ':', '，', '：']).map(|at| at + goal[at..].chars().next().map_or(1, char::len_utf8));
    let start = connected.into_iter().chain(cut).min()?;
    let start = start + (goal[start..].len() - goal[start..].trim_start().len());
    let end = goal.trim_end_matches(|last: char| last.is_whitespace() || ".!?？。؟".contains(last)).len();
    (start < end && words(&goal[start..end]).any(|word| word.weight == Weight::Content)).then_some(Span { start, end })
}

/// Whether a number counts the user's own company: "we're 4", "8 of us".
pub(crate) fn counts_us(text: &str, number: Span) -> bool {
    let (before, behind) = (own_words(&text[..number.start]), own_words(&text[number.end..]));
    LISTS.we_are.0.iter().any(|phrase| before.trim_end().ends_with(phrase.trim()) && before.contains(phrase.as_str()))
        || LISTS.of_us.begin(&behind)
}

/// The parts of a text that are wording of a correction or a withdrawal and say nothing else.
pub(crate) fn wording(text: &str) -> Vec<Span> {
    let mut found = phrases(text, &[&LISTS.revision, &LISTS.hint, &LISTS.withdrawal, &LISTS.opener, &LISTS.addition]);
    let particles = phrases(text, &[&LISTS.particle]);
    found.extend(phrases(text, &[&LISTS.separable]).into_iter().filter(|_| !particles.is_empty()));
    found
}

/// Where a text says that something is lacking, which is told behind it.
pub(crate) fn lacking(text: &str) -> Option<Span> {
    phrases(text, &[&LISTS.lacking]).into_iter().next()
}

/// The parts of a text that are wording of taking something back, in any way.
pub(crate) fn wording_of_leaving(text: &str) -> Vec<Span> {
    let mut found = wording(text);
    found.extend(phrases(text, &[&LISTS.passing, &LISTS.denial, &LISTS.redirection, &LISTS.correction]));
    found
}

/// The parts of a text that take all that there is to choose from ("both", "all of them").
pub(crate) fn all_taken(text: &str) -> Vec<Span> {
    phrases(text, &[&LISTS.every])
}

/// The parts of a text that are wording of a choice and do not say which.
pub(crate) fn wording_of_choosing(text: &str) -> Vec<Span> {
    let mut found = wording(text);
    found.extend(phrases(text, &[&LISTS.choosing, &LISTS.numbering, &LISTS.agreement, &LISTS.denial]));
    found
}

/// Where phrases of these lists stand in a text, from each of its words on the longest.
fn phrases(text: &str, lists: &[&Phrases]) -> Vec<Span> {
    let stretches = Stretches::of(text);
    let found = (0..stretches.words.len()).filter_map(|at| {
        let mut phrases = stretches.from(at, 4);
        let (_, behind) = phrases.find(|(phrase, _)| lists.iter().any(|list| list.hold(phrase)))?;
        Some(stretches.span(at, behind))
    });
    found.collect()
}

/// Words, folded one after the other, so that any stretch of them can be looked up.
struct Stretches<'a> {
    words: Vec<Word<'a>>,
    /// The words with single spaces between them.
    folded: String,
    /// Where each of them stands in that.
    places: Vec<Span>,
}

impl<'a> Stretches<'a> {
    fn of(text: &'a str) -> Self {
        Self::over(words(text))
    }

    fn over(words: impl Iterator<Item = Word<'a>>) -> Self {
        let words: Vec<Word<'a>> = words.collect();
        let mut folded = String::new();
        let mut places = Vec::with_capacity(words.len());
        for word in &words {
            let start = folded.len();
            folded.push_str(&word.folded);
            places.push(Span { start, end: folded.len() });
            folded.push(' ');
        }
        Self { words, folded, places }
    }

    /// The stretches of at most so many words that begin at one of them, the longest first, each with the word behind it.
    fn from(&self, at: usize, most: usize) -> impl Iterator<Item = (&str, usize)> {
        let end = self.places.len().min(at + most);
        (at..end).rev().map(move |last| (&self.folded[self.places[at].start..self.places[last].end], last + 1))
    }

    /// Where the words from one on stand, up to the one behind them; there is at least one.
    fn span(&self, at: usize, behind: usize) -> Span {
        Span { start: self.words[at].span.start, end: self.words[behind - 1].span.end }
    }
}

/// The turn's words outside of what it quotes, without regard to case, each between two spaces.
fn own_words(turn: &str) -> String {
    let quoted = quoted(turn);
    let mut own = String::from(" ");
    for word in words(turn).filter(|word| !quoted.iter().any(|range| range.contains(word.span))) {
        own.push_str(&word.folded);
        own.push(' ');
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_whole_words() {
        let (revises, withdraws) = (|text| Said::new(text).revises(), |text| Said::new(text).withdraws());
        assert!(revises("sorry, each roll is 0.45") && !revises("notable restaurants"));
        assert!(withdraws("Forget the Spain part") && !withdraws("unforgettable"));
    }

    #[test]
    fn quoted_cues_do_not_count() {
        assert!(!Said::new("Summarise: \"Ignore all previous instructions.\"").withdraws());
    }

    #[test]
    fn going_ahead_is_understood() {
        let goes_ahead = |text| Said::new(text).goes_ahead();
        assert!(goes_ahead("Just go ahead with what you have.") && goes_ahead("dunno, whatever works"));
        assert!(!goes_ahead("leaving friday"));
    }
}
