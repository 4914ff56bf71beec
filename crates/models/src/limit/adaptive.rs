//! How many calls may go on at a time: found out, not configured.
//!
//! Additive increase, multiplicative decrease, with the quick start and the once-an-episode decrease of TCP's
//! congestion control (RFC 5681, sections 3.1 and 3.2).

/// The calls that may go on at first.
const START: usize = 4;

/// The number of calls that may go on. It starts low, doubles a round until the first rate limit, is halved by one,
/// and then grows by one a round.
#[derive(Debug)]
pub(super) struct Adaptive {
    limit: usize,
    most: usize,
    /// Calls that ended well since the last growth.
    gained: usize,
    /// Whether no rate limit was met yet.
    quick: bool,
    episode: u64,
}

impl Adaptive {
    pub(super) fn new(most: usize) -> Self {
        Self { limit: START.min(most), most, gained: 0, quick: true, episode: 0 }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Names the time between two decreases. A call keeps the one that it began in.
    pub(super) fn episode(&self) -> u64 {
        self.episode
    }

    /// A call of that episode ended well, one of `in_flight`.
    pub(super) fn succeeded(&mut self, episode: u64, in_flight: usize) {
        // A limit that is not made use of was not put to the test.
        let tested = in_flight * 2 > self.limit;
        if episode != self.episode || !tested || self.limit == self.most {
            return;
        }
        self.gained += 1;
        if self.quick || self.gained >= self.limit {
            self.limit += 1;
            self.gained = 0;
        }
    }

    /// A call of that episode met a rate limit. Those that began before the last decrease say nothing new.
    pub(super) fn limited(&mut self, episode: u64) {
        if episode != self.episode {
            return;
        }
        self.limit = (self.limit / 2).max(1);
        self.gained = 0;
        self.quick = false;
        self.episode += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round(adaptive: &mut Adaptive) {
        let limit = adaptive.limit();
        for _ in 0..limit {
            adaptive.succeeded(adaptive.episode(), limit);
        }
    }

    #[test]
    fn it_doubles_until_the_first_rate_limit_and_then_adds_one_a_round() {
        let mut adaptive = Adaptive::new(100);
        let mut limits = Vec::new();
        for _ in 0..3 {
            round(&mut adaptive);
            limits.push(adaptive.limit());
        }
        adaptive.limited(adaptive.episode());
        limits.push(adaptive.limit());
        for _ in 0..2 {
            round(&mut adaptive);
            limits.push(adaptive.limit());
        }
        assert_eq!(limits, [8, 16, 32, 16, 17, 18]);
    }

    #[test]
    fn an_episode_shrinks_it_once() {
        let mut adaptive = Adaptive::new(100);
        round(&mut adaptive);
        let episode = adaptive.episode();
        for _ in 0..8 {
            adaptive.limited(episode);
        }
        assert_eq!(adaptive.limit(), 4);
        adaptive.limited(adaptive.episode());
        assert_eq!(adaptive.limit(), 2);
    }

    #[test]
    fn what_is_not_made_use_of_does_not_grow() {
        let mut adaptive = Adaptive::new(100);
        for _ in 0..50 {
            adaptive.succeeded(0, 3);
        }
        assert_eq!(adaptive.limit(), 6);
    }

    proptest! {
        #[test]
        fn it_stays_between_one_and_the_most(most in 1_usize..40, steps in prop::collection::vec(any::<(bool, u8)>(), 0..200)) {
            let mut adaptive = Adaptive::new(most);
            for (good, in_flight) in steps {
                if good {
                    adaptive.succeeded(adaptive.episode(), usize::from(in_flight));
                } else {
                    adaptive.limited(adaptive.episode().saturating_sub(u64::from(in_flight % 2)));
                }
                prop_assert!((1..=most).contains(&adaptive.limit()));
            }
        }
    }
}
