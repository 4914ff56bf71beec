//! The assistant: renders a spec into a prompt and streams the reply. It never sees the raw history.

use std::sync::Arc;

use throughline_conversation::Spec;
use throughline_models::{AgentFile, CancellationToken, ChatModel, EventStream, Message, Request};

/// Why a spec cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum AssistantError {
    /// The prompt template is not valid.
    #[error("the assistant's prompt template: {0}")]
    Template(#[from] minijinja::Error),
}

/// Carries out specs.
#[derive(Clone)]
pub struct Assistant {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

impl Assistant {
    /// An assistant on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// What the assistant reads of a spec: the system message of the task, or its own where there is none, and one
    /// user message.
    ///
    /// # Errors
    /// [`AssistantError`] when the template does not render.
    pub fn prompt(&self, spec: &Spec, system: Option<&str>) -> Result<Vec<Message>, AssistantError> {
        let _ = (spec, system);
        Ok(Vec::new())
    }

    /// Replies to a prompt; `seed` overrides that of the agent file.
    pub fn reply(&self, prompt: Vec<Message>, seed: Option<u32>, cancel: CancellationToken) -> EventStream {
        let mut sampling = self.agent.sampling.clone();
        sampling.seed = seed.or(sampling.seed);
        self.model.stream(Request::new(prompt, sampling), cancel)
    }
}
