//! What went wrong, and whose doing it was.

use std::collections::BTreeSet;

use crate::cells::Recorded;
use crate::report::Faults;

use super::Mean;
use super::details::Group;

pub(super) fn faults(group: &Group<'_>) -> Faults {
    let mut faults = Faults::default();
    let mut clean = Mean::default();
    for instruction in group.instructions() {
        let mut unaffected = Vec::new();
        for run in instruction.runs {
            if count(&mut faults, run, instruction.shards) {
                faults.simulator += 1;
            } else {
                unaffected.push(run.score);
            }
        }
        if let Some(p) = unaffected.into_iter().collect::<Mean>().value() {
            clean.add(p);
        }
    }
    faults.p_without = clean.value();
    faults
}

/// Counts the run's faults; says whether the simulated user is to blame for any.
fn count(faults: &mut Faults, run: &Recorded, shards: &BTreeSet<i64>) -> bool {
    let held = run.facts.faults;
    let simulator = [
        (&mut faults.repeated_shard, held.repeated_shards > 0),
        (&mut faults.ignored_duplicate, held.ignored_duplicates > 0),
        (&mut faults.unrevealed_shards, run.facts.leaves_shards(run.score, shards)),
        (&mut faults.turn_cap, held.turn_cap),
        (&mut faults.empty_user_turn, held.empty_user_turns > 0),
        (&mut faults.unaware, held.unaware),
        (&mut faults.recorded_simulator, held.simulator > 0),
    ];
    let mut blamed = false;
    for (count, happened) in simulator {
        *count += usize::from(happened);
        blamed |= happened;
    }
    faults.empty_reply += usize::from(held.empty_replies > 0);
    faults.recorded_other += usize::from(held.others > 0);
    blamed
}
