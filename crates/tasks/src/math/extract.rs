//! Finding the answer in a reply.

use std::sync::LazyLock;

use regex::Regex;

use super::number::Number;
use super::scan::{Found, Notation, numbers, plain};
use crate::pattern::pattern;

/// `####`; without a number right behind it, it is a heading.
static HASHES: LazyLock<Regex> = LazyLock::new(|| pattern(r"####[ \t]*([^\n#]*)"));
static BOXED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\f?boxed\s*\{"));
/// `Answer: 5`, `**Final Answer**: 5`, `The answer is 5`, `the answer to your question would be 5`.
static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\banswers?\b[*_ \t]*",
        r"(?:[:=：]|(?:[^.!?:=\n]{0,60}?\b)?(?:is|are|would be|will be|comes to|equals)\b:?)[*_]*"
    ))
});
/// A heading or a bold line that says no more than that the answer follows.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?im)^[ \t]*(?:#+[ \t]*|\*\*|__)(?:the[ \t]+)?(?:final[ \t]+)?answer[*_ \t]*:?[*_ \t]*$")
});
static BOLD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\*\*([^*\n]+)\*\*(:?)"));
/// A bold label before what it labels: `- **Total for 3 days:** 42`.
static LABEL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[-\s\d.]*\*\*[^*\n]*(?::\*\*|\*\*:)"));
static SENTENCE_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"[.!?][*_)]*(?:\s|$)"));
/// Courtesies behind a solution: questions that ask for nothing that the solution would need.
static OFFER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)^\W*(?:(?:would|do) you (?:like|want|need)\b|shall i\b|can i (?:help|assist)|anything else\b",
        r"|is there (?:any|some)\S* ?\W*(?:new|else|other|more)\b|(?:does|is) (?:this|that)\b",
        r"|do you have (?:an(?:y )?other|any (?:more|further)|more|further|any) ",
        r"(?:\w+ ){0,2}?(?:questions?|problems?)|how (?:does|do) (?:that|this))"
    ))
});

/// The answer that a reply attempts, as it is written there with its currency or percent sign, but with commas where
/// thousands are typeset; `None` where it attempts none.
///
/// Looked for in this order: the last `####` with a number behind it; the last `\boxed{…}` that holds a number; the
/// last "Answer: …" or "the answer is …" with a number; the last number in bold type; the number that the last
/// sentence with a number states. Numbers that only label something (`2nd`, `Step 2`, the numerals of a list) count
/// where there is no other. A reply without a number attempts nothing, and neither does one that ends by asking for
/// something and has none of the first three marks.
///
/// Of a sentence, the number behind its last `=` counts, else its first: "you need 3 trucks for 80 stones"
/// states 3.
pub(super) fn answer(reply: &str) -> Option<String> {
    let marked = hashes(reply).or_else(|| boxed(reply)).or_else(|| marker(reply));
    if marked.is_some() || asks(reply) {
        return marked;
    }
    bold(reply).or_else(|| last_sentence(reply))
}

/// The number that a short text states, such as an extracted answer: the one behind the last `=`, else the first.
pub(super) fn stated(text: &str, notation: Notation) -> Option<Number> {
    statement(text, notation).map(|found| found.number)
}

fn hashes(reply: &str) -> Option<String> {
    let marks: Vec<_> = HASHES.captures_iter(reply).collect();
    marks.iter().rev().find_map(|mark| {
        let behind = mark.get(1)?.as_str();
        let found = numbers(behind, Notation::Typeset).into_iter().next()?;
        let bare = behind.get(..found.span.start)?.chars().all(|c| !c.is_alphanumeric());
        (bare && !found.label).then(|| text_of(behind, &found))
    })
}

fn boxed(reply: &str) -> Option<String> {
    let marks: Vec<_> = BOXED.find_iter(reply).collect();
    marks.iter().rev().find_map(|mark| {
        let behind = behind(reply, mark.end());
        stated_text(behind.get(..closing_brace(behind))?)
    })
}

/// What stands behind a mark, as far as an answer may stand from it.
fn behind(reply: &str, mark: usize) -> &str {
    const BYTES: usize = 2_000;
    let rest = reply.get(mark..).unwrap_or_default();
    rest.get(..rest.floor_char_boundary(BYTES)).unwrap_or(rest)
}

/// Where the brace that is open at the start of a text closes; the end of its line where it does not.
fn closing_brace(text: &str) -> usize {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            '\n' => return at,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn marker(reply: &str) -> Option<String> {
    let marks = MARKER.find_iter(reply).chain(HEADING.find_iter(reply));
    let mut ends: Vec<usize> = marks.map(|mark| mark.end()).collect();
    ends.sort_unstable();
    ends.into_iter().rev().find_map(|end| {
        // The answer may stand on the line below its mark.
        let line = behind(reply, end).trim_start().lines().next()?;
        bold(line).or_else(|| stated_text(first_sentence(line))).or_else(|| stated_text(line))
    })
}

/// The last number in bold type that is no heading.
fn bold(text: &str) -> Option<String> {
    let spans: Vec<_> = BOLD.captures_iter(text).collect();
    spans.iter().rev().find_map(|span| {
        let inside = span.get(1)?.as_str();
        let heading = span.get(2).is_some_and(|colon| !colon.is_empty()) || inside.trim_end().ends_with(':');
        let found = statement(inside, Notation::Typeset).filter(|found| !heading && !found.label)?;
        Some(text_of(inside, &found))
    })
}

/// What the last sentence with a number states.
fn last_sentence(reply: &str) -> Option<String> {
    let found = last(numbers(reply, Notation::Typeset))?;
    let before = reply.get(..found.span.start)?;
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let start = SENTENCE_END.find_iter(before).last().map_or(line, |end| end.end().max(line));
    let sentence = first_sentence(reply.get(start..)?.lines().next()?);
    let labelled = LABEL.find(sentence).and_then(|label| sentence.get(label.end()..));
    labelled.and_then(stated_text).or_else(|| stated_text(sentence)).or_else(|| Some(text_of(reply, &found)))
}

/// A line up to the end of its first sentence.
fn first_sentence(line: &str) -> &str {
    SENTENCE_END.find(line).and_then(|end| line.get(..end.start())).unwrap_or(line)
}

/// The number that a statement gives: the first behind its last `=`, else its first. What a parenthesis adds
/// behind a number does not count.
fn statement(text: &str, notation: Notation) -> Option<Found> {
    let found = numbers(text, notation);
    let earliest = found.first()?.span.end;
    let remark = text.match_indices('(').map(|(at, _)| at).find(|at| {
        let latex = text.get(..*at).is_some_and(|before| before.ends_with('\\'));
        earliest <= *at && !latex
    });
    let end = remark.unwrap_or(text.len());
    let equals = text.get(..end).and_then(|text| text.rfind(['=', '≈'])).unwrap_or(0);
    let behind = found.iter().filter(|found| equals <= found.span.start && found.span.end <= end).cloned().collect();
    first(behind).or_else(|| first(found))
}

/// The text of the number that a statement gives.
fn stated_text(text: &str) -> Option<String> {
    statement(text, Notation::Typeset).map(|found| text_of(text, &found))
}

fn text_of(text: &str, found: &Found) -> String {
    plain(text.get(found.span.clone()).unwrap_or_default().trim())
}

/// The first number, preferring one that is no label.
fn first(found: Vec<Found>) -> Option<Found> {
    let labels_only = found.iter().all(|found| found.label);
    found.into_iter().find(|found| labels_only || !found.label)
}

/// The last number, preferring one that is no label.
fn last(found: Vec<Found>) -> Option<Found> {
    let labels_only = found.iter().all(|found| found.label);
    found.into_iter().rfind(|found| labels_only || !found.label)
}

/// Whether a reply ends by asking the user for something.
fn asks(reply: &str) -> bool {
    let end = reply.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | ')' | '"' | '”'));
    let Some(question) = end.strip_suffix('?') else { return false };
    let start = question.rfind(['.', '!', '?', '\n', ':']).map_or(0, |before| before + 1);
    !OFFER.is_match(question.get(start..).unwrap_or_default().trim_start())
}
