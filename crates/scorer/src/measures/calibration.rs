//! How far confidences can be believed, as functions of pairs of a confidence and what came of it.
//!
//! Both are from 0 to 1. Confidences outside are taken as the nearer end.

use super::mean;

/// A confidence and the score of what was meant, both from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// How sure it was.
    pub confidence: f64,
    /// How right it was.
    pub score: f64,
}

/// One bin of confidences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The lower end. A confidence at the lower end belongs to the bin below, but for the first bin.
    pub from: f64,
    /// The upper end, which belongs to the bin.
    pub to: f64,
    /// How many confidences are in it.
    pub count: usize,
    /// Their mean; `None` of none.
    pub confidence: Option<f64>,
    /// The mean of their scores; `None` of none.
    pub accuracy: Option<f64>,
}

/// So many bins of equal width from 0 to 1, `(i/n, (i+1)/n]` with 0 in the first (Guo et al., 2017, "On Calibration of
/// Modern Neural Networks").
pub fn equal_width(judged: &[Judged], bins: usize) -> Vec<Bin> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of bins")]
    let edge = |index: usize| index as f64 / bins as f64;
    (0..bins)
        .map(|index| {
            let (from, to) = (edge(index), edge(index + 1));
            let inside = |one: &&Judged| {
                let confidence = one.confidence.clamp(0.0, 1.0);
                confidence <= to && (confidence > from || index == 0)
            };
            bin(from, to, &judged.iter().filter(inside).copied().collect::<Vec<_>>())
        })
        .collect()
}

/// At most so many bins of equal mass: sorted by confidence, the i-th of n goes to bin `floor(i * bins / n)`, and equal
/// confidences stay together in the bin of the first (Nguyen and O'Connor, 2015). Empty bins are left out.
pub fn equal_mass(judged: &[Judged], bins: usize) -> Vec<Bin> {
    let mut sorted = judged.to_vec();
    sorted.sort_unstable_by(|a, b| a.confidence.total_cmp(&b.confidence).then(a.score.total_cmp(&b.score)));
    let mut groups: Vec<(usize, Vec<Judged>)> = Vec::new();
    for (rank, one) in sorted.iter().enumerate() {
        let index = rank * bins / sorted.len();
        match groups.last_mut() {
            Some((held, group)) if *held == index || group.last().is_some_and(|last| tied(last, one)) => {
                group.push(*one);
            }
            _ => groups.push((index, vec![*one])),
        }
    }
    groups
        .iter()
        .filter_map(|(_, group)| Some(bin(group.first()?.confidence, group.last()?.confidence, group)))
        .collect()
}

/// Whether both are equally sure.
fn tied(a: &Judged, b: &Judged) -> bool {
    a.confidence.total_cmp(&b.confidence).is_eq()
}

fn bin(from: f64, to: f64, held: &[Judged]) -> Bin {
    Bin {
        from,
        to,
        count: held.len(),
        confidence: mean(&held.iter().map(|one| one.confidence.clamp(0.0, 1.0)).collect::<Vec<_>>()),
        accuracy: mean(&held.iter().map(|one| one.score).collect::<Vec<_>>()),
    }
}

/// Expected calibration error: over the bins, the mean of `|accuracy - confidence|` weighed by their counts, from 0 to
/// 1. `None` where all bins are empty.
pub fn calibration_error(bins: &[Bin]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "no sample comes near 2^52 values")]
    let weight = |count: usize| count as f64;
    let total = weight(bins.iter().map(|bin| bin.count).sum());
    let gap = |bin: &Bin| Some(weight(bin.count) * (bin.accuracy? - bin.confidence?).abs());
    (total > 0.0).then(|| bins.iter().filter_map(gap).sum::<f64>() / total)
}

/// The mean of `(confidence - score)^2`, from 0 to 1 (Brier, 1950). `None` of nothing.
pub fn brier(judged: &[Judged]) -> Option<f64> {
    mean(&judged.iter().map(|one| (one.confidence.clamp(0.0, 1.0) - one.score).powi(2)).collect::<Vec<_>>())
}

/// The probability that something right (a score of 1) has a higher confidence than something that is not, ties counted
/// half: the area under the ROC curve, by ranks (Mann and Whitney, 1947). `None` where all are right or none is.
pub fn auroc(judged: &[Judged]) -> Option<f64> {
    let mut sorted = judged.to_vec();
    sorted.sort_unstable_by(|a, b| a.confidence.total_cmp(&b.confidence));
    // Twice the sum over right ones of how many wrong ones stand below, so that a tie counts 1.
    let (mut wrong_below, mut right, mut twice) = (0_u64, 0_u64, 0_u64);
    for group in sorted.chunk_by(tied) {
        let rights = group.iter().filter(|one| one.score >= 1.0).count() as u64;
        let wrongs = group.len() as u64 - rights;
        twice += rights * (2 * wrong_below + wrongs);
        wrong_below += wrongs;
        right += rights;
    }
    let pairs = right * wrong_below;
    #[expect(clippy::cast_precision_loss, reason = "pairs of a sample of 2^26 would still be exact")]
    (pairs > 0).then(|| twice as f64 / (2 * pairs) as f64)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    fn judged(pairs: &[(f64, f64)]) -> Vec<Judged> {
        pairs.iter().map(|&(confidence, score)| Judged { confidence, score }).collect()
    }

    fn assert_close(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-12), "{found:?}, expected {expected}");
    }

    #[test]
    fn an_edge_belongs_to_the_bin_below() {
        let counts =
            |pairs: &[(f64, f64)]| equal_width(&judged(pairs), 10).iter().map(|bin| bin.count).collect::<Vec<_>>();
        assert_eq!(
            counts(&[(0.0, 1.0), (0.1, 1.0), (0.2, 1.0), (0.3, 0.0), (1.0, 0.0)]),
            [2, 1, 1, 0, 0, 0, 0, 0, 0, 1]
        );
        assert_eq!(counts(&[(-3.0, 1.0), (7.0, 1.0)]), [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn the_error_is_weighed_by_the_bins() {
        // Bin 0.8 to 0.9 holds three, right in 2 of 3 cases; bin 0.3 to 0.4 holds one, wrong.
        let held = judged(&[(0.85, 1.0), (0.85, 1.0), (0.85, 0.0), (0.35, 0.0)]);
        let expected = 0.75 * (0.85 - 2.0 / 3.0) + 0.25 * 0.35;
        assert_close(calibration_error(&equal_width(&held, 10)), expected);
        assert_eq!(calibration_error(&equal_width(&[], 10)), None);
    }

    #[test]
    fn equal_masses_keep_equal_confidences_together() {
        let held = judged(&[(0.1, 0.0), (0.2, 0.0), (0.2, 1.0), (0.2, 1.0), (0.9, 1.0), (0.95, 1.0)]);
        let counts: Vec<usize> = equal_mass(&held, 3).iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [4, 2]);
        assert_eq!(equal_mass(&held, 100).len(), 4);
        assert!(equal_mass(&[], 3).is_empty());
    }

    #[test]
    fn the_brier_score_is_a_squared_distance() {
        assert_close(brier(&judged(&[(1.0, 1.0), (0.5, 0.0), (0.0, 1.0)])), 1.25 / 3.0);
        assert_eq!(brier(&[]), None);
    }

    #[test]
    fn ties_count_half() {
        assert_close(auroc(&judged(&[(0.1, 0.0), (0.9, 1.0)])), 1.0);
        assert_close(auroc(&judged(&[(0.9, 0.0), (0.1, 1.0)])), 0.0);
        assert_close(auroc(&judged(&[(0.5, 0.0), (0.5, 1.0)])), 0.5);
        // Of the four pairs of right and wrong, 0.8 beats 0.3 and 0.5, 0.5 beats 0.3 and ties with 0.5.
        assert_close(auroc(&judged(&[(0.8, 1.0), (0.5, 1.0), (0.5, 0.0), (0.3, 0.0)])), 3.5 / 4.0);
        // What is half right is not right.
        assert_close(auroc(&judged(&[(0.8, 0.5), (0.5, 1.0)])), 0.0);
        assert_eq!(auroc(&judged(&[(0.1, 1.0), (0.9, 1.0)])), None);
        assert_eq!(auroc(&[]), None);
    }

    proptest! {
        #[test]
        fn every_figure_is_between_0_and_1(pairs in prop::collection::vec((0.0..=1.0, 0.0..=1.0), 1..50), bins in 1..15_usize) {
            let held = judged(&pairs);
            let within = |figure: Option<f64>| figure.is_none_or(|figure| (0.0..=1.0).contains(&figure));
            let (width, mass) = (equal_width(&held, bins), equal_mass(&held, bins));
            prop_assert!(within(calibration_error(&width)) && within(calibration_error(&mass)));
            prop_assert!(within(brier(&held)) && within(auroc(&held)));
            for bins in [width, mass] {
                prop_assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), held.len());
            }
        }

        #[test]
        fn the_area_is_that_of_all_pairs(pairs in prop::collection::vec((0..5_u8, any::<bool>()), 2..20)) {
            let held: Vec<Judged> = pairs
                .iter()
                .map(|(confidence, right)| Judged { confidence: f64::from(*confidence) / 4.0, score: f64::from(u8::from(*right)) })
                .collect();
            let (mut wins, mut all) = (0.0, 0.0);
            for right in pairs.iter().filter(|pair| pair.1) {
                for wrong in pairs.iter().filter(|pair| !pair.1) {
                    all += 1.0;
                    wins += match right.0.cmp(&wrong.0) {
                        Ordering::Greater => 1.0,
                        Ordering::Equal => 0.5,
                        Ordering::Less => 0.0,
                    };
                }
            }
            match auroc(&held) {
                Some(found) => prop_assert!((found - wins / all).abs() < 1e-12),
                None => prop_assert!(all == 0.0),
            }
        }
    }
}
