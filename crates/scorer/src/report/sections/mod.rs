//! From measured cells to the sections of a report.

pub(crate) mod calibration;
mod comparisons;
mod conversations;
mod degradation;
mod details;
mod faults;
mod legibility;
mod mediation;
mod rows;

pub(super) use comparisons::{between, comparisons};
pub(super) use degradation::degradation;
pub(super) use details::{by_cell, by_setting};
pub(super) use legibility::legibility;
pub(super) use rows::{Comparisons, compare_all, rows};

/// The mean of numbers that come one by one.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// `None` of nothing.
    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / as_f64(self.count))
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        // Summed in ascending order: the order in which runs were read must not show.
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sum: sorted.iter().sum(), count: sorted.len() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no study comes near 2^52 runs")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
