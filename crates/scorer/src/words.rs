//! Words, as far as measures of transcripts compare them: by their letters and digits, without regard to case.
//!
//! On purpose no list of words says which ones count. The mediator's guard has such lists; a measure that shared them
//! would be blind to whatever they leave out.

use std::collections::HashSet;

/// The words of `text`, each once, folded to lower case: runs of letters and digits, with a dot or comma between digits.
pub(crate) fn words(text: &str) -> HashSet<Box<str>> {
    let mut found = HashSet::new();
    each(text, |word| {
        if !found.contains(word) {
            found.insert(word.into());
        }
    });
    found
}

/// Hands every word of `text` to `take`, folded to lower case, in order.
pub(crate) fn each(text: &str, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let joins = matches!(character, '.' | ',')
            && word.ends_with(|last: char| last.is_ascii_digit())
            && characters.peek().is_some_and(char::is_ascii_digit);
        if character.is_ascii_alphanumeric() || joins {
            word.push(character.to_ascii_lowercase());
        } else if !character.is_ascii() && character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        } else if !word.is_empty() {
            take(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        take(&word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_order(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(text, |word| found.push(word.to_owned()));
        found
    }

    #[test]
    fn letters_and_digits_count() {
        assert_eq!(in_order("At -5 °C, “Été”: 1,200.50 kg, 3."), ["at", "5", "c", "été", "1,200.50", "kg", "3"]);
        assert_eq!(in_order("f(x_1)='Paris'"), ["f", "x", "1", "paris"]);
        assert_eq!(in_order(" ,. "), Vec::<String>::new());
    }

    #[test]
    fn a_set_holds_each_once() {
        assert_eq!(words("No, no, NO!"), HashSet::from(["no".into()]));
    }
}
