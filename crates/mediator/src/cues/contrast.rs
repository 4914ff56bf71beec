//! What a contrast names as no longer so, and what it puts in its place.

use std::sync::LazyLock;

use regex::Regex;
use throughline_conversation::Span;

use super::{LISTS, own_words, wording};
use crate::words::{Weight, words};

/// What a contrast names as no longer so, and what it puts in its place: "not X but Y", "Y instead of X", "Y, not X".
pub(crate) fn contrast(text: &str) -> Option<(Span, Option<Span>)> {
    static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        let words = r"[\w'’.:/$€£%-]+(?:\s[\w'’.:/$€£%-]+){0,3}?";
        [
            format!(r"(?i)\b(?:not|nicht|no|pas|non|não|nie|не)\s+(?P<old>{words}),?\s+(?:but|sondern|sino|mais|ma|mas|tylko|а)\s+(?P<new>{words})\s*(?:[,.!?;]|$)"),
            format!(r"(?i)(?:^|[,;]\s*|\b(?:and|und|y|et|e|meant|mean|use|make\sit)\s)(?P<new>{words}),?\s+(?:instead\sof|rather\sthan|statt|anstatt|en\slugar\sde|en\svez\sde|au\slieu\sde|invece\sdi|em\svez\sde|zamiast|вместо|in\splaats\svan)\s+(?P<old>{words})\s*(?:[,.!?;]|$)"),
            format!(r"(?i)(?:^|[,;]\s*|\b(?:meant|mean|use|want)\s)(?P<new>{words}),\s+(?:not|nicht|no|pas|non|não|nie|не)\s+(?P<old>{words})\s*(?:[.!?;]|$)"),
            format!(r"(?i)^(?P<old>{words})\s+değil,?\s+(?P<new>{words})(?:\s+olacaktı)?\s*(?:[,.!?;]|$)"),
            format!(r"(?i)\b(?:instead\sof|rather\sthan|statt|anstatt|en\slugar\sde|au\slieu\sde|no\slonger)\s+(?P<old>{words})\s*(?:[,.!?;]|$)"),
            format!(r"(?i),\s+(?:not|nicht|pas|non|não|nie|не)\s+(?P<old>{words})\s*(?:[.!?;]|$)"),
            // "No onions" is no contrast; "no 25" is one in Spanish.
            String::from(r"(?i),\s+no\s+(?P<old>\d[\w.:%]*)\s*(?:[.!?;]|$)"),
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    let found = PATTERNS.iter().find_map(|pattern| pattern.captures(text))?;
    contrasted(text, &found)
}

/// The same without a comma: "limes not lemons". Much else is said so; it is a contrast where the clause at hand says what
/// is no longer so.
pub(crate) fn bare_contrast(text: &str) -> Option<(Span, Option<Span>)> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?P<new>[\w'’.:/$€£%-]+)\s+(?:and\s+)?(?:not|nicht|pas|non|não|nie|не)\s+(?:for\s+)?(?:a\s+|the\s+)?(?P<old>[\w'’.:/$€£%-]+(?:\s[\w'’.:/$€£%-]+)?)\s*(?:[,.!?;]|$)",
        )
        .ok()
    });
    contrasted(text, &PATTERN.as_ref()?.captures(text)?)
}

fn contrasted(text: &str, found: &regex::Captures<'_>) -> Option<(Span, Option<Span>)> {
    let span = |name| found.name(name).map(|part| Span { start: part.start(), end: part.end() });
    // "And 15:30", "I meant 5": what joins the sentence to the one before, or says that it corrects, is not meant.
    let new = span("new").and_then(|new| {
        let held = new.of(text).ok()?;
        let wording = wording(held);
        let idle = |span: Span| wording.iter().any(|held| held.contains(span));
        let first = words(held).find(|word| word.weight == Weight::Content && !idle(word.span))?;
        Some(Span { start: new.start + first.span.start, end: new.end })
    });
    let old = span("old")?;
    // "Not only this but also that" takes nothing away.
    let only = ["only", "just", "nur", "solo", "sólo", "seulement", "apenas", "só", "soltanto"];
    let first = words(old.of(text).ok()?).next()?.folded;
    // "At noon, not more than 20 euros" bounds something, and takes no 20 euros away.
    let bounds = LISTS.bound.begin(&own_words(old.of(text).ok()?));
    (!bounds && !only.contains(&&*first)).then_some((old, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_no_contrast() {
        let old = |text: &str| contrast(text).map(|(old, _)| old.of(text).unwrap().to_owned());
        assert_eq!(old("make it noon, not 11:00").as_deref(), Some("11:00"));
        for text in
            ["make it noon, not more than 20 euros", "hold on, nicht mehr als 20 €", "hoy, no más de 3 personas"]
        {
            assert_eq!(old(text), None, "{text}");
        }
    }
}
