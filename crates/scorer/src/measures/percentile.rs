//! Percentiles under the one rule that every report states.

/// The rule, as reports state it.
pub const PERCENTILE_RULE: &str = "linear interpolation between the two nearest ranks, rank p(N-1)";

/// The percentile of `values` at `fraction` (0 to 1; values outside are taken as the nearer end), by linear
/// interpolation: with the values sorted as `x[0..N]` and the rank `r = fraction * (N - 1)`, it is
/// `x[floor r] + (r - floor r) * (x[floor r + 1] - x[floor r])`. This is numpy's default, type 7 of Hyndman and Fan
/// (1996), "Sample quantiles in statistical packages". Other rules differ visibly at small N: nine scores of 100
/// and one of 0 have a tenth percentile of 90 here, of 0 or 100 elsewhere.
///
/// `None` where there are no values, or where one of them or the fraction is not a number.
pub fn percentile(values: &[f64], fraction: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    percentile_of_sorted(&sorted, fraction)
}

/// [`percentile`] of values that are already in ascending order.
pub fn percentile_of_sorted(sorted: &[f64], fraction: f64) -> Option<f64> {
    let (&first, &last) = (sorted.first()?, sorted.last()?);
    // Under the total order, a NaN of either sign stands at one of the ends.
    if first.is_nan() || last.is_nan() || fraction.is_nan() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "no sample comes near 2^52 values")]
    let rank = fraction.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the rank is from 0 to N - 1")]
    let below = rank.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    // Rounding must not carry the result out of its bracket.
    Some((low + (rank - rank.floor()) * (high - low)).clamp(low, high))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn interpolates_between_ranks() {
        let mut scores = [100.0; 10];
        scores[3] = 0.0;
        let tenth = percentile(&scores, 0.1).unwrap();
        assert!((tenth - 90.0).abs() < 1e-12, "{tenth}");
        assert_eq!(percentile(&[0.0, 100.0], 0.5), Some(50.0));
        assert_eq!(percentile(&[10.0, 30.0, 20.0], 0.25), Some(15.0));
    }

    #[test]
    fn takes_the_ends_and_single_values_as_they_are() {
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 0.0), Some(1.0));
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 1.0), Some(3.0));
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 7.0), Some(3.0));
        assert_eq!(percentile(&[42.0], 0.9), Some(42.0));
    }

    #[test]
    fn has_no_value_for_nothing_and_for_nan() {
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[1.0, f64::NAN], 0.5), None);
        assert_eq!(percentile(&[1.0, -f64::NAN], 0.5), None);
        assert_eq!(percentile(&[1.0], f64::NAN), None);
    }

    proptest! {
        #[test]
        fn stays_between_the_extremes(values in prop::collection::vec(-1e6..1e6, 1..40), fraction in 0.0..=1.0) {
            let found = percentile(&values, fraction).unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!((low..=high).contains(&found));
        }

        #[test]
        fn grows_with_the_fraction(values in prop::collection::vec(0.0..100.0, 1..40), a in 0.0..=1.0, b in 0.0..=1.0) {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(percentile(&values, low).unwrap() <= percentile(&values, high).unwrap() + 1e-9);
        }
    }
}
