//! The rewriter: puts what a user said over several turns into one request, for the settings `free-rewrite` and `ergo`.

use std::fmt::Write;
use std::sync::Arc;

use futures::future::BoxFuture;
use throughline_models::{AgentFile, CancellationToken, ChatModel, Completion, ModelError};

/// Rewrites user turns, freely: nothing checks what it writes.
#[derive(Clone)]
pub struct Rewriter {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

impl Rewriter {
    /// The rewriter's agent file, as shipped.
    pub const AGENT: &'static str = include_str!("../../../agents/rewriter.md");

    /// A rewriter on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// The user turns as one request, drawn with `seed`.
    ///
    /// # Errors
    /// What ended the call.
    pub fn rewrite(
        &self,
        user_turns: &[String],
        seed: u32,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        self.model.complete(self.agent.request(numbered(user_turns), Some(seed)), cancel)
    }
}

fn numbered(user_turns: &[String]) -> String {
    (1..).zip(user_turns).fold(String::new(), |mut text, (number, said)| {
        let gap = if number == 1 { "" } else { "\n\n" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{gap}Message {number}:\n{said}");
        text
    })
}
