//! LaTeX: a booktabs table over as many pages as it needs, with the notes below it.

use super::text::{figure, printable};
use super::{Interval, Report, Row};

/// What the preamble must hold; names beyond Latin letters need LuaLaTeX or XeLaTeX and a font that has them.
const NEEDS: &str = "% \\usepackage[T1]{fontenc} \\usepackage{booktabs,longtable}\n";

const HEADINGS: [&str; 10] =
    ["Task", "Model", "Setting", "Inst.", "Runs", "$P$", "$A_{90}$", "$U_{90-10}$", "\\% of full", "Gap closed"];

pub(super) fn render(report: &Report) -> String {
    let mut text = NEEDS.to_owned();
    text += "\\begin{longtable}{@{}lllrrrrrrr@{}}\n\\toprule\n";
    text += &line(&HEADINGS.map(str::to_owned));
    text += "\\midrule\n\\endhead\n\\bottomrule\n\\endlastfoot\n";
    text.extend(report.rows.iter().map(|row| line(&columns(row))));
    text += "\\end{longtable}\n";
    let said: Vec<&String> = report.warnings.iter().chain(&report.notes).collect();
    if !said.is_empty() {
        text += "\\begin{footnotesize}\n\\begin{itemize}\n";
        text.extend(said.into_iter().map(|note| format!("\\item {}\n", escape(note))));
        text += "\\end{itemize}\n\\end{footnotesize}\n";
    }
    text
}

fn line(cells: &[String]) -> String {
    format!("{} \\\\\n", cells.join(" & "))
}

fn columns(row: &Row) -> [String; 10] {
    let name = |name: &str| escape(&printable(name));
    [
        name(&row.task),
        name(&row.model),
        name(&row.setting),
        row.instances.to_string(),
        row.runs.to_string(),
        within(Some(row.p), row.p_interval),
        within(Some(row.a90), row.a90_interval),
        within(Some(row.u90_10), row.u90_10_interval),
        within(row.degradation, row.degradation_interval),
        within(row.gap_closed, row.gap_closed_interval),
    ]
}

/// A figure with its interval in small type.
fn within(value: Option<f64>, interval: Option<Interval>) -> String {
    let number = |value: f64| match figure(Some(value)).strip_prefix('-') {
        Some(size) => format!("$-${size}"),
        None => figure(Some(value)),
    };
    let Some(value) = value else { return "--".to_owned() };
    let interval = interval
        .map_or_else(String::new, |Interval { low, high }| format!(" {{\\tiny [{}, {}]}}", number(low), number(high)));
    number(value) + &interval
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
    fn figures_have_a_real_minus() {
        assert_eq!(within(Some(-3.25), None), "$-$3.2");
        assert_eq!(within(None, None), "--");
        let interval = Some(Interval { low: -1.0, high: 2.0 });
        assert_eq!(within(Some(1.0), interval), "1.0 {\\tiny [$-$1.0, 2.0]}");
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
