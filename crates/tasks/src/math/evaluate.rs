//! When a number answers a question.

use num::bigint::BigInt;
use num::rational::BigRational;

use super::number::{Number, ten_to};

/// Decimals that a rounded answer must at least give.
const FEWEST_DECIMALS: usize = 2;

impl Number {
    /// Whether this number is right where `gold` is the gold answer.
    ///
    /// Both are compared as exact fractions, so `3.0` is `3`, `$1,200.50` is `1200.5` and `0.1` is `1/10`, and
    /// nothing that is merely close is right. Two rules go beyond that:
    ///
    /// - *Percent.* Where both or neither carry a percent sign, the numbers before it are compared. Where only one
    ///   does, its number may stand for itself (`50%` for gold `50`, `50` for gold `50%`) or for a fraction of 100
    ///   (`50%` for gold `0.5` or `1/2`, `0.5` for gold `50%`). A gold answer that is a whole number without the
    ///   sign counts something: `300%` is not right for `3`.
    /// - *Rounding.* A gold answer that no decimal can write exactly, such as `1/3`, is answered by a decimal of at
    ///   least two places that equals it when rounded, halves away from zero, to as many places: `0.33` and
    ///   `0.333` are right, `0.3` and `0.334` are not. A gold answer that a decimal can write is not rounded:
    ///   `0.13` is wrong for `0.125`.
    pub fn answers(&self, gold: &Self) -> bool {
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
