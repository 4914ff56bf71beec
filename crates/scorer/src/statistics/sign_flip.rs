//! Whether paired differences could be chance.

use rand_chacha::rand_core::Rng as _;

use super::draws::generator;

/// With at most so many differences that are not zero, every assignment of signs is counted.
pub(crate) const EXACT: usize = 20;

/// Sums that differ by less than this part of all differences are equal: they were added in another order.
const ROUNDING: f64 = 1e-9;

/// The outcome of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SignFlip {
    /// Two-sided, from 0 to 1.
    pub(crate) p_value: f64,
    /// Whether every assignment of signs was counted.
    pub(crate) exact: bool,
}

/// The paired permutation test of a mean difference of zero: if the two members of each pair could be swapped, how often
/// would the sum of the differences be at least as far from zero as it is (Fisher, 1935, "The Design of Experiments")?
/// Exact where at most 20 differences are not zero; otherwise over `draws` random assignments that `seed` determines,
/// with `p = (1 + extreme) / (1 + draws)`.
///
/// `None` with fewer than two differences.
pub(crate) fn sign_flip(differences: &[f64], draws: usize, seed: u64, name: &str) -> Option<SignFlip> {
    if differences.len() < 2 {
        return None;
    }
    // A difference of zero has no sign to flip.
    let moved: Vec<f64> = differences.iter().copied().filter(|difference| difference.abs() > 0.0).collect();
    let total: f64 = moved.iter().map(|difference| difference.abs()).sum();
    let observed = moved.iter().sum::<f64>().abs() - ROUNDING * total;
    Some(if moved.len() <= EXACT {
        SignFlip { p_value: all(&moved, observed), exact: true }
    } else {
        SignFlip { p_value: sampled(&moved, observed, draws, seed, name), exact: false }
    })
}

/// Goes through all assignments in the order of a Gray code, in which each differs from the one before in one sign. The
/// last sign stays: flipping all signs changes no distance from zero.
fn all(moved: &[f64], observed: f64) -> f64 {
    let Some((_, free)) = moved.split_last() else { return 1.0 };
    let mut signed = moved.to_vec();
    let mut sum: f64 = signed.iter().sum();
    let assignments = 1_u32 << free.len();
    let mut extreme = u32::from(sum.abs() >= observed);
    for step in 1..assignments {
        let flipped = &mut signed[step.trailing_zeros() as usize];
        sum -= 2.0 * *flipped;
        *flipped = -*flipped;
        extreme += u32::from(sum.abs() >= observed);
    }
    f64::from(extreme) / f64::from(assignments)
}

fn sampled(moved: &[f64], observed: f64, draws: usize, seed: u64, name: &str) -> f64 {
    let mut generator = generator(seed, name);
    let mut extreme = 0_usize;
    for _ in 0..draws {
        let sum: f64 = moved
            .chunks(64)
            .map(|chunk| {
                let signs = generator.next_u64();
                let signed = |(place, difference): (usize, &f64)| {
                    if signs >> place & 1 == 0 { *difference } else { -difference }
                };
                chunk.iter().enumerate().map(signed).sum::<f64>()
            })
            .sum();
        extreme += usize::from(sum.abs() >= observed);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of draws")]
    let p = (1 + extreme) as f64 / (1 + draws) as f64;
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The p-value, where it is exact.
    fn p(differences: &[f64]) -> Option<f64> {
        sign_flip(differences, 10_000, 0, "test").filter(|test| test.exact).map(|test| test.p_value)
    }

    #[test]
    fn counts_every_assignment() {
        // Only the two assignments of equal signs reach a sum of 4 in size.
        assert_eq!(p(&[1.0; 4]), Some(2.0 / 16.0));
        // Sums of +-1 +-2 +-3: 6, 4, 2, 0 twice each in size; 4 and 6 are at least 4.
        assert_eq!(p(&[-1.0, 2.0, 3.0]), Some(4.0 / 8.0));
        assert_eq!(p(&[5.0, -5.0]), Some(1.0));
        assert_eq!(p(&[0.0, 0.0, 0.0]), Some(1.0));
        assert_eq!(p(&[0.0, 1.0, 0.0, 1.0, 1.0, 1.0]), Some(2.0 / 16.0));
    }

    #[test]
    fn ties_by_rounding_are_ties() {
        assert_eq!(p(&[0.1, 0.2, -0.3]), Some(1.0));
        assert_eq!(p(&[0.3, 0.2, 0.1, -0.6]), Some(1.0));
    }

    #[test]
    fn one_pair_says_nothing() {
        assert_eq!(sign_flip(&[100.0], 10, 0, "test"), None);
    }

    #[test]
    fn sampling_comes_close_to_the_exact_value() {
        // 20 differences of 1 and 4 of -1, each of weight 1: the exact value is that of the binomial test, 2 * P(X <= 4) of 24.
        let mut differences = vec![1.0; 20];
        differences.extend([-1.0; 4]);
        let exact = 2.0 * (1.0 + 24.0 + 276.0 + 2024.0 + 10626.0) / 2.0_f64.powi(24);
        let found = sign_flip(&differences, 200_000, 7, "test").unwrap();
        assert!(!found.exact);
        assert!((found.p_value - exact).abs() < 4.0 * (exact / 200_000.0).sqrt() + 1e-5, "{} {exact}", found.p_value);
        assert_eq!(Some(found), sign_flip(&differences, 200_000, 7, "test"));
    }
}
