//! The judge: says of answers what no rule can say, in the form that their family asks for.

use std::sync::Arc;

use futures::future::BoxFuture;
use throughline_models::{AgentFile, CancellationToken, ChatModel, Completion, ModelError, Output, Request};
use throughline_tasks::Inquiry;

/// Gives verdicts; families turn them into scores.
#[derive(Clone)]
pub struct Judge {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

impl Judge {
    /// The judge's agent file, as shipped.
    pub const AGENT: &'static str = include_str!("../../../agents/judge.md");

    /// A judge on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// The verdict on one question, as JSON of its form, drawn with `seed`.
    ///
    /// # Errors
    /// What ended the call.
    pub fn verdict(
        &self,
        inquiry: &Inquiry,
        seed: u32,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        let output = Output::JsonSchema { name: "verdict".to_owned(), schema: inquiry.form.clone() };
        let request = self.agent.request(&inquiry.question, Some(seed));
        self.model.complete(Request { output, ..request }, cancel)
    }
}
