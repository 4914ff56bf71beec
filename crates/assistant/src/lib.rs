//! The assistant: renders a spec into a prompt and streams the reply. It never sees the raw history.

mod confidence;
mod planner;
mod render;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use confidence::{ANSWER_SPAN, SAMPLE_AGREEMENT, answer_span_confidence, reply_confidence, sample_agreement};
pub use planner::Planner;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use throughline_conversation::Spec;
use throughline_models::{
    AgentFile, CancellationToken, ChatModel, Completion, Event, EventStream, Finish, FinishReason, Message, ModelError,
    Request,
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

/// How the clauses of a spec are worded for the assistant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wording {
    /// As they read on their own: resolved texts where there are any, what concerns the form of the result last.
    #[default]
    Resolved,
    /// In the user's exact words and their order, with the resolved text behind them where they would mislead alone. For
    /// tasks in which words are copied out of the request, such as function calls, code and queries.
    Exact,
}

/// What shapes a prompt, beside the spec.
#[derive(Clone, Copy, Debug, Default)]
pub struct Brief<'a> {
    /// The system message of a task family, in the place of the assistant's own.
    pub system: Option<&'a str>,
    /// How clauses are worded.
    pub wording: Wording,
    /// Steps that a planner proposed.
    pub plan: Option<&'a str>,
}

/// Carries out specs.
#[derive(Clone)]
pub struct Assistant {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
    /// Whether replies are asked for with log-probabilities.
    logprobs: Arc<AtomicBool>,
    /// What earlier conversations taught; empty where nothing did.
    experience: String,
}

/// The alternatives of each token that the answer's confidence needs.
const ALTERNATIVES: u8 = 2;

impl Assistant {
    /// An assistant on this model, with the settings and prompt of `agent`: the system message, and the template of
    /// the user message.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        let logprobs = Arc::new(AtomicBool::new(model.capabilities().logprobs));
        Self { model, agent, logprobs, experience: String::new() }
    }

    /// The same assistant, whose system message, also that of a task family, ends with what earlier conversations taught.
    #[must_use]
    pub fn with_experience(mut self, section: &str) -> Self {
        section.clone_into(&mut self.experience);
        self
    }

    /// What the assistant reads of a spec: a system message, and one user message.
    ///
    /// # Errors
    /// [`AssistantError`] when the agent file holds other messages or its template does not render.
    pub fn prompt(&self, spec: &Spec, brief: &Brief<'_>) -> Result<Vec<Message>, AssistantError> {
        let [own, template] = self.agent.messages.as_slice() else { return Err(AssistantError::NotTwoMessages) };
        let user = render::user_message(&template.content, spec, brief)?;
        let mut system = Message::system(brief.system.unwrap_or(&own.content));
        if !self.experience.is_empty() {
            system.content = format!("{}\n\n{}", system.content, self.experience);
        }
        Ok(vec![system, Message::user(user)])
    }

    /// Replies to a prompt; `seed` overrides that of the agent file. Where the model has log-probabilities, each token's
    /// come with the reply, with two alternatives.
    pub fn reply(&self, prompt: Vec<Message>, seed: Option<u32>, cancel: CancellationToken) -> EventStream {
        if !self.logprobs.load(Ordering::Relaxed) {
            return self.model.stream(self.request(prompt, seed, None), cancel);
        }
        let mut events = self.model.stream(self.request(prompt.clone(), seed, Some(ALTERNATIVES)), cancel.clone());
        let assistant = self.clone();
        let begun = async move {
            match events.next().await {
                Some(Err(ModelError::Unsupported { .. })) => {
                    assistant.logprobs.store(false, Ordering::Relaxed);
                    assistant.model.stream(assistant.request(prompt, seed, None), cancel)
                }
                first => stream::iter(first).chain(events.map(move |event| assistant.without_logprobs(event))).boxed(),
            }
        };
        begun.flatten_stream().boxed()
    }

    /// An endpoint that leaves the log-probabilities out is found out behind the reply, which is whole for all that.
    fn without_logprobs(&self, event: Result<Event, ModelError>) -> Result<Event, ModelError> {
        match event {
            Err(ModelError::Unsupported { .. }) => {
                self.logprobs.store(false, Ordering::Relaxed);
                Ok(Event::Finished(Finish::new(FinishReason::Other("not told".into()), None)))
            }
            event => event,
        }
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

    use throughline_models::{Capabilities, collect, terminated};

    use super::*;

    /// Claims to have log-probabilities, and refuses when asked for them.
    #[derive(Default)]
    struct Boaster {
        asked: Mutex<Vec<Option<u8>>>,
        /// Whether it says so only behind a reply.
        late: bool,
    }

    impl ChatModel for Boaster {
        fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
            self.asked.lock().unwrap().push(request.logprobs);
            let said = Ok(Event::Text("So.".into()));
            let events = match request.logprobs {
                Some(_) if self.late => vec![said, Err(ModelError::Unsupported { capability: "log-probabilities" })],
                Some(_) => vec![Err(ModelError::Unsupported { capability: "log-probabilities" })],
                None => vec![said, Ok(Event::Finished(Finish::new(FinishReason::Stop, None)))],
            };
            terminated(stream::iter(events), cancel)
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

    #[test]
    fn experience_stands_behind_any_system_message() {
        let agent = AgentFile::parse(AGENT).unwrap();
        let assistant = Assistant::new(Arc::new(Boaster::default()), agent).with_experience("Wait.");
        let system = |brief| assistant.prompt(&Spec::default(), &brief).unwrap().swap_remove(0).content;
        assert_eq!(system(Brief { system: Some("Solve it."), ..Brief::default() }), "Solve it.\n\nWait.");
        assert!(system(Brief::default()).ends_with("\n\nWait."));
    }

    #[tokio::test]
    async fn a_streamed_reply_is_given_without_log_probabilities_where_there_are_none() {
        for (late, asked) in [(false, vec![Some(ALTERNATIVES), None, None]), (true, vec![Some(ALTERNATIVES), None])] {
            let model = Arc::new(Boaster { late, ..Boaster::default() });
            let assistant = Assistant::new(Arc::clone(&model) as Arc<dyn ChatModel>, AgentFile::parse(AGENT).unwrap());
            for _ in 0..2 {
                let reply = collect(assistant.reply(Vec::new(), None, CancellationToken::new())).await.unwrap();
                assert_eq!(reply.text, "So.");
            }
            assert_eq!(*model.asked.lock().unwrap(), asked);
        }
    }
}
