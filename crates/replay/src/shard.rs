//! Splitting an experiment over processes or machines.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::short_hash;

/// A part of an experiment: the `index`-th of `of` parts, counted from 1.
///
/// An experiment is split by the names of its samples, so that all runs of a sample stay together: whatever is compared
/// on a sample is in the same part. Every process that splits the same experiment finds the same parts, whose numbers
/// of samples differ by one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: NonZeroU32,
    of: NonZeroU32,
}

/// A text that names no part.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is no part of an experiment; write i/n with i from 1 to n, such as 1/4")]
pub struct ShardError {
    text: String,
}

impl Shard {
    /// The part, counted from 1.
    pub fn index(self) -> u32 {
        self.index.get()
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of.get()
    }

    /// Which of the samples with these names are in the part; none of them twice among the parts.
    pub(crate) fn holds(self, names: &[&str]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..names.len()).collect();
        // By hash and not as they are written: files are often ordered by what makes samples long.
        order.sort_by_cached_key(|&place| (short_hash(0, &[names[place]]), names[place]));
        let mut held = vec![false; names.len()];
        let (skipped, of) = (self.index.get() as usize - 1, self.of.get() as usize);
        for place in order.into_iter().skip(skipped).step_by(of) {
            held[place] = true;
        }
        held
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parsed = text
            .split_once('/')
            .and_then(|(index, of)| Some(Self { index: index.trim().parse().ok()?, of: of.trim().parse().ok()? }));
        parsed.filter(|shard| shard.index <= shard.of).ok_or_else(|| ShardError { text: text.to_owned() })
    }
}

impl TryFrom<String> for Shard {
    type Error = ShardError;

    fn try_from(text: String) -> Result<Self, ShardError> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.of)
    }
}

/// What a manifest says of the part that its directory holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardRecord {
    /// The part, counted from 1.
    pub index: u32,
    /// How many parts there are.
    pub of: u32,
    /// The samples of the experiment that are in the part.
    pub samples: Vec<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_is_written_as_it_is_read() {
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
        for text in ["0/3", "4/3", "1", "1/0", "a/b", "-1/2", ""] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains("such as 1/4"), "{error}");
        }
    }

    #[test]
    fn parts_never_change() {
        // Pinned: machines with different versions must not disagree on who does what.
        let names: Vec<String> = (0..10).map(|number| format!("sample/{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let held = "1/3".parse::<Shard>().unwrap().holds(&names);
        let places: Vec<usize> = (0..10).filter(|&place| held[place]).collect();
        assert_eq!(places, PINNED);
    }

    /// Of the first part of three.
    const PINNED: [usize; 4] = [1, 3, 5, 6];

    proptest! {
        #[test]
        fn every_sample_is_in_one_part_and_parts_are_even(count in 0_usize..40, of in 1_u32..9) {
            let names: Vec<String> = (0..count).map(|number| format!("s{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let parts: Vec<Vec<bool>> =
                (1..=of).map(|index| format!("{index}/{of}").parse::<Shard>().unwrap().holds(&names)).collect();
            for place in 0..count {
                prop_assert_eq!(parts.iter().filter(|held| held[place]).count(), 1);
            }
            let sizes: Vec<usize> = parts.iter().map(|held| held.iter().filter(|held| **held).count()).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            // The order in which samples are given changes nothing.
            let mut turned = names.clone();
            turned.reverse();
            let mut held = "1/2".parse::<Shard>().unwrap().holds(&turned);
            held.reverse();
            prop_assert_eq!(held, "1/2".parse::<Shard>().unwrap().holds(&names));
        }
    }
}
