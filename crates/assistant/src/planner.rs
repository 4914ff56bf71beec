//! The planner: breaks a request down into steps before the assistant carries it out.

use std::sync::Arc;

use futures::future::BoxFuture;
use throughline_models::{AgentFile, CancellationToken, ChatModel, Completion, ModelError};

/// Breaks requests down into steps; it may run on another model than the assistant. After Wu et al., "Divide-or-Conquer?
/// Which Part Should You Distill Your LLM?" (arXiv 2402.15000), where a small decomposer serves a strong solver well.
#[derive(Clone)]
pub struct Planner {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

impl Planner {
    /// The planner's agent file, as shipped.
    pub const AGENT: &'static str = include_str!("../../../agents/planner.md");

    /// A planner on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// The steps that lead to what `request` asks for: what the assistant would read, without a plan. `seed` overrides
    /// that of the agent file.
    ///
    /// # Errors
    /// What ended the call.
    pub fn plan(
        &self,
        request: &str,
        seed: Option<u32>,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        self.model.complete(self.agent.request(request, seed), cancel)
    }
}
