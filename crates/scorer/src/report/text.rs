//! What the renderings for people share.

/// With one decimal, and `-` where there is none.
pub(crate) fn figure(value: Option<f64>) -> String {
    // A tiny negative number would print as -0.0.
    value.map_or_else(|| "-".into(), |value| if value.abs() < 0.05 { "0.0".into() } else { format!("{value:.1}") })
}

/// "1 run", "2 runs".
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A name from an input on one line, without characters that would steer a terminal, break the line or turn its
/// direction.
pub(crate) fn printable(name: &str) -> String {
    name.chars()
        .flat_map(|character| {
            let steers = character.is_control()
                || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let escaped = steers.then(|| character.escape_default());
            let plain = (!steers).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(printable("gpt\u{1b}[2J\n4ö"), "gpt\\u{1b}[2J\\n4ö");
        assert_eq!(printable("a\u{202e}b\u{2028}c"), "a\\u{202e}b\\u{2028}c");
    }

    #[test]
    fn figures_have_one_decimal_and_no_negative_zero() {
        assert_eq!(figure(Some(66.666)), "66.7");
        assert_eq!(figure(Some(-0.01)), "0.0");
        assert_eq!(figure(Some(-33.33)), "-33.3");
        assert_eq!(figure(None), "-");
    }
}
