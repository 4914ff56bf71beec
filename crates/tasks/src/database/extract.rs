//! The query in a reply.

use std::sync::LazyLock;

use regex::Regex;

use crate::fenced;
use crate::pattern::pattern;

/// A line with which a query begins, perhaps behind a comment or a bracket.
static BEGINS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?im)^[ \t(]*(?:select|with)\b"));
/// Where a query that stands in a text ends.
static ENDS: LazyLock<Regex> = LazyLock::new(|| pattern(r";|\n[ \t\r]*\n|```"));
/// What the two words at the beginning of a query go on with, which other sentences do not.
static GOES_ON: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?is)^[ \t(]*(?:select\b.*\S|with\b.*\bas\s*\()"));

/// The last block that holds a query, or what stands in the place of one.
pub(super) fn answer(reply: &str) -> Option<String> {
    let blocks = fenced::blocks(reply);
    let query = blocks.iter().rfind(|block| BEGINS.is_match(&block.text));
    if let Some(block) = query {
        return Some(block.text.trim().to_owned());
    }
    if blocks.is_empty() { bare(reply) } else { None }
}

/// The last query that stands in a reply without a fence.
fn bare(reply: &str) -> Option<String> {
    let mut found = None;
    let mut from = 0;
    while let Some(begin) = BEGINS.find_at(reply, from) {
        let rest = reply.get(begin.start()..)?;
        let end = ENDS.find(rest).map_or(rest.len(), |end| end.start());
        let query = rest.get(..end)?.trim();
        if GOES_ON.is_match(query) {
            found = Some(query.to_owned());
        }
        from = begin.start() + end.max(1);
    }
    found
}
