//! Sums over conversations, with intervals.

use super::figures::{Detection, Share};
use super::judge::Judged;
use crate::report::Estimate;
use crate::statistics::{Bootstrap, Column, wilson};

/// How often something should be there, is there, and is there where it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) gold: usize,
    pub(super) found: usize,
    pub(super) right: usize,
}

impl Counts {
    /// One thing that should be there or not, and is or is not.
    pub(super) fn one(gold: bool, found: bool) -> Self {
        Self { gold: usize::from(gold), found: usize::from(found), right: usize::from(gold && found) }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            gold: sum.gold + one.gold,
            found: sum.found + one.found,
            right: sum.right + one.right,
        })
    }
}

/// A group of conversations that were judged. A conversation is drawn as a whole, and the same ones in all settings.
pub(super) struct Group<'a> {
    pub(super) name: &'a str,
    pub(super) judged: Vec<&'a Judged>,
    pub(super) bootstrap: &'a Bootstrap,
    /// From 0 to 1.
    pub(super) level: f64,
}

impl Group<'_> {
    /// The share of conversations that are as they should be, of those that say anything about it.
    pub(super) fn conversations(&self, of: impl Fn(&Judged) -> Option<bool>) -> Share {
        let held: Vec<bool> = self.judged.iter().filter_map(|judged| of(judged)).collect();
        let (right, all) = (held.iter().filter(|held| **held).count(), held.len());
        let percent = Estimate { value: ratio(count(right), count(all)), interval: wilson(right, all, self.level) };
        Share { held: right, of: all, percent }
    }

    /// The share of things, several of which are in one conversation: how many are as they should be, and of how many.
    pub(super) fn share(&self, of: impl Fn(&Judged) -> (usize, usize)) -> Share {
        let (held, all): (Vec<usize>, Vec<usize>) = self.judged.iter().map(|judged| of(judged)).unzip();
        Share { held: held.iter().sum(), of: all.iter().sum(), percent: self.estimate(&held, &all) }
    }

    /// Precision, recall and F1.
    pub(super) fn detection(&self, of: impl Fn(&Judged) -> Counts) -> Detection {
        let counts: Vec<Counts> = self.judged.iter().map(|judged| of(judged)).collect();
        let each = |of: fn(&Counts) -> usize| counts.iter().map(of).collect::<Vec<_>>();
        let (gold, found, right) = (each(|c| c.gold), each(|c| c.found), each(|c| c.right));
        let (twice, both) = (each(|c| 2 * c.right), each(|c| c.gold + c.found));
        Detection {
            gold: gold.iter().sum(),
            found: found.iter().sum(),
            right: right.iter().sum(),
            precision: self.estimate(&right, &found),
            recall: self.estimate(&right, &gold),
            f1: self.estimate(&twice, &both),
        }
    }

    /// A ratio of sums over conversations, in percent.
    fn estimate(&self, held: &[usize], of: &[usize]) -> Estimate {
        let column = |values: &[usize]| Column {
            stratum: self.name,
            values: values.iter().map(|value| count(*value)).collect(),
        };
        let value = ratio(held.iter().copied().map(count).sum(), of.iter().copied().map(count).sum());
        let resampled = || self.bootstrap.interval(&[column(held), column(of)], |means| ratio(means[0], means[1]));
        Estimate { value, interval: value.and_then(|_| resampled()) }
    }
}

fn ratio(held: f64, of: f64) -> Option<f64> {
    (of > 0.0).then(|| 100.0 * held / of)
}

#[expect(clippy::cast_precision_loss, reason = "counts of words and turns")]
fn count(count: usize) -> f64 {
    count as f64
}
