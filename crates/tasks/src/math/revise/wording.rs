//! How a user takes a quantity back.

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// One way to say that a quantity is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wording {
    /// Its name in samples.
    pub(super) name: &'static str,
    /// Whether it says the old value.
    pub(super) says_old: bool,
    /// Whether it says what is counted.
    pub(super) says_noun: bool,
    /// Whether a word in it announces a correction. Without one, only the sense tells it from an addition.
    pub(super) has_cue: bool,
    /// With `{old}`, `{new}` and `{noun}` in their places.
    template: &'static str,
}

const fn wording(name: &'static str, mentions: [bool; 2], has_cue: bool, template: &'static str) -> Wording {
    Wording { name, says_old: mentions[0], says_noun: mentions[1], has_cue, template }
}

const OLD: [bool; 2] = [true, false];
const OLD_AND_NOUN: [bool; 2] = [true, true];
const NOUN: [bool; 2] = [false, true];
const NEW_ALONE: [bool; 2] = [false, false];

/// Every wording.
pub(super) const WORDINGS: [Wording; 20] = [
    wording("sorry-meant", OLD, true, "sorry, I meant {new}, not {old}"),
    wording("not-but", OLD, true, "not {old}, I meant to say {new}"),
    wording("should-be", OLD, true, "I said {old}, but it should be {new}"),
    wording("typo", OLD, true, "the {old} was a typo, it's {new}"),
    wording("change-to", OLD, true, "please change the {old} to {new}"),
    wording("is-not", OLD, false, "it's {new}, not {old}"),
    wording("wait-instead", OLD_AND_NOUN, true, "wait, it's {new} {noun} instead of {old}"),
    wording("scratch", OLD_AND_NOUN, true, "scratch the {old} {noun}, it's {new}"),
    wording("rather-than", OLD_AND_NOUN, false, "it's {new} {noun} rather than {old}"),
    wording("make-that-noun", NOUN, true, "make that {new} {noun}"),
    wording("correction-noun", NOUN, true, "correction: {new} {noun}"),
    wording("sorry-noun", NOUN, true, "sorry, {new} {noun}"),
    wording("actually-noun", NOUN, false, "it's {new} {noun} actually"),
    wording("checked-noun", NOUN, false, "{new} {noun}, I just checked"),
    wording("turns-out-noun", NOUN, false, "turns out it's {new} {noun}"),
    wording("make-that", NEW_ALONE, true, "make that {new}"),
    wording("oops", NEW_ALONE, true, "oops, I meant {new}"),
    wording("no-wait", NEW_ALONE, true, "no wait, {new}"),
    wording("actually", NEW_ALONE, false, "it's {new} actually"),
    wording("checked", NEW_ALONE, false, "{new}, I just checked"),
];

impl Wording {
    /// A wording that leaves no doubt about what it corrects: it says the old value, or a `noun` that only this quantity
    /// counts, or, `directly` behind a shard with one number, neither. What is said is drawn first, then how, so that
    /// wordings of which there are few come as often as the others.
    pub(super) fn draw(noun: bool, directly: bool, draws: &mut ChaCha8Rng) -> Option<Self> {
        let fits = |says: [bool; 2]| (noun || !says[1]) && (directly || says != NEW_ALONE);
        let kinds = [OLD, OLD_AND_NOUN, NOUN, NEW_ALONE].into_iter().filter(|says| fits(*says)).collect::<Vec<_>>();
        let says = *kinds.choose(draws)?;
        let wordings = WORDINGS.iter().filter(|wording| [wording.says_old, wording.says_noun] == says);
        wordings.collect::<Vec<_>>().choose(draws).map(|wording| **wording)
    }

    /// The correction in this wording; `noun` is only looked at where the wording says it.
    pub(super) fn text(&self, old: &str, new: &str, noun: &str) -> String {
        self.template.replace("{old}", old).replace("{new}", new).replace("{noun}", noun)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_wording_says_what_it_claims_to_say() {
        let names: HashSet<_> = WORDINGS.iter().map(|wording| wording.name).collect();
        assert_eq!(names.len(), WORDINGS.len());
        for wording in WORDINGS {
            let text = wording.text("$5", "$6", "rows");
            assert!(text.contains("$6") && !text.contains('{'), "{text}");
            assert_eq!((text.contains("$5"), text.contains("rows")), (wording.says_old, wording.says_noun), "{text}");
        }
    }
}
