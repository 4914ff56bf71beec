//! Finding a quote in a turn.

use throughline_conversation::Span;

use crate::words::{Word, words};

/// Where `quote` stands in `turn`, word for word: case, spacing and punctuation may differ, words may not. Of several
/// places the first that no span in `taken` overlaps is meant.
pub(crate) fn locate(turn: &str, quote: &str, taken: &[Span]) -> Option<Span> {
    let said: Vec<Word<'_>> = words(turn).collect();
    let wanted: Vec<String> = words(quote).map(|word| word.folded.into_owned()).collect();
    if wanted.is_empty() {
        return None;
    }
    let mut places = said
        .windows(wanted.len())
        .filter(|window| window.iter().zip(&wanted).all(|(word, wanted)| word.folded == *wanted))
        .filter_map(|window| {
            Some(Span { start: window.first()?.span.start, end: with_closing_marks(turn, window.last()?.span.end) })
        });
    let first = places.next()?;
    let free = |span: &Span| taken.iter().all(|held| held.end <= span.start || span.end <= held.start);
    Some(if free(&first) { first } else { places.find(free).unwrap_or(first) })
}

/// Takes in the marks that close a sentence or a quotation right behind `end`.
fn with_closing_marks(turn: &str, end: usize) -> usize {
    let marks = turn[end..].chars().take_while(|character| "?!.)\"'`”»。？！".contains(*character));
    end + marks.map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'turn>(turn: &'turn str, quote: &str) -> Option<&'turn str> {
        locate(turn, quote, &[]).and_then(|span| span.of(turn).ok())
    }

    #[test]
    fn case_and_punctuation_may_differ() {
        assert_eq!(found("I'm allergic to Shrimp!", "i’m ALLERGIC  to shrimp"), Some("I'm allergic to Shrimp!"));
    }

    #[test]
    fn words_may_not() {
        assert_eq!(found("make it 25", "5"), None);
        assert_eq!(found("leaving friday", "leaving on friday"), None);
        assert_eq!(found("leaving friday", " ?! "), None);
    }

    #[test]
    fn the_second_of_two_is_found_when_the_first_is_taken() {
        let turn = "5 apples and 5 pears";
        let first = locate(turn, "5", &[]).unwrap();
        let second = locate(turn, "5", &[first]).unwrap();
        assert_eq!((first.start, second.start), (0, 13));
    }
}
