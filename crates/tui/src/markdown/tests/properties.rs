//! Whatever is written, and however it comes in: no panic, rows within the width, and the same rows in the end.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::text::width;

/// Pieces that block structure is made of, and words.
fn piece() -> impl Strategy<Value = String> {
    let structure = [
        "\n",
        "\n\n",
        "\n\n\n",
        "# ",
        "## ",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "7) ",
        "> ",
        "  ",
        "    ",
        "\t",
        "```",
        " ```\n",
        "````\n",
        "~~~",
        "```rust\n",
        "```python title=x\n",
        "\n```\n",
        "fn main() {\n",
        "    let x = \"a\";\n",
        "---",
        "***",
        "===",
        "| ",
        " | b |\n",
        "|---|:-:|\n",
        "| a | b |\n|---|--:|\n| 1 | 2 |\n",
        "[ ] ",
        "[x] ",
        "<div>",
        "</div>",
        "<br>",
        "<!-- ",
        " -->",
        "<pre>",
        "> [!NOTE]\n",
        "\\",
        "\r\n",
        "\r",
        "&amp;",
        "&#27;",
        "[a]: /b\n",
        "[a]:",
        "\n/b 'c\n",
        "'\n",
    ];
    let inline = [
        "*",
        "**",
        "_",
        "~~",
        "`",
        "``",
        "[a](b)",
        "[a]",
        "[b][a]",
        "![c][a]",
        "[text](https://example.org/a/long/path)",
        "![alt](image.png)",
        "<https://example.org>",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "$",
        "$$",
        "x^2",
        "  \n",
        "\u{1b}[31m",
        "\u{202e}",
    ];
    prop_oneof![
        4 => select(structure.to_vec()).prop_map(str::to_owned),
        2 => select(inline.to_vec()).prop_map(str::to_owned),
        3 => "[a-z]{1,10} ?",
        1 => "[漢字かな한글👩🏽e\u{301}\u{200d}]{1,4}",
        1 => any::<String>(),
    ]
}

fn document() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

fn short_document() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..16).prop_map(|pieces| pieces.concat())
}

fn theme() -> impl Strategy<Value = &'static Theme> {
    select(Theme::ALL.to_vec())
}

fn fits(rendered: &Rendered, limit: u16) -> Result<(), TestCaseError> {
    for row in rendered.rows() {
        let cells: usize = row.line.spans.iter().map(|span| width(&span.content)).sum();
        prop_assert!(cells <= usize::from(limit.max(1)), "{:?} has {} cells", row.line.to_string(), cells);
        prop_assert!(usize::from(row.margin) <= cells);
        prop_assert!(!row.line.to_string().contains(char::is_control));
    }
    for code in rendered.code_blocks() {
        prop_assert!(code.rows.start < code.rows.end && code.rows.end <= rendered.rows().len(), "{:?}", code.rows);
    }
    Ok(())
}

fn same(one: &Rendered, other: &Rendered) -> Result<(), TestCaseError> {
    prop_assert_eq!(shown(one), shown(other), "source {:?}", other.source());
    prop_assert_eq!(one.rows(), other.rows());
    prop_assert_eq!(one.code_blocks().len(), other.code_blocks().len());
    for (one, other) in one.code_blocks().iter().zip(other.code_blocks()) {
        prop_assert_eq!((&one.language, &one.text, &one.rows), (&other.language, &other.text, &other.rows));
    }
    Ok(())
}

#[test]
fn a_very_large_block_is_rendered_as_it_grows_and_whole_in_the_end() {
    for (begins, goes_on) in [("", "on and on "), ("```json\n", "[1, 2], "), ("| a |\n|---|\n", "| one |\n")] {
        let mut rendered = dark(&[begins, &goes_on.repeat(2 * LARGE / goes_on.len())].concat(), 40);
        let (source, rows) = (rendered.source().len(), shown(&rendered));
        rendered.push(goes_on);
        assert_eq!(shown(&rendered), rows, "not for so little: {begins:?}");
        while shown(&rendered) == rows {
            rendered.push(goes_on);
        }
        let grown = rendered.source().len() - source;
        assert!(grown <= source / PUT_OFF + 2 * goes_on.len(), "{begins:?}: after {grown} bytes");
        rendered.push(goes_on);
        rendered.catch_up();
        assert_eq!(shown(&rendered), shown(&dark(rendered.source(), 40)), "{begins:?}");
    }
}

proptest! {
    #[test]
    fn rows_fit_whatever_is_written(source in document(), width in 0_u16..90, theme in theme()) {
        let mut rendered = Rendered::of(&source, width, theme);
        fits(&rendered, width)?;
        let before = shown(&rendered);
        rendered.colour(usize::MAX);
        fits(&rendered, width)?;
        prop_assert_eq!(shown(&rendered), before);
    }

    #[test]
    fn piece_by_piece_is_as_all_at_once(
        pieces in proptest::collection::vec((piece(), any::<bool>()), 0..40),
        width in 1_u16..60,
        theme in theme(),
    ) {
        let mut growing = Rendered::new(width, theme);
        let mut source = String::new();
        for (piece, coloured) in pieces {
            growing.push(&piece);
            source.push_str(&piece);
            if coloured {
                growing.colour(2);
            }
            fits(&growing, width)?;
        }
        growing.colour(usize::MAX);
        let mut whole = Rendered::of(&source, width, theme);
        whole.colour(usize::MAX);
        same(&growing, &whole)?;
    }

    #[test]
    fn character_by_character_is_as_all_at_once(source in short_document(), width in 1_u16..60) {
        let mut growing = Rendered::new(width, Theme::usual(true));
        let mut before = String::new();
        for character in source.chars() {
            growing.push(character.encode_utf8(&mut [0; 4]));
            before.push(character);
            same(&growing, &Rendered::of(&before, width, Theme::usual(true)))?;
        }
    }

    #[test]
    fn another_width_and_theme_is_as_from_the_beginning(
        source in document(),
        widths in (1_u16..60, 1_u16..60),
        themes in (theme(), theme()),
        coloured in 0_usize..6,
    ) {
        let mut rendered = Rendered::of(&source, widths.0, themes.0);
        rendered.colour(coloured);
        rendered.show(widths.1, themes.1);
        rendered.colour(usize::MAX);
        let mut fresh = Rendered::of(&source, widths.1, themes.1);
        fresh.colour(usize::MAX);
        same(&rendered, &fresh)?;
    }

    #[test]
    fn words_are_kept_in_order(words in proptest::collection::vec("[a-z]{1,8}", 1..30), joints in proptest::collection::vec(
        select(vec![" ", "\n", "\n\n", "\n\n- ", "\n- ", "\n\n1. ", "\n> ", "\n\n# ", "\n\n---\n\n", " | ", "\n\n```\n", " **", "** ", " `"]), 30,
    ), width in 1_u16..60) {
        let source: String = words.iter().zip(&joints).flat_map(|(word, joint)| [word.as_str(), joint]).collect();
        let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
        let rendered = Rendered::of(&source, width, Theme::usual(true));
        // A word right behind a fence names the language, and only as much of it is shown as there is room.
        let languages: usize = rendered.code_blocks().iter().map(|code| code.language.len()).sum();
        if languages == 0 {
            prop_assert_eq!(letters(&shown(&rendered)), letters(&source));
        }
    }
}
