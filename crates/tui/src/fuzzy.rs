//! Names that fit what was typed.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

/// The places of the names that fit `typed`, the best first; all of them in their order where nothing was typed.
pub fn fitting<S: AsRef<str>>(typed: &str, names: &[S]) -> Vec<usize> {
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut found: Vec<(usize, u32)> = names
        .iter()
        .enumerate()
        .filter_map(|(place, name)| {
            let name = nucleo_matcher::Utf32Str::new(name.as_ref(), &mut buffer);
            Some((place, pattern.score(name, &mut matcher)?))
        })
        .collect();
    found.sort_by_key(|(place, score)| (std::cmp::Reverse(*score), *place));
    found.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_fit_comes_first() {
        let names = ["docs/settings.md", "src/set.rs", "README.md"];
        assert_eq!(fitting("setrs", &names), [1]);
        assert_eq!(fitting("readme", &names), [2]);
        assert_eq!(fitting("", &names), [0, 1, 2]);
        assert!(fitting("zzz", &names).is_empty());
    }
}
