//! Patterns that are part of the program.

use regex::Regex;

/// Compiles a constant pattern.
pub(crate) fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and the tests compile every one of them")]
    Regex::new(text).expect("a constant pattern")
}
