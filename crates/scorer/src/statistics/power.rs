//! What a sample of this size can show.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// The probability with which a difference of the minimum detectable size is found.
pub(crate) const POWER: f64 = 0.8;

/// The smallest true mean difference that a two-sided paired test at level `alpha` finds with probability [`POWER`],
/// if differences vary as these do: `(t(1 - alpha/2) + t(power)) * s / sqrt(n)`, with Student's t of n - 1 degrees of
/// freedom and the sample's standard deviation s (Bloom, 1995, "Minimum Detectable Effects").
///
/// `None` with fewer than two differences, and where they are all the same: that does not say how much others vary.
pub(crate) fn minimum_detectable(differences: &[f64], alpha: f64) -> Option<f64> {
    if differences.len() < 2 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of instructions")]
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if variance <= f64::EPSILON * mean.abs().max(1.0) {
        return None;
    }
    let t = StudentsT::new(0.0, 1.0, n - 1.0).ok()?;
    Some((t.inverse_cdf(1.0 - alpha / 2.0) + t.inverse_cdf(POWER)) * (variance / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_tables_of_students_t() {
        // t(0.975) = 2.262157 and t(0.8) = 0.883404 with 9 degrees of freedom.
        let differences: Vec<f64> = [-10.0, 10.0].repeat(5);
        let s = (1000.0_f64 / 9.0).sqrt();
        let expected = (2.262_157_2 + 0.883_404) * s / 10.0_f64.sqrt();
        let found = minimum_detectable(&differences, 0.05).unwrap();
        assert!((found - expected).abs() < 1e-5, "{found}, expected {expected}");
    }

    #[test]
    fn needs_two_different_differences() {
        assert_eq!(minimum_detectable(&[3.0], 0.05), None);
        assert_eq!(minimum_detectable(&[100.0 / 3.0; 3], 0.05), None);
    }
}
