//! In which orders a user may reveal the shards of a sample.

use throughline_tasks::{Sample, Shard, TaskFamily};

use crate::derive_seed;

/// The field of a sample that says whether its shards mean what they mean in their order alone.
const ORDERED: &str = "ordered";

/// Which shards may come when:
///
/// - the first shard comes first: it says what is wanted;
/// - where the sample says `"ordered": true`, or its family hands over material, such as the parts of a document, the
///   order is the sample's;
/// - a correction (field `revision`) stays behind what it corrects, and directly behind it where it stands there in the
///   sample, since it may then name neither the old value nor what is counted.
pub(super) struct Order<'a> {
    /// The shards that say something, in the sample's order.
    shards: Vec<&'a Shard>,
    /// For each of them the place of the one that must come earlier, which is a smaller one.
    after: Vec<Option<usize>>,
    /// Whether it follows that one directly.
    directly: Vec<bool>,
}

impl<'a> Order<'a> {
    pub(super) fn of(family: &dyn TaskFamily, sample: &'a Sample) -> Self {
        let shards: Vec<&Shard> = sample.spoken().collect();
        let mut order = Self { after: vec![None; shards.len()], directly: vec![false; shards.len()], shards };
        if family.hands_over_material() || sample.fields.get(ORDERED).and_then(serde_json::Value::as_bool) == Some(true)
        {
            for place in 1..order.shards.len() {
                order.after[place] = Some(place - 1);
            }
            return order;
        }
        // Behind the first shard, everything is.
        order.after.iter_mut().skip(1).for_each(|after| *after = Some(0));
        if let Some((corrected, correction)) = order.revision(sample) {
            order.after[correction] = Some(corrected);
            order.directly[correction] = correction == corrected + 1;
        }
        order
    }

    /// The places of a corrected shard and of its correction, where the correction stands behind it.
    fn revision(&self, sample: &Sample) -> Option<(usize, usize)> {
        let revision = sample.fields.get("revision")?;
        let place = |field: &str| {
            let id = revision.get(field)?.as_i64()?;
            self.shards.iter().position(|shard| shard.shard_id == id)
        };
        let (corrected, correction) = (place("shard_id")?, place("correction_id")?);
        (corrected < correction).then_some((corrected, correction))
    }

    /// The shards that may come next, once those at the places `told` are.
    pub(super) fn next(&self, told: &[usize]) -> Vec<usize> {
        let open = |place: &usize| !told.contains(place);
        let due = (0..self.shards.len())
            .filter(open)
            .find(|&place| self.directly[place] && told.last().is_some_and(|last| self.after[place] == Some(*last)));
        if let Some(due) = due {
            return vec![due];
        }
        let ready = |place: &usize| self.after[*place].is_none_or(|after| told.contains(&after));
        (0..self.shards.len()).filter(open).filter(ready).collect()
    }

    /// The shards that say something, in the sample's order.
    pub(super) fn shards(&self) -> &[&'a Shard] {
        &self.shards
    }

    /// The shard at a place.
    pub(super) fn shard(&self, place: usize) -> &'a Shard {
        self.shards[place]
    }

    /// All shards in an order drawn with a seed. By hashes, so that the order of a seed is the same in every version of
    /// every library.
    pub(super) fn drawn(&self, seed: u32) -> Vec<&'a Shard> {
        let mut told = Vec::with_capacity(self.shards.len());
        while let Some(next) = self.next(&told).into_iter().min_by_key(|place| derive_seed(seed, &[&place.to_string()]))
        {
            told.push(next);
        }
        told.into_iter().map(|place| self.shard(place)).collect()
    }
}
