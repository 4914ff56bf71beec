//! When a pool leaves a member alone that failed.

use std::time::Duration;

use tokio::time::Instant;

/// The rest after a first failure. Each further one in a row doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// The longest rest.
const LONGEST: Duration = Duration::from_mins(1);

/// The rest of one member. It begins with a failure; when it is over, one call probes the member while the others
/// still keep away; a call that ends well ends it.
#[derive(Debug, Default)]
pub(super) struct Rest {
    failures: u32,
    /// Whether it refused what was its own to refuse since it last answered.
    refused: bool,
    until: Option<Instant>,
    last_failure: Option<Instant>,
}

impl Rest {
    /// When the rest is over; `None` where there is none.
    pub(super) fn end(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|end| *end > now)
    }

    /// A call is about to begin. After a failure it is a probe, and the others are to wait for what comes of it.
    pub(super) fn probe(&mut self, now: Instant) {
        if self.failures > 0 {
            self.until = now.checked_add(self.length());
        }
    }

    /// A call that began at `began` failed. Calls that went on beside one that failed before say nothing new.
    pub(super) fn failed(&mut self, began: Instant, now: Instant) {
        if self.last_failure.is_some_and(|last| began < last) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.last_failure = Some(now);
        self.until = now.checked_add(self.length());
    }

    /// A call that began at `began` was refused for a reason that lies with the member. That comes at once, so that
    /// without a rest the member would have the fewest calls and get nearly all.
    pub(super) fn refused(&mut self, began: Instant, now: Instant) {
        self.refused = true;
        self.failed(began, now);
    }

    /// Whether a call that another member refused may go well here, now or after a rest.
    pub(super) fn is_hopeful(&self) -> bool {
        !self.refused
    }

    /// The member answered.
    pub(super) fn recovered(&mut self) {
        *self = Self::default();
    }

    fn length(&self) -> Duration {
        let doubled = 1_u32.checked_shl(self.failures.saturating_sub(1)).unwrap_or(u32::MAX);
        FIRST.saturating_mul(doubled).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn rests_grow_up_to_the_longest_and_end_with_an_answer() {
        let (mut rest, mut now) = (Rest::default(), Instant::now());
        assert_eq!(rest.end(now), None);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            rest.failed(now, now);
            assert_eq!(rest.end(now), Some(now + seconds * SECOND));
            now += seconds * SECOND;
            assert_eq!(rest.end(now), None, "it is over");
        }
        rest.recovered();
        rest.failed(now, now);
        assert_eq!(rest.end(now), Some(now + SECOND));
    }

    #[test]
    fn calls_that_fail_together_count_once() {
        let (mut rest, start) = (Rest::default(), Instant::now());
        for call in 1..=16 {
            rest.failed(start, start + call * SECOND / 100);
        }
        assert_eq!(rest.end(start), Some(start + SECOND / 100 + SECOND));
    }

    #[test]
    fn a_probe_keeps_the_others_away() {
        let (mut rest, start) = (Rest::default(), Instant::now());
        rest.probe(start);
        assert_eq!(rest.end(start), None, "nothing failed");
        rest.failed(start, start);
        let later = start + SECOND;
        rest.probe(later);
        assert_eq!(rest.end(later), Some(later + SECOND));
        rest.recovered();
        assert_eq!(rest.end(later), None);
    }
}
