//! Text on its way to the screen: made harmless, measured in cells, cut and wrapped.

mod graphemes;
mod tame;
mod wrap;

use std::borrow::Cow;
use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::Span;

use graphemes::{grapheme_width, graphemes};

pub use tame::tame;
pub(crate) use wrap::Margin;
pub use wrap::{Row, copied, wrap, wrap_anywhere, wrap_hanging};

/// The cells that a text takes on the screen, counted grapheme by grapheme as it is drawn. For text that is [`tame`].
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { graphemes(text).map(|(_, grapheme)| grapheme_width(grapheme)).sum() }
}

/// The longest beginning of a tame text that takes at most `cells` cells, never part of a grapheme.
pub fn cut(text: &str, cells: usize) -> &str {
    let mut taken = 0;
    for (start, grapheme) in graphemes(text) {
        taken += grapheme_width(grapheme);
        if taken > cells {
            return &text[..start];
        }
    }
    text
}

/// A text made tame, on one line, of at most `cells` cells; an ellipsis tells that there is more.
pub fn shorten(text: &str, cells: usize) -> Cow<'_, str> {
    let tamed = tame(text);
    let line = tamed.trim_end_matches('\n');
    if width(line) <= cells && !line.contains('\n') {
        return match tamed {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches('\n')),
            Cow::Owned(text) => Cow::Owned(text.trim_end_matches('\n').to_owned()),
        };
    }
    let first = line.split('\n').next().unwrap_or_default();
    match cells.checked_sub(1) {
        None => Cow::Borrowed(""),
        Some(room) => Cow::Owned(format!("{}…", cut(first, room))),
    }
}

/// Splits a text where a mark begins or ends. A span that lies in a mark has the mark's style laid over `style`; where
/// marks overlap, the later of the list lies on top. Ends that are beyond the text or within a character are moved back
/// to where one begins.
pub fn marked<'a>(text: &'a str, style: Style, marks: &[(Range<usize>, Style)]) -> Vec<Span<'a>> {
    let ranges: Vec<(usize, usize, Style)> = marks
        .iter()
        .map(|(range, over)| (text.floor_char_boundary(range.start), text.floor_char_boundary(range.end), *over))
        .collect();
    let mut ends: Vec<usize> =
        ranges.iter().flat_map(|(start, end, _)| [*start, *end]).chain([0, text.len()]).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.windows(2)
        .map(|ends| {
            let over = ranges.iter().filter(|(start, end, _)| *start <= ends[0] && ends[1] <= *end);
            Span::styled(&text[ends[0]..ends[1]], over.fold(style, |style, (.., over)| style.patch(*over)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ratatui::style::Stylize as _;

    use super::*;

    #[test]
    fn width_is_counted_in_cells() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("漢字"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("👩‍🚀"), 2);
    }

    #[test]
    fn cutting_never_splits_a_grapheme() {
        assert_eq!(cut("漢字", 3), "漢");
        assert_eq!(cut("ae\u{301}b", 2), "ae\u{301}");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut("abc", 9), "abc");
    }

    #[test]
    fn what_is_shortened_says_so() {
        assert_eq!(shorten("as it is", 8), "as it is");
        assert_eq!(shorten("as it was", 8), "as it w…");
        assert_eq!(shorten("first\nsecond", 20), "first…");
        assert_eq!(shorten("only\n", 20), "only");
        assert_eq!(shorten("a\u{1b}b", 20), "a␛b");
        assert_eq!(shorten("漢字", 3), "漢…");
        assert_eq!(shorten("anything", 0), "");
    }

    #[test]
    fn marks_may_overlap_and_reach_too_far() {
        let bold = Style::new().bold();
        let red = Style::new().red();
        // The third byte is within a character.
        let spans = marked("naïve words", Style::new(), &[(0..5, bold), (3..99, red), (20..30, bold)]);
        assert_eq!(spans, ["na".bold(), "ïv".bold().red(), "e words".red()]);
    }

    #[test]
    fn a_text_without_marks_is_one_span() {
        assert_eq!(marked("all of it", Style::new(), &[]), [Span::raw("all of it")]);
        assert_eq!(marked("", Style::new(), &[(0..3, Style::new().bold())]), []);
    }
}
