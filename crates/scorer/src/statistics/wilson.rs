//! Intervals of proportions.

use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::report::Interval;

/// The interval of a proportion of `held` out of `of` independent trials, in percent, at this level (from 0 to 1): the
/// proportions that a two-sided test of the score does not refuse (Wilson, 1927, "Probable Inference, the Law of
/// Succession, and Statistical Inference"). It has a width even where all are held, or none.
///
/// `None` of no trials.
pub(crate) fn wilson(held: usize, of: usize, level: f64) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of conversations")]
    let (held, of) = (held as f64, of as f64);
    let z = Normal::standard().inverse_cdf(f64::midpoint(1.0, level));
    let (share, correction) = (held / of, z * z / of);
    let middle = share + correction / 2.0;
    let half = (correction * (share * (1.0 - share) + correction / 4.0)).sqrt();
    let percent = |end: f64| (100.0 * end / (1.0 + correction)).clamp(0.0, 100.0);
    Some(Interval { low: percent(middle - half), high: percent(middle + half) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_r_has_it() {
        // prop.test(c(held), c(of), correct = FALSE)$conf.int in R.
        for (held, of, low, high) in
            [(15, 20, 0.531_299_1, 0.888_138_3), (24, 24, 0.862_023_8, 1.0), (0, 5, 0.0, 0.434_482_5)]
        {
            let found = wilson(held, of, 0.95).unwrap();
            assert!((found.low - 100.0 * low).abs() < 1e-3 && (found.high - 100.0 * high).abs() < 1e-3, "{found:?}");
        }
        assert_eq!(wilson(0, 0, 0.95), None);
    }
}
