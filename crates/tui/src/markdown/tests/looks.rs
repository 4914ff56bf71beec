//! What rendered text looks like.

use super::*;

const REPLY: &str = include_str!("reply.md");
const SCRIPTS: &str = include_str!("scripts.md");

#[test]
fn a_reply_at_80_columns() {
    insta::assert_snapshot!(shown(&dark(REPLY, 80)));
}

#[test]
fn a_reply_at_40_columns() {
    insta::assert_snapshot!(shown(&dark(REPLY, 40)));
}

#[test]
fn a_reply_at_20_columns() {
    insta::assert_snapshot!(shown(&dark(REPLY, 20)));
}

#[test]
fn wide_characters_and_what_must_not_reach_the_terminal() {
    insta::assert_snapshot!(shown(&dark(SCRIPTS, 40)));
}

/// Rows with the styles of their parts.
fn styled(rendered: &Rendered) -> String {
    let mut text = String::new();
    for row in rendered.rows() {
        text.push_str(&format!("{:?}\n", row.line.style).replace("Style::new()", "row "));
        for span in &row.line.spans {
            text.push_str(&format!("    {:?} {:?}\n", span.content, span.style).replace("Style::new()", ""));
        }
    }
    text
}

const STYLES: &str = "\
# One\n## Two\n### Three\n\nPlain, *emphasis*, **strong**, ***both***, `code`, ~~gone~~, [link **on**](https://example.org).\n
> quoted\n\n1. item\n\n| a |\n|---|\n| b |\n\n```rust\nfn main() { // 1\n    let x: u8 = \"1\";\n```\n";

#[test]
fn styles_of_the_dark_theme() {
    let mut rendered = dark(STYLES, 60);
    assert!(!rendered.colour(usize::MAX));
    insta::assert_snapshot!(styled(&rendered));
}

#[test]
fn styles_of_the_plain_theme() {
    let mut rendered = Rendered::of(STYLES, 60, Theme::usual(true));
    assert!(!rendered.colour(usize::MAX));
    insta::assert_snapshot!(styled(&rendered));
}

#[test]
fn a_table_on_its_way() {
    let mut rendered = Rendered::new(40, Theme::usual(false));
    let mut seen = Vec::new();
    for part in ["Before.\n\n| a ", "| b |\n", "|---|", "---|\n", "| 1 ", "| 2 |\n", "| longer"] {
        rendered.push(part);
        seen.push(shown(&rendered));
    }
    insta::assert_snapshot!(seen.join("=====\n"));
}

#[test]
fn blocks_are_set_off_as_in_the_source() {
    let rows = |source: &str| shown(&dark(source, 20));
    assert_eq!(rows("a\n- b\n- c\n\nd"), "a\n• b\n• c\n\nd\n");
    assert_eq!(
        rows("- a\n\n\n- b\n  ```\n  c\n  ```\n  d"),
        "• a\n\n• b\n  ┌─────────────────\n  c\n  └─────────────────\n  d\n"
    );
    assert_eq!(rows("\n\n> a\n>\n> b\n\n> c"), "│ a\n│\n│ b\n\n│ c\n");
    assert_eq!(rows("-\n- a\n1. 2. b\n"), "•\n• a\n1. 2. b\n");
    assert_eq!(rows(""), "");
}

#[test]
fn formulas_stay_as_they_are() {
    let source = "\\(a_1*b*c\\) and $x*y*z$, \\[\n\\frac{1}{2}\n\\]\n\n5\\*5 \\( \\\\( $5 or $6";
    assert_eq!(shown(&dark(source, 40)), "\\(a_1*b*c\\) and $x*y*z$, \\[\n\\frac{1}{2}\n\\]\n\n5*5 ( \\( $5 or $6\n");
}

#[test]
fn labels_are_shown_with_their_definitions() {
    let source = "see [a][1] or [1]\n\n[1]: https://example.org\n[1]: twice";
    assert_eq!(shown(&dark(source, 40)), format!("{source}\n"));
}

#[test]
fn blocks_of_code_can_be_copied() {
    let rendered =
        dark("a\n\n```rust title=x\nlet tab =\t1;\n\u{1b}[31m\n```\n- b\n  ~~~\n  c\n\n  d\n  ~~~\n\n      e", 20);
    let blocks: Vec<_> =
        rendered.code_blocks().iter().map(|code| (&*code.language, &*code.text, code.rows.clone())).collect();
    assert_eq!(blocks, [("rust", "let tab =\t1;\n\u{1b}[31m", 2..6), ("", "c\n\nd", 7..12), ("", "e", 13..16)]);
}

#[test]
fn colours_come_piece_by_piece_and_stay() {
    let source = "```rust\nlet a = 1;\nlet b = 2;\n```\n- ```python\n  c = 3\n  ```\n\nend";
    let coloured = |rendered: &Rendered| {
        let is_coloured =
            |row: &&Row| row.line.spans.iter().any(|span| span.style == Theme::usual(false).syntax.constant);
        rendered.rows().iter().filter(is_coloured).count()
    };
    let mut rendered = dark(source, 40);
    assert_eq!(coloured(&rendered), 0);
    assert!(rendered.colour(1));
    assert_eq!(coloured(&rendered), 1);
    assert!(!rendered.colour(2));
    assert_eq!(coloured(&rendered), 3);
    // Neither another width nor more text takes them away.
    rendered.show(30, Theme::usual(false));
    rendered.push(" of it\n\n```json\n[4,");
    assert_eq!(coloured(&rendered), 3);
    assert!(!rendered.colour(1));
    assert_eq!(coloured(&rendered), 4);
}

#[test]
fn what_is_settled_is_not_rendered_again() {
    let paragraph = "Some words of a paragraph that is long enough to wrap.\n\n";
    for unit in [paragraph, "- an item\n", "1. an item\n\n", "# Title\n", "```\ncode\n```\n"] {
        let mut rendered = dark(&unit.repeat(100), 20);
        let settled = rendered.settled.offset;
        assert!(rendered.source.len() - settled <= 3 * unit.len(), "{unit:?}: {settled} of {}", rendered.source.len());
        rendered.push("more");
        assert!(rendered.settled.offset >= settled);
    }
    let code = dark(&format!("```\n{}", "line\n".repeat(100)), 20);
    assert_eq!(code.settled.offset, code.source.len());
}

#[test]
fn all_sorts_of_line_ends_are_the_same() {
    let mut rendered = dark("a\r", 20);
    for part in ["\nb", "\r", "", "\n\r\nc\rd\n"] {
        rendered.push(part);
    }
    assert_eq!(rendered.source(), "a\nb\n\nc\nd\n");
}
