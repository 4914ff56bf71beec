//! Several endpoints that serve the same model, as one; a single endpoint is a pool of one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::endpoint::Endpoint;
use super::rest::Rest;
use super::{OpenAiOptions, Price};
use crate::limit::{Limiter, Permit};
use crate::{Capabilities, ChatModel, Event, EventStream, Finish, ModelError, Request, RetryClass, terminated};

/// A call goes to the member with the fewest calls, waiting ones included; of several, to the first. Members that rest
/// after a failure, or asked to wait, are only taken where no other is left: then the one that is ready first.
pub(super) struct Pool {
    members: (Arc<Member>, Vec<Arc<Member>>),
    price: Option<Price>,
    longest_pause: Duration,
}

/// One endpoint of the pool.
pub(super) struct Member {
    pub(super) endpoint: Endpoint,
    limiter: Arc<Limiter>,
    outstanding: AtomicUsize,
    rest: Mutex<Rest>,
}

impl Pool {
    pub(super) fn new(options: &OpenAiOptions) -> Result<Self, ModelError> {
        let Some((first, others)) = options.base_urls.split_first() else {
            return Err(ModelError::InvalidRequest { reason: "there is no base URL; give at least one".to_owned() });
        };
        let member = |base_url: &String| {
            Ok(Arc::new(Member {
                endpoint: Endpoint::new(options, base_url)?,
                limiter: Limiter::new(&options.limits),
                outstanding: AtomicUsize::new(0),
                rest: Mutex::default(),
            }))
        };
        let members = (member(first)?, others.iter().map(member).collect::<Result<_, ModelError>>()?);
        Ok(Self { members, price: options.price, longest_pause: options.max_wait })
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        std::iter::once(&self.members.0).chain(&self.members.1)
    }

    /// The member for the next call.
    fn choose(&self) -> Seat {
        let now = Instant::now();
        let ready = |member: &Member| {
            (member.rest().end(now).max(member.limiter.pause()), member.outstanding.load(Ordering::Relaxed))
        };
        let (first, others) = &self.members;
        let (mut chosen, mut best) = (first, ready(first));
        for other in others {
            let ready = ready(other);
            if ready < best {
                (chosen, best) = (other, ready);
            }
        }
        chosen.rest().probe(now);
        chosen.outstanding.fetch_add(1, Ordering::Relaxed);
        Seat(Arc::clone(chosen))
    }

    /// Writes down what a call cost.
    fn charge(&self, finish: &mut Finish) {
        finish.calls.cost_usd = self.price.zip(finish.usage).map(|(price, usage)| price.of(usage));
    }

    /// How long it takes until some member can be called.
    fn wait(&self) -> Duration {
        let now = Instant::now();
        let ends = self.members().map(|member| member.rest().end(now).max(member.limiter.pause()));
        ends.min().flatten().map_or(Duration::ZERO, |end| end.saturating_duration_since(now))
    }
}

impl Member {
    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among a member's outstanding calls.
struct Seat(Arc<Member>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.outstanding.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A call that was admitted, up to its end.
struct Call {
    pool: Arc<Pool>,
    seat: Seat,
    permit: Option<Permit>,
    began: Instant,
}

impl Call {
    /// Waits for leave to send; nothing of that wait is the endpoint's silence.
    async fn admitted(pool: Arc<Pool>, tokens: u32) -> Self {
        let seat = pool.choose();
        let permit = seat.0.limiter.admit(tokens).await;
        Self { pool, seat, permit: Some(permit), began: Instant::now() }
    }

    /// Learns from how the call ended.
    fn saw(&mut self, item: &mut Result<Event, ModelError>) {
        let member = &self.seat.0;
        // A reply that does not fit what was asked for is paid for as well.
        if let Err(ModelError::SchemaMismatch { finish, .. }) = item {
            self.pool.charge(finish);
        }
        match item {
            Ok(Event::Finished(finish)) => {
                self.pool.charge(finish);
                if let Some(permit) = self.permit.take() {
                    permit.succeeded();
                }
                member.rest().recovered();
            }
            Ok(_) => {}
            Err(error) => match error.retry_class() {
                RetryClass::RateLimit(asked) => {
                    if let Some(permit) = self.permit.take() {
                        permit.limited(asked.map(|wait| wait.min(self.pool.longest_pause)));
                    }
                    // It is the endpoint that waits; the pool does so only where it has no other.
                    if let (ModelError::RateLimited { retry_after: Some(wait), .. }, true) =
                        (error, !self.pool.members.1.is_empty())
                    {
                        *wait = self.pool.wait().min(*wait);
                    }
                }
                RetryClass::Transient | RetryClass::CutStream => member.rest().failed(self.began, Instant::now()),
                RetryClass::Permanent if lies_with_the_member(error) => {
                    member.rest().refused(self.began, Instant::now());
                    // To this member it would fail again, but there are others to try.
                    if self.pool.members().any(|other| other.rest().is_hopeful()) {
                        let (url, reason) = (member.endpoint.shown().to_owned(), error.to_string());
                        *error = ModelError::Unreachable { url, reason };
                    }
                }
                RetryClass::Permanent => {}
            },
        }
    }
}

/// Whether another endpoint with the same model may well take what this one refused: its key, its path, its list of models.
fn lies_with_the_member(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Authentication { .. } | ModelError::Protocol { .. } | ModelError::Endpoint { status: 404, .. }
    )
}

impl ChatModel for Arc<Pool> {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        let pool = Self::clone(self);
        let call = async move {
            let mut call = Call::admitted(pool, reckoned_tokens(&request)).await;
            let events = call.seat.0.endpoint.events(request);
            events.map(move |mut item| {
                call.saw(&mut item);
                item
            })
        };
        terminated(stream::once(call).flatten(), cancel)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { logprobs: true, json_schema: true, grammar: false, scoring: false }
    }
}

/// The tokens that a call counts for before anything is known: see [`Limits`](crate::Limits).
fn reckoned_tokens(request: &Request) -> u32 {
    let characters: usize = request.messages.iter().map(|message| message.content.chars().count()).sum();
    u32::try_from(characters / 4).unwrap_or(u32::MAX).saturating_add(request.sampling.max_tokens)
}
