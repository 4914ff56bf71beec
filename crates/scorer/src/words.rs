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
    let mut rest = text;
    loop {
        // Most of most texts: letters and digits of ASCII are taken as a run.
        let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (ascii, behind) = rest.split_at(run);
        let folded = word.len();
        word.push_str(ascii);
        word[folded..].make_ascii_lowercase();
        let mut characters = behind.chars();
        let next = characters.next();
        rest = characters.as_str();
        match next {
            Some(mark @ ('.' | ','))
                if word.ends_with(|last: char| last.is_ascii_digit())
                    && rest.starts_with(|first: char| first.is_ascii_digit()) =>
            {
                word.push(mark);
            }
            Some(other) if !other.is_ascii() && other.is_alphanumeric() => word.extend(other.to_lowercase()),
            _ if !word.is_empty() => {
                take(&word);
                word.clear();
            }
            _ => {}
        }
        if next.is_none() {
            return;
        }
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
    fn a_word_may_mix_alphabets() {
        assert_eq!(in_order("naïve ÉCOLE2x 3.é 1.2,3. x1.5y"), ["naïve", "école2x", "3", "é", "1.2,3", "x1.5y"]);
    }

    #[test]
    fn a_set_holds_each_once() {
        assert_eq!(words("No, no, NO!"), HashSet::from(["no".into()]));
    }
}
