//! Finding the answer in a reply.

use super::parse::calls;
use super::schema::Function;

/// The text of an answer without what models put around it: code fences with their language, `tool_code` before the
/// calls, and quotation marks around them all.
pub(super) fn bare(text: &str) -> &str {
    let mut text = text.trim();
    if let Some(fenced) = text.strip_prefix("```") {
        let inside = fenced.strip_suffix("```").unwrap_or(fenced);
        let (info, rest) = inside.split_once('\n').unwrap_or(("", inside));
        // Behind the fence stands the language, unless the calls follow at once.
        text = if info.trim().chars().all(|c| c.is_alphanumeric() || c == '_') { rest } else { inside };
    }
    let text = text.trim_matches(|c: char| c == '`' || c.is_whitespace());
    let text = text.strip_prefix("tool_code").map_or(text, str::trim_start);
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text)
}

/// The answer that a reply attempts: all of it, bare; `None` where it makes no call.
///
/// A reply makes a call where it can be read as calls, or where it holds the name of one of the functions with an
/// opening parenthesis. As in the study, an answer is nothing but the calls: words around them are not cut away, so
/// that such an attempt is wrong.
pub(super) fn answer<'a>(functions: &[Function], reply: &'a str) -> Option<&'a str> {
    let bare = bare(reply);
    let named = || functions.iter().any(|function| is_called(&function.name, bare));
    (named() || calls(bare).is_ok_and(|calls| !calls.is_empty())).then_some(bare)
}

/// Whether a text holds a function's name as a word of its own with an opening parenthesis behind it.
fn is_called(name: &str, text: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + name.len()..).unwrap_or_default().trim_start();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) && behind.starts_with('(')
    })
}
