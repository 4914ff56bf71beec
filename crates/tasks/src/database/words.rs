//! Queries as words: without `DISTINCT`, and with other values.

use sqlparser::dialect::SQLiteDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// How many ways to place values are tried.
const MOST_WAYS: usize = 1000;

/// The words of a query, with what stands between them; `None` where it is none.
fn words(query: &str) -> Option<Vec<Token>> {
    Tokenizer::new(&SQLiteDialect {}, query).with_unescape(false).tokenize().ok()
}

fn written<'a>(words: impl IntoIterator<Item = &'a Token>) -> String {
    words.into_iter().map(Token::to_string).collect()
}

/// The query with the signs of comparisons in one piece, as Spider's evaluation reads them.
pub(super) fn joined(query: &str) -> String {
    query.replace("> =", ">=").replace("< =", "<=").replace("! =", "!=")
}

/// The first statement of the query, which is all that Spider's evaluation reads, without any `DISTINCT`; the query as it is
/// where it cannot be read.
pub(super) fn first_without_distinct(query: &str) -> String {
    let is_distinct = |word: &Token| matches!(word, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("distinct"));
    words(query).map_or_else(
        || query.to_owned(),
        |words| {
            let first = words.iter().take_while(|word| **word != Token::SemiColon);
            written(first.filter(|word| !is_distinct(word)))
        },
    )
}

/// Whether two queries are the same but for blanks, comments, case outside of quotes, and a semicolon at the end.
pub(super) fn same(one: &str, other: &str) -> bool {
    let plain = |query: &str| -> Option<Vec<String>> {
        let kept = words(query)?.into_iter().filter(|word| !matches!(word, Token::Whitespace(_) | Token::SemiColon));
        Some(
            kept.map(|word| if is_quoted(&word) { word.to_string() } else { word.to_string().to_lowercase() })
                .collect(),
        )
    };
    one.trim() == other.trim() || plain(one).zip(plain(other)).is_some_and(|(one, other)| one == other)
}

fn is_quoted(word: &Token) -> bool {
    match word {
        Token::Word(word) => word.quote_style.is_some(),
        other => is_value(other),
    }
}

/// Whether a word is a value: a number or a text. What stands in double quotes is one in Spider's queries.
fn is_value(word: &Token) -> bool {
    match word {
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => true,
        Token::Word(word) => word.quote_style == Some('"'),
        _ => false,
    }
}

/// The query with values of `reference` in the place of its own, in every way but not more often than [`MOST_WAYS`].
pub(super) fn with_values(query: &str, reference: &str) -> impl Iterator<Item = String> {
    let words = words(query).unwrap_or_default();
    let mut values: Vec<Token> = Vec::new();
    for value in self::words(reference).unwrap_or_default().into_iter().filter(is_value) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let slots: Vec<usize> = (0..words.len()).filter(|place| words.get(*place).is_some_and(is_value)).collect();
    let exponent = u32::try_from(slots.len()).unwrap_or(u32::MAX);
    let ways = if slots.is_empty() { 0 } else { values.len().saturating_pow(exponent).min(MOST_WAYS) };
    (0..ways).map(move |way| {
        // The way's digits, in a system of as many digits as there are values, say which value goes where.
        let mut left = way;
        let mut plugged = words.clone();
        for slot in &slots {
            if let (Some(word), Some(value)) = (plugged.get_mut(*slot), values.get(left % values.len())) {
                *word = value.clone();
            }
            left /= values.len();
        }
        written(&plugged)
    })
}
