//! Slots: one sequence of the context each, with what it still holds of earlier conversations.

use super::binding::{Context, Memory, Token};
use super::job::Job;

/// A beginning that another slot holds is copied or waited for when it saves at least so many tokens: a copy moves a
/// whole sequence.
const SHARED_MIN: usize = 16;

/// One sequence.
#[derive(Default)]
pub(super) struct Slot {
    /// What the context holds of this sequence.
    pub(super) decoded: Vec<Token>,
    /// What is worked on; `None` when the slot is free.
    pub(super) job: Option<Active>,
    /// When it was last taken, to find the one that has been free for longest.
    taken: u64,
}

/// A job in its slot.
pub(super) struct Active {
    pub(super) job: Job,
    /// Its place among all jobs, in the order in which they came.
    pub(super) number: u64,
    /// Where it begins; `None` once it has begun.
    start: Option<Start>,
}

impl Active {
    /// Whether it waits for another job to decode what both begin with.
    pub(super) fn waits(&self) -> bool {
        self.start.is_some()
    }
}

/// Where a new job begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Behind so many tokens that the slot holds already.
    Own { kept: usize },
    /// Behind so many tokens that another slot holds, or that the job of this number is about to decode in it.
    Copied { from: usize, length: usize, awaited: Option<u64> },
}

/// What the choice of a slot looks at.
struct View<'a> {
    decoded: &'a [Token],
    taken: u64,
    /// The job in it, by its number, with all the tokens that it will have decoded.
    busy: Option<(u64, &'a [Token])>,
}

/// How much of a job was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    /// Tokens that need not be decoded.
    pub(super) reused: usize,
    /// Tokens of the job that are to be decoded.
    pub(super) left: usize,
}

/// Puts a job into a free slot, which it takes at once or when what it waits for is there; hands it back when every
/// slot is busy.
pub(super) fn put(slots: &mut [Slot], job: Job, number: u64, memory: Memory) -> Result<(), Job> {
    let views: Vec<View<'_>> = slots.iter().map(Slot::view).collect();
    // The last token of the prompt is always decoded: what follows it is read from its logits.
    let Some((index, start)) = place(&views, &job.tokens, job.first_output, memory) else { return Err(job) };
    let slot = &mut slots[index];
    slot.taken = number;
    slot.job = Some(Active { job, number, start: Some(start) });
    Ok(())
}

/// Begins the jobs that can begin.
pub(super) fn begin(slots: &mut [Slot], context: &mut Context<'_>, memory: Memory, mut begun: impl FnMut(Begun)) {
    let mut starts: Vec<(u64, usize, Start)> = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        starts.extend(slot.job.as_ref().and_then(|active| Some((active.number, index, active.start?))));
    }
    // A job waits only for one that came before it.
    starts.sort_unstable_by_key(|(number, ..)| *number);
    for (_, index, start) in starts {
        let Some(active) = &slots[index].job else { continue };
        let tokens = active.job.tokens.len();
        let kept = match start {
            Start::Own { kept } => keep(slots, context, index, kept),
            Start::Copied { from, length, awaited } => {
                // What was there, or was to come, when the slot was chosen may be gone: what is there now counts.
                let there = common_prefix(&slots[from].decoded, &active.job.tokens).min(length);
                let goes_on = slots[from].job.as_ref().is_some_and(|other| Some(other.number) == awaited);
                if there < length && goes_on {
                    continue;
                }
                let there = if memory.can_cut(slots[from].decoded.len(), there) { there } else { 0 };
                copy(slots, context, from, index, there)
            }
        };
        if let Some(active) = &mut slots[index].job {
            active.start = None;
        }
        begun(Begun { reused: kept, left: tokens - kept });
    }
}

/// Cuts a slot's sequence down to its first `length` tokens; how many it has then.
fn keep(slots: &mut [Slot], context: &mut Context<'_>, index: usize, length: usize) -> usize {
    let kept = if context.trim(index, length) { length } else { 0 };
    slots[index].decoded.truncate(kept);
    kept
}

/// Replaces a slot's sequence by the first `length` tokens of another one's; how many it has then.
fn copy(slots: &mut [Slot], context: &mut Context<'_>, from: usize, to: usize, length: usize) -> usize {
    context.copy(from, to);
    slots[to].decoded = slots[from].decoded[..length].to_vec();
    keep(slots, context, to, length)
}

impl Slot {
    fn view(&self) -> View<'_> {
        let busy = self.job.as_ref().map(|active| (active.number, active.job.tokens.as_slice()));
        View { decoded: &self.decoded, taken: self.taken, busy }
    }
}

/// The free slot for a job that begins with `tokens`, of which at most `most` may be reused, and where it begins there;
/// `None` when all are busy.
fn place(slots: &[View<'_>], tokens: &[Token], most: usize, memory: Memory) -> Option<(usize, Start)> {
    let held = |slot: &View<'_>| {
        let length = common_prefix(slot.decoded, tokens).min(most);
        if memory.can_cut(slot.decoded.len(), length) { length } else { 0 }
    };
    let free = || slots.iter().enumerate().filter(|(_, slot)| slot.busy.is_none());
    let (best, kept) = free()
        .map(|(index, slot)| (index, held(slot)))
        .max_by_key(|(index, length)| (*length, std::cmp::Reverse(*index)))?;
    // Continuing the slot's own conversation loses nothing that another one may need. A prompt that the slot holds
    // whole is a repeated call: staying in the slot repeats its computation, and with it a seed's draw.
    if kept > 0 && (kept == most || kept + 1 >= slots[best].decoded.len()) {
        return Some((best, Start::Own { kept }));
    }
    let (oldest, slot) = free().min_by_key(|(_, slot)| (!slot.decoded.is_empty(), slot.taken))?;
    let kept = held(slot);
    if memory == Memory::Running {
        return Some((oldest, Start::Own { kept }));
    }
    let others = || slots.iter().enumerate().filter(|(index, _)| *index != oldest);
    let copied = others()
        .map(|(from, slot)| (held(slot), from))
        .max_by_key(|(length, from)| (*length, std::cmp::Reverse(*from)))
        .filter(|(length, _)| *length >= kept + SHARED_MIN);
    let there = copied.map_or(kept, |(length, _)| length);
    let awaited = others()
        .filter_map(|(from, slot)| {
            let (number, coming) = slot.busy?;
            Some((common_prefix(coming, tokens).min(most), number, from))
        })
        .max_by_key(|(length, number, _)| (*length, std::cmp::Reverse(*number)))
        .filter(|(length, ..)| *length >= there + SHARED_MIN);
    let start = match (awaited, copied) {
        (Some((length, number, from)), _) => Start::Copied { from, length, awaited: Some(number) },
        (None, Some((length, from))) => Start::Copied { from, length, awaited: None },
        (None, None) => Start::Own { kept },
    };
    Some((oldest, start))
}

fn common_prefix(left: &[Token], right: &[Token]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: impl IntoIterator<Item = i32>) -> Vec<Token> {
        ids.into_iter().map(Token::new).collect()
    }

    fn free(decoded: &[Token], taken: u64) -> View<'_> {
        View { decoded, taken, busy: None }
    }

    fn busy<'a>(decoded: &'a [Token], number: u64, coming: &'a [Token]) -> View<'a> {
        View { decoded, taken: number, busy: Some((number, coming)) }
    }

    #[test]
    fn the_conversation_that_goes_on_keeps_its_slot() {
        let (mine, other) = (tokens(0..20), tokens(100..150));
        let slots = [free(&other, 1), free(&mine, 2), free(&[], 0)];
        for memory in [Memory::Full, Memory::Sliding(8), Memory::Running] {
            assert_eq!(place(&slots, &tokens(0..30), 29, memory), Some((1, Start::Own { kept: 20 })));
        }
    }

    #[test]
    fn a_beginning_is_copied_even_from_a_busy_slot() {
        let held = tokens(0..40);
        let slots = [busy(&held, 1, &held), free(&[], 0)];
        let prompt = tokens((0..36).chain(500..510));
        assert_eq!(
            place(&slots, &prompt, 45, Memory::Full),
            Some((1, Start::Copied { from: 0, length: 36, awaited: None }))
        );
        assert_eq!(place(&slots, &prompt, 45, Memory::Running), Some((1, Start::Own { kept: 0 })));
    }

    #[test]
    fn a_beginning_that_is_about_to_be_decoded_is_waited_for() {
        let coming = tokens(0..200);
        let slots = [busy(&[], 7, &coming), busy(&coming[..10], 6, &coming[..150]), free(&[], 0)];
        let prompt = tokens((0..120).chain(500..510));
        let earlier = Start::Copied { from: 1, length: 120, awaited: Some(6) };
        assert_eq!(place(&slots, &prompt, 129, Memory::Full), Some((2, earlier)));
    }

    #[test]
    fn a_few_tokens_are_neither_copied_nor_waited_for() {
        let long = tokens(0..100);
        let slots = [free(&long, 9), busy(&[], 4, &long), free(&[], 3)];
        let prompt = tokens((0..4).chain(500..510));
        assert_eq!(place(&slots, &prompt, 13, Memory::Full), Some((2, Start::Own { kept: 0 })));
    }

    #[test]
    fn a_running_state_only_goes_on() {
        let mine = tokens(0..40);
        let slots = [free(&mine, 1), free(&[], 0)];
        let on = |tokens: &[Token]| place(&slots, tokens, tokens.len() - 1, Memory::Running).unwrap();
        assert_eq!(on(&tokens(0..50)), (0, Start::Own { kept: 40 }));
        assert_eq!(on(&tokens((0..39).chain(90..95))), (1, Start::Own { kept: 0 }));
        assert_eq!(on(&mine), (1, Start::Own { kept: 0 }));
    }

    #[test]
    fn what_left_the_window_is_not_gone_back_to() {
        let (short, long) = (tokens(0..31), tokens(100..132));
        let slots = [busy(&short, 1, &short), free(&long, 2), free(&[], 0)];
        let from = |tokens: &[Token]| place(&slots, tokens, tokens.len() - 1, Memory::Sliding(32)).unwrap();
        assert_eq!(from(&tokens((0..20).chain(90..95))), (2, Start::Copied { from: 0, length: 20, awaited: None }));
        assert_eq!(from(&tokens((100..120).chain(90..95))), (2, Start::Own { kept: 0 }));
        assert_eq!(from(&tokens(100..140)), (1, Start::Own { kept: 32 }));
    }

    #[test]
    fn the_last_token_is_never_reused() {
        let mine = tokens(0..10);
        let slots = [free(&mine, 0)];
        assert_eq!(place(&slots, &mine, 9, Memory::Full), Some((0, Start::Own { kept: 9 })));
        assert_eq!(place(&slots, &mine, 9, Memory::Running), Some((0, Start::Own { kept: 0 })));
    }

    #[test]
    fn the_slot_free_for_longest_is_taken_first() {
        let (a, b) = (tokens(0..30), tokens(50..80));
        let slots = [free(&a, 5), free(&b, 2), busy(&a, 1, &a)];
        assert_eq!(place(&slots, &tokens(200..210), 9, Memory::Full).unwrap().0, 1);
        assert_eq!(place(&[busy(&a, 0, &a)], &a, 9, Memory::Full), None);
    }
}
