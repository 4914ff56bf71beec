//! What a reader may ask of the figures.

/// Which figures a report holds beside the usual ones, and how sure it says they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Pairs of percentiles (upper, lower; from 0 to 100) for aptitude and unreliability, beside 90 and 10.
    pub thresholds: Vec<(f64, f64)>,
    /// The k of pass^k.
    pub pass_k: Vec<usize>,
    /// Resamples behind each interval, and random assignments behind each p-value that is not exact; 0 for no intervals.
    pub resamples: usize,
    /// Determines every random draw.
    pub seed: u64,
    /// The confidence level in percent, between 0 and 100.
    pub level: f64,
    /// The setting that the others are compared with; sharded, or full where that was not recorded, unless given.
    pub baseline: Option<String>,
}

impl Default for Figures {
    fn default() -> Self {
        Self { thresholds: Vec::new(), pass_k: Vec::new(), resamples: 10_000, seed: 0, level: 95.0, baseline: None }
    }
}
