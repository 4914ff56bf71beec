//! What the parts of code are, by the grammars of many languages; what they look like is the theme's affair.

use std::str::FromStr as _;
use std::sync::LazyLock;

use ratatui::style::Style;
use syntect::highlighting::{
    Color, HighlightIterator, HighlightState, Highlighter, ScopeSelectors, StyleModifier, Theme as Rules, ThemeItem,
    ThemeSettings,
};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use unicode_segmentation::UnicodeSegmentation as _;

use crate::theme::Syntax;

/// Longer lines have no colours: they are data rather than code, and grammars take long over them.
const LONGEST_LINE: usize = 1_000;

/// How a theme styles a sort of part.
type Role = fn(&Syntax) -> Style;

/// What the grammars' scopes mean for a theme. Where several match, the most specific one counts.
const ROLES: [(&str, Role); 9] = [
    ("comment, punctuation.definition.comment, markup.quote", |syntax| syntax.comment),
    (
        "keyword - keyword.operator, keyword.operator.word, keyword.operator.logical.python, storage, markup.bold",
        |syntax| syntax.keyword,
    ),
    ("string, constant.character, markup.raw, markup.inline.raw", |syntax| syntax.string),
    (
        "constant.numeric, constant.language, constant.other, support.constant, string constant.character.escape",
        |syntax| syntax.constant,
    ),
    ("entity.name.function, support.function, variable.function, support.macro, entity.name.macro", |syntax| {
        syntax.function
    }),
    (
        "entity.name.type, entity.name.class, entity.name.struct, entity.name.enum, entity.name.trait, \
         entity.name.interface, entity.name.namespace, entity.name.tag, entity.name.section, entity.name.impl, \
         entity.other.inherited-class, support.type, support.class, \
         markup.heading, meta.diff.header, meta.diff.range",
        |syntax| syntax.kind,
    ),
    (
        "variable.parameter, variable.other.member, variable.language, entity.other.attribute-name, \
         meta.mapping.key string, support.type.property-name, variable.other.readwrite.shell",
        |syntax| syntax.variable,
    ),
    ("markup.inserted", |syntax| syntax.inserted),
    ("markup.deleted", |syntax| syntax.deleted),
];

/// Names that languages have in replies and lack in the grammars.
const ALIASES: [(&str, &str); 27] = [
    ("cjs", "js"),
    ("console", "bash"),
    ("csharp", "cs"),
    ("cuda", "cpp"),
    ("docker", "dockerfile"),
    ("elisp", "lisp"),
    ("fortran", "f90"),
    ("fsharp", "fs"),
    ("gdscript", "gd"),
    ("golang", "go"),
    ("hlsl", "glsl"),
    ("json5", "js"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("jsx", "tsx"),
    ("mjs", "js"),
    ("mysql", "sql"),
    ("objc", "objective-c"),
    ("plsql", "sql"),
    ("postgresql", "sql"),
    ("python3", "python"),
    ("scheme", "lisp"),
    ("sh-session", "bash"),
    ("shell", "bash"),
    ("shellsession", "bash"),
    ("sqlite", "sql"),
    ("terminal", "bash"),
];

/// Unpacking takes milliseconds, once; a grammar is compiled as it is first used, which takes tens of them.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules {
    settings: ThemeSettings { foreground: Some(number(0)), ..ThemeSettings::default() },
    scopes: (1_u8..)
        .zip(ROLES)
        .filter_map(|(i, (scopes, _))| {
            let scope = ScopeSelectors::from_str(scopes).ok()?;
            let style = StyleModifier { foreground: Some(number(i)), background: None, font_style: None };
            Some(ThemeItem { scope, style })
        })
        .collect(),
    ..Rules::default()
});

static HIGHLIGHTER: LazyLock<Highlighter<'static>> = LazyLock::new(|| Highlighter::new(&RULES));

/// The place of a role in [`ROLES`] plus one, in the guise of a colour, which is what rules lead to.
fn number(i: u8) -> Color {
    Color { r: i, g: 0, b: 0, a: 0 }
}

/// Unpacks the grammars and compiles those of the usual languages, so that the first block of code need not wait for it.
/// For a thread in the background.
pub fn warm_up() {
    for (language, code) in [
        ("python", "import a\n@b\ndef c(d: int = 1) -> str:\n    \"\"\"e\"\"\"\n    return f\"{d}\"  # g\n"),
        ("bash", "#!/bin/sh\nfor a in \"$b\"; do c --d 'e' | f > g; done  # h\n"),
        ("json", "{\"a\": [1, true, \"b\"]}\n"),
        ("javascript", "import a from 'b';\nconst c = async (d) => { return `${d}` + 1; }; // e\n"),
        ("rust", "use a::b;\n/// c\nfn d<'e>(f: &'e str) -> Option<u8> { match f { _ => g!(\"h\", 1) } }\n"),
    ] {
        let mut highlight = Highlight::new(language);
        for line in code.lines() {
            highlight.line(line);
        }
    }
}

/// What the authors of the grammars want said where these go: their licences, by the folder of each.
pub fn notices() -> String {
    let listing = two_face::acknowledgement::listing();
    let licences = listing.for_syntaxes().iter().map(|licence| {
        let of = licence.rel_path.parent().unwrap_or(&licence.rel_path).display();
        format!("## {of}\n\n{}\n\n", licence.text.trim())
    });
    let head = "# Grammars\n\nCode is coloured by grammars of the following authors, as the bat project and two-face collected \
                them. Each stands under its own licence.\n\n";
    std::iter::once(head.to_owned()).chain(licences).collect()
}

/// A part of a line of code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// Where it ends, in bytes.
    pub(super) end: usize,
    /// Its place in [`ROLES`] plus one; 0 has no role.
    role: u8,
}

impl Part {
    /// A whole line of no role.
    fn plain(line: &str) -> Self {
        Self { end: line.len(), role: 0 }
    }

    /// What the part looks like.
    pub(super) fn style(self, syntax: &Syntax) -> Style {
        let role = usize::from(self.role).checked_sub(1).and_then(|i| ROLES.get(i));
        role.map_or_else(Style::new, |(_, style)| style(syntax))
    }
}

/// Where a grammar is in a block of code.
#[derive(Clone, Debug)]
pub(super) struct Highlight(Option<(ParseState, HighlightState)>);

impl Highlight {
    /// At the beginning of a block in a language as it is named behind the fence. Without parts where it is unknown.
    pub(super) fn new(language: &str) -> Self {
        Self(
            find(language)
                .map(|syntax| (ParseState::new(syntax), HighlightState::new(&HIGHLIGHTER, ScopeStack::new()))),
        )
    }

    /// Whether there is a grammar for the language, which has not failed.
    pub(super) fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// The parts of the next line, which comes without its line feed. No part ends within a grapheme.
    pub(super) fn line(&mut self, line: &str) -> Box<[Part]> {
        self.parts(line).unwrap_or_else(|| Box::new([Part::plain(line)]))
    }

    fn parts(&mut self, line: &str) -> Option<Box<[Part]>> {
        let (parse, highlight) = self.0.as_mut().filter(|_| line.len() <= LONGEST_LINE)?;
        let ended = format!("{line}\n");
        let Ok(operations) = parse.parse_line(&ended, &GRAMMARS) else {
            // The grammar itself is at fault; what follows would be guesswork.
            self.0 = None;
            return None;
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut end = 0;
        for (style, text) in HighlightIterator::new(highlight, &operations, &ended, &HIGHLIGHTER) {
            end = (end + text.len()).min(line.len());
            let role = style.foreground.r;
            match parts.last_mut() {
                Some(last) if last.role == role => last.end = end,
                _ => parts.push(Part { end, role }),
            }
        }
        if !line.is_ascii() {
            keep_graphemes(&mut parts, line);
        }
        let mut start = 0;
        parts.retain(|part| {
            let is_kept = start < part.end;
            start = part.end;
            is_kept
        });
        Some(parts.into())
    }
}

/// Moves the ends of parts that lie within a grapheme to its end.
fn keep_graphemes(parts: &mut [Part], line: &str) {
    let mut ends = line.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len()).peekable();
    for part in parts {
        while ends.next_if(|end| *end < part.end).is_some() {}
        part.end = ends.peek().copied().unwrap_or(line.len()).max(part.end);
    }
}

fn find(language: &str) -> Option<&'static SyntaxReference> {
    let name = language.to_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| name);
    GRAMMARS.find_syntax_by_token(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;
    use ratatui::style::Color;

    use super::*;

    const NAMES: [&str; 9] =
        ["comment", "keyword", "string", "constant", "function", "kind", "variable", "inserted", "deleted"];

    /// A style of its own for each role, in the order of `NAMES`.
    fn syntax() -> Syntax {
        let numbered = |i: u8| Style::new().fg(Color::Indexed(i - 1));
        Syntax {
            comment: numbered(1),
            keyword: numbered(2),
            string: numbered(3),
            constant: numbered(4),
            function: numbered(5),
            kind: numbered(6),
            variable: numbered(7),
            inserted: numbered(8),
            deleted: numbered(9),
        }
    }

    /// Words of the last line of code and their roles.
    fn roles(language: &str, code: &str) -> String {
        let mut highlight = Highlight::new(language);
        let mut shown = String::new();
        for line in code.lines() {
            shown.clear();
            let mut start = 0;
            for part in highlight.line(line) {
                let role = match part.style(&syntax()).fg {
                    Some(Color::Indexed(i)) => NAMES[usize::from(i)],
                    _ => "",
                };
                shown.push_str(&format!("{role}<{}>", line[start..part.end].trim()));
                start = part.end;
            }
        }
        shown
    }

    #[test]
    fn parts_have_their_roles() {
        let cases = [
            ("rust", "let x: T = f(\"a\"); // b", "keyword<let><x: T =>function<f><(>string<\"a\"><);>comment<// b>"),
            (
                "python",
                "class A(B):\n    def f(self, n=1):",
                "<>keyword<def><>function<f><(>variable<self><,>variable<n><=>constant<1><):>",
            ),
            ("json", "{\"a\": [true, \"b\"]}", "<{>variable<\"a\"><: [>constant<true><,>string<\"b\"><]}>"),
            ("html", "<a b='c'>", "<<>kind<a><>variable<b><=>string<'c'><>>"),
            ("diff", "-a\n+b", "inserted<+b>"),
            ("diff", "-a", "deleted<-a>"),
            ("rust", "é = 'ñ';", "<é =>string<'ñ'><;>"),
        ];
        for (language, code, expected) in cases {
            assert_eq!(roles(language, code), expected, "{language}: {code}");
        }
    }

    #[test]
    fn long_lines_have_no_parts_and_those_behind_them_do() {
        let code = format!("x = \"{}\"\ny = 1", "a".repeat(LONGEST_LINE));
        assert_eq!(roles("python", code.lines().next().unwrap()), format!("<{}>", code.lines().next().unwrap()));
        assert_eq!(roles("python", &code), "<y =>constant<1>");
    }

    #[test]
    fn parts_end_with_graphemes() {
        let mut parts = [1, 2, 4, 5].map(|end| Part { end, role: 0 });
        keep_graphemes(&mut parts, "ae\u{301}b");
        assert_eq!(parts.map(|part| part.end), [1, 4, 4, 5]);
    }

    #[test]
    fn the_authors_of_grammars_are_named() {
        let notices = notices();
        for author in ["## syntaxes/", "Copyright", "Permission is hereby granted", "bat project"] {
            assert!(notices.contains(author), "{author}");
        }
    }

    #[test]
    fn all_rules_can_be_read() {
        assert_eq!(RULES.scopes.len(), ROLES.len());
    }

    #[test]
    fn aliases_lead_to_grammars() {
        for (alias, name) in ALIASES {
            assert!(GRAMMARS.find_syntax_by_token(alias).is_none(), "{alias} is known by itself");
            assert!(GRAMMARS.find_syntax_by_token(name).is_some(), "{name} for {alias}");
        }
        assert!(!Highlight::new("no such language").is_known());
    }

    proptest! {
        // Most of the time goes into compiling grammars.
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn no_grammar_panics(
            grammar in any::<Index>(),
            lines in proptest::collection::vec("[ \t]{0,4}([a-z]{1,6}|[(){}\\[\\]<>\"'`#/*$%@:;=+-]|é|[0-9]| ){0,12}", 1..6),
        ) {
            let mut highlight = Highlight::new(&grammar.get(GRAMMARS.syntaxes()).name);
            for line in &lines {
                let parts = highlight.line(line);
                prop_assert_eq!(parts.last().map_or(0, |part| part.end), line.len());
                prop_assert!(parts.iter().all(|part| line.is_char_boundary(part.end)));
            }
        }
    }
}
