//! An allowance a minute, of requests or of tokens.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Tokio's clock, for the library's arithmetic.
#[derive(Clone)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// An allowance, used in the order of asking.
pub(super) struct Rate {
    bucket: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    allowance: NonZeroU32,
    /// What may be taken at once.
    burst: NonZeroU32,
    turn: Mutex<()>,
}

impl Rate {
    /// So many a minute, of which a tenth may come at once. What may come at once and what comes back within a minute
    /// add up to the allowance, so that no minute sees more.
    pub(super) fn per_minute(allowance: NonZeroU32) -> Self {
        let at_once = (allowance.get() / 10).saturating_sub(1);
        let burst = NonZeroU32::MIN.saturating_add(at_once);
        let back = NonZeroU32::new(allowance.get() - at_once).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(back).allow_burst(burst);
        let bucket = RateLimiter::direct_with_clock(quota, TokioClock(Instant::now()));
        Self { bucket, allowance, burst, turn: Mutex::new(()) }
    }

    /// Waits until `count` are there and takes them; more than a whole minute's counts as that.
    pub(super) async fn take(&self, count: u32) {
        let _turn = self.turn.lock().await;
        let mut left = count.min(self.allowance.get());
        while let Some(piece) = NonZeroU32::new(left.min(self.burst.get())) {
            while let Ok(Err(not_until)) = self.bucket.check_n(piece) {
                let wait = not_until.wait_time_from(self.bucket.clock().now());
                // Tokio's timers are exact to the millisecond.
                tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
            }
            left -= piece.get();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_than_the_allowance() {
        for allowance in [1, 2, 7, 60, 500] {
            let rate = Rate::per_minute(number(allowance));
            let start = Instant::now();
            let mut times = Vec::new();
            for _ in 0..3 * allowance {
                rate.take(1).await;
                times.push(start.elapsed());
            }
            let minute = Duration::from_mins(1);
            let count = allowance as usize;
            for window in times.windows(count + 1) {
                assert!(window[count] + Duration::from_millis(2) >= window[0] + minute, "{allowance}: {window:?}");
            }
            assert!(start.elapsed() < minute * 10 / 3, "{allowance}: {:?}", start.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_larger_than_the_allowance_does_not_wait_for_ever() {
        let rate = Rate::per_minute(number(100));
        let start = Instant::now();
        rate.take(10_000).await;
        rate.take(0).await;
        assert!((55..65).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
