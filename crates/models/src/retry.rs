//! The one owner of retries: a decorator that repeats a failed call while nothing was handed out.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use throughline_conversation::Message;
use tokio_util::sync::CancellationToken;

use crate::{
    Capabilities, ChatModel, Completion, Event, EventStream, ModelError, Request, Retries, RetryClass, TokenLogprob,
};

/// When and how often a failed call is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// At most this many repetitions of one call; 0 turns them off.
    pub retries: u32,
    /// The pause before the first repetition. Each further pause is twice as long, and each is lengthened by a
    /// random share of up to its own length, so that many callers do not return at once.
    pub first_delay: Duration,
    /// The longest pause, before its random share.
    pub max_delay: Duration,
    /// At most this much of the wait that an endpoint asks for is granted.
    pub max_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 4,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            max_wait: Duration::from_mins(2),
        }
    }
}

/// Repeats the calls of a model by [`ModelError::retry_class`].
///
/// A stream is repeated only until its first event is handed out: after that, the caller has text that a second
/// attempt would contradict. [`ChatModel::complete`] hands out nothing before the end, and so repeats a cut stream as
/// well. How often a call was repeated, and why, stands in its [`Finish::calls`](crate::Finish::calls).
pub struct Retry<M> {
    model: Arc<M>,
    policy: RetryPolicy,
}

impl<M: ChatModel + 'static> Retry<M> {
    /// Wraps a model that does not retry by itself.
    pub fn new(model: M, policy: RetryPolicy) -> Self {
        Self { model: Arc::new(model), policy }
    }

    /// The wrapped model.
    pub fn model(&self) -> &M {
        &self.model
    }
}

impl<M: ChatModel + 'static> ChatModel for Retry<M> {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        // Boxed, because it is moved with each event.
        let attempts = Box::new(Attempts {
            model: Arc::clone(&self.model),
            request,
            cancel: cancel.clone(),
            pauses: Pauses::new(self.policy),
            current: None,
            handed_out: false,
            ended: false,
        });
        Box::pin(stream::unfold(attempts, |mut attempts| async {
            let event = attempts.next().await?;
            Some((event, attempts))
        }))
    }

    fn capabilities(&self) -> Capabilities {
        self.model.capabilities()
    }

    fn complete(
        &self,
        request: Request,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        let model = Arc::clone(&self.model);
        let attempt = {
            let cancel = cancel.clone();
            move || model.complete(request.clone(), cancel.clone())
        };
        let repeated = repeated(Pauses::new(self.policy), cancel, attempt);
        Box::pin(async move {
            let (mut completion, retries) = repeated.await?;
            completion.finish.calls.retries += retries;
            Ok(completion)
        })
    }

    fn score(
        &self,
        messages: Vec<Message>,
        continuation: String,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Vec<TokenLogprob>, ModelError>> {
        let model = Arc::clone(&self.model);
        let attempt = {
            let cancel = cancel.clone();
            move || model.score(messages.clone(), continuation.clone(), cancel.clone())
        };
        let repeated = repeated(Pauses::new(self.policy), cancel, attempt);
        Box::pin(async move { Ok(repeated.await?.0) })
    }
}

tokio::task_local! {
    /// What was repeated so far within the work of [`with_retries`].
    static WITHIN: Cell<Retries>;
}

/// Does some work; returns with its outcome which failed attempts were repeated on the way. A call that fails in the end
/// has no [`Finish`](crate::Finish) to say so, and a call that scores none at all. What the work spawns is not seen.
pub async fn with_retries<T>(work: impl Future<Output = T>) -> (T, Retries) {
    let work = async {
        let outcome = work.await;
        (outcome, WITHIN.with(Cell::get))
    };
    WITHIN.scope(Cell::default(), work).await
}

/// What the first attempt that succeeds returns, and what was repeated before.
async fn repeated<T>(
    mut pauses: Pauses,
    cancel: CancellationToken,
    attempt: impl Fn() -> BoxFuture<'static, Result<T, ModelError>>,
) -> Result<(T, Retries), ModelError> {
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok((value, pauses.retries)),
            Err(error) => error,
        };
        let Some(pause) = pauses.after(&error) else { return Err(error) };
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ModelError::Cancelled),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One call's attempts, as a stream of the events of the last one. Each attempt keeps the contract of a stream by itself.
struct Attempts<M> {
    model: Arc<M>,
    request: Request,
    cancel: CancellationToken,
    pauses: Pauses,
    current: Option<EventStream>,
    handed_out: bool,
    ended: bool,
}

impl<M: ChatModel> Attempts<M> {
    async fn next(&mut self) -> Option<Result<Event, ModelError>> {
        if self.ended {
            return None;
        }
        loop {
            let events =
                self.current.get_or_insert_with(|| self.model.stream(self.request.clone(), self.cancel.clone()));
            let error = match events.next().await.unwrap_or(Err(ModelError::CutStream)) {
                Ok(mut event) => {
                    self.handed_out = true;
                    self.ended = event.is_terminal();
                    if let Event::Finished(finish) = &mut event {
                        finish.calls.retries += self.pauses.retries;
                    }
                    return Some(Ok(event));
                }
                Err(error) => error,
            };
            self.current = None;
            let pause = if self.handed_out { None } else { self.pauses.after(&error) };
            let Some(pause) = pause else {
                self.ended = true;
                return Some(Err(error));
            };
            if self.cancel.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                self.ended = true;
                return Some(Ok(Event::Cancelled));
            }
        }
    }
}

/// The pauses of one call, and the count of them.
struct Pauses {
    backoff: ExponentialBackoff,
    max_wait: Duration,
    retries: Retries,
}

impl Pauses {
    fn new(policy: RetryPolicy) -> Self {
        let backoff = ExponentialBuilder::new()
            .with_jitter()
            .with_factor(2.0)
            .with_min_delay(policy.first_delay)
            .with_max_delay(policy.max_delay)
            .with_max_times(usize::try_from(policy.retries).unwrap_or(usize::MAX))
            .build();
        Self { backoff, max_wait: policy.max_wait, retries: Retries::default() }
    }

    /// How long to wait before the call is repeated; `None` when it is not.
    fn after(&mut self, error: &ModelError) -> Option<Duration> {
        let class = error.retry_class();
        let asked = match class {
            RetryClass::Permanent => return None,
            RetryClass::RateLimit(asked) => asked.unwrap_or_default().min(self.max_wait),
            RetryClass::Transient | RetryClass::CutStream => Duration::ZERO,
        };
        // The wait that was asked for is a lower bound: the pause is added to it, for its random share.
        let pause = if asked.is_zero() { self.backoff.next()? } else { asked.saturating_add(self.backoff.next()? / 4) };
        self.retries.count(class);
        // Whether anybody wants to know is not this call's business.
        let _ = WITHIN.try_with(|within| {
            let mut retries = within.get();
            retries.count(class);
            within.set(retries);
        });
        tracing::warn!(%error, pause_ms = pause.as_millis(), "the call failed and is repeated");
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;
    use crate::{Finish, FinishReason, terminated};

    type Script = Vec<Result<Event, ModelError>>;

    /// Plays one script a call.
    struct Scripted(Mutex<VecDeque<Script>>);

    impl ChatModel for Scripted {
        fn stream(&self, _request: Request, cancel: CancellationToken) -> EventStream {
            let script = self.0.lock().unwrap().pop_front().expect("one call too many");
            terminated(stream::iter(script), cancel)
        }
    }

    fn retry(scripts: Vec<Script>) -> Retry<Scripted> {
        Retry::new(Scripted(Mutex::new(scripts.into())), RetryPolicy::default())
    }

    /// These words, and then the end.
    fn reply(words: &[&str]) -> Script {
        let end = Event::Finished(Finish::new(FinishReason::Stop, None));
        words.iter().map(|word| Event::Text((*word).into())).chain([end]).map(Ok).collect()
    }

    fn limited(seconds: u64) -> Script {
        let retry_after = Some(Duration::from_secs(seconds));
        vec![Err(ModelError::RateLimited { retry_after, message: "slow down".into() })]
    }

    fn cut(word: &str) -> Script {
        vec![Ok(Event::Text(word.into())), Err(ModelError::CutStream)]
    }

    async fn collect(model: &Retry<Scripted>) -> Vec<Result<Event, ModelError>> {
        model.stream(Request::default(), CancellationToken::new()).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_that_was_asked_for_is_granted() {
        let model = retry(vec![limited(7), reply(&["Hi"])]);
        let start = tokio::time::Instant::now();
        let items = collect(&model).await;
        let [Ok(Event::Text(_)), Ok(Event::Finished(finish))] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(finish.calls.retries, Retries { rate_limit: 1, ..Retries::default() });
        let waited = start.elapsed();
        assert!(waited >= Duration::from_secs(7) && waited < Duration::from_secs(8), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unreasonable_wait_is_capped() {
        let model = retry(vec![limited(86_400), reply(&["Hi"])]);
        let start = tokio::time::Instant::now();
        assert_eq!(collect(&model).await.len(), 2);
        assert!(start.elapsed() < Duration::from_secs(125), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_not_repeated_once_text_is_out() {
        let model = retry(vec![cut("half")]);
        let items = collect(&model).await;
        assert!(matches!(items.as_slice(), [Ok(Event::Text(_)), Err(ModelError::CutStream)]), "{items:?}");
        assert!(model.model.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn complete_repeats_a_cut_stream_from_the_start() {
        let model = retry(vec![cut("half"), reply(&["who", "le"])]);
        let reply = model.complete(Request::default(), CancellationToken::new()).await.unwrap();
        let retries = Retries { cut_stream: 1, ..Retries::default() };
        assert_eq!((reply.text.as_str(), reply.finish.calls.retries), ("whole", retries));
    }

    #[tokio::test(start_paused = true)]
    async fn retries_are_bounded_and_the_last_error_is_reported() {
        let failure = || vec![Err(ModelError::Endpoint { status: 503, message: "busy".into() })];
        let model = retry((0..5).map(|_| failure()).collect());
        let items = collect(&model).await;
        assert!(matches!(items.as_slice(), [Err(ModelError::Endpoint { status: 503, .. })]), "{items:?}");
        assert!(model.model.0.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_call_repeated_in_vain_is_known_around_it() {
        let (one, other) = (retry((0..5).map(|_| cut("half")).collect()), retry(vec![limited(1), reply(&["Hi"])]));
        let complete = |model: &Retry<Scripted>| model.complete(Request::default(), CancellationToken::new());
        let calls = async { (complete(&one).await, collect(&other).await) };
        let ((failed, items), retries) = with_retries(calls).await;
        assert!(matches!(failed, Err(ModelError::CutStream)) && items.len() == 2, "{failed:?} {items:?}");
        assert_eq!(retries, Retries { cut_stream: 4, rate_limit: 1, ..Retries::default() });
        assert_eq!(with_retries(async {}).await.1, Retries::default());
    }

    #[tokio::test(start_paused = true)]
    async fn a_permanent_error_is_not_repeated() {
        let model = retry(vec![vec![Err(ModelError::Endpoint { status: 400, message: "no".into() })]]);
        assert_eq!(collect(&model).await.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_ends_a_pause() {
        for streamed in [true, false] {
            let model = retry(vec![limited(60)]);
            let cancel = CancellationToken::new();
            let stop = cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                stop.cancel();
            });
            let start = tokio::time::Instant::now();
            if streamed {
                let items: Vec<_> = model.stream(Request::default(), cancel).collect().await;
                assert!(matches!(items.as_slice(), [Ok(Event::Cancelled)]), "{items:?}");
            } else {
                let error = model.complete(Request::default(), cancel).await.unwrap_err();
                assert!(matches!(error, ModelError::Cancelled), "{error}");
            }
            assert_eq!(start.elapsed(), Duration::from_secs(1));
        }
    }
}
