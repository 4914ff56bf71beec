//! The quantities that a text states, in digits or in words, and the numbers that it takes for known.

use std::ops::Range;
use std::sync::LazyLock;

use num::bigint::BigInt;
use num::rational::BigRational;
use regex::Regex;

use crate::math::scan::{Notation, numbers};
use crate::pattern::pattern;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const LARGE: [(&str, i64); 3] = [("hundred", 100), ("thousand", 1000), ("million", 1_000_000)];

static WORD: LazyLock<Regex> = LazyLock::new(|| {
    let (small, tens) = (SMALL.join("|"), TENS.join("|"));
    pattern(&format!(
        r"(?i)\b(?:(?<tens>{tens})(?:[- ](?<ones>{}))?|(?<small>{small})|(?<large>hundred|thousand|million))\b",
        SMALL[1..10].join("|")
    ))
});
/// A whole number in digits, with a dollar sign or without.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?<dollar>\$)?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)$"));
/// What makes a number part of something else: a time, a ratio, an ordinal, a name.
static ATTACHED_BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:[\w./:#,%$+*=-]|[0-9]\s*[-+*/x×]\s*)$"));
static ATTACHED_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:[/:%+*=]|[-–][0-9]|[.,][0-9]|\w|\s*(?:bills?\b|coins?\b|percent|per ?cent|a\.?m\b|p\.?m\b|o.clock|[-+*/x×]\s*[0-9]))",
    )
});
/// Words that a count stands before: one in the plural, perhaps with another one before it.
static NOUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ (?<first>[a-z]+)(?: (?<second>[a-z]+))?"));
/// Words in `-s` that are no thing to count.
const NO_NOUNS: [&str; 22] = [
    "as", "is", "was", "has", "his", "its", "this", "times", "plus", "less", "minus", "does", "goes", "costs", "gets",
    "needs", "makes", "takes", "across", "besides", "always", "others",
];
/// Words that an adjective before a noun is not.
const NO_ADJECTIVES: [&str; 34] = [
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "more", "fewer", "less",
    "than", "each", "every", "per", "times", "that", "who", "which", "are", "were", "is", "was", "as", "when", "but",
    "while", "all",
];

/// A quantity that a text states.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantity {
    /// Where it stands, with its dollar sign.
    pub(super) span: Range<usize>,
    /// Its value; of a percentage the number before the sign.
    pub(super) value: BigRational,
    /// Whether it carries a percent sign.
    pub(super) percent: bool,
    /// Whether it is a whole number in digits that stands for itself, so that other digits can take its place.
    pub(super) changeable: bool,
}

impl Quantity {
    /// What it counts, in the words behind it: a noun in the plural, with one word before it at most.
    pub(super) fn noun<'a>(&self, text: &'a str) -> Option<&'a str> {
        let found = NOUN.captures(text.get(self.span.end..)?)?;
        let noun = |name| found.name(name).filter(|word| is_plural(word.as_str()));
        let first = found.name("first")?;
        let last = noun("first").or_else(|| noun("second").filter(|_| !NO_ADJECTIVES.contains(&first.as_str())))?;
        let start = self.span.end;
        text.get(start + first.start()..start + last.end())
    }
}

fn is_plural(word: &str) -> bool {
    word.len() >= 4 && word.ends_with('s') && !word.ends_with("ss") && !NO_NOUNS.contains(&word)
}

/// The quantities of a text, those in digits first.
pub(super) fn quantities(text: &str) -> Vec<Quantity> {
    let digits = numbers(text, Notation::Plain).into_iter().map(|found| {
        let Range { start, end } = found.span;
        let (before, rest) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
        let whole = WHOLE.is_match(text.get(start..end).unwrap_or_default());
        let apart = !ATTACHED_BEFORE.is_match(before) && !ATTACHED_BEHIND.is_match(rest);
        let changeable = whole && apart && !found.label && !found.number.percent && found.number.value.is_integer();
        Quantity { span: start..end, value: found.number.value, percent: found.number.percent, changeable }
    });
    let words = WORD.captures_iter(text).filter_map(|found| {
        let span = found.get(0)?.range();
        let place = |name, words: &[&str]| {
            let word = found.name(name)?.as_str().to_lowercase();
            i64::try_from(words.iter().position(|known| **known == word)?).ok()
        };
        let tens = place("tens", &TENS).map(|tens| 20 + 10 * tens + place("ones", &SMALL).unwrap_or(0));
        let large = found.name("large").map(|word| word.as_str().to_lowercase());
        let large = large.and_then(|large| LARGE.iter().find(|(word, _)| *word == large)).map(|(_, value)| *value);
        let value = BigRational::from_integer(BigInt::from(tens.or(place("small", &SMALL)).or(large)?));
        Some(Quantity { span, value, percent: false, changeable: false })
    });
    digits.chain(words).collect()
}

/// Numbers that may stand behind a word, by how the word begins (of two letters or fewer: by the whole word). A chain that uses one of them may mean the word, whatever
/// else the text states.
const KNOWN: [(&str, &[&str]); 43] = [
    ("2", &["twice", "twin", "double", "hal", "pair", "couple", "both", "second", "other", "either", "two"]),
    ("3", &["thrice", "triple", "treble", "third", "yard", "trio", "triplet"]),
    ("4", &["quarter", "quadrupl", "fourth", "season", "square", "quartet", "month"]),
    ("5", &["fifth", "weekday", "workday", "nickel", "week", "quintupl", "hand"]),
    ("6", &["sixth", "dozen", "sextupl", "cube", "die", "dice"]),
    ("7", &["week", "seventh", "day", "daily"]),
    ("8", &["eighth", "octo", "spider", "gallon"]),
    ("9", &["ninth", "yard"]),
    ("10", &["tenth", "decade", "dime", "hands", "finger", "toe", "centi", "milli", "cm", "mm"]),
    ("11", &["player", "team"]),
    ("12", &["dozen", "year", "annual", "foot", "feet", "inch", "month", "ruler", "noon", "midnight"]),
    ("13", &["dozen", "baker"]),
    ("14", &["week", "fortnight"]),
    ("15", &["quarter", "hour"]),
    ("16", &["pound", "ounce", "gallon", "cup"]),
    ("20", &["score", "fifth"]),
    ("21", &["week"]),
    ("24", &["day", "dail", "dozen", "night", "hour"]),
    ("25", &["quarter"]),
    ("26", &["alphabet", "letter", "week", "year"]),
    ("28", &["week", "month", "february"]),
    ("30", &["month", "half", "day", "hour"]),
    ("31", &["month", "day"]),
    ("36", &["yard", "inch", "dozen"]),
    ("48", &["day", "dozen", "hour"]),
    ("50", &["half", "dollar", "cent"]),
    ("52", &["year", "week", "annual", "card", "deck"]),
    ("60", &["hour", "minute", "second"]),
    ("90", &["angle", "degree", "month", "day"]),
    ("100", &["percent", "cent", "dollar", "meter", "cm", "m"]),
    ("120", &["hour", "minute", "dozen"]),
    ("128", &["gallon", "ounce"]),
    ("180", &["angle", "triangle", "degree"]),
    ("360", &["degree", "circle", "year"]),
    ("365", &["year", "day", "annual"]),
    ("1000", &["kilo", "km", "kg", "g", "m", "ml", "gram", "liter", "meter", "ton"]),
    ("3600", &["hour", "second"]),
    ("1/2", &["hal", "twice"]),
    ("3/2", &["half"]),
    ("5/2", &["half"]),
    ("1/3", &["third"]),
    ("1/4", &["quarter", "fourth"]),
    ("3/4", &["quarter", "fourth"]),
];

/// Whether a text takes the number for known: a word stands in it that implies it, or, as with 100, a sign.
pub(super) fn is_known(value: &BigRational, text: &str) -> bool {
    let text = text.to_lowercase();
    let words = || text.split(|character: char| !character.is_alphanumeric());
    // Units are whole words: "m" does not begin "many".
    let implied =
        |start: &str| words().any(|word| if start.len() > 2 { word.starts_with(start) } else { word == start });
    let whole = |whole: i64| *value == BigRational::from_integer(whole.into());
    whole(1)
        || (whole(100) && text.contains(['%', '$']))
        || KNOWN.iter().any(|(number, words)| {
            let (over, under) = number.split_once('/').unwrap_or((number, "1"));
            let number = over.parse().ok().zip(under.parse().ok()).map(|(over, under)| BigRational::new(over, under));
            number.as_ref() == Some(value) && words.iter().any(|word| implied(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, bool)> {
        quantities(text).into_iter().map(|quantity| (quantity.value.to_string(), quantity.changeable)).collect()
    }

    fn is_one(text: &str, value: &str, changeable: bool) {
        assert_eq!(found(text), [(value.to_owned(), changeable)], "{text}");
    }

    #[test]
    fn quantities_in_digits_and_words_are_found() {
        is_one("with 9 tulips.", "9", true);
        is_one("It costs $1,200.", "1200", true);
        is_one("write a 400-word story", "400", true);
        is_one("Twenty-five boxes", "25", false);
        is_one("all three of them", "3", false);
        is_one("a hundred", "100", false);
        assert!(found("tenths of a fortysomething").is_empty());
    }

    #[test]
    fn what_belongs_to_something_else_cannot_be_changed() {
        for text in [
            "20% off",
            "20 percent",
            "at 7 pm",
            "at 7:30",
            "3/4 of it",
            "1.5 kg",
            "the 2nd",
            "4x4",
            "item #5",
            "10-12 of them",
            "5km",
            "a 3 x 5 card",
            "3.5.2",
        ] {
            assert!(found(text).iter().all(|(_, changeable)| !changeable), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn nouns_are_plural() {
        let noun = |text: &'static str| quantities(text)[0].noun(text);
        assert_eq!(noun("they go in 6 rows"), Some("rows"));
        assert_eq!(noun("7 red marbles."), Some("red marbles"));
        assert_eq!(noun("Each of the 200 students drinks"), Some("students"));
        for text in ["3 times as many", "$5 for shoes", "9 of the cups", "12, plus tips", "a 400-word story", "8 less"]
        {
            assert_eq!(noun(text), None, "{text}");
        }
    }

    #[test]
    fn words_imply_numbers() {
        let known = |value: i64, text| is_known(&BigRational::from_integer(value.into()), text);
        assert!(known(12, "Three dozen eggs") && known(60, "in 2 hours") && known(2, "half of them") && known(1, "x"));
        assert!(known(100, "20% off") && known(7, "How many a week?") && known(2, "twice as many"));
        assert!(!known(12, "eggs") && !known(7, "tulips") && !known(11, "a dozen"));
    }
}
