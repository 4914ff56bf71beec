//! Slots: one sequence of the context each, with what it still holds of earlier conversations.

use super::binding::{Context, Memory, Token};
use super::job::Job;

/// A shared beginning shorter than this is not worth taking a slot for that holds another conversation.
const SHARED_MIN: usize = 16;

/// One sequence.
#[derive(Default)]
pub(super) struct Slot {
    /// What the context holds of this sequence.
    pub(super) decoded: Vec<Token>,
    /// What is worked on; `None` when the slot is free.
    pub(super) job: Option<Active>,
    /// When it was last taken, to find the one that has been free for longest.
    pub(super) taken: u64,
}

impl Slot {
    pub(super) fn view(&self) -> View<'_> {
        View { decoded: &self.decoded, free: self.job.is_none(), taken: self.taken }
    }
}

/// A job in its slot.
pub(super) struct Active {
    pub(super) job: Job,
    /// Its place among all jobs, in the order in which they came.
    pub(super) number: u64,
}

/// Where a new job goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placement {
    /// The slot that it takes.
    pub(super) slot: usize,
    /// Tokens at its beginning that are there already.
    pub(super) reused: usize,
    /// The slot that shares these tokens with it, where it is not the slot itself.
    pub(super) donor: Option<usize>,
}

/// What the choice of a slot looks at.
pub(super) struct View<'a> {
    pub(super) decoded: &'a [Token],
    pub(super) free: bool,
    pub(super) taken: u64,
}

/// The free slot for a job that begins with `tokens`, of which at most `most` may be reused; `None` when all are
/// busy. Unless `memory` is a running state, the beginning may come from any slot.
pub(super) fn place(slots: &[View<'_>], tokens: &[Token], most: usize, memory: Memory) -> Option<Placement> {
    let sharing = memory != Memory::Running;
    let common = |slot: &View<'_>| {
        let length = common_prefix(slot.decoded, tokens).min(most);
        if memory.can_cut(slot.decoded.len(), length) { length } else { 0 }
    };
    let free = || slots.iter().enumerate().filter(|(_, slot)| slot.free);
    let (best, reused) = free()
        .map(|(index, slot)| (index, common(slot)))
        .max_by_key(|(index, length)| (*length, std::cmp::Reverse(*index)))?;
    // Continuing the slot's own conversation loses nothing that another one may need. A prompt that the slot holds
    // whole is a repeated call: staying in the slot repeats its computation, and with it a seed's draw.
    let continues = reused > 0 && (reused == most || reused + 1 >= slots[best].decoded.len());
    let (oldest, _) = free().min_by_key(|(_, slot)| (!slot.decoded.is_empty(), slot.taken))?;
    if sharing && !continues {
        let donor = slots
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != oldest)
            .map(|(index, slot)| (index, common(slot)))
            .max_by_key(|(index, length)| (*length, std::cmp::Reverse(*index)));
        if let Some((donor, length)) = donor.filter(|(_, length)| *length > common(&slots[oldest])) {
            return Some(Placement { slot: oldest, reused: length, donor: Some(donor) });
        }
        return Some(Placement { slot: oldest, reused: common(&slots[oldest]), donor: None });
    }
    if continues || reused >= SHARED_MIN {
        return Some(Placement { slot: best, reused, donor: None });
    }
    Some(Placement { slot: oldest, reused: common(&slots[oldest]), donor: None })
}

fn common_prefix(left: &[Token], right: &[Token]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

/// Brings the context and the slots to a placement; the number of tokens that are really reused.
pub(super) fn apply(placement: &Placement, slots: &mut [Slot], context: &mut Context<'_>) -> usize {
    let Placement { slot, reused, donor } = *placement;
    let decoded = match donor {
        Some(donor) => {
            context.trim(slot, 0);
            if context.share(donor, slot, reused) { slots[donor].decoded[..reused].to_vec() } else { Vec::new() }
        }
        None if context.trim(slot, reused) => slots[slot].decoded[..reused].to_vec(),
        None => Vec::new(),
    };
    slots[slot].decoded = decoded;
    slots[slot].decoded.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: impl IntoIterator<Item = i32>) -> Vec<Token> {
        ids.into_iter().map(Token::new).collect()
    }

    fn view(decoded: &[Token], free: bool, taken: u64) -> View<'_> {
        View { decoded, free, taken }
    }

    #[test]
    fn the_conversation_that_goes_on_keeps_its_slot() {
        let (mine, other) = (tokens(0..20), tokens(100..150));
        let slots = [view(&other, true, 1), view(&mine, true, 2), view(&[], true, 0)];
        let placement = place(&slots, &tokens(0..30), 29, Memory::Full).unwrap();
        assert_eq!(placement, Placement { slot: 1, reused: 20, donor: None });
    }

    #[test]
    fn a_beginning_is_shared_even_from_a_busy_slot() {
        let busy = tokens(0..40);
        let slots = [view(&busy, false, 1), view(&[], true, 0)];
        let prompt = tokens((0..30).chain(500..510));
        assert_eq!(place(&slots, &prompt, 39, Memory::Full), Some(Placement { slot: 1, reused: 30, donor: Some(0) }));
        assert_eq!(place(&slots, &prompt, 39, Memory::Running), Some(Placement { slot: 1, reused: 0, donor: None }));
    }

    #[test]
    fn a_free_slot_is_not_emptied_for_a_few_tokens() {
        let long = tokens(0..100);
        let slots = [view(&long, true, 9), view(&[], true, 3)];
        let prompt = tokens((0..4).chain(500..510));
        assert_eq!(place(&slots, &prompt, 13, Memory::Running), Some(Placement { slot: 1, reused: 0, donor: None }));
        assert_eq!(place(&slots, &prompt, 13, Memory::Full), Some(Placement { slot: 1, reused: 4, donor: Some(0) }));
    }

    #[test]
    fn the_last_token_is_never_reused() {
        let mine = tokens(0..10);
        let slots = [view(&mine, true, 0)];
        assert_eq!(place(&slots, &mine, 9, Memory::Full), Some(Placement { slot: 0, reused: 9, donor: None }));
    }

    #[test]
    fn the_slot_free_for_longest_is_taken_first() {
        let (a, b) = (tokens(0..30), tokens(50..80));
        let slots = [view(&a, true, 5), view(&b, true, 2), view(&a, false, 1)];
        assert_eq!(place(&slots, &tokens(200..210), 9, Memory::Full).unwrap().slot, 1);
        assert_eq!(place(&[view(&a, false, 0)], &a, 9, Memory::Full), None);
    }

    #[test]
    fn a_running_state_only_goes_on() {
        let mine = tokens(0..40);
        let slots = [view(&mine, true, 1), view(&[], true, 0)];
        let on = |tokens: &[Token]| place(&slots, tokens, tokens.len() - 1, Memory::Running);
        assert_eq!(on(&tokens(0..50)), Some(Placement { slot: 0, reused: 40, donor: None }));
        assert_eq!(on(&tokens((0..39).chain(90..95))), Some(Placement { slot: 1, reused: 0, donor: None }));
        assert_eq!(on(&mine), Some(Placement { slot: 1, reused: 0, donor: None }));
    }

    #[test]
    fn what_left_the_window_is_not_gone_back_to() {
        let (short, long) = (tokens(0..31), tokens(100..132));
        let slots = [view(&short, false, 1), view(&long, true, 2), view(&[], true, 0)];
        let from = |tokens: &[Token]| place(&slots, tokens, tokens.len() - 1, Memory::Sliding(32)).unwrap();
        let branch = from(&tokens((0..20).chain(90..95)));
        assert_eq!(branch, Placement { slot: 2, reused: 20, donor: Some(0) });
        assert_eq!(from(&tokens((100..120).chain(90..95))).reused, 0);
        assert_eq!(from(&tokens(100..140)), Placement { slot: 1, reused: 32, donor: None });
    }
}
