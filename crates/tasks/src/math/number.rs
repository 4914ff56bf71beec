//! Numbers as people and models write them.

use std::fmt;

use num::bigint::BigInt;
use num::rational::BigRational;
use num::{One, Zero};

/// A number as it was written: an exact value, never a binary fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The value as written; of `50%` it is 50.
    pub(super) value: BigRational,
    /// How many decimals it was written with; `None` for a fraction.
    pub(super) decimals: Option<usize>,
    /// Whether it carries a percent sign.
    pub(super) percent: bool,
}

/// Digits beyond which something is no number but a waste of time; no answer comes near.
const MOST_DIGITS: usize = 200;

impl Number {
    /// A number from its digits before and behind the decimal point.
    pub(super) fn decimal(whole: &str, decimals: &str) -> Option<Self> {
        if whole.len() + decimals.len() > MOST_DIGITS {
            return None;
        }
        let digits: BigInt = format!("0{whole}{decimals}").parse().ok()?;
        let value = BigRational::new(digits, ten_to(decimals.len()));
        Some(Self { value, decimals: Some(decimals.len()), percent: false })
    }

    /// This number divided by another; `None` where that is 0.
    pub(super) fn over(&self, denominator: &Self) -> Option<Self> {
        let nonzero = !denominator.value.is_zero();
        nonzero.then(|| Self { value: &self.value / &denominator.value, decimals: None, percent: false })
    }

    /// A fraction of small numbers.
    pub(super) fn fraction(numerator: u8, denominator: u8) -> Option<Self> {
        Self::decimal(&numerator.to_string(), "")?.over(&Self::decimal(&denominator.to_string(), "")?)
    }

    /// `1` and `1/2` make `1 1/2`; `None` where one of them is out of place in a mixed number.
    pub(super) fn mixed(&self, part: &Self) -> Option<Self> {
        let fits = self.decimals == Some(0) && part.value < BigRational::one() && !part.value.is_zero();
        fits.then(|| Self { value: &self.value + &part.value, decimals: None, percent: false })
    }

    /// So many times this number.
    pub(super) fn times(self, factor: u32) -> Self {
        Self { value: self.value * BigInt::from(factor), decimals: None, ..self }
    }

    /// The same number below zero.
    pub(super) fn negative(self) -> Self {
        Self { value: -self.value, ..self }
    }
}

/// A power of ten.
pub(super) fn ten_to(exponent: usize) -> BigInt {
    num::pow(BigInt::from(10), exponent)
}

impl fmt::Display for Number {
    /// The value in lowest terms: `1200`, `-3/4`, `50%`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.value, if self.percent { "%" } else { "" })
    }
}
