//! Random numbers that a seed and a name determine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// The most bytes of draws that are kept; what needs more is drawn again where it is used.
const KEPT: usize = 1 << 24;

/// A generator for what `name` stands for. Different names give independent numbers, and so do its streams, so that each
/// can be drawn without the others.
pub(super) fn generator(seed: u64, name: &str) -> ChaCha8Rng {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name).finalize();
    ChaCha8Rng::from_seed(digest.into())
}

/// Resamples of so many items: how often each of them was drawn, in each resample.
#[derive(Debug)]
pub(super) struct Draws {
    generator: ChaCha8Rng,
    items: usize,
    /// One resample behind the other; empty where that would take too much memory.
    kept: Vec<u8>,
}

impl Draws {
    pub(super) fn new(seed: u64, name: &str, items: usize, resamples: usize) -> Self {
        let mut draws = Self { generator: generator(seed, &format!("{name}/{items}")), items, kept: Vec::new() };
        if items > 0 && resamples.saturating_mul(items) <= KEPT {
            let mut kept = vec![0; resamples * items];
            kept.chunks_exact_mut(items).enumerate().for_each(|(resample, counts)| draws.draw(resample, counts));
            draws.kept = kept;
        }
        draws
    }

    /// The bytes that are kept.
    pub(super) fn size(&self) -> usize {
        self.kept.len()
    }

    /// The counts of that resample, drawn into `scratch` if they were not kept.
    pub(super) fn counts<'a>(&'a self, resample: usize, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let start = resample * self.items;
        self.kept.get(start..start + self.items).unwrap_or_else(|| {
            scratch.resize(self.items, 0);
            self.draw(resample, scratch);
            scratch
        })
    }

    /// Draws as often as there are items, with putting back. An item that comes more than 255 times counts as 255, which
    /// takes more than 255 items and is then less probable than 10^-500.
    fn draw(&self, resample: usize, counts: &mut [u8]) {
        let mut generator = self.generator.clone();
        generator.set_stream(resample as u64);
        counts.fill(0);
        for _ in 0..counts.len() {
            let drawn = &mut counts[below(&mut generator, self.items)];
            *drawn = drawn.saturating_add(1);
        }
    }
}

/// A number below `bound` (at most 2^32 - 1), each with the same probability (Lemire, 2019, "Fast Random Integer
/// Generation in an Interval").
fn below(generator: &mut ChaCha8Rng, bound: usize) -> usize {
    let bound = u32::try_from(bound).unwrap_or(u32::MAX);
    loop {
        let product = u64::from(generator.next_u32()) * u64::from(bound);
        let lower = product & u64::from(u32::MAX);
        // Where the lower half is below the bound, some results would come once too often.
        if lower >= u64::from(bound) || lower >= u64::from(bound.wrapping_neg() % bound) {
            return usize::try_from(product >> 32).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_as_probable_as_the_others() {
        let (items, resamples) = (7, 20_000);
        let draws = Draws::new(1, "test", items, resamples);
        let mut totals = vec![0_u32; items];
        for resample in 0..resamples {
            let mut scratch = Vec::new();
            let counts = draws.counts(resample, &mut scratch);
            assert_eq!(counts.iter().map(|count| usize::from(*count)).sum::<usize>(), items);
            totals.iter_mut().zip(counts).for_each(|(total, count)| *total += u32::from(*count));
        }
        // Chi squared with 6 degrees of freedom exceeds 22.5 once in a thousand times; the seed is fixed.
        let expected = f64::from(u32::try_from(resamples).unwrap());
        let chi: f64 = totals.iter().map(|total| (f64::from(*total) - expected).powi(2) / expected).sum();
        assert!(chi < 22.5, "{chi}: {totals:?}");
    }

    #[test]
    fn what_is_not_kept_is_the_same() {
        let draws = Draws::new(5, "test", 11, 100);
        let redrawn = Draws { kept: Vec::new(), ..Draws::new(5, "test", 11, 100) };
        for resample in 0..100 {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            assert_eq!(draws.counts(resample, &mut one), redrawn.counts(resample, &mut other));
        }
        let another = Draws::new(6, "test", 11, 100);
        assert_ne!(draws.kept, another.kept);
        assert_ne!(draws.kept, Draws::new(5, "rest", 11, 100).kept);
    }
}
