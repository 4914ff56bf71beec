//! Words of a turn, weighed by what is lost when they are.
//!
//! Segmentation follows Unicode's default word boundaries, so that any script is cut sensibly. The short lists of
//! words below only ever *spare* a word from the guard's coverage check; a language that is missing from them is
//! covered more strictly, never less.

use std::borrow::Cow;

use throughline_conversation::Span;
use unicode_segmentation::UnicodeSegmentation;

/// What ends a question.
pub(crate) const QUESTION_MARKS: [char; 3] = ['?', '？', '؟'];

/// How much a word carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// May go missing without loss: articles, politeness, connectives.
    Filler,
    /// Must be kept, since it ties other words together, but says little about what a clause is about.
    Function,
    /// What a clause is about.
    Content,
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word<'text> {
    /// As it stands in the text.
    pub(crate) text: &'text str,
    /// Without regard to case.
    pub(crate) folded: Cow<'text, str>,
    /// Where it stands.
    pub(crate) span: Span,
    /// How much it carries.
    pub(crate) weight: Weight,
}

const FILLERS: &[&str] = &[
    "a", "ah", "also", "an", "and", "erm", "hello", "hey", "hi", "hm", "hmm", "hmmm", "mmm", "oh", "ok", "okay",
    "please", "pls", "plz", "sorry", "so", "thank", "thanks", "the", "uh", "uhm", "um", "umm", "well", // English
    "äh", "ähm", "bitte", "danke", "das", "der", "die", "ein", "eine", "einen", "hallo", "und", // German
    "el", "gracias", "hola", "la", "las", "los", "por", "favor", "un", "una", "y", // Spanish
    "了", "吧", "呢", "吗", // Chinese
];

const FUNCTION_WORDS: &[&str] = &[
    "about", "am", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "each", "for",
    "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "it's", "its",
    "just", "let", "let's", "lets", "make", "me", "my", "need", "of", "on", "only", "or", "our", "part", "she",
    "should", "some", "than", "that", "their", "them", "then", "there", "these", "they", "this", "those", "to", "use",
    "want", "was", "we", "were", "what", "when", "where", "which", "who", "will", "with", "would", "you",
    "your", // English
    "auf", "aus", "bei", "es", "für", "ich", "im", "in", "ist", "mein", "mit", "sie", "sind", "von", "was", "wie",
    "wir", "zu", "zum", "zur", // German
    "a", "con", "de", "del", "en", "es", "ese", "eso", "lo", "me", "mi", "para", "que", "se", "son",
    "su", // Spanish
    "au", "aux", "des", "du", "elle", "est", "et", "il", "je", "le", "les", "nous", "pour", "une",
    "vous", // French
    "che", "da", "di", "gli", "lo", "per", "è", // Italian
    "com", "da", "dos", "o", "os", "pra", "um", "uma", "é", // Portuguese
    "een", "het", // Dutch
];

/// The words of `text`, in order. Punctuation is left out; symbols that carry meaning (`+`, `%`, `€`, a minus
/// sign before a digit) count as words.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    text.split_word_bound_indices().filter_map(move |(start, piece)| {
        // A mark without a letter to stand on joins the space before it; the word is what can be seen.
        let start = start + (piece.len() - piece.trim_start().len());
        let piece = piece.trim();
        let folded = fold(piece);
        let weight = if piece.chars().any(char::is_alphanumeric) {
            weigh(&folded)
        } else if is_symbol(text, start, piece) {
            Weight::Content
        } else {
            return None;
        };
        Some(Word { text: piece, folded, span: Span { start, end: start + piece.len() }, weight })
    })
}

/// The content words of `text`, without regard to case.
pub fn content(text: &str) -> Vec<String> {
    words(text).filter(|word| word.weight == Weight::Content).map(|word| word.folded.into_owned()).collect()
}

/// A text in one line, with single spaces.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without regard to case and to the form of its apostrophes.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    let as_it_is = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if as_it_is { text.into() } else { text.to_lowercase().replace('\u{2019}', "'").into() }
}

/// Whether two words are forms of one ("roll", "rolls"), as far as a common beginning tells. Numbers have no forms.
pub fn same_stem(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let inflected =
        short.chars().count() >= 3 && short.chars().all(char::is_alphabetic) && long.len() <= short.len() + 2;
    one == other || (inflected && long.starts_with(short))
}

fn weigh(folded: &str) -> Weight {
    if FILLERS.contains(&folded) {
        Weight::Filler
    } else if FUNCTION_WORDS.contains(&folded) {
        Weight::Function
    } else {
        Weight::Content
    }
}

fn is_symbol(text: &str, start: usize, piece: &str) -> bool {
    const MEANINGFUL: &[char] =
        &['+', '%', '‰', '$', '€', '£', '¥', '=', '<', '>', '@', '&', '°', '±', '×', '÷', '≤', '≥', '≠'];
    let is_minus = matches!(piece, "-" | "\u{2212}")
        && text[start + piece.len()..].starts_with(|next: char| next.is_ascii_digit())
        && !text[..start].ends_with(char::is_alphanumeric);
    is_minus || piece.chars().any(|character| MEANINGFUL.contains(&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<&str> {
        words(text).filter(|word| word.weight != Weight::Filler).map(|word| word.text).collect()
    }

    #[test]
    fn numbers_and_symbols_are_words() {
        assert_eq!(kept("keep a leading +, 1.8 m, 20% off"), ["keep", "leading", "+", "1.8", "m", "20", "%", "off"]);
    }

    #[test]
    fn a_minus_is_kept_but_a_dash_is_not() {
        assert_eq!(kept("at -5 degrees - part-time"), ["at", "-", "5", "degrees", "part", "time"]);
    }

    #[test]
    fn negations_are_content() {
        assert_eq!(
            content("not spicy, no peanuts, ohne Zucker, sin gluten"),
            ["not", "spicy", "no", "peanuts", "ohne", "zucker", "sin", "gluten"]
        );
    }

    #[test]
    fn scripts_without_spaces_are_cut() {
        assert!(!content("把预算改成500元").is_empty());
        assert!(content("أريد رحلة إلى مدريد").contains(&"مدريد".to_owned()));
    }

    #[test]
    fn a_mark_behind_a_space_is_a_word_without_the_space() {
        assert_eq!(kept(" \u{1732}"), ["\u{1732}"]);
    }

    #[test]
    fn spans_point_into_the_text() {
        let text = "für 6 Gäste";
        for word in words(text) {
            assert_eq!(word.span.of(text), Ok(word.text));
        }
    }
}
