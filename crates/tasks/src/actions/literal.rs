//! Texts and numbers as Python writes them.

use std::sync::LazyLock;

use num::bigint::BigInt;
use regex::Regex;

use super::value::Value;
use crate::pattern::pattern;

/// Digits of a whole number, at most; Python itself refuses longer ones.
const MOST_DIGITS: usize = 4300;

static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:0[xX](?<hex>(?:_?[0-9a-fA-F])+)|0[oO](?<octal>(?:_?[0-7])+)|0[bB](?<binary>(?:_?[01])+)",
        r"|(?<decimal>[1-9](?:_?[0-9])*|0(?:_?0)*))$"
    ))
});
/// With a point, an exponent or both.
static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    let digits = "[0-9](?:_?[0-9])*";
    let exponent = format!("(?:[eE][+-]?{digits})");
    pattern(&format!(r"^(?:(?:{digits})?\.{digits}{exponent}?|{digits}\.{exponent}?|{digits}{exponent})$"))
});

/// A number from its literal.
pub(super) fn number(literal: &str) -> Result<Value, String> {
    if let Some(found) = WHOLE.captures(literal) {
        let radixes = [("hex", 16), ("octal", 8), ("binary", 2), ("decimal", 10)];
        let named = radixes.iter().find_map(|(name, radix)| Some((found.name(name)?.as_str(), *radix)));
        let digits = |digits: &str| digits.replace('_', "");
        return named
            .map(|(written, radix)| (digits(written), radix))
            .filter(|(digits, _)| digits.len() <= MOST_DIGITS)
            .and_then(|(digits, radix)| BigInt::parse_bytes(digits.as_bytes(), radix))
            .map(Value::Int)
            .ok_or_else(|| format!("a number of more than {MOST_DIGITS} digits"));
    }
    if let Some(imaginary) = literal.strip_suffix(['j', 'J'])
        && (FLOAT.is_match(imaginary) || WHOLE.is_match(imaginary))
    {
        return Ok(Value::Other(literal.to_owned()));
    }
    let float = FLOAT.is_match(literal).then(|| literal.replace('_', "").parse().ok()).flatten();
    float.map(Value::Float).ok_or_else(|| "not a number as Python writes it".to_owned())
}

/// A text, or bytes, from its literal with prefix and quotation marks.
pub(super) fn text(literal: &str) -> Result<Value, String> {
    let quoted = literal.find(['"', '\'']).ok_or("a text without quotation marks")?;
    let (prefix, quoted) = literal.split_at(quoted);
    let prefix = prefix.to_lowercase();
    if prefix.contains(['f', 't']) {
        return Err("a text with parts to be computed; write it out".into());
    }
    let inside = ["\"\"\"", "'''", "\"", "'"]
        .iter()
        .find_map(|quote| quoted.strip_prefix(quote)?.strip_suffix(quote))
        .ok_or("a text without its end")?;
    if prefix.contains('b') {
        return Ok(Value::Other(literal.to_owned()));
    }
    let inside = inside.replace("\r\n", "\n").replace('\r', "\n");
    if prefix.contains('r') { Ok(Value::Text(inside)) } else { unescaped(&inside).map(Value::Text) }
}

/// Replaces escape sequences by what they stand for; a backslash before anything else stands for itself.
fn unescaped(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        plain += before;
        let Some(kind) = escape.chars().next() else { return Err("a backslash without what it escapes".into()) };
        rest = escape.get(kind.len_utf8()..).unwrap_or_default();
        match kind {
            '\n' => {}
            '\\' | '\'' | '"' => plain.push(kind),
            'a' => plain.push('\u{7}'),
            'b' => plain.push('\u{8}'),
            'f' => plain.push('\u{c}'),
            'n' => plain.push('\n'),
            'r' => plain.push('\r'),
            't' => plain.push('\t'),
            'v' => plain.push('\u{b}'),
            '0'..='7' => {
                let octal = escape.char_indices().take(3).take_while(|(_, c)| c.is_digit(8)).count();
                plain.push(character(escape, octal, 8)?);
                rest = escape.get(octal..).unwrap_or_default();
            }
            'x' | 'u' | 'U' => {
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                plain.push(character(rest, digits, 16)?);
                rest = rest.get(digits..).unwrap_or_default();
            }
            'N' => return Err("a character by its name; write the character".into()),
            other => plain.extend(['\\', other]),
        }
    }
    Ok(plain + rest)
}

/// The character whose number the first so many digits give. Half of a pair of surrogates is no character of its own
/// and is read as the replacement character.
fn character(text: &str, digits: usize, radix: u32) -> Result<char, String> {
    let digits = text.get(..digits).filter(|digits| digits.chars().all(|c| c.is_digit(radix)));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, radix).ok()).filter(|n| *n <= 0x0010_ffff);
    number
        .map(|number| char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
        .ok_or_else(|| "an escape sequence without its digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(read: Result<Value, String>) -> String {
        read.map_or_else(|reason| format!("refused: {reason}"), |value| value.to_string())
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (literal, value) in [
            ("0", "0"),
            ("00", "0"),
            ("1_000", "1000"),
            ("0xFf", "255"),
            ("0o17", "15"),
            ("0b1_01", "5"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("1_0.5E-1", "1.05"),
            ("2j", "2j"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(shown(number(literal)), value, "{literal}");
        }
        for literal in ["007", "1_", "1__0", "0x", "5L", "1e", "0b2", ""] {
            assert!(number(literal).is_err(), "{literal}");
        }
        assert!(number(&"9".repeat(MOST_DIGITS + 1)).is_err());
    }

    #[test]
    fn texts_are_read_as_python_reads_them() {
        for (literal, plain) in [
            ("'a'", "a"),
            ("\"it's\"", "it's"),
            ("'''a'b'''", "a'b"),
            ("\"\"\"a\r\nb\"\"\"", "a\nb"),
            (r"'\n\t\\\'\x41\u00e9\U0001F600\101\0'", "\n\t\\'Aé😀A\0"),
            (r"'\d\/'", r"\d\/"),
            (r"r'\n'", r"\n"),
            ("U'a'", "a"),
            ("'a\\\nb'", "ab"),
            (r"'\ud83d'", "\u{fffd}"),
            ("''", ""),
        ] {
            assert_eq!(text(literal), Ok(Value::Text(plain.into())), "{literal}");
        }
        assert_eq!(text("b'a'"), Ok(Value::Other("b'a'".into())));
        for literal in ["f'{a}'", r"'\x4'", r"'\N{BULLET}'", r"'\UFFFFFFFF'", r"'\'", "a"] {
            assert!(text(literal).is_err(), "{literal}");
        }
    }
}
