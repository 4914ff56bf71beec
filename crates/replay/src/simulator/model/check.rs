//! Which shards stand in a user's words, and what is wrong with these; by rule, without a model.

use std::collections::BTreeSet;
use std::fmt;

use throughline_tasks::Shard;

use super::tokens::Tokens;

/// A shard is revealed where at least one of so many of its own content words stands in the words, beside all of its hard
/// tokens.
const REVEALED: usize = 2;
/// A shard that was told before is repeated where at most one of so many of its own content words does not.
const REPEATED: usize = 5;
/// So many content words of the user's own may stand beside any shard.
const OWN_WORDS: usize = 4;

/// What is wrong with a user's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// No shard that is due stands in them.
    Nothing,
    /// Several shards do that were not told before.
    Several(Vec<i64>),
    /// A shard does that must come later.
    TooEarly(i64),
    /// A shard does that was told before.
    Repeated(i64),
    /// A number or name does that no shard holds.
    Invented(String),
    /// They hold more content words that no shard holds than those of the shard.
    Chatter,
    /// A number, name or quotation of the chosen shard is missing.
    Lost(String, i64),
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(formatter, "revealed nothing"),
            Self::Several(shards) => {
                let shards: Vec<String> = shards.iter().map(i64::to_string).collect();
                write!(formatter, "revealed several shards: {}", shards.join(", "))
            }
            Self::TooEarly(shard) => write!(formatter, "revealed shard {shard} before its turn"),
            Self::Repeated(shard) => write!(formatter, "repeated shard {shard}"),
            Self::Invented(token) => write!(formatter, "invented {token:?}"),
            Self::Chatter => write!(formatter, "said more that stands in no shard than what does"),
            Self::Lost(token, shard) => write!(formatter, "lost {token:?} of shard {shard}"),
        }
    }
}

/// The shards of a sample, as far as a check must know them.
pub(super) struct Check {
    shards: Vec<Known>,
    /// What stands in any of them.
    together: Tokens,
}

struct Known {
    id: i64,
    tokens: Tokens,
    /// Content words that stand in no other shard; all of them where there are none. A shard without any is looked for as
    /// it is.
    own: BTreeSet<String>,
}

impl Check {
    pub(super) fn of(shards: &[&Shard]) -> Self {
        let tokens: Vec<Tokens> = shards.iter().map(|shard| Tokens::of(&shard.shard)).collect();
        let own = |place: usize| {
            let alone = |word: &&String| {
                tokens.iter().enumerate().all(|(other, tokens)| other == place || !tokens.content.contains(*word))
            };
            let own: BTreeSet<String> = tokens[place].content.iter().filter(alone).cloned().collect();
            if own.is_empty() { tokens[place].content.clone() } else { own }
        };
        let known = shards.iter().zip(&tokens).enumerate();
        let known =
            known.map(|(place, (shard, found))| Known { id: shard.shard_id, tokens: found.clone(), own: own(place) });
        let together = Tokens::all_of(shards.iter().map(|shard| shard.shard.as_str()));
        Self { shards: known.collect(), together }
    }

    /// The place of the shard that the words reveal, or everything that is wrong with them. `told` are the places of the
    /// shards that were told before, `due` those that may come now, `chosen` the one that was to be told; `earlier` is
    /// what the user said before.
    pub(super) fn revealed(
        &self,
        words: &str,
        chosen: usize,
        due: &[usize],
        told: &[usize],
        earlier: &Tokens,
    ) -> Result<usize, Vec<Wrong>> {
        let words = Tokens::of(words);
        let mut wrong = Vec::new();
        let places = 0..self.shards.len();
        let stands = |place: &usize| self.shards[*place].stands_in(&words, earlier);
        let found: Vec<usize> = places.filter(|place| !told.contains(place)).filter(stands).collect();
        let ids = |places: &[usize]| places.iter().map(|place| self.shards[*place].id).collect();
        match found.as_slice() {
            [] => {
                wrong.push(Wrong::Nothing);
                let known = &self.shards[chosen];
                wrong.extend(known.lost(&words, earlier).map(|token| Wrong::Lost(token.clone(), known.id)));
            }
            [one] if due.contains(one) => {}
            [one] => wrong.push(Wrong::TooEarly(self.shards[*one].id)),
            several => wrong.push(Wrong::Several(ids(several))),
        }
        let again = |place: &&usize| self.shards[**place].is_repeated_by(&words, &found, self);
        wrong.extend(told.iter().filter(again).map(|place| Wrong::Repeated(self.shards[*place].id)));
        let unknown = |token: &&String| !self.together.hold(token);
        wrong.extend(
            words.numbers.iter().filter(|number| !self.together.hold_number(number)).cloned().map(Wrong::Invented),
        );
        wrong.extend(words.names.iter().filter(unknown).cloned().map(Wrong::Invented));
        let own = words.content.iter().filter(unknown).count();
        if own > OWN_WORDS.max(self.shards[found.first().copied().unwrap_or(chosen)].tokens.content.len()) {
            wrong.push(Wrong::Chatter);
        }
        match found.first() {
            Some(one) if wrong.is_empty() => Ok(*one),
            _ => Err(wrong),
        }
    }
}

impl Known {
    fn stands_in(&self, words: &Tokens, earlier: &Tokens) -> bool {
        if self.own.is_empty() {
            return words.hold_text(&self.tokens.line);
        }
        let held = self.own.iter().filter(|word| words.hold(word)).count();
        held * REVEALED >= self.own.len() && self.lost(words, earlier).next().is_none()
    }

    /// The hard tokens that the words lack. A name that was said before need not be said again.
    fn lost<'a>(&'a self, words: &'a Tokens, earlier: &'a Tokens) -> impl Iterator<Item = &'a String> {
        let Tokens { numbers, names, quoted, .. } = &self.tokens;
        let numbers = numbers.iter().filter(|number| !words.hold_number(number));
        let names = names.iter().filter(|name| !words.hold(name) && !earlier.hold(name));
        numbers.chain(names).chain(quoted.iter().filter(|text| !words.hold_text(text)))
    }

    /// Whether the words say this shard, too, and not only what the shards have in common that they reveal.
    fn is_repeated_by(&self, words: &Tokens, found: &[usize], check: &Check) -> bool {
        let shared = |word: &str| found.iter().any(|place| check.shards[*place].tokens.hold(word));
        let own: Vec<&String> = self.own.iter().filter(|word| !shared(word)).collect();
        let held = own.iter().filter(|word| words.hold(word)).count();
        !own.is_empty()
            && (own.len() - held) * REPEATED <= own.len()
            && self.lost(words, &Tokens::default()).next().is_none()
    }
}
