//! The program in a reply.

use std::sync::LazyLock;

use regex::Regex;

use crate::fenced;
use crate::pattern::pattern;

/// A line that defines a function.
static DEFINES: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+\w+[ \t]*[(\[]"));
/// A line with which a program begins.
static BEGINS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^(?:(?:async[ \t]+)?def[ \t]+\w|class[ \t]+\w|import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|@\w)")
});
/// A line that belongs to a program: of a body, or a definition on one line.
static BELONGS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[ \t]+\S|(?:async[ \t]+)?def[ \t]+\w|[)\]}])"));

/// The last block that defines a function, or what stands in the place of one.
pub(super) fn answer(reply: &str) -> Option<String> {
    let blocks = fenced::blocks(reply);
    if blocks.is_empty() {
        return bare(reply);
    }
    blocks.into_iter().rev().map(|block| block.text).find(|block| DEFINES.is_match(block))
}

/// A program that stands in a reply without a fence.
fn bare(reply: &str) -> Option<String> {
    let start = BEGINS.find(reply)?.start();
    let text = reply.get(start..)?;
    let mut end = 0;
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        place += line.len();
        if BELONGS.is_match(line) {
            end = place;
        }
    }
    let program = text.get(..end)?.trim_end();
    DEFINES.is_match(program).then(|| program.to_owned())
}
