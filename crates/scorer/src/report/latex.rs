//! LaTeX: booktabs tables over as many pages as they need, with the warnings and notes below them.

use super::{Report, Sheet};

/// What the preamble must hold; names beyond Latin letters need LuaLaTeX or XeLaTeX and a font that has them.
const NEEDS: &str = "% \\usepackage[T1]{fontenc} \\usepackage{booktabs,longtable}\n";

/// Headings that are symbols.
const SYMBOLS: [(&str, &str); 4] = [("P", "$P$"), ("A90", "$A_{90}$"), ("U90-10", "$U_{90-10}$"), ("p", "$p$")];

pub(super) fn render(report: &Report, sheets: &[Sheet]) -> String {
    let mut text = NEEDS.to_owned();
    for sheet in sheets {
        table(sheet, &mut text);
    }
    let said: Vec<&String> = report.warnings.iter().chain(&report.notes).collect();
    if !said.is_empty() {
        text += "\\begin{footnotesize}\n\\begin{itemize}\n";
        text.extend(said.into_iter().map(|note| format!("\\item {}\n", escape(note))));
        text += "\\end{itemize}\n\\end{footnotesize}\n";
    }
    text
}

fn table(sheet: &Sheet, text: &mut String) {
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let columns = "l".repeat(sheet.names) + &"r".repeat(sheet.headings.len() - sheet.names);
    *text += &format!("\\begin{{longtable}}{{@{{}}{columns}@{{}}}}\n");
    let headings = line(sheet.headings.iter().map(|heading| symbol(heading)).collect());
    let head = format!("\\toprule\n{headings}\\midrule\n");
    let title = escape(sheet.title);
    *text += &format!("\\caption[{title}]{{{title}. {}}} \\\\\n", escape(&sheet.note));
    *text += &format!("{head}\\endfirsthead\n{head}\\endhead\n\\bottomrule\n\\endfoot\n");
    for row in &sheet.rows {
        let cell = |(column, cell): (usize, &String)| if column < sheet.names { escape(cell) } else { number(cell) };
        *text += &line(row.iter().enumerate().map(cell).collect());
    }
    *text += "\\end{longtable}\n";
}

fn symbol(heading: &str) -> String {
    let known = SYMBOLS.iter().find(|(name, _)| *name == heading);
    known.map_or_else(|| escape(heading), |(_, symbol)| (*symbol).to_owned())
}

/// A cell of numbers: with real minus signs, a dash between the ends of a range and where there is nothing, and
/// intervals in small type.
fn number(cell: &str) -> String {
    if cell == "-" {
        return "--".to_owned();
    }
    let (figure, interval) = match cell.split_once(" [") {
        Some((figure, interval)) => (figure, Some(interval.trim_end_matches(']'))),
        None => (cell, None),
    };
    let interval = interval.map_or_else(String::new, |interval| format!(" {{\\tiny [{}]}}", signs(interval)));
    signs(figure) + &interval
}

fn signs(number: &str) -> String {
    let mut written = String::new();
    let mut before = ' ';
    for character in number.chars() {
        match character {
            '-' if before.is_ascii_digit() => written.push_str("--"),
            '-' => written.push_str("$-$"),
            '<' => written.push_str("$<$"),
            other => written.push_str(&escape(other.encode_utf8(&mut [0; 4]))),
        }
        before = character;
    }
    written
}

/// A text that LaTeX prints as it is. Brackets and stars stand in braces, because a row that began with one would be
/// taken for an option of the line break before it; so does the second of two characters that would join into one.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '`' => escaped.push_str("\\textasciigrave{}"),
            '"' => escaped.push_str("\\textquotedbl{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => escaped.extend(['\\', character]),
            '[' | ']' | '*' => escaped.extend(['{', character, '}']),
            '-' | ',' | '\'' if before == Some(character) => escaped.extend(['{', character, '}']),
            _ => escaped.push(character),
        }
        before = Some(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_in_a_name_is_a_command() {
        assert_eq!(escape(r"50%_of $x$ & #1 {a}"), r"50\%\_of \$x\$ \& \#1 \{a\}");
        assert_eq!(escape(r"\input{x}~^"), r"\textbackslash{}input\{x\}\textasciitilde{}\textasciicircum{}");
        assert_eq!(escape("[1]* a--b"), "{[}1{]}{*} a-{-}b");
    }

    #[test]
    fn numbers_have_real_signs() {
        assert_eq!(number("-3.2"), "$-$3.2");
        assert_eq!(number("-"), "--");
        assert_eq!(number("1.0 [-1.0, 2.0]"), "1.0 {\\tiny [$-$1.0, 2.0]}");
        assert_eq!(number("55.0-90.0"), "55.0--90.0");
        assert_eq!(number("<0.001"), "$<$0.001");
        assert_eq!(number("50 %"), "50 \\%");
    }

    proptest! {
        /// What is left when our own commands are taken away has no character that LaTeX acts on, and braces match.
        #[test]
        fn whatever_a_text_holds_it_is_only_printed(text in any::<String>()) {
            let mut rest = escape(&text);
            for command in ["backslash", "asciicircum", "asciitilde", "asciigrave", "quotedbl", "less", "greater", "bar"] {
                rest = rest.replace(&format!("\\text{command}{{}}"), "");
            }
            for escaped in ["\\{", "\\}", "\\$", "\\&", "\\#", "\\%", "\\_"] {
                rest = rest.replace(escaped, "");
            }
            for braced in ["{[}", "{]}", "{*}", "{-}", "{,}", "{'}"] {
                rest = rest.replace(braced, "");
            }
            prop_assert!(!rest.contains("--"), "{rest}");
            prop_assert!(!rest.contains(['\\', '{', '}', '$', '&', '#', '%', '_', '^', '~', '`', '[', '*']), "{rest}");
        }
    }
}
