//! Cuts texts that llama.cpp cannot cut into words.
//!
//! llama.cpp cuts some vocabularies' texts into words with the C++ library's regular expressions, which recurse for each
//! character of a word: ten thousand equal signs in a row overflow the stack and end the process. So runs without white
//! space (and of white space alone) are tokenised in parts. Texts with shorter runs, all but the odd one, are left whole.

/// Longest run in characters: far more than a word has, and far less than overflows the stack of a thread.
const RUN_MAX: usize = 1000;
/// Where a run is cut, if it can be: some way before its end.
const CUT_FROM: usize = RUN_MAX / 2;

/// `text` in parts without long runs. No part ends inside one of `whole`, the texts of control tokens.
pub(super) fn parts<'a>(text: &'a str, whole: &[String]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut run) = (0, 0);
    let mut last: Option<char> = None;
    // Where the run could be cut without cutting a word: before what follows a letter or a digit.
    let mut seam = None;
    for (place, character) in text.char_indices() {
        let goes_on = last.is_some_and(|last| last.is_whitespace() == character.is_whitespace());
        if !goes_on {
            (run, seam) = (0, None);
        }
        if run >= CUT_FROM && ends_word(last, character) {
            seam = Some((place, run));
        }
        if run >= RUN_MAX {
            let free = |(place, _): &(usize, usize)| !inside(text, *place, whole);
            if let Some((cut, before)) = seam.take().filter(free).or(Some((place, run)).filter(free)) {
                parts.push(&text[start..cut]);
                start = cut;
                run -= before;
            }
        }
        run += 1;
        last = Some(character);
    }
    parts.push(&text[start..]);
    parts
}

fn ends_word(last: Option<char>, next: char) -> bool {
    last.is_some_and(char::is_alphanumeric) && next.is_ascii_punctuation() && next != '\''
}

/// Whether a text of `whole` begins before `place` and ends behind it.
fn inside(text: &str, place: usize, whole: &[String]) -> bool {
    whole.iter().any(|whole| {
        (1..whole.len()).any(|length| {
            place.checked_sub(length).is_some_and(|start| text.as_bytes()[start..].starts_with(whole.as_bytes()))
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn longest_run(text: &str) -> usize {
        let runs = text.split(char::is_whitespace).chain(text.split(|c: char| !c.is_whitespace()));
        runs.map(|run| run.chars().count()).max().unwrap_or(0)
    }

    #[test]
    fn texts_of_words_stay_whole() {
        let text = "a few words, ".repeat(1000);
        assert_eq!(parts(&text, &[]), [text.as_str()]);
        assert_eq!(parts("", &[]), [""]);
    }

    #[test]
    fn long_runs_are_cut_between_words_where_there_are_any() {
        let parts = parts(&"é".repeat(2500), &[]).iter().map(|part| part.chars().count()).collect::<Vec<_>>();
        assert_eq!(parts, [1000, 1000, 500]);
        let words = "word,".repeat(500);
        assert!(super::parts(&words, &[]).iter().skip(1).all(|part| part.starts_with(',')));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_control_tokens_stay_whole(
            pieces in prop::collection::vec((prop_oneof!["=", "é", " ", "<|end|>", "a.", "\n"], 1..1500_usize), 0..6),
        ) {
            let end = String::from("<|end|>");
            let text: String = pieces.iter().map(|(piece, count)| piece.repeat(*count)).collect();
            let parts = parts(&text, std::slice::from_ref(&end));
            prop_assert_eq!(parts.concat(), text.as_str());
            prop_assert!(parts.iter().all(|part| longest_run(part) <= RUN_MAX + end.len()));
            let held: usize = parts.iter().map(|part| part.matches(end.as_str()).count()).sum();
            prop_assert_eq!(held, text.matches(end.as_str()).count());
        }
    }
}
