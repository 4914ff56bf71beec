//! Values in a text: numbers, times, dates, days, colours, identifiers. A correction most often puts one value in the
//! place of another of the same class.

use std::sync::LazyLock;

use regex::Regex;
use throughline_conversation::Span;

use super::classes::{is_currency, is_time_of_day, is_uncounted, number_word, unit_class, word_class};
use crate::cues::{self, Said};
use crate::segments::quoted;
use crate::words::{Weight, Word, fold, words};

/// What sort of thing a value is. Only values of one class can take each other's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// A number, in digits or as a word.
    Number,
    /// A time of day.
    Time,
    /// Two numbers or times with a word of range between them.
    Range,
    /// A day of the month: `12th`.
    Ordinal,
    /// A word of a closed set, such as the days of the week; the set's name.
    Word(&'static str),
    /// A name in code, a file name, a number with letters.
    Identifier,
    /// Text in quotation marks.
    Quotation,
}

/// A value of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    /// Where it stands.
    pub(crate) span: Span,
    /// What sort of thing it is.
    pub(crate) class: Class,
    /// What it is, without regard to how it is written: `twelve` and `12` are the same.
    pub(crate) key: String,
    /// What is counted or measured: the word behind it, in a form that its spellings share.
    pub(crate) unit: Option<String>,
    /// Its size, where it is one number.
    pub(crate) size: Option<f64>,
}

impl Value {
    /// Whether it is no mere word of a closed set.
    pub(crate) fn is_figure(&self) -> bool {
        !matches!(self.class, Class::Word(_))
    }
}

/// What a pattern matches, and what that is.
type Pattern = (Class, Regex);

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let pattern = |class, pattern: &str| Regex::new(pattern).ok().map(|regex| (class, regex));
    [
        pattern(
            Class::Identifier,
            r"(?x) https?://\S*[\w/] | \b[\w.-]*[[:alpha:]_][\w-]*[._]\w[\w.-]*\w | \b\d+-\d+[\d-]*\b
              | \b[[:alpha:]]+-?\d[\w-]*\b | \b[a-z]+-[a-z]+-\d+\b | \b[a-z]+(?:_[a-z\d]+)+\b",
        ),
        pattern(
            Class::Range,
            r"(?ix) \b\d{1,4}(?:[:.]\d\d)?\s?(?:am|pm)?\s?(?:-|–|x|to|until|bis|al|au|a|à|até)\s?\d{1,4}(?:[:.]\d\d)?\s?(?:am\b|pm\b)?",
        ),
        pattern(Class::Time, r"(?ix) \b\d{1,2}[:h]\d\d\s?(?:am|pm|uhr)?\b | \b\d{1,2}\s?(?:am|pm|uhr|h)\b"),
        pattern(Class::Ordinal, r"(?i)\b\d{1,2}(?:st|nd|rd|th)\b"),
        pattern(Class::Number, r"\d+(?:[.,]\d+)*(?:/\d+)?"),
    ]
    .into_iter()
    .flatten()
    .collect()
});

/// The values of a text, in order; none overlaps another.
pub(crate) fn values(text: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for span in quoted(text) {
        let held = span.of(text).unwrap_or_default();
        // A long quotation is material, no value.
        if held.chars().count() <= 40 && !held.contains('\n') {
            let class = if held.starts_with('`') { Class::Identifier } else { Class::Quotation };
            found.push(Value { span, class, key: fold(held).into_owned(), unit: None, size: None });
        }
    }
    let material: Vec<Span> = quoted(text);
    for (class, regex) in PATTERNS.iter() {
        for matched in regex.find_iter(text) {
            let span = Span { start: matched.start(), end: matched.start() + matched.as_str().trim_end().len() };
            let meets = |held: &Span| held.start < span.end && span.start < held.end;
            if (*class == Class::Range && Said::new(&text[..span.start]).ends_in_a_replacement())
                || material.iter().any(meets)
                || found.iter().any(|value| meets(&value.span))
            {
                continue;
            }
            found.push(Value {
                span,
                class: *class,
                key: fold(matched.as_str().trim_end()).into_owned(),
                unit: None,
                size: None,
            });
        }
    }
    let all: Vec<Word<'_>> = words(text).collect();
    for word in &all {
        let meets = |held: Span| held.start < word.span.end && word.span.start < held.end;
        if material.iter().any(|held| meets(*held)) || found.iter().any(|value| meets(value.span)) {
            continue;
        }
        let folded = &word.folded;
        let class = number_word(folded)
            .map(|_| Class::Number)
            .or_else(|| is_time_of_day(folded).then_some(Class::Time))
            .or_else(|| word_class(folded).map(Class::Word));
        if let Some(class) = class {
            found.push(Value { span: word.span, class, key: folded.to_string(), unit: None, size: None });
        }
    }
    found.sort_by_key(|value| value.span.start);
    let mut found = compounds(text, found);
    dates(text, &mut found);
    for value in &mut found {
        if value.class == Class::Number {
            let size = number_word(&value.key).or_else(|| value.key.replace(',', "").parse().ok());
            value.size = size;
            if let Some(size) = size {
                value.key = size.to_string();
            }
            // A part of something takes the place of no number of things.
            value.unit = unit(text, value.span, &all).or_else(|| value.key.contains('/').then(|| "/".to_owned()));
        }
    }
    found
}

/// A number right beside the name of a month is a day.
fn dates(text: &str, values: &mut [Value]) {
    let month = |value: &Value| value.class == Class::Word("month");
    let beside = |one: &Value, other: &Value| {
        text.get(one.span.end..other.span.start).is_some_and(|between| between.trim_matches('.').trim().is_empty())
    };
    for at in 0..values.len() {
        let before = at.checked_sub(1).and_then(|at| values.get(at)).zip(values.get(at));
        let behind = values.get(at).zip(values.get(at + 1));
        let day = before.is_some_and(|(month_name, day)| month(month_name) && beside(month_name, day))
            || behind.is_some_and(|(day, month_name)| month(month_name) && beside(day, month_name));
        if let Some(value) = values.get_mut(at).filter(|value| day && value.class == Class::Number) {
            value.class = Class::Ordinal;
        }
    }
}

/// Number words that a hyphen joins are one number ("forty-five"); of a path, its last name is a value as well.
fn compounds(text: &str, found: Vec<Value>) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::new();
    for value in found {
        let before = joined.last_mut().filter(|last| {
            let hyphen = text.get(last.span.end..value.span.start) == Some("-");
            hyphen
                && last.class == Class::Number
                && number_word(&value.key).is_some()
                && number_word(&last.key).is_some()
        });
        if let Some(before) = before {
            let sum = number_word(&before.key).unwrap_or_default() + number_word(&value.key).unwrap_or_default();
            (before.key, before.span.end) = (sum.to_string(), value.span.end);
            continue;
        }
        if value.class == Class::Identifier
            && let Some((_, name)) = value.key.rsplit_once('/').filter(|(_, name)| name.contains('.'))
        {
            let span = Span { start: value.span.end - name.len(), end: value.span.end };
            joined.push(Value { span, key: name.to_owned(), ..value.clone() });
        }
        joined.push(value);
    }
    joined
}

/// What a number counts or measures: a currency sign before it, or the next word that says something.
fn unit(text: &str, number: Span, words: &[Word<'_>]) -> Option<String> {
    if let Some(sign) = text[..number.start].trim_end().chars().next_back().filter(|sign| is_currency(*sign)) {
        return Some(unit_class(&sign.to_string()));
    }
    if cues::counts_us(text, number) {
        return Some(unit_class("people"));
    }
    let behind = words.iter().find(|word| word.span.start >= number.end)?;
    let between = text.get(number.end..behind.span.start)?;
    let direct = between.chars().all(|character| character.is_whitespace() || character == '-');
    let counted = behind.weight == Weight::Content
        && !behind.text.starts_with(|first: char| first.is_ascii_digit())
        && !is_uncounted(&behind.folded);
    (direct && counted).then(|| unit_class(&behind.folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Class, &str, Option<String>)> {
        values(text).into_iter().map(|value| (value.class, value.span.of(text).unwrap(), value.unit)).collect()
    }

    #[test]
    fn numbers_come_with_what_they_count() {
        let own = |unit: &str| Some(unit.to_owned());
        assert_eq!(
            found("Twelve friends pay $54 for 3.5 hours, 85 %"),
            [
                (Class::Number, "Twelve", own("person")),
                (Class::Number, "54", own("$")),
                (Class::Number, "3.5", own("hour")),
                (Class::Number, "85", own("%")),
            ]
        );
        assert_eq!(found("病假两天"), [(Class::Number, "两", own("day"))]);
        assert_eq!(found("the watch says 8.4 now"), [(Class::Number, "8.4", None)]);
    }

    #[test]
    fn classes_are_told_apart() {
        let classes = |text: &str| -> Vec<Class> { values(text).into_iter().map(|value| value.class).collect() };
        assert_eq!(classes("friday at 14:00 or 6pm"), [Class::Word("weekday"), Class::Time, Class::Time]);
        assert_eq!(classes("from 3 to 6 on the 12th"), [Class::Range, Class::Ordinal]);
        assert_eq!(classes("july 12"), [Class::Word("month"), Class::Ordinal]);
        assert_eq!(
            classes("in eu-west-1, `price`, data-2.1.zip, C5, \"Join\""),
            [Class::Identifier, Class::Identifier, Class::Identifier, Class::Identifier, Class::Quotation]
        );
    }

    #[test]
    fn the_same_number_has_the_same_key() {
        let key = |text: &str| values(text)[0].key.clone();
        assert_eq!(key("twelve"), key("12"));
        assert_eq!(key("forty-five euros"), key("45 euros"));
        assert_eq!(key("1,000 people"), key("1000 people"));
    }
}
