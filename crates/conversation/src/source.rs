//! Provenance: the words of a turn that a clause stands on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A half-open range of UTF-8 byte offsets into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

/// A span that does not cut the text it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("span {start}..{end} is not a part of a text of {length} bytes, or cuts a character")]
pub struct SpanError {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
    /// Length of the text in bytes.
    pub length: usize,
}

impl Span {
    /// The span of a whole text.
    pub fn whole(text: &str) -> Self {
        Self { start: 0, end: text.len() }
    }

    /// The words under this span.
    ///
    /// # Errors
    /// [`SpanError`] when the span lies outside `text` or cuts a character.
    pub fn of(self, text: &str) -> Result<&str, SpanError> {
        text.get(self.start..self.end).ok_or(SpanError { start: self.start, end: self.end, length: text.len() })
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// The words that something stands on: a span of one turn's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Index of the turn, from 0.
    pub turn: usize,
    /// Where in the turn's text.
    pub span: Span,
}
