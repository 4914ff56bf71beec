//! Logistic regression: from what speaks for and against something to its probability.

mod fit;
pub(crate) mod readings;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use fit::fit;

/// What speaks for and against something, each with how much; what is absent is 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Features<F>(BTreeMap<F, f64>);

impl<F> Default for Features<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Copy + Ord> Features<F> {
    /// These features and this one.
    #[must_use]
    pub(crate) fn with(mut self, feature: F, value: f64) -> Self {
        if value == 0.0 {
            self.0.remove(&feature);
        } else {
            self.0.insert(feature, value);
        }
        self
    }

    /// Whether one of these is there.
    pub(crate) fn any(&self, features: &[F]) -> bool {
        features.iter().any(|feature| self.0.contains_key(feature))
    }

    /// The same features without these.
    #[must_use]
    pub(crate) fn without(&self, left_out: &[F]) -> Self {
        let mut features = self.clone();
        features.0.retain(|feature, _| !left_out.contains(feature));
        features
    }

    /// The value of a feature.
    pub(crate) fn get(&self, feature: F) -> f64 {
        self.0.get(&feature).copied().unwrap_or_default()
    }

    /// Those that are not 0.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (F, f64)> + '_ {
        self.0.iter().map(|(feature, value)| (*feature, *value))
    }
}

/// The weights of a logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "F: Deserialize<'de> + Ord"))]
pub(crate) struct Weights<F> {
    /// The logarithm of the odds where every feature is 0.
    pub(crate) intercept: f64,
    /// What a feature adds to it, for each unit of the feature.
    pub(crate) features: BTreeMap<F, f64>,
}

impl<F: Copy + Ord> Weights<F> {
    /// The probability, from 0 to 1.
    pub(crate) fn probability(&self, features: &Features<F>) -> f64 {
        let weight = |feature| self.features.get(&feature).copied().unwrap_or_default();
        let odds = self.intercept + features.iter().map(|(feature, value)| weight(feature) * value).sum::<f64>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// 1 for what holds, 0 for what does not.
pub(crate) fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// A part of a whole, from 0 to 1; 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { real(part) / real(whole) }
}

/// ln(1 + n).
pub(crate) fn logarithm(count: usize) -> f64 {
    real(count).ln_1p()
}

fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
