//! The assistant: renders a spec into a prompt and streams the reply. It never sees the raw history.

mod render;

use std::sync::Arc;

use throughline_conversation::Spec;
use throughline_models::{AgentFile, CancellationToken, ChatModel, EventStream, Message, Request};

/// The assistant's agent file, as shipped.
pub const AGENT: &str = include_str!("../../../agents/assistant.md");

/// Why there is no assistant, or no prompt.
#[derive(Debug, thiserror::Error)]
pub enum AssistantError {
    /// The prompt does not tell its system message from its user message.
    #[error("the assistant's prompt has no line `---` between its system message and its user message")]
    NoDivider,
    /// The prompt template is not valid.
    #[error("the assistant's prompt template: {0:#}")]
    Template(#[from] minijinja::Error),
}

/// Carries out specs.
#[derive(Clone)]
pub struct Assistant {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

impl Assistant {
    /// An assistant on this model, with the settings and prompt of `agent`. The prompt holds the system message, a
    /// line `---`, and the template of the user message.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// What the assistant reads of a spec: `system` (a task family's system message), or its own where there is
    /// none, and one user message.
    ///
    /// # Errors
    /// [`AssistantError`] when the prompt has no divider or its template does not render.
    pub fn prompt(&self, spec: &Spec, system: Option<&str>) -> Result<Vec<Message>, AssistantError> {
        let (own, template) = self.agent.prompt.split_once("\n---\n").ok_or(AssistantError::NoDivider)?;
        let user = render::user_message(template.trim_start(), spec)?;
        Ok(vec![Message::system(system.unwrap_or(own.trim())), Message::user(user)])
    }

    /// Replies to a prompt; `seed` overrides that of the agent file.
    pub fn reply(&self, prompt: Vec<Message>, seed: Option<u32>, cancel: CancellationToken) -> EventStream {
        let mut sampling = self.agent.sampling.clone();
        sampling.seed = seed.or(sampling.seed);
        self.model.stream(Request::new(prompt, sampling), cancel)
    }
}
