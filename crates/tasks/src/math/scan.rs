//! Finding the numbers in a text.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::Number;
use crate::pattern::pattern;

/// A number with its place.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Where it stands, with sign, currency and percent sign.
    pub(super) span: Range<usize>,
    /// Its value.
    pub(super) number: Number,
    /// Whether it counts a place or labels something (`2nd`, `Step 2`, `3.` at the start of a line) rather than
    /// stating a quantity.
    pub(super) label: bool,
}

/// What may part the digits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// A reply: also what typesets thousands, blanks that do not break and LaTeX.
    Typeset,
    /// An answer: a point, a comma or an apostrophe.
    Plain,
}

/// What typesets thousands.
const TYPESET: &str = r"[\u{a0}\u{202f}\u{2009}\u{2007}]|\{,\}|\\,|,\\!";

/// Digits with what may stand between digits of one number. Bounded: of `1,1,1,…` each look takes in all of it.
fn digits(notation: Notation) -> String {
    let typeset = if notation == Notation::Typeset { format!("|{TYPESET}") } else { String::new() };
    format!(r"[0-9]+(?:(?:[.,'’]{typeset})[0-9]+){{0,20}}|\.[0-9]+")
}

const SLASH: &str = "[/⁄∕]";
const CURRENCY: &str = r"(?:(?:\b(?:US|CA|AU|NZ|HK|[RACS]))?\\?[$€£¥₹]|\b(?:USD|EUR|GBP|CAD|AUD|INR|CHF|Rs\.?)|\\(?:text|mathrm)\{\\?[$€£]\})";
const VULGAR: &str = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞";

/// Where a number starts: sign and currency in either order, then digits, a fraction sign, or a LaTeX fraction.
fn start(notation: Notation) -> Regex {
    let digits = digits(notation);
    pattern(&format!(
        r"(?<sign>[-−–])?(?<currency>{CURRENCY}[ \u{{a0}}]?)?(?<inner>[-−–])?(?:(?<digits>{digits})|(?<vulgar>[{VULGAR}])|(?<latex>{LATEX}))",
    ))
}

static TYPESET_START: LazyLock<Regex> = LazyLock::new(|| start(Notation::Typeset));
static PLAIN_START: LazyLock<Regex> = LazyLock::new(|| start(Notation::Plain));
static THOUSANDS: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!("(?<before>[0-9])(?:{TYPESET})(?<behind>[0-9]{{3}})")));

const LATEX: &str =
    r"\\[dt]?frac\s*(?:\{\s*(?<over>[0-9.,]+)\s*\}\s*\{\s*(?<under>[0-9.,]+)\s*\}|(?<o>[0-9])(?<u>[0-9]))";

static PIECE: LazyLock<Regex> = LazyLock::new(|| pattern(r"([0-9]+)|([^0-9]+)"));
static LATEX_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"^\s?{LATEX}")));
static VULGAR_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"^[ \u{{a0}}]?(?<vulgar>[{VULGAR}])")));
static SLASH_TAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"^ ?{SLASH} ?(?<digits>{})", digits(Notation::Plain))));
static MIXED_TAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"^[ \u{{a0}}](?<over>[0-9]{{1,4}}){SLASH}(?<under>[0-9]{{1,4}})")));
static EURO_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[ \u{a0}]?(?:€|EUR\b|euros?\b)"));
static SCALE_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^[\s-]?(thousand|million|billion)\b"));
static PERCENT_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:[ \u{a0}]?\\?%|[ \u{a0}]per ?cent\b)"));
static ORDINAL_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:st|nd|rd|th)\b"));
static LIST_TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:\\?\.|\))(?:\*\*|__)?\s+\S"));
static LIST_HEAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[ \t>#]*(?:[-*] )?(?:\*\*|__|\()?$"));
static STEP_HEAD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:steps?|part|equation|eq\.|case)[ \u{a0}(]*$"));

/// Every number of a text, in order. Exponents and subscripts (`10^2`, `x_1`) and digits inside a word (`H2O`) are
/// no numbers of their own.
pub(super) fn numbers(text: &str, notation: Notation) -> Vec<Found> {
    let pattern = match notation {
        Notation::Typeset => &TYPESET_START,
        Notation::Plain => &PLAIN_START,
    };
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = pattern.captures_at(text, from) {
        let (end, number) = read(text, &start);
        from = end;
        found.extend(number);
    }
    found
}

/// The text of one number with its thousands parted by commas where they were typeset.
pub(super) fn plain(number: &str) -> String {
    let mut plain = number.to_owned();
    while let Cow::Owned(next) = THOUSANDS.replace(&plain, "${before},${behind}") {
        plain = next;
    }
    plain
}

/// What follows a place in a text; empty where there is no such place.
fn rest(text: &str, from: usize) -> &str {
    text.get(from..).unwrap_or_default()
}

/// What stands shortly before a place; looking at all of it for each number would take long in a long text.
fn near(before: &str) -> &str {
    const BYTES: usize = 64;
    rest(before, before.ceil_char_boundary(before.len().saturating_sub(BYTES)))
}

/// What stands before a place on its line; `None` where that is long.
fn line_start(before: &str) -> Option<&str> {
    let near = near(before);
    let line = near.rfind('\n').map(|end| rest(near, end + 1));
    line.or_else(|| (near.len() == before.len()).then_some(near))
}

/// Reads the number that starts at a match, and says where to go on: always behind at least one character of it.
fn read(text: &str, start: &Captures<'_>) -> (usize, Option<Found>) {
    let whole = start.get_match();
    let mut begin = whole.start();
    let mut end = whole.end();
    let euro = start.name("currency").is_some_and(|currency| currency.as_str().contains(['€', 'E']));
    let mut number = if let Some(digits) = start.name("digits") {
        let (read, length) = literal(digits.as_str(), euro || EURO_TAIL.is_match(rest(text, digits.end())));
        end = digits.start() + length;
        read
    } else if let Some(vulgar) = start.name("vulgar") {
        vulgar_fraction(vulgar.as_str())
    } else {
        latex_fraction(start)
    };
    let mut before = text.get(..begin).unwrap_or_default();
    let signed = start.name("sign").is_some();
    if signed && before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | ']' | '}' | '%' | '²' | '³')) {
        // A minus, a hyphen or a range between two things, not a sign.
        begin += text.get(begin..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    } else if signed || start.name("inner").is_some() {
        number = number.map(Number::negative);
    }
    before = text.get(..begin).unwrap_or(before);
    let bare = start.name("currency").is_none();
    let Some(mut number) = number.filter(|_| !(bare && inside_a_word(before))) else { return (end, None) };

    let negative = number.value < num::Zero::zero();
    if let Some((longer, to)) = with_fraction(text, &number, end) {
        // The sign stands before the whole mixed number, so the parts are added without it.
        number = if negative { longer.negative() } else { longer };
        end = to;
    }
    if let Some(scale) = SCALE_TAIL.captures(rest(text, end)) {
        let word = scale.get(1).map(|word| word.as_str().to_lowercase()).unwrap_or_default();
        number = number.times(match word.as_str() {
            "thousand" => 1_000,
            "million" => 1_000_000,
            _ => 1_000_000_000,
        });
        end += scale.get_match().end();
    }
    let mut label = STEP_HEAD.is_match(near(before));
    if let Some(sign) = PERCENT_TAIL.find(rest(text, end)) {
        number.percent = true;
        end += sign.end();
    } else if bare {
        label |= ORDINAL_TAIL.is_match(rest(text, end));
        label |= line_start(before).is_some_and(|line| LIST_HEAD.is_match(line)) && LIST_TAIL.is_match(rest(text, end));
    }
    (end, Some(Found { span: begin..end, number, label }))
}

/// The number together with what makes it a fraction or a mixed number, without its sign.
fn with_fraction(text: &str, number: &Number, end: usize) -> Option<(Number, usize)> {
    let tail = rest(text, end);
    let positive = if number.value < num::Zero::zero() { number.clone().negative() } else { number.clone() };
    if let Some(found) = LATEX_TAIL.captures(tail) {
        return Some((positive.mixed(&latex_fraction(&found)?)?, end + found.get_match().end()));
    }
    if let Some(found) = VULGAR_TAIL.captures(tail) {
        return Some((positive.mixed(&vulgar_fraction(&found["vulgar"])?)?, end + found.get_match().end()));
    }
    if let Some(found) = MIXED_TAIL.captures(tail)
        && let Some(part) = quotient(&found["over"], &found["under"])
        && let Some(mixed) = positive.mixed(&part)
    {
        return Some((mixed, end + found.get_match().end()));
    }
    let found = SLASH_TAIL.captures(tail)?;
    let digits = found.name("digits")?;
    let (denominator, length) = literal(digits.as_str(), false);
    Some((positive.over(&denominator?)?, end + digits.start() + length))
}

/// The value of digits with separators, and how many bytes of them make up one number: of `1,2345` only the `1`.
fn literal(text: &str, euro: bool) -> (Option<Number>, usize) {
    let text_and_ends: Vec<(&str, usize)> = PIECE.find_iter(text).map(|piece| (piece.as_str(), piece.end())).collect();
    let Some((first, rest)) = text_and_ends.split_first() else { return (None, text.len()) };
    if first.0 == "." {
        let decimals = rest.first().map_or("", |piece| piece.0);
        return (Number::decimal("", decimals), text.len());
    }
    // Pairs of a separator and the digits behind it.
    let groups: Vec<(&str, &str, usize)> = rest.chunks_exact(2).map(|pair| (pair[0].0, pair[1].0, pair[1].1)).collect();
    let separator = groups.first().map_or("", |group| group.0);
    let thousands = if first.0.len() <= 3 {
        groups.iter().take_while(|group| group.0 == separator && group.1.len() == 3).count()
    } else {
        0
    };
    let behind = groups.get(thousands);
    let decimal_comma = behind.filter(|group| group.0 == "," && group.1.len() <= 2 && thousands + 1 == groups.len());
    let (grouped, decimals) = match separator {
        "." if thousands >= 1 && decimal_comma.is_some() => (thousands, decimal_comma),
        "." if thousands >= 2 => (thousands, None),
        "." => (0, groups.first()),
        "," if euro && thousands == 0 => (0, decimal_comma),
        _ => (thousands, behind.filter(|group| group.0 == ".")),
    };
    let digits: String = std::iter::once(first.0).chain(groups.iter().take(grouped).map(|group| group.1)).collect();
    let last = decimals.or_else(|| grouped.checked_sub(1).and_then(|last| groups.get(last)));
    let end = last.map_or(first.1, |group| group.2);
    (Number::decimal(&digits, decimals.map_or("", |group| group.1)), end)
}

fn quotient(numerator: &str, denominator: &str) -> Option<Number> {
    let part = |text: &str| Some(literal(text, false)).filter(|(_, length)| *length == text.len())?.0;
    part(numerator)?.over(&part(denominator)?)
}

fn latex_fraction(found: &Captures<'_>) -> Option<Number> {
    let part = |long, short| found.name(long).or_else(|| found.name(short));
    quotient(part("over", "o")?.as_str(), part("under", "u")?.as_str())
}

fn vulgar_fraction(sign: &str) -> Option<Number> {
    let (numerator, denominator) = match sign {
        "½" => (1, 2),
        "⅓" => (1, 3),
        "⅔" => (2, 3),
        "¼" => (1, 4),
        "¾" => (3, 4),
        "⅕" => (1, 5),
        "⅖" => (2, 5),
        "⅗" => (3, 5),
        "⅘" => (4, 5),
        "⅙" => (1, 6),
        "⅚" => (5, 6),
        "⅛" => (1, 8),
        "⅜" => (3, 8),
        "⅝" => (5, 8),
        "⅞" => (7, 8),
        _ => return None,
    };
    Number::fraction(numerator, denominator)
}

/// Whether digits behind this text belong to a word, an exponent or a subscript. The name of a LaTeX command
/// (`\times3`) is no word.
fn inside_a_word(before: &str) -> bool {
    if before.ends_with(['^', '⁄']) || before.ends_with("^{") || before.ends_with("_{") {
        return true;
    }
    let name = before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if name.len() < before.len() {
        return !name.ends_with('\\');
    }
    if let Some(base) = before.strip_suffix('_') {
        return base.ends_with(|c: char| c.is_alphanumeric() || c == '}');
    }
    before.ends_with(char::is_alphabetic)
}
