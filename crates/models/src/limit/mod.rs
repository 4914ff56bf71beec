//! How much may be asked of one endpoint: calls at a time, requests and tokens a minute, and nothing at all while it
//! asks to wait.
//!
//! A call takes a [`Permit`] before it is sent and says how it ended. Waiting for one is given up by dropping the
//! future; those who wait are served in their order.

mod adaptive;
mod rate;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use self::adaptive::Adaptive;
use self::rate::Rate;

/// What an endpoint may be asked for at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests in any minute; `None` for no limit.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens in any minute, reckoned before the call as providers do: a quarter of the prompt's characters, and the
    /// most that the reply may have. `None` for no limit.
    pub tokens_per_minute: Option<NonZeroU32>,
    /// Calls at a time. Fewer go on at first, and after a rate limit.
    pub max_concurrency: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: None,
            tokens_per_minute: None,
            max_concurrency: NonZeroU32::MIN.saturating_add(255),
        }
    }
}

/// Admits the calls of one endpoint.
pub(crate) struct Limiter {
    slots: Arc<Semaphore>,
    requests: Option<Rate>,
    tokens: Option<Rate>,
    state: Mutex<State>,
}

struct State {
    adaptive: Adaptive,
    /// The slots that the semaphore has, those in use among them.
    slots: usize,
    in_flight: usize,
    pause: Option<Instant>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let most = usize::try_from(limits.max_concurrency.get()).unwrap_or(Semaphore::MAX_PERMITS);
        let adaptive = Adaptive::new(most.min(Semaphore::MAX_PERMITS));
        let slots = adaptive.limit();
        Arc::new(Self {
            slots: Arc::new(Semaphore::new(slots)),
            requests: limits.requests_per_minute.map(Rate::per_minute),
            tokens: limits.tokens_per_minute.map(Rate::per_minute),
            state: Mutex::new(State { adaptive, slots, in_flight: 0, pause: None }),
        })
    }

    /// Waits until a call that needs so many tokens may be sent.
    pub(crate) async fn admit(self: &Arc<Self>, tokens: u32) -> Permit {
        // The semaphore is never closed.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok();
        if let Some(rate) = &self.requests {
            rate.take(1).await;
        }
        if let Some(rate) = &self.tokens {
            rate.take(tokens).await;
        }
        // Last, because a pause may begin while a call waits for the others.
        while let Some(end) = self.pause() {
            sleep_until(end).await;
        }
        let mut state = self.state();
        state.in_flight += 1;
        let (episode, in_flight) = (state.adaptive.episode(), state.in_flight);
        Permit { limiter: Arc::clone(self), slot, episode, in_flight }
    }

    /// When the endpoint may be called again, where it asked to wait.
    pub(crate) fn pause(&self) -> Option<Instant> {
        self.state().pause.filter(|end| *end > Instant::now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to send one call. Dropping it says that nothing is known about how the call ended.
pub(crate) struct Permit {
    limiter: Arc<Limiter>,
    slot: Option<OwnedSemaphorePermit>,
    episode: u64,
    /// How many calls went on when this one began, itself included.
    in_flight: usize,
}

impl Permit {
    /// The call ended well.
    pub(crate) fn succeeded(self) {
        let mut state = self.limiter.state();
        // Calls that begin or end together all saw the others.
        let in_flight = state.in_flight.max(self.in_flight);
        state.adaptive.succeeded(self.episode, in_flight);
    }

    /// The call met a rate limit. Where the endpoint asked for a wait, no call is sent before that.
    pub(crate) fn limited(self, wait: Option<Duration>) {
        let mut state = self.limiter.state();
        state.adaptive.limited(self.episode);
        if let Some(end) = wait.and_then(|wait| Instant::now().checked_add(wait)) {
            state.pause = state.pause.max(Some(end));
        }
        tracing::info!(limit = state.adaptive.limit(), ?wait, "a rate limit: fewer calls go on at a time");
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        state.in_flight -= 1;
        let limit = state.adaptive.limit();
        if state.slots > limit {
            if let Some(slot) = self.slot.take() {
                slot.forget();
                state.slots -= 1;
            }
            let spare = self.limiter.slots.forget_permits(state.slots - limit);
            state.slots -= spare;
        } else {
            self.limiter.slots.add_permits(limit - state.slots);
            state.slots = limit;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    fn limits(most: u32) -> Limits {
        Limits { max_concurrency: NonZeroU32::new(most).unwrap(), ..Limits::default() }
    }

    /// Runs calls that take a second each, of which `server` grants so many at a time; returns the seconds that they
    /// took and how many were refused.
    async fn run(limiter: &Arc<Limiter>, calls: usize, server: usize) -> (u64, usize) {
        let (start, free) = (Instant::now(), Semaphore::new(server));
        let refused = join_all((0..calls).map(|_| async {
            let mut refused = 0;
            loop {
                let permit = limiter.admit(1).await;
                if let Ok(_served) = free.try_acquire() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    permit.succeeded();
                    return refused;
                }
                refused += 1;
                permit.limited(Some(Duration::from_secs(1)));
            }
        }));
        let refused = refused.await.iter().sum();
        (start.elapsed().as_secs(), refused)
    }

    #[tokio::test(start_paused = true)]
    async fn it_grows_to_what_the_server_grants() {
        let limiter = Limiter::new(&limits(256));
        let (seconds, refused) = run(&limiter, 1000, 1000).await;
        assert!((4..12).contains(&seconds) && refused == 0, "{seconds} s, {refused} refused");
        let state = limiter.state();
        assert_eq!((state.in_flight, state.slots, limiter.slots.available_permits()), (0, 256, 256));
    }

    #[tokio::test(start_paused = true)]
    async fn it_settles_where_the_server_begins_to_refuse() {
        let limiter = Limiter::new(&limits(256));
        let (seconds, refused) = run(&limiter, 1000, 20).await;
        // 50 s is the least that 20 at a time can take.
        assert!(seconds < 100, "{seconds} s");
        assert!(refused < 150, "{refused} calls of 1000 were refused");
        let state = limiter.state();
        assert_eq!((state.in_flight, state.slots), (0, limiter.slots.available_permits()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_was_asked_for_holds_all_callers() {
        let limiter = Limiter::new(&limits(8));
        let start = Instant::now();
        limiter.admit(1).await.limited(Some(Duration::from_secs(7)));
        limiter.admit(1).await.limited(Some(Duration::from_secs(3)));
        assert_eq!(start.elapsed().as_secs(), 7, "the second call waited as well");
        join_all((0..6).map(|_| async { limiter.admit(1).await.succeeded() })).await;
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_leaves_the_place_to_others() {
        let limiter = Limiter::new(&limits(1));
        let held = limiter.admit(1).await;
        assert!(tokio::time::timeout(Duration::from_secs(1), limiter.admit(1)).await.is_err());
        drop(held);
        limiter.admit(1).await.succeeded();
        assert_eq!(limiter.state().in_flight, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn allowances_are_kept() {
        let minute = |allowance| NonZeroU32::new(allowance);
        let requests = Limiter::new(&Limits { requests_per_minute: minute(60), ..limits(256) });
        let tokens = Limiter::new(&Limits { tokens_per_minute: minute(600), ..limits(256) });
        for limiter in [requests, tokens] {
            let start = Instant::now();
            join_all((0..120).map(|_| async { limiter.admit(10).await.succeeded() })).await;
            assert!((115..135).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
        }
    }
}
