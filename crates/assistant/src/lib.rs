//! The assistant: renders a spec into a prompt and streams the reply. It never sees the raw history.

mod confidence;
mod render;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use confidence::{ANSWER_SPAN, answer_span_confidence};

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
    /// Whether whole replies are asked for with log-probabilities.
    logprobs: Arc<AtomicBool>,
}

/// The alternatives of each token that the answer's confidence needs.
const ALTERNATIVES: u8 = 2;

impl Assistant {
    /// An assistant on this model, with the settings and prompt of `agent`: the system message, and the template of
    /// the user message.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        let logprobs = Arc::new(AtomicBool::new(model.capabilities().logprobs));
        Self { model, agent, logprobs }
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
    /// and the model can do that. `logprobs` demands each token's log-probability with so many alternatives. Otherwise
    /// they come with two where the model has them; an endpoint that turns out to have none is asked again without, and
    /// not asked for them any more.
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
        if logprobs.is_some() {
            return self.model.complete(self.request(prompt, seed, logprobs), cancel);
        }
        let mut request = self.request(prompt, seed, None);
        let (model, logprobs) = (Arc::clone(&self.model), Arc::clone(&self.logprobs));
        Box::pin(async move {
            if logprobs.load(Ordering::Relaxed) {
                request.logprobs = Some(ALTERNATIVES);
                match model.complete(request.clone(), cancel.clone()).await {
                    Err(ModelError::Unsupported { .. }) => logprobs.store(false, Ordering::Relaxed),
                    ended => return ended,
                }
                request.logprobs = None;
            }
            model.complete(request, cancel).await
        })
    }

    fn request(&self, prompt: Vec<Message>, seed: Option<u32>, logprobs: Option<u8>) -> Request {
        let mut sampling = self.agent.sampling.clone();
        sampling.seed = seed.or(sampling.seed);
        Request { logprobs, ..Request::new(prompt, sampling) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::stream;
    use throughline_models::{Capabilities, Event, Finish, FinishReason, terminated};

    use super::*;

    /// Claims to have log-probabilities, and refuses when asked for them.
    #[derive(Default)]
    struct Boaster {
        asked: Mutex<Vec<Option<u8>>>,
    }

    impl ChatModel for Boaster {
        fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
            self.asked.lock().unwrap().push(request.logprobs);
            let event = match request.logprobs {
                Some(_) => Err(ModelError::Unsupported { capability: "log-probabilities" }),
                None => Ok(Event::Finished(Finish::new(FinishReason::Stop, None))),
            };
            terminated(stream::iter([event]), cancel)
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities { logprobs: true, ..Capabilities::default() }
        }
    }

    #[tokio::test]
    async fn a_model_without_log_probabilities_is_asked_for_them_once() {
        let model = Arc::new(Boaster::default());
        let assistant = Assistant::new(Arc::clone(&model) as Arc<dyn ChatModel>, AgentFile::parse(AGENT).unwrap());
        for _ in 0..2 {
            assistant.clone().whole_reply(Vec::new(), None, None, CancellationToken::new()).await.unwrap();
        }
        assert_eq!(*model.asked.lock().unwrap(), [Some(ALTERNATIVES), None, None]);
    }
}
