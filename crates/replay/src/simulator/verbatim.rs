//! The simulator `verbatim`: says the shards in their order, word for word.

use super::script::Script;
use super::{Said, Simulator, User};
use crate::{Cast, PlannedRun, RunError};

/// Reveals one shard a turn, in the sample's order, whatever was replied. Shards without a word are passed over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verbatim;

impl Verbatim {
    /// The simulator's name.
    pub const NAME: &'static str = "verbatim";
}

impl Simulator for Verbatim {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn user<'a>(&'a self, run: &'a PlannedRun<'a>, _: &'a Cast) -> Result<Box<dyn User + 'a>, RunError> {
        let turns = run.sample.spoken().map(|shard| Said::shard(run, shard));
        Ok(Box::new(Script::new(turns.collect())))
    }
}
