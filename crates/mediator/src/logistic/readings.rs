//! One decision with and without a model's reading: weights by words alone, and weights for each model that reads.

use std::collections::BTreeMap;

use super::{Features, Weights, fit};

/// The weights with a model's reading, by the model's name in lower case.
pub(crate) type Readings<F> = BTreeMap<String, Weights<F>>;

/// The weights for readings by the model of that name, where there are some.
pub(crate) fn of_model<'a, F>(readings: &'a Readings<F>, model: &str) -> Option<&'a Weights<F>> {
    let model = model.to_lowercase();
    readings.iter().find(|(name, _)| model.contains(name.as_str())).map(|(_, weights)| weights)
}

/// The weights by words alone, fitted to these examples; those of them that this model read give the weights for its
/// readings. `added` are the features that a reading adds.
pub(crate) fn refit<F: Copy + Ord>(
    readings: &mut Readings<F>,
    examples: &[(&Features<F>, bool)],
    added: &[F],
    model: &str,
) -> Weights<F> {
    let read: Vec<_> = examples
        .iter()
        .filter(|(features, _)| is_read(features, added))
        .map(|(features, so)| ((*features).clone(), *so))
        .collect();
    if !read.is_empty() {
        readings.insert(model.to_lowercase(), fit(&read));
    }
    fit(&examples.iter().map(|(features, so)| (features.without(added), *so)).collect::<Vec<_>>())
}

/// The probability under the weights for this model's readings where it read, and by words alone elsewhere.
pub(crate) fn probability<F: Copy + Ord>(
    words: &Weights<F>,
    readings: &Readings<F>,
    features: &Features<F>,
    added: &[F],
    model: &str,
) -> f64 {
    match of_model(readings, model).filter(|_| is_read(features, added)) {
        Some(weights) => weights.probability(features),
        None => words.probability(&features.without(added)),
    }
}

fn is_read<F: Copy + Ord>(features: &Features<F>, added: &[F]) -> bool {
    added.iter().any(|feature| features.get(*feature) != 0.0)
}
