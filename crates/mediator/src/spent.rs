//! What the model calls of a turn took.

use throughline_models::{Calls, Finish, TokenUsage};

/// The tokens of a turn's model calls, and what else they took.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    pub(crate) usage: TokenUsage,
    pub(crate) calls: Calls,
}

impl Spent {
    /// Counts one more call.
    pub(crate) fn take(&mut self, finish: &Finish) {
        self.usage += finish.usage.unwrap_or_default();
        self.calls += finish.calls;
    }
}
