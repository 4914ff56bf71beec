//! What the guard found in a set of edits.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that the guard noticed about the mediator model's edits, in the order in which it was noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// A quote that the turn does not contain; the edit was dropped.
    Unsupported {
        /// The alleged quote.
        quote: String,
    },
    /// Content words of the turn that no edit accounted for; they entered verbatim.
    Uncovered {
        /// The words, as they stand in the turn.
        words: Vec<String>,
    },
    /// Tokens of a resolved text that come from nowhere; the user's own words stand instead.
    Invented {
        /// The resolved text that was refused.
        text: String,
        /// The tokens without a source.
        tokens: Vec<String>,
    },
    /// An edit that names something that the spec does not hold, or that is no longer in force.
    Misdirected {
        /// The operation.
        op: String,
        /// What it named.
        target: String,
    },
    /// A reference without a word of the user that points at the reply; it was dropped.
    Unpointed {
        /// The part of the reply that the model wanted to take over.
        part: String,
    },
    /// A removal that was not certain; both readings stay in force.
    Contested {
        /// The operation.
        op: String,
        /// What would have left force.
        target: String,
        /// Why it was not certain.
        reason: String,
    },
    /// The model's answer could not be read; the whole turn entered verbatim.
    Unreadable {
        /// What was wrong with it.
        reason: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { quote } => write!(formatter, "dropped a quote that you did not say: {quote:?}"),
            Self::Uncovered { words } => write!(formatter, "kept verbatim what was overlooked: {}", words.join(", ")),
            Self::Invented { tokens, .. } => write!(formatter, "refused invented words: {}", tokens.join(", ")),
            Self::Misdirected { op, target } if target.is_empty() => {
                write!(formatter, "took a {op} that names nothing for something new")
            }
            Self::Misdirected { op, target } => {
                write!(formatter, "took a {op} of {target}, which is not in force, for something new")
            }
            Self::Unpointed { part } => {
                write!(formatter, "left out a part of the reply that you did not point at: {part:?}")
            }
            Self::Contested { op, target, reason } => {
                write!(formatter, "kept both: {op} of {target} is not certain ({reason})")
            }
            Self::Unreadable { reason } => {
                write!(formatter, "kept the turn verbatim, no edits could be read ({reason})")
            }
        }
    }
}
