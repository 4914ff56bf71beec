//! What calls took, beside their tokens: for the record of a run.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::RetryClass;

/// Failed attempts that were repeated, by the class of the failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retries {
    /// The endpoint asked for fewer requests.
    #[serde(skip_serializing_if = "is_zero")]
    pub rate_limit: u32,
    /// A passing fault: unreachable, silent, or a failing server.
    #[serde(skip_serializing_if = "is_zero")]
    pub transient: u32,
    /// The stream was cut before the reply ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub cut_stream: u32,
}

impl Retries {
    /// Counts the repetition of an attempt that failed in this class.
    pub(crate) fn count(&mut self, class: RetryClass) {
        match class {
            RetryClass::RateLimit(_) => self.rate_limit += 1,
            RetryClass::Transient => self.transient += 1,
            RetryClass::CutStream => self.cut_stream += 1,
            // Never repeated.
            RetryClass::Permanent => {}
        }
    }

    /// All of them.
    pub fn total(&self) -> u32 {
        self.rate_limit + self.transient + self.cut_stream
    }

    /// Whether nothing was repeated.
    pub fn is_none(&self) -> bool {
        self.total() == 0
    }
}

impl AddAssign for Retries {
    fn add_assign(&mut self, other: Self) {
        self.rate_limit += other.rate_limit;
        self.transient += other.transient;
        self.cut_stream += other.cut_stream;
    }
}

/// One call that came to its end, or the sum of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calls {
    /// How many.
    pub made: u32,
    /// How many of them were answered out of the response cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub cached: u32,
    /// What had to be repeated on the way.
    #[serde(skip_serializing_if = "Retries::is_none")]
    pub retries: Retries,
    /// What the replies cost in US dollars, as far as they were priced; `None` where none was. What an endpoint may
    /// charge for failed attempts is not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

impl Calls {
    /// One call, without anything remarkable.
    pub fn one() -> Self {
        Self { made: 1, ..Self::default() }
    }
}

impl AddAssign for Calls {
    fn add_assign(&mut self, other: Self) {
        self.made += other.made;
        self.cached += other.cached;
        self.retries += other.retries;
        self.cost_usd = match (self.cost_usd, other.cost_usd) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_add_up_and_say_only_what_happened() {
        let mut sum = Calls::one();
        assert_eq!(serde_json::to_string(&sum).unwrap(), r#"{"made":1}"#);
        let mut retries = Retries::default();
        for class in [RetryClass::Transient, RetryClass::CutStream, RetryClass::Transient, RetryClass::RateLimit(None)]
        {
            retries.count(class);
        }
        sum += Calls { made: 1, cached: 1, retries, cost_usd: Some(0.5) };
        sum += Calls { cost_usd: Some(0.25), ..Calls::one() };
        assert_eq!((sum.retries.total(), sum.cost_usd), (4, Some(0.75)));
        let text = serde_json::to_string(&sum).unwrap();
        assert_eq!(
            text,
            r#"{"made":3,"cached":1,"retries":{"rate_limit":1,"transient":2,"cut_stream":1},"cost_usd":0.75}"#
        );
        assert_eq!(serde_json::from_str::<Calls>(&text).unwrap(), sum);
    }
}
