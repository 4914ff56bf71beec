//! What mediation costs, turn by turn.

use super::figures::{Costs, TurnCosts};
use crate::measures::mean;

/// What the model calls of one turn took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// How many.
    pub calls: u32,
    /// How many of them a cache answered.
    pub cached: u32,
    /// Tokens that the model read.
    pub prompt_tokens: u64,
    /// Tokens that it wrote.
    pub completion_tokens: u64,
    /// How long the turn took, in seconds.
    pub seconds: f64,
}

/// The means over these turns; `None` of none.
pub(super) fn of<'a>(costs: impl Iterator<Item = &'a Cost>) -> Option<Costs> {
    let held: Vec<&Cost> = costs.collect();
    let mean_of = |of: &dyn Fn(&Cost) -> f64| mean(&held.iter().map(|cost| of(cost)).collect::<Vec<_>>());
    let timed: Vec<f64> =
        held.iter().filter(|cost| cost.calls > 0 && cost.cached == 0).map(|cost| cost.seconds).collect();
    Some(Costs {
        turns: held.len(),
        calls: mean_of(&|cost| f64::from(cost.calls))?,
        cached: mean_of(&|cost| f64::from(cost.cached))?,
        prompt_tokens: mean_of(&|cost| tokens(cost.prompt_tokens))?,
        completion_tokens: mean_of(&|cost| tokens(cost.completion_tokens))?,
        seconds: mean(&timed),
    })
}

/// The same for the first turns of conversations, the second ones and so on.
pub(super) fn by_turn(costs: &[&[Cost]]) -> Vec<TurnCosts> {
    let longest = costs.iter().map(|costs| costs.len()).max().unwrap_or_default();
    let each = (0..longest).filter_map(|turn| {
        let costs = of(costs.iter().filter_map(|costs| costs.get(turn)))?;
        Some(TurnCosts { turn: turn + 1, costs })
    });
    each.collect()
}

#[expect(clippy::cast_precision_loss, reason = "a count of tokens")]
fn tokens(count: u64) -> f64 {
    count as f64
}
