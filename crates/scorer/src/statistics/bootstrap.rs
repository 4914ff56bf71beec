//! Bootstrap intervals of statistics of means, with instructions as the clusters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::draws::Draws;
use crate::measures::percentile_of_sorted;
use crate::report::Interval;

/// The part of the resamples in which a statistic may be undefined and still have an interval.
pub(crate) const UNDEFINED: f64 = 0.05;

/// The most bytes of draws that are kept for several statistics.
const KEPT: usize = 1 << 26;

/// Draws instructions with putting back, all runs of an instruction together, and sees how far statistics vary.
#[derive(Debug)]
pub(crate) struct Bootstrap {
    resamples: usize,
    seed: u64,
    /// From 0 to 1.
    level: f64,
    /// By stratum and number of instructions.
    draws: Mutex<HashMap<(String, usize), Arc<Draws>>>,
}

/// A value for each of some instructions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column<'a> {
    /// What the instructions are drawn from: their task. Columns of the same stratum and length hold the same
    /// instructions in the same order, and each resample draws the same ones of them for all.
    pub(crate) stratum: &'a str,
    pub(crate) values: Vec<f64>,
}

impl Bootstrap {
    pub(crate) fn new(resamples: usize, seed: u64, level: f64) -> Self {
        Self { resamples, seed, level, draws: Mutex::default() }
    }

    /// The interval of a statistic of the means of these columns, see [`Bootstrap::intervals`].
    pub(crate) fn interval(&self, columns: &[Column<'_>], of: impl Fn(&[f64]) -> Option<f64>) -> Option<Interval> {
        let [interval] = self.intervals(columns, |means| [of(means)]);
        interval
    }

    /// The intervals of several statistics of the means of these columns: for each, that between the percentiles
    /// `(1 - level) / 2` and `(1 + level) / 2` of its resampled values (Efron and Tibshirani, 1993, "An Introduction to
    /// the Bootstrap", chapter 13).
    ///
    /// `None` without resamples, where a column has fewer than two instructions, and where the statistic is undefined
    /// in more than a twentieth of the resamples.
    pub(crate) fn intervals<const K: usize>(
        &self,
        columns: &[Column<'_>],
        of: impl Fn(&[f64]) -> [Option<f64>; K],
    ) -> [Option<Interval>; K] {
        if self.resamples == 0 || columns.is_empty() || columns.iter().any(|column| column.values.len() < 2) {
            return [None; K];
        }
        let draws: Vec<Arc<Draws>> = columns.iter().map(|column| self.draws(column)).collect();
        let mut scratch = Vec::new();
        let mut means = vec![0.0; columns.len()];
        let mut values: [Vec<f64>; K] = std::array::from_fn(|_| Vec::with_capacity(self.resamples));
        for resample in 0..self.resamples {
            for ((mean, column), draws) in means.iter_mut().zip(columns).zip(&draws) {
                *mean = weighted_mean(&column.values, draws.counts(resample, &mut scratch));
            }
            for (values, value) in values.iter_mut().zip(of(&means)) {
                values.extend(value.filter(|value| !value.is_nan()));
            }
        }
        values.map(|values| self.between(values))
    }

    /// The interval of resampled values, of which those that are undefined were left out.
    fn between(&self, mut values: Vec<f64>) -> Option<Interval> {
        #[expect(clippy::cast_precision_loss, reason = "a count of resamples")]
        let undefined = 1.0 - values.len() as f64 / self.resamples as f64;
        if undefined > UNDEFINED {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        let low = percentile_of_sorted(&values, (1.0 - self.level) / 2.0)?;
        Some(Interval { low, high: percentile_of_sorted(&values, f64::midpoint(1.0, self.level))? })
    }

    fn draws(&self, column: &Column<'_>) -> Arc<Draws> {
        let items = column.values.len();
        let mut held = self.draws.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(draws) = held.get(&(column.stratum.to_owned(), items)) {
            return Arc::clone(draws);
        }
        let draws = Arc::new(Draws::new(self.seed, &format!("bootstrap/{}", column.stratum), items, self.resamples));
        if held.values().map(|draws| draws.size()).sum::<usize>() + draws.size() > KEPT {
            held.clear();
        }
        held.insert((column.stratum.to_owned(), items), Arc::clone(&draws));
        draws
    }
}

/// The mean of values that come so many times each. Eight sums side by side, which the processor adds at once.
fn weighted_mean(values: &[f64], counts: &[u8]) -> f64 {
    let (blocks, rest) = values.as_chunks::<8>();
    let (counted, counted_rest) = counts.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (values, counts) in blocks.iter().zip(counted) {
        for ((sum, value), count) in sums.iter_mut().zip(values).zip(counts) {
            *sum += value * f64::from(*count);
        }
    }
    let rest: f64 = rest.iter().zip(counted_rest).map(|(value, count)| value * f64::from(*count)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a count of instructions")]
    let n = values.len() as f64;
    (sums.iter().sum::<f64>() + rest) / n
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng as _;

    use super::super::draws::generator;
    use super::*;

    fn column(values: &[f64]) -> Column<'static> {
        Column { stratum: "math", values: values.to_vec() }
    }

    fn of_mean(bootstrap: &Bootstrap, values: &[f64]) -> Option<Interval> {
        bootstrap.interval(&[column(values)], |means| Some(means[0]))
    }

    #[test]
    fn finds_the_percentiles_of_all_resamples() {
        // The 27 resamples of 0, 30 and 90 have means of at most 0 in 1, 10 in 4, 60 in 23, 70 in 26 cases.
        let bootstrap = Bootstrap::new(10_000, 3, 0.8);
        let found = of_mean(&bootstrap, &[0.0, 30.0, 90.0]).unwrap();
        assert!((found.low - 10.0).abs() < 1e-9 && (found.high - 70.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn settings_are_compared_on_the_same_draw() {
        let full = column(&[90.0, 40.0, 70.0, 10.0]);
        let half = column(&[45.0, 20.0, 35.0, 5.0]);
        let ratio = |means: &[f64]| Some(100.0 * means[0] / means[1]);
        let found = Bootstrap::new(1000, 0, 0.95).interval(&[half.clone(), full.clone()], ratio).unwrap();
        assert!((found.low - 50.0).abs() < 1e-9 && (found.high - 50.0).abs() < 1e-9, "{found:?}");
        // Other tasks are drawn by themselves.
        let elsewhere = Column { stratum: "actions", ..full };
        let found = Bootstrap::new(1000, 0, 0.95).interval(&[half, elsewhere], ratio).unwrap();
        assert!(found.low < 40.0 && found.high > 60.0, "{found:?}");
    }

    #[test]
    fn a_seed_repeats_it_whatever_else_was_drawn() {
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        let of = |bootstrap: &Bootstrap| of_mean(bootstrap, &values).unwrap();
        let (first, later) = (Bootstrap::new(500, 9, 0.95), Bootstrap::new(500, 9, 0.95));
        let _ = of_mean(&later, &[1.0, 2.0]);
        assert_eq!(of(&first), of(&later));
        assert_ne!(of(&first), of(&Bootstrap::new(500, 10, 0.95)));
    }

    #[test]
    fn without_resamples_or_sense_there_is_none() {
        assert_eq!(of_mean(&Bootstrap::new(0, 0, 0.95), &[1.0, 2.0, 3.0]), None);
        let bootstrap = Bootstrap::new(1000, 0, 0.95);
        assert_eq!(of_mean(&bootstrap, &[1.0]), None);
        // The first of three does not come in 8 of 27 resamples, which is too often to be undefined.
        let of_the_first = |means: &[f64]| (means[0] > 0.0).then_some(1.0);
        assert_eq!(bootstrap.interval(&[column(&[1.0, 0.0, 0.0])], of_the_first), None);
    }

    /// How often intervals of 90 % hold the true mean, for instructions with success rates of their own and ten runs.
    #[test]
    fn intervals_hold_the_true_mean_about_as_often_as_they_say() {
        let (studies, instructions) = (400, 40);
        let mut numbers = generator(17, "studies");
        let mut below = |share: f64| f64::from(numbers.next_u32()) < share * f64::from(u32::MAX);
        let mut held = 0;
        for study in 0..studies {
            // Half of the instructions succeed 9 times in 10, the others 3 times in 10: a mean of 60.
            let values: Vec<f64> = (0..instructions)
                .map(|_| {
                    let rate = if below(0.5) { 0.9 } else { 0.3 };
                    (0..10).map(|_| if below(rate) { 10.0 } else { 0.0 }).sum()
                })
                .collect();
            let found = of_mean(&Bootstrap::new(500, study, 0.9), &values).unwrap();
            held += u32::from(found.low <= 60.0 && 60.0 <= found.high);
        }
        // 360 are expected, with a standard deviation of 6.
        assert!((335..=380).contains(&held), "{held} of {studies}");
    }
}
