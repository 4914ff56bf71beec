//! The bullets of a summary, and the documents that they cite.

use std::collections::BTreeSet;

/// A summary of more words is cut to so many, as in Summary of a Haystack.
const WORDS: usize = 300;

/// The summary in a reply: its bullets, a line each; without any, the lines that cite documents. `None` where there are
/// neither.
pub(super) fn summary(reply: &str) -> Option<String> {
    let lines = || reply.lines().map(str::trim).filter(|line| !line.is_empty());
    let bullets: Vec<&str> = lines().filter(|line| is_bullet(line)).collect();
    let lines = if bullets.is_empty() { lines().filter(|line| !citations(line).is_empty()).collect() } else { bullets };
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The bullets of a summary, a line each. Where they hold more than 300 words together, each keeps its share of these, and
/// at least one.
pub(super) fn bullets(summary: &str) -> Vec<String> {
    let lines: Vec<Vec<&str>> = summary.lines().map(|line| line.split_whitespace().collect()).collect();
    let total: usize = lines.iter().map(Vec::len).sum();
    let kept = |words: usize| if total > WORDS { (words * WORDS / total).max(1) } else { words };
    lines.iter().filter(|words| !words.is_empty()).map(|words| words[..kept(words.len())].join(" ")).collect()
}

/// The numbers of the documents that a bullet cites: `[3]`, `[1, 4]`.
pub(super) fn citations(bullet: &str) -> BTreeSet<u64> {
    let behind = bullet.split('[').skip(1).filter_map(|behind| behind.split_once(']'));
    let lists = behind.map(|(list, _)| list.split(',').map(str::trim).filter(|number| !number.is_empty()));
    // Brackets that hold anything else cite nothing.
    lists.filter_map(|list| list.map(|number| number.parse().ok()).collect::<Option<Vec<u64>>>()).flatten().collect()
}

/// Whether a line begins as bullets do: with a dash, a dot or a number.
fn is_bullet(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let marked = line
        .strip_prefix(['-', '*', '•', '–'])
        .or_else(|| line[digits..].strip_prefix(['.', ')']).filter(|_| digits > 0));
    marked.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bullets_are_found_in_a_reply() {
        let reply = "Here you are:\n\n- The port grew [1, 2].\n  * Ferries run late [3]\n2) Fares rose [1][2]\n\nAnything else?";
        assert_eq!(summary(reply).unwrap(), "- The port grew [1, 2].\n* Ferries run late [3]\n2) Fares rose [1][2]");
        assert_eq!(summary("The port grew [1].\n\nWhat else?").unwrap(), "The port grew [1].");
        assert_eq!(summary("**Which** documents [the first]?\n-5 degrees\n3.5 m"), None);
    }

    #[test]
    fn citations_are_numbers_in_brackets() {
        assert_eq!(citations("- a [1], b [2, 3] and [1][12]"), BTreeSet::from([1, 2, 3, 12]));
        assert_eq!(citations("- a [see 1] [,] [] 4] [5"), BTreeSet::new());
    }

    #[test]
    fn a_long_summary_is_cut_in_proportion() {
        // 400 words in all: each bullet keeps three quarters of its own, rounded down.
        let words = |count: usize| vec!["w"; count].join(" ");
        let summary = [words(300), words(95), words(4), words(1)].join("\n");
        let lengths: Vec<usize> = bullets(&summary).iter().map(|bullet| bullet.split(' ').count()).collect();
        assert_eq!(lengths, [225, 71, 3, 1]);
        let lengths: Vec<usize> = bullets(&words(300)).iter().map(|bullet| bullet.split(' ').count()).collect();
        assert_eq!(lengths, [300]);
    }
}
