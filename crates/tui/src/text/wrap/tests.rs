use proptest::prelude::*;
use ratatui::style::Stylize as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;

/// Rows as text, hanging spaces as dots and a wrapped row with an arrow.
fn shown(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| format!("{}{}{}", row.line, "·".repeat(row.spaces.into()), if row.wrapped { "→" } else { "" }))
        .collect()
}

fn plain(text: &str, width: u16) -> Vec<String> {
    shown(&wrap(&[Span::raw(text)], width))
}

#[test]
fn words_move_to_the_next_row() {
    assert_eq!(plain("the quick brown fox", 10), ["the quick·→", "brown fox"]);
    assert_eq!(plain("the quick  brown", 9), ["the quick··→", "brown"]);
    assert_eq!(plain("one\n\ntwo ", 9), ["one", "", "two·"]);
    assert_eq!(plain("", 9), [""]);
    assert_eq!(plain("    indented stays", 12), ["    indented·→", "stays"]);
}

#[test]
fn words_longer_than_a_row_are_cut_and_addresses_break_at_their_parts() {
    assert_eq!(plain("a incomprehensibilities", 8), ["a·→", "incompre→", "hensibil→", "ities"]);
    assert_eq!(plain("https://example.org/path/to?x=1", 16), ["https://→", "example.org/→", "path/to?x=1"]);
    assert_eq!(plain("well-known", 6), ["well-→", "known"]);
    assert_eq!(plain("no\u{a0}break here", 9), ["no\u{a0}break·→", "here"]);
}

#[test]
fn wide_characters_wrap_by_cells_and_closing_marks_stay_with_them() {
    assert_eq!(plain("漢字漢字", 5), ["漢字→", "漢字"]);
    assert_eq!(plain("漢字漢字。", 8), ["漢字漢→", "字。"]);
    assert_eq!(plain("👩‍🚀👩‍🚀", 3), ["👩‍🚀→", "👩‍🚀"]);
    assert_eq!(plain("漢a", 1), ["\u{fffd}→", "a"]);
}

#[test]
fn margins_hang() {
    let rows = wrap_hanging(&["a longer item".into()], 10, &["• ".into()], &["  ".into()]);
    assert_eq!(shown(&rows), ["• a longer·→", "  item"]);
    assert_eq!(rows[1].margin, 2);
    let deep = wrap_hanging(&["item".into()], 6, &["            ".into(), "• ".into()], &["    ".into()]);
    assert_eq!(shown(&deep), [" • ite→", "   m"]);
    assert_eq!(shown(&wrap_hanging(&["ab".into()], 1, &["• ".into()], &["  ".into()])), ["a→", "b"]);
}

#[test]
fn styles_stay_with_their_text() {
    let rows = wrap(&["plain ".into(), "bold words".bold(), " end".into()], 11);
    assert_eq!(rows[0].line.spans, ["plain ".into(), "bold".bold()]);
    assert_eq!(rows[1].line.spans, ["words".bold(), " end".into()]);
}

#[test]
fn a_part_can_be_copied() {
    let rows = wrap_hanging(&["a longer 漢字 item\nwith  two lines".into()], 10, &["• ".into()], &["  ".into()]);
    assert_eq!(shown(&rows), ["• a longer·→", "  漢字·→", "  item", "  with··→", "  two·→", "  lines"]);
    assert_eq!(copied(&rows, (0, 4), (2, 4)), "longer 漢字 it");
    assert_eq!(copied(&rows, (1, 4), (3, 3)), "字 item\nw");
    assert_eq!(copied(&rows, (0, 0), (9, 9)), "a longer 漢字 item\nwith  two lines");
    assert_eq!(copied(&rows, (3, 0), (3, 2)), "");
    assert_eq!(copied(&rows, (5, 0), (2, 0)), "");
    assert_eq!(copied(&[], (0, 0), (1, 0)), "");
}

#[test]
fn code_is_cut_where_the_row_is_full() {
    assert_eq!(shown(&wrap_anywhere(&["let x = 1;".into()], 6, &[])), ["let x·→", "= 1;"]);
    assert_eq!(shown(&wrap_anywhere(&["let xy = 1;".into()], 6, &["│ ".into()])), ["│ let·→", "│ xy =·→", "│ 1;"]);
}

#[test]
fn escape_sequences_never_reach_a_row() {
    assert_eq!(plain("a\u{1b}[31mb", 20), ["a␛[31mb"]);
}

/// Words of many scripts, spaces, line feeds, and anything else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z,.;:!?-]{1,12}",
        4 => "[ ]{1,4}",
        1 => Just("\n".to_owned()),
        2 => "[漢字。「」かなカナ한글ﾞﾟ]{1,8}",
        2 => proptest::sample::select(vec!["👩‍🚀", "❤️", "🇨🇭", "e\u{301}", "क्षि", "ع", "\u{200d}", "👩\u{200d}", "ᄀ", "ᅡ", "(", "\t"])
            .prop_map(str::to_owned),
        1 => "https://[a-z./?=&%-]{1,30}",
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn spans() -> impl Strategy<Value = Vec<Span<'static>>> {
    let style = proptest::sample::select(vec![Style::new(), Style::new().bold(), Style::new().red()]);
    proptest::collection::vec((text(), style).prop_map(|(text, style)| Span::styled(text, style)), 0..5)
}

/// Checks that no row is too wide, and gives back the text that was wrapped.
fn unwrapped(rows: &[Row], limit: u16) -> Result<String, TestCaseError> {
    for row in rows {
        let drawn: usize = row.line.spans.iter().map(|span| width(&span.content)).sum();
        prop_assert!(drawn <= usize::from(limit.max(1)), "{:?} is {} cells wide", row.line, drawn);
    }
    Ok(copied(rows, (0, 0), (rows.len(), 0)))
}

fn tamed(spans: &[Span<'_>]) -> String {
    spans.iter().map(|span| tame(&span.content).into_owned()).collect()
}

/// The cells of the widest grapheme, however spans may be put together.
fn widest(spans: &[Span<'_>]) -> usize {
    let parts: Vec<_> = spans.iter().map(|span| tame(&span.content).into_owned()).chain([tamed(spans)]).collect();
    parts.iter().flat_map(|part| part.graphemes(true)).map(width).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn rows_fit_and_hold_everything_in_order(spans in spans(), width in 0_u16..40) {
        for rows in [wrap(&spans, width), wrap_anywhere(&spans, width, &[])] {
            let text = unwrapped(&rows, width)?;
            // Only what is wider than a row is replaced.
            if widest(&spans) <= width.into() {
                prop_assert_eq!(text, tamed(&spans));
            }
        }
    }

    #[test]
    fn margins_are_no_text(spans in spans(), width in 8_u16..40) {
        let rows = wrap_hanging(&spans, width, &["12. ".into()], &["│ ".bold(), "  ".into()]);
        prop_assume!(widest(&spans) <= usize::from(width / 2));
        prop_assert_eq!(unwrapped(&rows, width)?, tamed(&spans));
    }
}
