//! How much is decoded at once.

use std::time::{Duration, Instant};

/// How long one step is to take. A cancelled call frees its slot after the step that runs, and replies that are being
/// written stand still while it runs: on a slow machine, a long prompt must not hold them up for seconds.
const STEP: Duration = Duration::from_millis(500);
/// Rows below which a step says little about the time that a row takes, and the fewest of a step.
const ROWS_MIN: usize = 32;
/// Rows of the first step, when nothing is known yet.
const ROWS_FIRST: usize = 128;

/// Rows that fit a step, as learned from the steps so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seconds_per_row: Option<f64>,
}

impl Pace {
    /// Rows for the next step, at most `most`.
    pub(super) fn rows(&self, most: usize) -> usize {
        let rows = self.seconds_per_row.map_or(ROWS_FIRST, |seconds| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what is too large saturates")]
            let rows = (STEP.as_secs_f64() / seconds.max(f64::MIN_POSITIVE)) as usize;
            rows
        });
        rows.max(ROWS_MIN).min(most)
    }

    /// Learns from a step of so many rows that began then.
    pub(super) fn learn(&mut self, rows: usize, began: Instant) {
        if rows >= ROWS_MIN {
            #[expect(clippy::cast_precision_loss, reason = "a few hundred rows")]
            let seconds = began.elapsed().as_secs_f64() / rows as f64;
            self.seconds_per_row = Some(self.seconds_per_row.map_or(seconds, |known| f64::midpoint(known, seconds)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_keeps_to_its_time() {
        let pace = |seconds| Pace { seconds_per_row: Some(seconds) };
        assert_eq!(Pace::default().rows(512), 128);
        assert_eq!(pace(0.005).rows(512), 100);
        assert_eq!(pace(1.0).rows(512), 32);
        assert_eq!(pace(0.0).rows(512), 512);
        assert_eq!(pace(1.0).rows(8), 8);
    }

    #[test]
    fn only_steps_that_tell_something_are_learned_from() {
        let mut pace = Pace::default();
        pace.learn(1, Instant::now());
        assert_eq!(pace.rows(512), ROWS_FIRST);
        pace.learn(100, Instant::now());
        assert_eq!(pace.rows(512), 512);
    }
}
