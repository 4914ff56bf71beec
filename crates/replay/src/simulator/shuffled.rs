//! The simulator `shuffled`: says the first shard first and the others in an order that is drawn, word for word.

use super::order::Order;
use super::script::Script;
use super::{Said, Simulator, User};
use crate::{Cast, PlannedRun, RunError, derive_seed};

/// Reveals one shard a turn in an order drawn for each sample and repeat, the same in every setting. The first shard,
/// which says what is wanted, comes first, and what must stay behind another shard stays there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shuffled;

impl Shuffled {
    /// The simulator's name.
    pub const NAME: &'static str = "shuffled";
}

impl Simulator for Shuffled {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn user<'a>(&'a self, run: &'a PlannedRun<'a>, _: &'a Cast) -> Result<Box<dyn User + 'a>, RunError> {
        let seed = derive_seed(run.seed, &[&run.sample.task_id, &run.repeat.to_string(), Self::NAME]);
        let shards = Order::of(run.family, run.sample).drawn(seed);
        let turns = shards.into_iter().map(|shard| Said::shard(run, shard));
        Ok(Box::new(Script::new(turns.collect())))
    }
}
