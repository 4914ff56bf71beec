//! llama.cpp in this process.
//!
//! [`LlamaChat::load`] starts one thread that owns the model's context; handles are cheap clones that send it
//! requests. The thread computes several conversations together and keeps what it decoded, so that a conversation
//! that goes on, or begins like another one, is not decoded anew. It ends when the last handle and the last stream
//! are gone.
//!
//! A seed repeats a reply as long as the same computation is repeated. Which other conversations are computed at the
//! same time, and what was reused, changes the last digits of the logits, and so may change a draw.

mod binding;
mod engine;
mod gbnf;
mod gguf;
mod job;
mod load;
mod logprob;
mod machine;
mod pace;
mod prompt;
mod request;
mod runs;
mod sampler;
mod schema;
mod sizing;
mod slot;
mod template;
mod text;

use std::sync::Arc;
use std::thread::JoinHandle;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};
use throughline_conversation::Message;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use engine::LlamaStats;
pub use load::{LlamaInfo, LlamaOptions};
pub use machine::{DeviceInfo, DeviceKind, devices};

use self::binding::{Context, ContextSize, Model};
use self::engine::{Counters, Engine};
use self::job::Job;
use self::load::Loaded;
use self::prompt::PromptWriter;
use crate::{Capabilities, ChatModel, Event, EventStream, ModelError, Request, TokenLogprob, terminated};

/// Requests that may wait for the engine before a sender waits itself.
const QUEUE: usize = 64;
/// llama.cpp's grammar parser is recursive; the thread has room for it and for the engine.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A model that runs in this process. Clones share the model and its thread.
#[derive(Clone)]
pub struct LlamaChat {
    shared: Arc<Shared>,
}

struct Shared {
    model: Arc<Model>,
    prompts: PromptWriter,
    info: LlamaInfo,
    counters: Arc<Counters>,
    /// `None` only while the last handle goes away.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.jobs = None;
        // Nobody waits for results any more, so the thread is at most one decode from its end. To let it run on would
        // have it compute while the process takes llama.cpp down.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for LlamaChat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LlamaChat").field("info", &self.shared.info).finish_non_exhaustive()
    }
}

impl LlamaChat {
    /// Loads a model, and calls `progress` with the share that is loaded, from 0 to 1. This blocks for seconds with
    /// large files: call it outside of an async task.
    ///
    /// # Errors
    /// [`ModelError::Load`] when the file or an option cannot be used, [`ModelError::NoChatTemplate`] when the file
    /// holds no chat template.
    #[expect(clippy::needless_pass_by_value, reason = "options are made for one call")]
    pub fn load(options: LlamaOptions, progress: Option<Box<dyn FnMut(f32) + Send>>) -> Result<Self, ModelError> {
        let Loaded { model, prompts, info } = load::load(&options, progress)?;
        let (model, counters) = (Arc::new(model), Arc::new(Counters::default()));
        let (jobs, inbox) = mpsc::channel(QUEUE);
        let thread = start(&model, &info, &counters, inbox)
            .map_err(|reason| ModelError::Load { path: info.path.clone(), reason })?;
        tracing::info!(path = %info.path.display(), context = info.context, slots = info.slots, "model loaded");
        let shared = Shared { model, prompts, info, counters, jobs: Some(jobs), thread: Some(thread) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What is known of the model and how it runs.
    pub fn info(&self) -> &LlamaInfo {
        &self.shared.info
    }

    /// What the engine has done so far.
    pub fn stats(&self) -> LlamaStats {
        self.shared.counters.read()
    }
}

/// Starts the engine's thread and waits until its context stands.
fn start(
    model: &Arc<Model>,
    info: &LlamaInfo,
    counters: &Arc<Counters>,
    inbox: mpsc::Receiver<Job>,
) -> Result<JoinHandle<()>, String> {
    let size = ContextSize { tokens: info.context, sequences: info.slots, threads: info.threads, batch: info.batch };
    let (model, counters) = (Arc::clone(model), Arc::clone(counters));
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let owner = move || match Context::new(&model, size) {
        Ok(context) => {
            let _ = ready.send(Ok(()));
            Engine::new(&model, context, size.sequences as usize, counters).run(inbox);
        }
        Err(reason) => {
            let _ = ready.send(Err(reason));
        }
    };
    let thread = std::thread::Builder::new()
        .name("llama-engine".into())
        .stack_size(STACK_BYTES)
        .spawn(owner)
        .map_err(|error| format!("its thread cannot be started: {error}"))?;
    match is_ready.recv() {
        Ok(Ok(())) => Ok(thread),
        Ok(Err(reason)) => Err(format!(
            "llama.cpp cannot make a context for {} conversations of {} tokens ({reason}); memory may not suffice, so \
             lower the context or the slots",
            size.sequences, size.tokens
        )),
        Err(_) => Err("its thread ended while it made the context".into()),
    }
}

/// A call that runs. It keeps the engine's thread alive, should the handle go first; when the call is dropped, its
/// channel closes before the engine is let go, so that the engine does not write a reply that nobody reads.
struct Call {
    received: mpsc::UnboundedReceiver<Result<Event, ModelError>>,
    #[expect(dead_code, reason = "held, and dropped after the channel")]
    shared: Arc<Shared>,
}

impl Call {
    async fn next(&mut self) -> Option<Result<Event, ModelError>> {
        self.received.recv().await
    }
}

impl Shared {
    async fn submit(&self, job: Job) -> Result<(), ModelError> {
        let ended = || ModelError::Engine { reason: "its thread has ended; load the model again".into() };
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(job).await.map_err(|_| ended())
    }
}

impl ChatModel for LlamaChat {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        let shared = Arc::clone(&self.shared);
        let job_cancel = cancel.clone();
        let begin = async move {
            let (events, received) = mpsc::unbounded_channel();
            let job =
                request::reply_job(&shared.model, &shared.prompts, shared.info.context, request, job_cancel, events);
            let submitted = match job {
                Ok(job) => shared.submit(job).await,
                Err(error) => Err(error),
            };
            if let Err(error) = submitted {
                return stream::iter([Err(error)]).left_stream();
            }
            let call = Call { received, shared };
            let next = |mut call: Call| async move { call.next().await.map(|event| (event, call)) };
            stream::unfold(call, next).right_stream()
        };
        terminated(begin.into_stream().flatten(), cancel)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { logprobs: true, json_schema: true, grammar: true, scoring: true }
    }

    fn score(
        &self,
        messages: Vec<Message>,
        continuation: String,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Vec<TokenLogprob>, ModelError>> {
        let shared = Arc::clone(&self.shared);
        let job_cancel = cancel.clone();
        let work = async move {
            let (result, received) = oneshot::channel();
            let context = shared.info.context;
            let job = request::score_job(
                &shared.model,
                &shared.prompts,
                context,
                &messages,
                &continuation,
                job_cancel,
                result,
            )?;
            if let Some(job) = job {
                shared.submit(job).await?;
                received.await.unwrap_or(Err(ModelError::CutStream))
            } else {
                Ok(Vec::new())
            }
        };
        Box::pin(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(ModelError::Cancelled),
                scored = work => scored,
            }
        })
    }
}
