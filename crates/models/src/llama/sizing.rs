//! How long conversations may be and how many are computed at once: from what the caller sets, what the model was
//! trained on, and the memory that is free.

/// Tokens of one conversation unless set, where the model was trained on as many.
const CONTEXT_DEFAULT: u32 = 4096;
/// A context below this holds no conversation.
const CONTEXT_MIN: u32 = 64;
/// A context is not made smaller than this to save memory.
const CONTEXT_SAVING_MIN: u32 = 1024;
const SLOTS_DEFAULT: u32 = 4;
const SLOTS_MAX: u32 = 64;
/// Most tokens of one step. A cancelled call frees its slot after the step that runs, so this is kept small.
const BATCH_MAX: u32 = 512;
/// Fewest tokens of one step.
const BATCH_MIN: u32 = 64;
/// Bytes that one step's logits may take.
const LOGITS_MAX: u64 = 256 << 20;

/// What the sizes depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// Tokens of one conversation that the model was trained on.
    pub(super) trained_context: u32,
    /// Bytes of the model's file, which stay in memory.
    pub(super) weights: u64,
    /// Bytes that a conversation takes for each of its tokens.
    pub(super) token_bytes: u64,
    /// Tokens of the vocabulary.
    pub(super) vocabulary: u64,
    /// Bytes of memory that are free; `None` where the machine does not tell, or a graphics card holds conversations.
    pub(super) memory_free: Option<u64>,
}

/// The sizes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Tokens of one conversation.
    pub(super) context: u32,
    /// Conversations at once.
    pub(super) slots: u32,
    /// Tokens of one step.
    pub(super) batch: u32,
    /// A sentence for each of them.
    pub(super) reasons: Vec<String>,
}

/// Context and slots as they are set, or else by default, before anything of the model is known.
pub(super) fn wanted(context: Option<u32>, slots: Option<u32>) -> (u32, u32) {
    (context.unwrap_or(CONTEXT_DEFAULT), slots.unwrap_or(SLOTS_DEFAULT))
}

/// The sizes for these facts. What is set is taken as it is; what is not is made smaller until all conversations fit
/// half of the memory that the weights leave free.
///
/// # Errors
/// What is out of its range, or cannot fit.
pub(super) fn choose(facts: Facts, context: Option<u32>, slots: Option<u32>) -> Result<Sizes, String> {
    let trained = facts.trained_context.max(CONTEXT_MIN);
    let mut sizes = Sizes {
        context: in_range("context", context.unwrap_or(trained.min(CONTEXT_DEFAULT)), CONTEXT_MIN, trained)?,
        slots: in_range("slots", slots.unwrap_or(SLOTS_DEFAULT), 1, SLOTS_MAX)?,
        batch: batch(facts.vocabulary),
        reasons: Vec::new(),
    };
    let wanted = (sizes.context, sizes.slots);
    let left = facts.memory_free.map(|free| free.saturating_sub(facts.weights));
    let fits = |sizes: &Sizes, budget: u64| bytes(sizes, facts) <= budget;
    if let Some(left) = left {
        while !fits(&sizes, left / 2) {
            if slots.is_none() && sizes.slots > 1 {
                sizes.slots /= 2;
            } else if context.is_none() && sizes.context / 2 >= CONTEXT_SAVING_MIN {
                sizes.context /= 2;
            } else {
                break;
            }
        }
        if !fits(&sizes, left) {
            return Err(format!(
                "{} conversations of {} tokens take {} MiB and the model {} MiB, but only {} MiB of memory are free; \
                 lower context or slots, or take a smaller model",
                sizes.slots,
                sizes.context,
                mebibytes(bytes(&sizes, facts)),
                mebibytes(facts.weights),
                mebibytes(facts.memory_free.unwrap_or_default())
            ));
        }
    }
    sizes.reasons = reasons(&sizes, facts, wanted, (context, slots));
    Ok(sizes)
}

fn reasons(sizes: &Sizes, facts: Facts, wanted: (u32, u32), set: (Option<u32>, Option<u32>)) -> Vec<String> {
    let why = |set: bool, chosen: u32, wanted: u32| match (set, chosen == wanted) {
        (true, _) => "as set",
        (false, true) => "the default",
        (false, false) => "the most that fits half of the free memory",
    };
    let memory = facts.memory_free.map_or_else(String::new, |free| format!(" of {} MiB free", mebibytes(free)));
    vec![
        format!(
            "context of {} tokens for each conversation: {}; the model was trained on {}",
            sizes.context,
            why(set.0.is_some(), sizes.context, wanted.0),
            facts.trained_context
        ),
        format!("{} conversations at a time: {}", sizes.slots, why(set.1.is_some(), sizes.slots, wanted.1)),
        format!(
            "{} MiB for conversations, {} MiB for the model{memory}",
            mebibytes(bytes(sizes, facts)),
            mebibytes(facts.weights)
        ),
        format!("steps of at most {} tokens, fewer where they would take long", sizes.batch),
    ]
}

/// Bytes that all conversations take.
fn bytes(sizes: &Sizes, facts: Facts) -> u64 {
    facts.token_bytes.saturating_mul(u64::from(sizes.context)).saturating_mul(u64::from(sizes.slots))
}

/// llama.cpp sets memory aside for the logits of a whole step.
fn batch(vocabulary: u64) -> u32 {
    let mut batch = BATCH_MAX;
    while batch > BATCH_MIN && u64::from(batch) * vocabulary * 4 > LOGITS_MAX {
        batch /= 2;
    }
    batch
}

/// The value, if it lies between these, both included.
///
/// # Errors
/// What it is and what it must be.
pub(super) fn in_range(name: &str, value: u32, least: u32, most: u32) -> Result<u32, String> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{name} is {value}; it must be {least} to {most}"))
    }
}

fn mebibytes(bytes: u64) -> u64 {
    bytes >> 20
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GIB: u64 = 1 << 30;

    /// A model of 8 GiB whose conversations take 128 KiB a token.
    fn large(memory_free: u64) -> Facts {
        Facts {
            trained_context: 131_072,
            weights: 8 * GIB,
            token_bytes: 128 << 10,
            vocabulary: 128_256,
            memory_free: Some(memory_free),
        }
    }

    fn chosen(facts: Facts, context: Option<u32>, slots: Option<u32>) -> (u32, u32) {
        let sizes = choose(facts, context, slots).unwrap();
        (sizes.context, sizes.slots)
    }

    #[test]
    fn what_has_room_takes_the_defaults() {
        assert_eq!(chosen(large(32 * GIB), None, None), (4096, 4));
        assert_eq!(chosen(Facts { memory_free: None, ..large(0) }, None, None), (4096, 4));
        assert_eq!(chosen(Facts { trained_context: 512, ..large(32 * GIB) }, None, None), (512, 4));
    }

    #[test]
    fn little_memory_makes_fewer_slots_and_then_shorter_conversations() {
        assert_eq!(chosen(large(10 * GIB), None, None), (4096, 2));
        assert_eq!(chosen(large(9 * GIB), None, None), (4096, 1));
        assert_eq!(chosen(large(8 * GIB + GIB / 2), None, None), (2048, 1));
        assert_eq!(chosen(large(9 * GIB), Some(4096), None), (4096, 1));
    }

    #[test]
    fn what_is_set_stands_while_it_can_fit_at_all() {
        assert_eq!(chosen(large(12 * GIB), Some(8192), Some(4)), (8192, 4));
        let error = choose(large(12 * GIB), Some(8192), Some(8)).unwrap_err();
        assert!(error.contains("8192 MiB") && error.contains("12288 MiB"), "{error}");
        assert!(choose(large(12 * GIB), Some(9), None).unwrap_err().contains("context is 9; it must be 64 to 131072"));
        assert!(choose(large(12 * GIB), None, Some(65)).unwrap_err().contains("slots is 65; it must be 1 to 64"));
    }

    #[test]
    fn a_large_vocabulary_makes_smaller_steps() {
        assert_eq!(
            [batch(0), batch(49_152), batch(128_256), batch(262_144), batch(u64::from(u32::MAX))],
            [512, 512, 512, 256, 64]
        );
    }

    #[test]
    fn each_size_has_its_reason() {
        let reasons = choose(large(9 * GIB), Some(2048), None).unwrap().reasons.join("\n");
        assert!(reasons.contains("2048 tokens for each conversation: as set"), "{reasons}");
        assert!(reasons.contains("2 conversations at a time: the most that fits"), "{reasons}");
    }

    proptest! {
        #[test]
        fn what_is_chosen_fits(free in 0..64 * GIB, weights in 0..16 * GIB, token_bytes in 0..1u64 << 20) {
            let facts = Facts { weights, token_bytes, ..large(free) };
            if let Ok(sizes) = choose(facts, None, None) {
                prop_assert!(bytes(&sizes, facts) + weights <= free.max(weights));
                prop_assert!(sizes.context >= CONTEXT_SAVING_MIN && sizes.slots >= 1);
            }
        }
    }
}
