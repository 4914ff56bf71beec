//! The assistant: renders a spec into a prompt and streams the reply. It never sees the raw history.

mod render;

use std::sync::Arc;

use futures::future::BoxFuture;
use throughline_conversation::Spec;
use throughline_models::{
    AgentFile, CancellationToken, ChatModel, Completion, EventStream, Message, ModelError, Request,
};

/// The assistant's agent file, as shipped.
pub const AGENT: &str = include_str!("../../../agents/assistant.md");

/// Why there is no assistant, or no prompt.
#[derive(Debug, thiserror::Error)]
pub enum AssistantError {
    /// The agent file holds other messages than these two.
    #[error("the assistant's agent file must hold a system message and one `[user]` message, the template")]
    NotTwoMessages,
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
    /// An assistant on this model, with the settings and prompt of `agent`: the system message, and the template of
    /// the user message.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// What the assistant reads of a spec: `system` (a task family's system message), or its own where there is
    /// none, and one user message.
    ///
    /// # Errors
    /// [`AssistantError`] when the agent file holds other messages or its template does not render.
    pub fn prompt(&self, spec: &Spec, system: Option<&str>) -> Result<Vec<Message>, AssistantError> {
        let [own, template] = self.agent.messages.as_slice() else { return Err(AssistantError::NotTwoMessages) };
        let user = render::user_message(&template.content, spec)?;
        Ok(vec![Message::system(system.unwrap_or(&own.content)), Message::user(user)])
    }

    /// Replies to a prompt; `seed` overrides that of the agent file.
    pub fn reply(&self, prompt: Vec<Message>, seed: Option<u32>, cancel: CancellationToken) -> EventStream {
        self.model.stream(self.request(prompt, seed, None), cancel)
    }

    /// As [`reply`](Self::reply), for who does not read along: the whole reply, which is begun anew where it breaks off
    /// and the model can do that. `logprobs` asks for each token's log-probability with so many alternatives.
    ///
    /// # Errors
    /// What ended the call.
    pub fn whole_reply(
        &self,
        prompt: Vec<Message>,
        seed: Option<u32>,
        logprobs: Option<u8>,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        self.model.complete(self.request(prompt, seed, logprobs), cancel)
    }

    fn request(&self, prompt: Vec<Message>, seed: Option<u32>, logprobs: Option<u8>) -> Request {
        let mut sampling = self.agent.sampling.clone();
        sampling.seed = seed.or(sampling.seed);
        Request { logprobs, ..Request::new(prompt, sampling) }
    }
}
