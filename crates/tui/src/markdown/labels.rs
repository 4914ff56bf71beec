//! Definitions of labels (`[1]: https://example.org "Title"`) are kept from the parser: it would hide them, and a
//! definition would change links far above it, long after they have been read. So they are shown as they are written,
//! and so are the links that use them.

use std::borrow::Cow;

/// Stands for the bracket that a definition begins with. It takes as many bytes and means nothing in markdown.
const SHIELD: char = '\u{1}';

/// Labels are at most so many characters long, says CommonMark.
const LONGEST_LABEL: usize = 1_000;

/// The source with [`SHIELD`] in the place of every bracket that might begin a definition.
pub(super) fn shield(source: &str) -> Cow<'_, str> {
    if !source.contains("]:") {
        return Cow::Borrowed(source);
    }
    let mut shielded = String::with_capacity(source.len());
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let bracket = line.find(|character| !is_margin(character)).filter(|at| line[*at..].starts_with('['));
        match bracket.filter(|at| is_definition(&source[start + at + 1..])) {
            Some(at) => {
                shielded.push_str(&line[..at]);
                shielded.push(SHIELD);
                shielded.push_str(&line[at + 1..]);
            }
            None => shielded.push_str(line),
        }
        start += line.len();
    }
    Cow::Owned(shielded)
}

/// Text of a shielded source as it was.
pub(super) fn unshield(text: &str) -> Cow<'_, str> {
    if text.contains(SHIELD) { Cow::Owned(text.replace(SHIELD, "[")) } else { Cow::Borrowed(text) }
}

/// Where the line that a place is in begins.
pub(super) fn line_start(source: &str, place: usize) -> usize {
    source[..place].rfind('\n').map_or(0, |feed| feed + 1)
}

/// Whether a character may stand before a definition on its line: indents, marks of quotes, bullets and numbers of items.
fn is_margin(character: char) -> bool {
    matches!(character, ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')' | '0'..='9')
}

/// Whether what follows an opening bracket goes on like a definition: a label, a bracket, a colon. Another bracket may be
/// shielded itself, and then is no end of the label.
fn is_definition(rest: &str) -> bool {
    let mut characters = rest.chars().take(LONGEST_LABEL);
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            ']' => return characters.next() == Some(':'),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::Parser;

    use super::super::blocks::options;
    use super::*;

    #[test]
    fn definitions_are_shielded_wherever_they_may_stand() {
        let source = "[1]: a\n\n> - 2. [b\\]\nc]: d\n\n[text](x): [y]: [z] [w]\n";
        let shielded = shield(source);
        assert_eq!(shielded, "\u{1}1]: a\n\n> - 2. \u{1}b\\]\nc]: d\n\n[text](x): [y]: [z] [w]\n");
        assert_eq!(unshield(&shielded), source);
        assert!(matches!(shield("- [x](y)\n- [ ] z"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn the_parser_finds_no_definition(pieces in proptest::collection::vec(proptest::sample::select(vec![
            "[", "]", "]:", "[a]: b", "[c]:", " ", "\n", "\n\n", "\\", "> ", "- ", "1. ", "    ", "\t", "'d'", "<e>", "f", "*",
            "```\n", "# ", "é", "[ ] ", "[x] ", "|", "---", "[^a]: ", "\u{a0}", "\u{c}", "\u{b}",
        ]), 0..24)) {
            let source = pieces.concat();
            let shielded = shield(&source);
            let parser = Parser::new_ext(&shielded, options());
            prop_assert_eq!(parser.reference_definitions().iter().count(), 0);
            prop_assert_eq!(shielded.len(), source.len());
        }
    }
}
