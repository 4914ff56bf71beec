//! Graphemes with their widths in cells, fast where a text is ASCII.

use ratatui::buffer::CellWidth as _;
use unicode_segmentation::{GraphemeIndices, UnicodeSegmentation as _};

/// The cells that one grapheme takes, as it is drawn.
pub(super) fn grapheme_width(grapheme: &str) -> usize {
    usize::from(grapheme.cell_width())
}

/// The graphemes of a text with the places where they begin.
pub(super) fn graphemes(text: &str) -> Graphemes<'_> {
    Graphemes { text, at: 0, others: None }
}

pub(super) struct Graphemes<'a> {
    text: &'a str,
    at: usize,
    /// A part that must be segmented by Unicode's rules, and where it begins.
    others: Option<(usize, GraphemeIndices<'a>)>,
}

impl<'a> Iterator for Graphemes<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((start, others)) = &mut self.others {
            if let Some((at, grapheme)) = others.next() {
                return Some((*start + at, grapheme));
            }
            self.others = None;
        }
        let start = self.at;
        if start == self.text.len() {
            return None;
        }
        if stands_alone(self.text.as_bytes(), start) {
            self.at += 1;
            return Some((start, &self.text[start..=start]));
        }
        let end = (start + 1..self.text.len()).find(|at| stands_alone(self.text.as_bytes(), *at));
        self.at = end.unwrap_or(self.text.len());
        self.others = Some((start, self.text[start..self.at].grapheme_indices(true)));
        self.next()
    }
}

/// Whether the byte at a place is a grapheme whatever else there is: visible ASCII between ASCII.
fn stands_alone(bytes: &[u8], at: usize) -> bool {
    let is_ascii = |at: usize| bytes.get(at).is_none_or(u8::is_ascii);
    (b' '..=b'~').contains(&bytes[at]) && is_ascii(at + 1) && (at == 0 || is_ascii(at - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn graphemes_are_those_of_unicode(pieces in proptest::collection::vec(prop_oneof![
            proptest::sample::select(vec!["a", " ", "b", "\r", "\n", "\u{301}", "\u{200d}", "👩", "🇨", "\u{600}", "क", "\u{94d}", "é"])
                .prop_map(str::to_owned),
            any::<String>(),
        ], 0..12)) {
            let text = pieces.concat();
            let found: Vec<_> = graphemes(&text).collect();
            prop_assert_eq!(found, text.grapheme_indices(true).collect::<Vec<_>>());
        }
    }
}
