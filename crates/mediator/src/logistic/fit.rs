//! Fitting a logistic regression to examples.

use std::collections::BTreeSet;

use super::{Features, Weights, real};

/// How strongly weights are held near 0, in units of the features' standard deviations.
const RIDGE: f64 = 0.3;
/// Newton's method is at its end long before.
const STEPS: usize = 100;

/// The weights under which these examples are likeliest, with a ridge penalty on the standardised weights (Hoerl and
/// Kennard 1970; fitted by Newton's method). Each example is its features and whether it was so.
pub(crate) fn fit<F: Copy + Ord>(examples: &[(Features<F>, bool)]) -> Weights<F> {
    let names: Vec<F> = examples
        .iter()
        .flat_map(|(features, _)| features.iter().map(|(feature, _)| feature))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let count = real(examples.len()).max(1.0);
    let scale: Vec<(f64, f64)> = names
        .iter()
        .map(|name| {
            let mean = examples.iter().map(|(features, _)| features.get(*name)).sum::<f64>() / count;
            let square = examples.iter().map(|(features, _)| (features.get(*name) - mean).powi(2)).sum::<f64>() / count;
            (mean, square.sqrt().max(1e-9))
        })
        .collect();
    let rows: Vec<Vec<f64>> = examples
        .iter()
        .map(|(features, _)| {
            let standardised =
                names.iter().zip(&scale).map(|(name, (mean, spread))| (features.get(*name) - mean) / spread);
            std::iter::once(1.0).chain(standardised).collect()
        })
        .collect();
    let mut weights = vec![0.0; names.len() + 1];
    for _ in 0..STEPS {
        let (gradient, curvature) = slopes(&rows, examples, &weights);
        let step = solve(curvature, gradient);
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight -= step);
        if step.iter().all(|step| step.abs() < 1e-9) {
            break;
        }
    }
    let raw: Vec<f64> = weights.iter().skip(1).zip(&scale).map(|(weight, (_, spread))| weight / spread).collect();
    let shift: f64 = raw.iter().zip(&scale).map(|(weight, (mean, _))| weight * mean).sum();
    let intercept = weights.first().copied().unwrap_or_default() - shift;
    Weights { intercept, features: names.into_iter().zip(raw).collect() }
}

/// The gradient of the penalised loss, and its matrix of second derivatives.
fn slopes<F>(rows: &[Vec<f64>], examples: &[(Features<F>, bool)], weights: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = weights.len();
    let mut gradient: Vec<f64> =
        weights.iter().enumerate().map(|(place, weight)| if place == 0 { 0.0 } else { RIDGE * weight }).collect();
    let mut curvature = vec![vec![0.0; size]; size];
    for (place, line) in curvature.iter_mut().enumerate() {
        line[place] = if place == 0 { 1e-9 } else { RIDGE };
    }
    for (row, (_, removed)) in rows.iter().zip(examples) {
        let odds: f64 = row.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        let probability = 1.0 / (1.0 + (-odds).exp());
        let error = probability - f64::from(u8::from(*removed));
        let certainty = probability * (1.0 - probability);
        for (place, value) in row.iter().enumerate() {
            gradient[place] += error * value;
            for (other, second) in row.iter().enumerate() {
                curvature[place][other] += certainty * value * second;
            }
        }
    }
    (gradient, curvature)
}

/// The solution of a system of linear equations with a positive definite matrix, by elimination.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for pivot in 0..size {
        let line = matrix[pivot].clone();
        for row in pivot + 1..size {
            let factor = matrix[row][pivot] / line[pivot];
            matrix[row].iter_mut().zip(&line).skip(pivot).for_each(|(value, above)| *value -= factor * above);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Feature {
        Revision,
        Length,
    }

    #[test]
    fn a_telling_feature_gets_weight_and_an_idle_one_none() {
        let example = |revision: f64, length: f64, removed| {
            (Features::default().with(Feature::Revision, revision).with(Feature::Length, length), removed)
        };
        let examples: Vec<_> = (0..40)
            .map(|place| example(f64::from(place % 2), f64::from(place % 5), place % 2 == 1 && place % 10 != 9))
            .collect();
        let weights = fit(&examples);
        let (telling, idle) = (weights.features[&Feature::Revision], weights.features[&Feature::Length]);
        assert!(telling > 1.0 && idle.abs() < telling / 4.0, "{weights:?}");
        let mean: f64 = examples.iter().map(|(features, _)| weights.probability(features)).sum::<f64>() / 40.0;
        let share = 16.0 / 40.0;
        assert!((mean - share).abs() < 1e-3, "a logistic regression is calibrated on what it was fitted to: {mean}");
    }
}
