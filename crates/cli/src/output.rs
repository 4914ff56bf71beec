//! The one place that prints.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use throughline_scorer::{Output, Skipped};
use throughline_tasks::Sample;

/// Writes to standard output, all at once.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| io::Error::new(error.kind(), format!("cannot write standard output: {error}")))
}

/// Writes a line to standard output.
pub(crate) fn print_line(text: &str) -> io::Result<()> {
    print(&format!("{text}\n"))
}

/// Writes samples into the file `path`, which is only replaced if `replace`, or to standard output where it is `-`.
pub(crate) fn samples(samples: &[Sample], path: &Path, replace: bool) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(samples)? + "\n";
    if path == Path::new("-") {
        print(&text)?;
        return Ok(());
    }
    let mut file = Output::create(path, replace)?;
    file.write_all(text.as_bytes())?;
    file.finish()?;
    Ok(())
}

/// Writes a line to standard error: what is worth knowing, but not the result.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes an error to standard error.
pub(crate) fn complain(text: &str) {
    note(&format!("error: {text}"));
}

/// Says what was left out of inputs, by kind.
pub(crate) fn left_out(skipped: &[Skipped]) {
    for skipped in skipped {
        note(&format!("left out {}: {} (first at {})", skipped.count, skipped.problem.name(), skipped.first));
    }
}

/// Whether a person reads standard error as it comes.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// An error with its causes, on one line. A cause that its error quotes already is not said twice.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if line.contains(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line
}

/// Whether the reader of standard output went away, which is no error of ours.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// A number of things.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A large number, its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a model or a file says, without the control characters that could drive a terminal.
pub(crate) fn tame(text: &str) -> String {
    text.chars().map(|character| if is_harmless(character) { character } else { '\u{fffd}' }).collect()
}

fn is_harmless(character: char) -> bool {
    !character.is_control() || matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_tamed() {
        assert_eq!(tame("a\u{1b}[31m\tb\n\u{9b}c\r"), "a\u{fffd}[31m\tb\n\u{fffd}c\u{fffd}");
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_chain_says_nothing_twice() {
        let error = anyhow::anyhow!("no such file").context("cannot read a.toml: no such file").context("config");
        assert_eq!(chain(&error), "config: cannot read a.toml: no such file");
    }
}
