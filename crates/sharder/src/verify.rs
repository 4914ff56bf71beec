//! Whether shards say what their instruction says, told without a model.
//!
//! Words are those of the mediator's guard. Some of them are hard: numbers, symbols, quoted texts and identifiers.
//! No shard can say these in other words, so that to lose or to invent one falsifies the sample. Of other content words a
//! shard may use its own, which a person has to judge.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use throughline_mediator::{content_words, one_line, same_stem};

use crate::Piece;

/// An instruction with fewer shards than this is no conversation.
pub const FEWEST: usize = 3;

/// Numbers as they are said in words, to twelve. `one` is an article too often to count.
const NUMBERS: [&str; 11] =
    ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// A number with its thousands and decimals; an identifier with an underscore, a dot or brackets; a text in code marks
/// or double quotes.
static HARD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"`[^`\n]+`|"[^"\n]+"|\d[\d,]*(?:\.\d+)?|\w*_\w+|\w+(?:\.\w+)+|[%€$£¥°±≤≥≠<>=+]"#).ok()
});

/// What is wrong, or may be wrong, with shards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// There are fewer than [`FEWEST`].
    Few(usize),
    /// A shard stands for words that are not the instruction's.
    NotQuoted(String),
    /// A number, symbol, literal or identifier of the instruction is in no shard.
    Lost(String),
    /// One of a shard that is not in the instruction.
    Invented(String),
    /// A number or literal that shards say more often than the instruction does: it is revealed before its time.
    Repeated(String),
    /// One shard says all numbers and literals by itself.
    Undivided(usize),
    /// A content word of the instruction that no shard says.
    Unsaid(String),
    /// A content word of a shard that the instruction does not have.
    Added(String),
}

impl Finding {
    /// Whether the shards cannot be used, whatever a person says. What else is found is doubtful.
    pub fn rejects(&self) -> bool {
        !matches!(self, Self::Unsaid(_) | Self::Added(_) | Self::Repeated(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Few(count) => write!(formatter, "shards: {count}, fewer than {FEWEST}"),
            Self::NotQuoted(quote) => write!(formatter, "not in the instruction: {quote:?}"),
            Self::Lost(what) => write!(formatter, "lost: {what}"),
            Self::Invented(what) => write!(formatter, "invented: {what}"),
            Self::Repeated(what) => write!(formatter, "said too often: {what}"),
            Self::Undivided(shard) => write!(formatter, "shard {shard} says all values by itself"),
            Self::Unsaid(word) => write!(formatter, "not said: {word}"),
            Self::Added(word) => write!(formatter, "added: {word}"),
        }
    }
}

/// What is found when shards are compared with their instruction, without repetitions, what rejects first.
pub fn verify(instruction: &str, pieces: &[Piece]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if pieces.len() < FEWEST {
        findings.push(Finding::Few(pieces.len()));
    }
    let plain = |text: &str| one_line(text).to_lowercase();
    let whole = plain(instruction);
    let unquoted = pieces.iter().filter(|piece| !whole.contains(&plain(&piece.quote)));
    findings.extend(unquoted.map(|piece| Finding::NotQuoted(piece.quote.clone())));

    let asked = hard(instruction);
    let each: Vec<_> = pieces.iter().map(|piece| hard(&piece.shard)).collect();
    let mut said = BTreeMap::<&str, usize>::new();
    for (token, count) in each.iter().flatten() {
        *said.entry(token).or_default() += count;
    }
    findings.extend(asked.keys().filter(|token| !said.contains_key(token.as_str())).cloned().map(Finding::Lost));
    for (token, count) in said {
        match asked.get(token) {
            None => findings.push(Finding::Invented(token.to_owned())),
            Some(known) if count > *known => findings.push(Finding::Repeated(token.to_owned())),
            Some(_) => {}
        }
    }
    if asked.len() > 1 {
        let whole = each.iter().position(|said| asked.keys().all(|token| said.contains_key(token)));
        findings.extend(whole.map(|place| Finding::Undivided(place + 1)));
    }
    let shards: Vec<&str> = pieces.iter().map(|piece| piece.shard.as_str()).collect();
    let (asked, said) = (soft(instruction), soft(&shards.join("\n")));
    let missing = |from: &[String], of: &[String]| -> Vec<String> {
        let known = |word: &&String| !from.iter().any(|other| alike(word, other));
        of.iter().filter(known).cloned().collect()
    };
    findings.extend(missing(&said, &asked).into_iter().map(Finding::Unsaid));
    findings.extend(missing(&asked, &said).into_iter().map(Finding::Added));
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|finding| seen.insert(finding.clone()));
    findings.sort_by_key(|finding| !finding.rejects());
    findings
}

/// The hard tokens of a text, each as it is compared, and how often it stands there.
fn hard(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut count = |token: String| *found.entry(token).or_insert(0) += 1;
    for token in HARD.iter().flat_map(|pattern| pattern.find_iter(text)) {
        let token = token.as_str();
        let bare = token.trim_matches(['`', '"']);
        let number = bare.trim_end_matches(',').replace(',', "");
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        count(if is_number { number } else { bare.trim_end_matches('.').to_owned() });
    }
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        let spoken = (2..).zip(NUMBERS).find(|(_, name)| word.eq_ignore_ascii_case(name));
        if let Some((number, _)) = spoken {
            count(number.to_string());
        }
    }
    found
}

/// The content words of a text that are not hard, without regard to case.
fn soft(text: &str) -> Vec<String> {
    let hard = hard(text);
    let plain = |word: &String| {
        !hard.contains_key(word) && !NUMBERS.contains(&word.as_str()) && word.chars().any(char::is_alphabetic)
    };
    content_words(text).into_iter().filter(plain).collect()
}

/// Whether two words are forms of one: by the guard's rule, or by a common beginning of most of their letters.
fn alike(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let longer = one.chars().count().max(other.chars().count());
    same_stem(one, other) || (common >= 4 && common * 3 >= longer * 2)
}

#[cfg(test)]
mod tests;
