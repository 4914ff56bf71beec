//! Word problems with a quantity that the user gets wrong at first and corrects later on.

mod chain;
mod quantity;
mod wording;

use std::fmt;
use std::sync::LazyLock;

use num::bigint::BigInt;
use num::rational::BigRational;
use num::{ToPrimitive, Zero};
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pattern::pattern;
use crate::{Sample, Shard, canonical_task};
use chain::{Chain, Source};
use quantity::{Quantity, is_known, quantities};
use wording::Wording;

/// The field of a revised sample that holds its [`Revision`].
const FIELD: &str = "revision";

/// What a revised sample says of its revision, in the field `revision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The shard that holds the wrong quantity.
    pub shard_id: i64,
    /// The shard that corrects it.
    pub correction_id: i64,
    /// The wrong quantity, as the user said it first.
    pub from: u64,
    /// The right one.
    pub to: u64,
    /// The name of the correction's wording.
    pub wording: String,
    /// Whether the correction says the wrong quantity as well.
    pub says_old: bool,
    /// Whether it says what is counted.
    pub says_noun: bool,
    /// Whether a word announces a correction (`sorry`, `wait`, `make that`), or only the sense tells.
    pub has_cue: bool,
}

/// Why no revised sample was made of a sample. Where several quantities failed for several reasons, the one that came
/// furthest counts, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unrevised {
    /// It is of another task family.
    NotMath,
    /// It is revised already.
    Revised,
    /// The answer's calculations are missing, do not hold, or do not come to the gold answer.
    NoChain,
    /// The question compares or sets limits, which a changed quantity could turn round.
    Compares,
    /// A number of the calculations stands neither in the question nor among earlier results, so that something was
    /// calculated on the side.
    Unexplained,
    /// No quantity stands once in the question, once in the shards and once in the calculations, as a whole number in
    /// digits that nothing else could mean.
    NoQuantity,
    /// A number of the calculations could be a changed result as well as something else.
    Ambiguous,
    /// No other value keeps all results of their kind: whole, positive, told apart from the other numbers.
    NoValue,
}

impl fmt::Display for Unrevised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotMath => "not of the task math",
            Self::Revised => "revised already",
            Self::NoChain => "the answer has no chain of calculations that holds and comes to the gold answer",
            Self::Compares => "the question compares or sets a limit",
            Self::Unexplained => "a number of the calculations comes from nowhere",
            Self::NoQuantity => "no whole number stands once in the question, in the shards and in the calculations",
            Self::Ambiguous => "a number of the calculations could come from two sources",
            Self::NoValue => "no other value keeps every result sensible",
        })
    }
}

/// What makes an answer depend on more than calculations: a changed quantity could change which case holds.
static COMPARES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:winn?(?:er|s|ing)?|won|at least|at most|most|least|larg(?:er|est)|small(?:er|est)|high(?:er|est)|low(?:er|est)",
        r"|cheap(?:er|est)|best|worst|max(?:imum)?|min(?:imum)?|exceeds?|limit|up to|or more|or less|or fewer|overtime|additional",
        r"|first \d+|after the first|every (?:other|\d+)|remainder|round(?:ed|s)?|probability|chance|whichever|nearest|closest",
        r"|enough|instead of|unless|prime|even|odd|consecutive|average|median|mean|mode)\b"
    ))
});

/// How often certain things come in a longer one: a count of them that was no more stays no more.
const CAPS: [(&str, u64); 5] = [("week", 7), ("day", 24), ("year", 12), ("hour", 60), ("month", 31)];

/// A sample in which a later turn corrects one quantity of one shard. `seed` decides which quantity, to what value, in
/// which words and where.
///
/// The question and the gold answer are those of the corrected quantity, the answer's calculations are made anew, and the
/// shards are those of `sample` with the correction as one shard more, either directly behind the one that it corrects or
/// later on. The field `revision` holds a [`Revision`].
///
/// A sample is only revised where nothing is left to guess: see [`Unrevised`].
///
/// # Errors
/// Why no revised sample was made.
pub fn revise(sample: &Sample, seed: u64) -> Result<Sample, Unrevised> {
    if canonical_task(&sample.task) != "math" {
        return Err(Unrevised::NotMath);
    }
    if sample.fields.contains_key(FIELD) {
        return Err(Unrevised::Revised);
    }
    let (question, solution) = sample.text("question").zip(sample.text("answer")).ok_or(Unrevised::NoChain)?;
    let chain = Chain::parse(solution).ok_or(Unrevised::NoChain)?;
    let shards: Vec<&Shard> = sample.spoken().collect();
    let said = shards.iter().fold(question.to_owned(), |text, shard| format!("{text}\n{}", shard.shard));
    if COMPARES.is_match(&said) {
        return Err(Unrevised::Compares);
    }
    let problem = Problem { question, stated: quantities(question), said, shards, chain };
    if !problem.explained() {
        return Err(Unrevised::Unexplained);
    }
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<&Quantity> = problem.stated.iter().collect();
    order.shuffle(&mut draws);
    let mut reason = Unrevised::NoQuantity;
    for quantity in order {
        match problem.change(quantity, &mut draws) {
            Ok(change) => return change.sample(&problem, sample, &mut draws).ok_or(Unrevised::NoValue),
            Err(other) => reason = reason.max(other),
        }
    }
    Err(reason)
}

/// A sample, taken apart.
struct Problem<'a> {
    question: &'a str,
    /// The quantities of the question.
    stated: Vec<Quantity>,
    /// Question and shards in one.
    said: String,
    shards: Vec<&'a Shard>,
    chain: Chain,
}

/// A quantity with its new value.
struct Change {
    /// Where it stands in the question.
    quantity: Quantity,
    /// In which shard, and where there.
    shard: usize,
    place: Quantity,
    from: u64,
    to: u64,
    chain: Chain,
}

impl Problem<'_> {
    /// Whether every number of the calculations is stated, known, or an earlier result.
    fn explained(&self) -> bool {
        let mut results: Vec<&BigRational> = Vec::new();
        for step in self.chain.steps() {
            let explained = |operand: &BigRational| results.contains(&operand) || self.has_other_source(operand);
            if !step.operands.iter().all(explained) {
                return false;
            }
            results.push(&step.result);
        }
        true
    }

    /// Whether the question states the number or takes it for known.
    fn has_other_source(&self, number: &BigRational) -> bool {
        let hundredth = |quantity: &Quantity| {
            quantity.percent && &quantity.value / BigRational::from_integer(BigInt::from(100)) == *number
        };
        let stated = self.stated.iter().any(|quantity| quantity.value == *number || hundredth(quantity));
        stated || is_known(number, &self.said)
    }

    /// Another value for the quantity, with everything that follows from it.
    fn change(&self, quantity: &Quantity, draws: &mut ChaCha8Rng) -> Result<Change, Unrevised> {
        let (shard, place) = self.place_of(quantity).ok_or(Unrevised::NoQuantity)?;
        let from = quantity.value.to_u64().filter(|from| *from >= 2).ok_or(Unrevised::NoQuantity)?;
        let sources = self.sources(&quantity.value)?;
        let gold = self.chain.gold().ok_or(Unrevised::NoChain)?;
        let taken: Vec<BigRational> = self.numbers();
        let mut values = candidates(from, &self.shards[shard].shard);
        values.shuffle(draws);
        let found = values.into_iter().find_map(|to| {
            let value = BigRational::from_integer(BigInt::from(to));
            let chain = self.chain.recomputed(&sources, &value)?;
            let new = chain.gold()?;
            let told_apart = !taken.contains(&value) && !taken.contains(new) && *new != value && new != gold;
            told_apart.then_some((to, chain))
        });
        let (to, chain) = found.ok_or(Unrevised::NoValue)?;
        Ok(Change { quantity: quantity.clone(), shard, place, from, to, chain })
    }

    /// The shard that says the quantity and where it does; `None` unless the quantity stands once in the question and once
    /// in the shards, in digits, and nothing else implies its value.
    fn place_of(&self, quantity: &Quantity) -> Option<(usize, Quantity)> {
        let once = self.stated.iter().filter(|other| other.value == quantity.value).count() == 1;
        if !quantity.changeable || !once || is_known(&quantity.value, &self.said) || self.is_sum(&quantity.value) {
            return None;
        }
        let places = self.shards.iter().enumerate().flat_map(|(place, shard)| {
            let found = quantities(&shard.shard).into_iter().filter(|found| found.value == quantity.value);
            found.map(move |found| (place, found))
        });
        let [(shard, place)] = places.collect::<Vec<_>>().try_into().ok()?;
        place.changeable.then_some((shard, place))
    }

    /// Whether the quantity is the sum or difference of two others that the question states: it may then be bound to them.
    fn is_sum(&self, value: &BigRational) -> bool {
        let others = || self.stated.iter().map(|quantity| &quantity.value).filter(|other| *other != value);
        others().any(|one| others().any(|other| one != other && (one + other == *value || one - other == *value)))
    }

    /// Where the operands come from when the quantity of that value changes.
    fn sources(&self, value: &BigRational) -> Result<Vec<Vec<Source>>, Unrevised> {
        let steps = self.chain.steps();
        let used = steps.iter().flat_map(|step| &step.operands).filter(|operand| *operand == value).count();
        if used != 1 {
            return Err(Unrevised::NoQuantity);
        }
        // A number that is only taken for known may have been calculated from this quantity on the side.
        let stated =
            || self.stated.iter().map(|quantity| &quantity.value).filter(|other| *other != value && !other.is_zero());
        let made_of = |number: &BigRational, other: &BigRational| {
            [value + other, value - other, other - value, value * other, value / other, other / value].contains(number)
        };
        let made_aside = |number: &BigRational| {
            !stated().any(|stated| stated == number) && stated().any(|other| made_of(number, other))
        };
        let mut changed: Vec<bool> = Vec::new();
        let mut all = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            let sources = step.operands.iter().map(|operand| {
                let results: Vec<usize> = (0..place).filter(|earlier| steps[*earlier].result == *operand).collect();
                let follows = results.iter().any(|earlier| changed[*earlier]);
                match results.as_slice() {
                    [] if operand == value => Ok(Source::Quantity),
                    _ if operand == value => Err(Unrevised::Ambiguous),
                    [earlier] if follows && !self.has_other_source(operand) => Ok(Source::Result(*earlier)),
                    _ if follows => Err(Unrevised::Ambiguous),
                    [] if made_aside(operand) => Err(Unrevised::Ambiguous),
                    _ => Ok(Source::Fixed),
                }
            });
            let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
            changed.push(sources.iter().any(|source| *source != Source::Fixed));
            all.push(sources);
        }
        Ok(all)
    }

    /// Every number that is said or calculated.
    fn numbers(&self) -> Vec<BigRational> {
        let said = quantities(&self.said).into_iter().map(|quantity| quantity.value);
        said.chain(self.chain.steps().iter().map(|step| step.result.clone())).collect()
    }
}

/// Values that a person could have meant in the place of this one: near it, and as round as it is.
fn candidates(from: u64, shard: &str) -> Vec<u64> {
    let mut step = 1;
    while from.is_multiple_of(step * 10) && from / (step * 10) >= 2 {
        step *= 10;
    }
    // Beside 15 stand 14 and 16, and 10 and 20.
    let round = if step == 1 && from.is_multiple_of(5) && from >= 15 { 5 } else { step };
    let steps = [step, round];
    let near = steps.iter().flat_map(|step| {
        (1..=6).flat_map(move |times| [from.checked_sub(step * times), from.checked_add(step * times)])
    });
    let cap = CAPS
        .iter()
        .filter(|(word, cap)| from <= *cap && shard.to_lowercase().contains(word))
        .map(|(_, cap)| *cap)
        .min();
    let fits = |to: &u64| {
        *to >= 2 && *to >= from.div_ceil(2) && *to <= from.saturating_mul(2) && cap.is_none_or(|cap| *to <= cap)
    };
    let mut values: Vec<u64> = near.flatten().filter(fits).collect();
    values.sort_unstable();
    values.dedup();
    values
}

impl Change {
    /// The revised sample.
    fn sample(self, problem: &Problem<'_>, sample: &Sample, draws: &mut ChaCha8Rng) -> Option<Sample> {
        let wrong = &problem.shards[self.shard].shard;
        let written = |text: &str, quantity: &Quantity, value| like(text.get(quantity.span.clone())?, value);
        let mut question = problem.question.to_owned();
        question.replace_range(self.quantity.span.clone(), &written(problem.question, &self.quantity, self.to)?);
        let (old, new) = (written(wrong, &self.place, self.from)?, written(wrong, &self.place, self.to)?);

        let after: Vec<usize> = (self.shard + 1..=problem.shards.len()).collect();
        // As often directly behind the wrong shard as anywhere later.
        let [first, later @ ..] = after.as_slice() else { return None };
        let at = [Some(first), later.choose(draws)].into_iter().flatten().collect::<Vec<_>>();
        let at = **at.choose(draws)?;
        let noun = self.place.noun(wrong).filter(|_| !old.starts_with('$'));
        let noun = noun.filter(|noun| counted(noun, &problem.shards) == 1);
        let direct = at == self.shard + 1 && quantities(wrong).len() == 1;
        let wording = Wording::draw(noun.is_some(), direct, draws)?;
        let correction = in_the_manner_of(wrong, &wording.text(&old, &new, noun.unwrap_or_default()));

        let mut said: Vec<&str> = problem.shards.iter().map(|shard| shard.shard.as_str()).collect();
        said.insert(at, &correction);
        let shards: Vec<Shard> = (1..).zip(said).map(|(shard_id, text)| Shard::new(shard_id, text)).collect();
        let id_at = |place: usize| Some(shards.get(place)?.shard_id);
        let revision = Revision {
            shard_id: id_at(self.shard)?,
            correction_id: id_at(at)?,
            from: self.from,
            to: self.to,
            wording: wording.name.to_owned(),
            says_old: wording.says_old,
            says_noun: wording.says_noun,
            has_cue: wording.has_cue,
        };
        let mut fields = sample.fields.clone();
        fields.insert("question".into(), question.into());
        fields.insert("answer".into(), self.chain.solution()?.into());
        fields.insert(FIELD.into(), serde_json::to_value(revision).unwrap_or(Value::Null));
        Some(Sample { task_id: format!("{}-revised", sample.task_id), task: sample.task.clone(), shards, fields })
    }
}

/// How many quantities of the shards count what the noun's last word says.
fn counted(noun: &str, shards: &[&Shard]) -> usize {
    let last = noun.rsplit(' ').next().unwrap_or(noun);
    let counts = |shard: &Shard| {
        let nouns = quantities(&shard.shard).into_iter();
        nouns.filter(|quantity| quantity.noun(&shard.shard).is_some_and(|noun| noun.ends_with(last))).count()
    };
    shards.iter().map(|shard| counts(shard)).sum()
}

/// A value in the notation of a number as it was written: with its dollar sign, with commas if it had any, or if it gets
/// long where a number as short would have none.
fn like(written: &str, value: u64) -> Option<String> {
    let dollar = if written.starts_with('$') { "$" } else { "" };
    let digits = value.to_string();
    let plain = written.len() >= 4 + dollar.len() && !written.contains(',');
    if plain || digits.len() <= 3 {
        return Some(format!("{dollar}{digits}"));
    }
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(std::str::from_utf8).collect::<Result<_, _>>().ok()?;
    Some(format!("{dollar}{}", groups.join(",")))
}

/// A correction as somebody would write who wrote the wrong shard: with a capital and a full stop, or without.
fn in_the_manner_of(wrong: &str, correction: &str) -> String {
    let mut letters = correction.chars();
    let first = letters.next().filter(|_| wrong.chars().next().is_some_and(char::is_uppercase));
    let text = first.map_or_else(|| correction.to_owned(), |first| first.to_uppercase().chain(letters).collect());
    if wrong.trim_end().ends_with('.') { text + "." } else { text }
}

#[cfg(test)]
mod tests;
