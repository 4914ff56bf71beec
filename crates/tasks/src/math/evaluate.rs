//! When a number answers a question.

use num::bigint::BigInt;
use num::rational::BigRational;

use super::number::{Number, ten_to};

/// Decimals that a rounded answer must at least give.
const FEWEST_DECIMALS: usize = 2;

impl Number {
    /// Whether this number is right where `gold` is the gold answer.
    ///
    /// The rules stand at [`super::Math`].
    pub(super) fn answers(&self, gold: &Self) -> bool {
        let places = self.decimals.unwrap_or(0);
        let here = |value: &BigRational, places: usize, gold: &BigRational| {
            value == gold || (places >= FEWEST_DECIMALS && is_rounded(value, places, gold))
        };
        if here(&self.value, places, &gold.value) {
            return true;
        }
        let hundred = BigInt::from(100);
        match (self.percent, gold.percent) {
            (true, false) if !gold.value.is_integer() => {
                let decimals = if self.decimals.is_some() { places + 2 } else { 0 };
                here(&(&self.value / &hundred), decimals, &gold.value)
            }
            (false, true) => here(&self.value, places, &(&gold.value / &hundred)),
            _ => false,
        }
    }
}

/// Whether `value`, written with so many decimals, is `gold` rounded, and `gold` needs rounding.
fn is_rounded(value: &BigRational, places: usize, gold: &BigRational) -> bool {
    let scale = ten_to(places);
    !has_finite_decimals(gold) && value * &scale == (gold * &scale).round()
}

/// Whether a decimal can write a fraction exactly: its denominator in lowest terms divides a power of ten.
fn has_finite_decimals(value: &BigRational) -> bool {
    let mut denominator = value.denom().clone();
    for factor in [BigInt::from(2), BigInt::from(5)] {
        while (&denominator % &factor) == BigInt::ZERO {
            denominator /= &factor;
        }
    }
    denominator == BigInt::from(1)
}
