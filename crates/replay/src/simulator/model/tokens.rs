//! What of a text must not get lost or be made up when it is said in other words.

use std::borrow::Cow;
use std::collections::BTreeSet;

use throughline_mediator::{content_words, one_line, same_stem};
use unicode_segmentation::UnicodeSegmentation;

/// Numbers that are as often written as words.
const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// What a quotation begins and ends with.
const QUOTES: [(char, char); 6] = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('`', '`'), ('\'', '\'')];

/// The words of a text, by what they carry.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    /// Content words, each in one spelling; numbers and names among them.
    pub(super) content: BTreeSet<String>,
    /// Numbers in digits, each in one spelling.
    pub(super) numbers: BTreeSet<String>,
    /// Names, each in one spelling: words that begin with a capital letter within a sentence, or that hold letters beside
    /// digits, underscores or further capitals.
    pub(super) names: BTreeSet<String>,
    /// Quoted texts, as they stand there.
    pub(super) quoted: BTreeSet<String>,
    /// All words, each in one spelling; numbers that are written as words also in digits.
    all: BTreeSet<String>,
    /// The text in one line.
    pub(super) line: String,
}

impl Tokens {
    pub(super) fn of(text: &str) -> Self {
        let line = one_line(text);
        let mut tokens = Self { quoted: quoted(&line), line, ..Self::default() };
        tokens.content = content_words(&tokens.line).iter().map(|word| spelled(word).into_owned()).collect();
        for (start, word) in tokens.line.unicode_word_indices() {
            let spelling = spelled(word);
            if is_number(word) {
                tokens.numbers.insert(spelling.clone().into_owned());
            } else if is_name(word, &tokens.line[..start]) {
                tokens.names.insert(spelling.clone().into_owned());
            }
            tokens.all.insert(spelling.into_owned());
        }
        tokens
    }

    /// The words of several texts together.
    pub(super) fn all_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(&texts.into_iter().collect::<Vec<_>>().join("\n"))
    }

    /// Whether a word in its one spelling stands here, be it in another form.
    pub(super) fn hold(&self, word: &str) -> bool {
        self.all.contains(word) || self.content.contains(word) || self.all.iter().any(|own| same_stem(own, word))
    }

    /// Whether a number stands here, in digits or as a word.
    pub(super) fn hold_number(&self, number: &str) -> bool {
        self.all.contains(number)
    }

    /// Whether a quoted text stands here as it is.
    pub(super) fn hold_text(&self, text: &str) -> bool {
        self.line.contains(text)
    }
}

/// One spelling: without regard to case and possessives, numbers in digits, without marks between thousands and without
/// zeros behind the last decimal.
fn spelled(word: &str) -> Cow<'_, str> {
    let folded = word.to_lowercase().replace('\u{2019}', "'");
    let folded = folded.strip_suffix("'s").unwrap_or(&folded);
    if let Some(number) = NUMBERS.iter().position(|name| *name == folded) {
        return number.to_string().into();
    }
    if !is_number(folded) {
        return folded.to_owned().into();
    }
    let plain: String = folded.chars().filter(|character| *character != ',').collect();
    match plain.split_once('.') {
        Some((whole, decimals)) if decimals.bytes().all(|digit| digit == b'0') => whole.to_owned().into(),
        Some((_, decimals)) if decimals.bytes().all(|digit| digit.is_ascii_digit()) => {
            plain.trim_end_matches('0').to_owned().into()
        }
        _ => plain.into(),
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        && word.chars().all(|character| character.is_ascii_digit() || matches!(character, '.' | ','))
}

fn is_name(word: &str, before: &str) -> bool {
    let mut characters = word.chars();
    let Some(first) = characters.next() else { return false };
    let letters = word.chars().any(char::is_alphabetic);
    if letters && characters.clone().any(|other| other.is_uppercase() || other.is_ascii_digit() || other == '_') {
        return true;
    }
    // "I" and its contractions are nobody's name.
    let is_self = first == 'I' && characters.next().is_none_or(|next| !next.is_alphabetic());
    let begins = before.trim_end().chars().next_back().is_none_or(|last| !last.is_alphanumeric() && last != ',');
    first.is_uppercase() && !is_self && !begins
}

/// What stands between quotation marks. An apostrophe opens none within a word.
fn quoted(line: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut from = 0;
    while let Some((start, open)) = line[from..].char_indices().find(|(_, mark)| QUOTES.iter().any(|(o, _)| o == mark))
    {
        let start = from + start;
        from = start + open.len_utf8();
        let within = line[..start].ends_with(char::is_alphanumeric);
        let ends = |(end, mark): &(usize, char)| {
            let behind = line[from + end + mark.len_utf8()..].chars().next();
            let closes = QUOTES.iter().any(|(o, c)| *o == open && c == mark);
            closes && *end > 0 && (*mark != '\'' || behind.is_none_or(|next| !next.is_alphanumeric()))
        };
        if let Some((end, mark)) = line[from..].char_indices().find(ends).filter(|_| !within) {
            found.insert(line[from..from + end].to_owned());
            from += end + mark.len_utf8();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn numbers_have_one_spelling() {
        let tokens = Tokens::of("1,200 boxes at $5.50, 3.0 kg; twelve of 7.");
        assert_eq!(tokens.numbers, set(&["1200", "5.5", "3", "7"]));
        assert!(tokens.hold_number("12") && !tokens.hold_number("1"));
    }

    #[test]
    fn names_stand_within_a_sentence_or_look_like_none_else() {
        let tokens = Tokens::of("The trip goes to Paris. Then I'll write rotate_shelf, x2 and iPhone for Ada's book.");
        assert_eq!(tokens.names, set(&["paris", "rotate_shelf", "x2", "iphone", "ada"]));
        assert_eq!(Tokens::of("- Paris\n- I am").names, set(&[]), "what begins a sentence may be any word");
    }

    #[test]
    fn quotations_are_kept_as_they_are() {
        let tokens = Tokens::of("Call it \"Blue Hour\" or `a b`, in “Ruh'”; it's 'so so', not the dogs' bowl.");
        assert_eq!(tokens.quoted, set(&["Blue Hour", "a b", "Ruh'", "so so"]));
        assert!(tokens.hold_text("Blue Hour") && !tokens.hold_text("blue hour"));
    }

    #[test]
    fn words_are_held_in_other_forms() {
        let tokens = Tokens::of("Two ticket prices");
        assert!(tokens.hold("tickets") && tokens.hold("price") && tokens.hold("2") && !tokens.hold("train"));
    }
}
