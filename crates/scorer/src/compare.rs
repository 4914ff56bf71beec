//! Settings of the same task and model, compared on the instructions that they share: a setting recorded on fewer
//! instructions, or on easier ones, must not look better or worse for it.

use std::collections::BTreeMap;
use std::fmt;

use crate::measures::{degradation, gap_closed, mean};

/// P by instruction.
pub(crate) type Performance<'a> = BTreeMap<&'a str, f64>;

/// A comparison, with what it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compared {
    /// In percent.
    pub(crate) value: Result<f64, Undefined>,
    /// The P of each setting that is compared, instruction by instruction over those that all hold.
    pub(crate) columns: Vec<Vec<f64>>,
}

impl Compared {
    fn undefined(reason: Undefined) -> Self {
        Self { value: Err(reason), columns: Vec::new() }
    }

    /// The number of instructions that it stands on.
    pub(crate) fn instances(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

/// Why a comparison has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Undefined {
    NoFull,
    NoSharded,
    NothingShared,
    FullIsZero,
    NoGap,
}

impl fmt::Display for Undefined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoFull => "full was not recorded",
            Self::NoSharded => "sharded was not recorded",
            Self::NothingShared => "the settings share no instruction",
            Self::FullIsZero => "full has a P of 0",
            Self::NoGap => "sharded is not below full",
        })
    }
}

/// The degradation of a setting against full.
pub(crate) fn against_full(setting: &Performance<'_>, full: Option<&Performance<'_>>) -> Compared {
    let Some(full) = full else { return Compared::undefined(Undefined::NoFull) };
    let columns = on_shared(&[setting, full]);
    let value = match means(&columns).as_deref() {
        Some([setting, full]) => degradation(*setting, *full).ok_or(Undefined::FullIsZero),
        _ => Err(Undefined::NothingShared),
    };
    Compared { value, columns }
}

/// The gap between sharded and full that a setting closes.
pub(crate) fn of_gap(
    method: &Performance<'_>,
    sharded: Option<&Performance<'_>>,
    full: Option<&Performance<'_>>,
) -> Compared {
    let (sharded, full) = match (sharded, full) {
        (Some(sharded), Some(full)) => (sharded, full),
        (_, None) => return Compared::undefined(Undefined::NoFull),
        (None, _) => return Compared::undefined(Undefined::NoSharded),
    };
    let columns = on_shared(&[method, sharded, full]);
    let value = match means(&columns).as_deref() {
        Some([method, sharded, full]) => gap_closed(*method, *sharded, *full).ok_or(Undefined::NoGap),
        _ => Err(Undefined::NothingShared),
    };
    Compared { value, columns }
}

/// The values of each setting over the instructions that all of them hold, in the same order.
pub(crate) fn on_shared(settings: &[&Performance<'_>]) -> Vec<Vec<f64>> {
    let Some((first, others)) = settings.split_first() else { return Vec::new() };
    let shared: Vec<&str> =
        first.keys().filter(|id| others.iter().all(|setting| setting.contains_key(*id))).copied().collect();
    settings.iter().map(|setting| shared.iter().filter_map(|id| setting.get(id).copied()).collect()).collect()
}

/// The mean of each column; `None` where they are empty.
fn means(columns: &[Vec<f64>]) -> Option<Vec<f64>> {
    columns.iter().map(|column| mean(column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn performance<'a>(pairs: &[(&'a str, f64)]) -> Performance<'a> {
        pairs.iter().copied().collect()
    }

    #[test]
    fn counts_only_what_is_shared() {
        let full = performance(&[("a", 100.0), ("b", 50.0), ("c", 0.0)]);
        let sharded = performance(&[("a", 40.0), ("b", 20.0), ("d", 100.0)]);
        let method = performance(&[("a", 70.0), ("e", 0.0)]);
        let columns = vec![vec![40.0, 20.0], vec![100.0, 50.0]];
        assert_eq!(against_full(&sharded, Some(&full)), Compared { value: Ok(40.0), columns });
        let columns = vec![vec![70.0], vec![40.0], vec![100.0]];
        assert_eq!(of_gap(&method, Some(&sharded), Some(&full)), Compared { value: Ok(50.0), columns });
    }

    #[test]
    fn the_ends_of_the_gap_are_at_0_and_100() {
        let (full, sharded) = (performance(&[("a", 90.0)]), performance(&[("a", 30.0)]));
        assert_eq!(of_gap(&full, Some(&sharded), Some(&full)).value, Ok(100.0));
        assert_eq!(of_gap(&sharded, Some(&sharded), Some(&full)).value, Ok(0.0));
    }

    #[test]
    fn says_why_there_is_no_value() {
        let some = performance(&[("a", 50.0)]);
        let other = performance(&[("b", 50.0)]);
        let zero = performance(&[("a", 0.0)]);
        assert_eq!(against_full(&some, None).value, Err(Undefined::NoFull));
        assert_eq!(against_full(&some, Some(&other)).value, Err(Undefined::NothingShared));
        assert_eq!(against_full(&some, Some(&zero)).value, Err(Undefined::FullIsZero));
        assert_eq!(of_gap(&some, None, Some(&some)).value, Err(Undefined::NoSharded));
        assert_eq!(of_gap(&some, Some(&some), None).value, Err(Undefined::NoFull));
        assert_eq!(of_gap(&some, Some(&some), Some(&some)).value, Err(Undefined::NoGap));
        assert_eq!(of_gap(&some, Some(&some), Some(&zero)).value, Err(Undefined::NoGap));
    }
}
