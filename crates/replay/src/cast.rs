//! Who takes part in an experiment.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use throughline_assistant::Assistant;
use throughline_conversation::Conversation;
use throughline_mediator::{Mediation, Mediator, MediatorError};
use throughline_models::CancellationToken;

/// Listens to the simulated user in settings that read a spec.
pub trait Listener: Send + Sync {
    /// What `user` changes in the spec of `conversation`, and whether to ask or proceed; model calls draw with
    /// `seed`.
    fn listen<'a>(
        &'a self,
        conversation: &'a Conversation,
        user: &'a str,
        seed: u32,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Mediation, MediatorError>>;
}

impl Listener for Mediator {
    fn listen<'a>(
        &'a self,
        conversation: &'a Conversation,
        user: &'a str,
        seed: u32,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Mediation, MediatorError>> {
        let mediator = self.seeded(seed);
        Box::pin(async move { mediator.listen(conversation, user, cancel).await })
    }
}

/// What identifies a role's model and settings, for manifests and transcripts. Never holds a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRecord {
    /// The model's name, as transcripts and reports show it.
    pub name: String,
    /// What the model is, exactly: a file's hash, or an endpoint's address with the name of its model.
    pub identity: String,
    /// SHA-256 of the agent file.
    pub agent_sha256: String,
    /// What else shapes its replies: sampling, context length, ask budget.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub settings: toml::Table,
}

/// The records of every role in an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Who replies.
    pub assistant: RoleRecord,
    /// Who listens, where a setting needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mediator: Option<RoleRecord>,
}

/// Who takes part in an experiment. How they are recorded stands in the plan's [`Roles`].
#[derive(Clone)]
pub struct Cast {
    assistant: Assistant,
    mediator: Option<Arc<dyn Listener>>,
}

impl Cast {
    /// A cast with no mediator.
    pub fn new(assistant: Assistant) -> Self {
        Self { assistant, mediator: None }
    }

    /// The same cast with a mediator.
    #[must_use]
    pub fn with_mediator(mut self, mediator: Arc<dyn Listener>) -> Self {
        self.mediator = Some(mediator);
        self
    }

    /// Who replies.
    pub fn assistant(&self) -> &Assistant {
        &self.assistant
    }

    /// Who listens.
    pub fn mediator(&self) -> Option<&dyn Listener> {
        self.mediator.as_deref()
    }
}
