//! One user turn: edits from the model, checked by the guard.

use std::sync::Arc;
use std::time::Duration;

use throughline_conversation::{Conversation, FoldError, Turn};
use throughline_models::{AgentFile, CancellationToken, ChatModel, ModelError, TokenUsage};

/// When the mediator asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskPolicy {
    /// How many questions it may ask in one conversation; 0 never asks.
    pub budget: usize,
}

impl Default for AskPolicy {
    fn default() -> Self {
        Self { budget: 1 }
    }
}

/// What the mediator made of a user turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Mediation {
    /// The turn, with its edits, findings and decision; its reply is still open.
    pub turn: Turn,
    /// What to ask, when the decision is to ask.
    pub question: Option<String>,
    /// What the model calls cost.
    pub usage: TokenUsage,
    /// How long they took.
    pub elapsed: Duration,
}

/// Why a turn could not be mediated.
#[derive(Debug, thiserror::Error)]
pub enum MediatorError {
    /// The model failed.
    #[error("the mediator's model failed")]
    Model(#[from] ModelError),
    /// The conversation so far holds edits that do not fit.
    #[error("the conversation's record is damaged")]
    Fold(#[from] FoldError),
}

/// Listens to user turns.
#[derive(Clone)]
pub struct Mediator {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
    policy: AskPolicy,
}

impl Mediator {
    /// A mediator on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile, policy: AskPolicy) -> Self {
        Self { model, agent, policy }
    }

    /// What `user` changes in the spec of `conversation`, and whether to ask or proceed. The conversation itself
    /// stays as it is: push [`Mediation::turn`] to accept it.
    ///
    /// # Errors
    /// [`MediatorError`] when the model cannot be reached; what it writes is never an error.
    pub async fn listen(
        &self,
        conversation: &Conversation,
        user: &str,
        cancel: &CancellationToken,
    ) -> Result<Mediation, MediatorError> {
        let _ = (&self.model, &self.agent, self.policy, conversation, cancel);
        Ok(Mediation {
            turn: Turn { user: user.to_owned(), ..Turn::default() },
            question: None,
            usage: TokenUsage::default(),
            elapsed: Duration::ZERO,
        })
    }
}
