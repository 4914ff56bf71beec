//! What an experiment may take.

use std::fmt;

use crate::Tally;

/// Limits on what all runs of an experiment take together, those of earlier invocations and failed attempts among them.
/// Once one is reached, no further run is begun; those under way come to their end, so that it is exceeded by what they
/// take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// US dollars, as far as calls are priced.
    pub cost_usd: Option<f64>,
    /// Tokens read and written by every role, as far as the models tell. Replies out of the cache count like others.
    pub tokens: Option<u64>,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reached {
    /// The limit on cost.
    Cost {
        /// US dollars that were spent.
        spent: f64,
        /// US dollars that may be spent.
        most: f64,
    },
    /// The limit on tokens.
    Tokens {
        /// Tokens that were read and written.
        spent: u64,
        /// Tokens that may be.
        most: u64,
    },
}

impl Limits {
    /// The limit that these sums reach.
    pub fn reached(&self, tally: &Tally) -> Option<Reached> {
        let spent = tally.calls.cost_usd.unwrap_or_default();
        if let Some(most) = self.cost_usd.filter(|most| spent >= *most) {
            return Some(Reached::Cost { spent, most });
        }
        let tokens = tally.tokens();
        let spent = tokens.prompt_tokens + tokens.completion_tokens;
        self.tokens.filter(|most| spent >= *most).map(|most| Reached::Tokens { spent, most })
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cost { spent, most } => {
                write!(formatter, "the limit on cost is reached: {spent:.4} of {most} USD are spent")
            }
            Self::Tokens { spent, most } => {
                write!(formatter, "the limit on tokens is reached: {spent} of {most} are spent")
            }
        }
    }
}
