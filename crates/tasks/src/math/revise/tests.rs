//! Revised samples: what follows from the correction, in whose words, and what is left alone.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use rand::RngExt;
use serde_json::json;

use super::wording::WORDINGS;
use super::*;
use crate::{Math, TaskFamily};

fn sample(question: &str, answer: &str, shards: &[&str]) -> Sample {
    let shards = (1..).zip(shards).map(|(id, text)| Shard::new(id, *text)).collect();
    let Value::Object(fields) = json!({ "question": question, "answer": answer, "source": "ours" }) else { panic!() };
    Sample { task_id: "own/1".into(), task: "math".into(), shards, fields }
}

fn pears() -> Sample {
    sample(
        "A cook buys 14 crates with 9 pears each and throws 17 of the pears away. How many pears are left?",
        "There are 14*9 = <<14*9=126>>126 pears.\nThat leaves <<126-17=109>>109.\n#### 109",
        &[
            "how many pears are left?",
            "14 crates were bought",
            "9 pears come in a crate",
            "the cook throws 17 of them away",
        ],
    )
}

fn revision(sample: &Sample) -> Revision {
    serde_json::from_value(sample.fields["revision"].clone()).unwrap()
}

fn gold(sample: &Sample) -> &str {
    sample.text("answer").unwrap().rsplit("#### ").next().unwrap()
}

fn words(sample: &Sample) -> Vec<&str> {
    sample.shards.iter().map(|shard| shard.shard.as_str()).collect()
}

#[test]
fn everything_follows_from_the_correction() {
    for seed in 0..200 {
        let (before, after) = (pears(), revise(&pears(), seed).unwrap());
        let Revision { shard_id, correction_id, from, to, wording, says_old, says_noun, .. } = revision(&after);
        let of = |number: u64| if from == number { to } else { number };
        assert_eq!(gold(&after), (of(14) * of(9) - of(17)).to_string());
        assert_eq!(
            after.text("question").unwrap(),
            before.text("question").unwrap().replace(&from.to_string(), &to.to_string())
        );
        assert_eq!((after.task_id.as_str(), after.text("source")), ("own/1-revised", Some("ours")));
        assert!(shard_id < correction_id, "a correction comes later");

        let mut said = words(&after);
        let correction = said.remove(usize::try_from(correction_id).unwrap() - 1);
        assert_eq!(said, words(&before), "and nothing else is said otherwise");
        let wrong = &after.shards[usize::try_from(shard_id).unwrap() - 1];
        assert!(wrong.shard_id == shard_id && wrong.shard.contains(&from.to_string()), "{wrong:?}");
        let numbers: Vec<u64> =
            quantities(correction).iter().map(|quantity| quantity.value.to_u64().unwrap()).collect();
        assert!(numbers.contains(&to) && numbers.contains(&from) == says_old, "{wording}: {correction}");
        assert_eq!(["crates", "pears"].iter().any(|noun| correction.contains(noun)), says_noun, "{correction}");
        assert!(says_old || says_noun || correction_id == shard_id + 1, "nothing says what {correction:?} corrects");
        assert!(Math.check(&after).is_ok());
    }
}

#[test]
fn a_seed_repeats_a_sample_and_seeds_differ() {
    let revised: Vec<Sample> = (0..300).map(|seed| revise(&pears(), seed).unwrap()).collect();
    assert_eq!(revised[7], revise(&pears(), 7).unwrap());
    let revisions: Vec<Revision> = revised.iter().map(revision).collect();
    let from: HashSet<u64> = revisions.iter().map(|revision| revision.from).collect();
    assert_eq!(from, HashSet::from([14, 9, 17]));
    let wordings: HashSet<&str> = revisions.iter().map(|revision| revision.wording.as_str()).collect();
    assert_eq!(wordings.len(), WORDINGS.len(), "every wording is used: {wordings:?}");
    let later = revisions.iter().filter(|revision| revision.correction_id > revision.shard_id + 1).count();
    assert!((60..200).contains(&later), "{later} of 300 come later");
    for of in [|r: &Revision| r.has_cue, |r: &Revision| r.says_old, |r: &Revision| r.says_noun] {
        assert!((30..270).contains(&revisions.iter().filter(|revision| of(revision)).count()));
    }
}

#[test]
fn what_is_left_to_guess_is_not_revised() {
    let pears = pears();
    let [question, answer] = ["question", "answer"].map(|field| pears.text(field).unwrap().to_owned());
    let shards = words(&pears);
    let reason =
        |question: &str, answer: &str, shards: &[&str]| revise(&sample(question, answer, shards), 1).unwrap_err();
    let of_answer = |answer: &str| reason(&question, answer, &shards);
    assert_eq!(of_answer("109 pears\n#### 109"), Unrevised::NoChain);
    assert_eq!(of_answer("<<14*9=126>>126 <<126-17=109>>109\n#### 110"), Unrevised::NoChain);
    // 13 is nowhere to be found.
    assert_eq!(of_answer("<<14*9=126>>126 <<126-13=113>>113\n#### 113"), Unrevised::Unexplained);
    // Each number is calculated with twice.
    assert_eq!(of_answer("<<14*9=126>>126 <<14+9+17+17=57>>57\n#### 57"), Unrevised::NoQuantity);
    assert_eq!(reason(&format!("{question} At least 5?"), &answer, &shards), Unrevised::Compares);

    // The 9 of the second calculation is a result as well as a number that is stated.
    let coincidence = reason(
        "A cook buys 14 crates, sells 5 of them, and puts 9 pears in each of the others. How many pears are there?",
        "<<14-5=9>>9 crates <<9*9=81>>81\n#### 81",
        &["how many pears are there?", "14 crates are bought", "5 crates are sold", "each of the rest gets 9 pears"],
    );
    assert!(matches!(coincidence, Unrevised::NoQuantity | Unrevised::Ambiguous), "{coincidence:?}");
    let twice = reason(
        "A cook buys 14 crates, sells 8 of them, and gives 6 pears away. How many crates and pears is that?",
        "<<14-8=6>>6 crates <<6+6=12>>12\n#### 12",
        &["how many crates and pears is that?", "14 crates are bought", "8 crates are sold", "6 pears are given away"],
    );
    assert!(twice >= Unrevised::NoQuantity, "{twice:?}");

    let actions = Sample { task: "actions".into(), ..pears.clone() };
    assert_eq!(revise(&actions, 1), Err(Unrevised::NotMath));
    assert_eq!(revise(&revise(&pears, 1).unwrap(), 1), Err(Unrevised::Revised));
}

#[test]
fn a_quantity_that_something_else_could_mean_stays() {
    // 12 may be the dozen, 7 the week, 40 stands twice, 3 stands in words.
    let answer = "<<40*12=480>>480 <<480*7=3360>>3360 <<3360/3=1120>>1120\n#### 1120";
    let question = "A stall gets 40 boxes of a dozen eggs (12 eggs) for 7 days of the week, in 3 cars. How many eggs are in a car?";
    let shards = [
        "how many eggs are in a car?",
        "40 boxes come",
        "12 eggs are a dozen",
        "for 7 days",
        "in three cars",
        "40, mind you",
    ];
    assert_eq!(revise(&sample(question, answer, &shards), 3), Err(Unrevised::NoQuantity));
}

#[test]
fn what_may_have_been_calculated_on_the_side_is_not_touched() {
    // The 7 may be the week's days, and may be 4 and 3.
    let shards = ["what do they eat in a week, in grams?", "there are 4 cats", "and 3 dogs", "each eats 50 grams"];
    let question = "There are 4 cats and 3 dogs. Each eats 50 grams. What do they eat in a week, in grams?";
    for seed in 0..20 {
        let revised = revise(&sample(question, "<<7*50=350>>350\n#### 350", &shards), seed).unwrap();
        assert_eq!(revision(&revised).from, 50);
        let aside = revise(&sample(question, "<<7*4=28>>28\n#### 28", &shards), seed);
        assert_eq!(aside, Err(Unrevised::Ambiguous));
    }
}

#[test]
fn money_and_thousands_keep_their_notation() {
    for seed in 0..50 {
        let sample = sample(
            "A shop pays $1,500 for rent and $700 for power. What does it pay in all, in dollars?",
            "<<1500+700=2200>>2200\n#### 2200",
            &["What does the shop pay in all, in dollars?", "Rent is $1,500.", "Power is $700."],
        );
        let revised = revise(&sample, seed).unwrap();
        let Revision { from, to, correction_id, .. } = revision(&revised);
        let to = like(if from == 1500 { "$1,500" } else { "$700" }, to).unwrap();
        assert!(revised.text("question").unwrap().contains(&to), "{revised:?}");
        let correction = words(&revised)[usize::try_from(correction_id).unwrap() - 1];
        assert!(correction.contains(&to) && correction.ends_with('.'), "{correction}");
        assert!(correction.starts_with(|first: char| first.is_uppercase() || first == '$'), "{correction}");
    }
    assert_eq!(like("1,500", 12_000).as_deref(), Some("12,000"));
    assert_eq!(like("1500", 12_000).as_deref(), Some("12000"));
    assert_eq!(like("900", 1100).as_deref(), Some("1,100"));
}

#[test]
fn another_value_is_near_and_possible() {
    assert_eq!(candidates(6, "6 rows"), [3, 4, 5, 7, 8, 9, 10, 11, 12]);
    assert!(candidates(400, "400 pages").iter().all(|value| value % 100 == 0));
    assert!(candidates(250, "250 grams").iter().all(|value| value % 10 == 0));
    assert!(candidates(15, "15 rows").contains(&14) && candidates(15, "15 rows").contains(&20));
    assert!(candidates(5, "5 days a week").iter().all(|value| *value <= 7));
    for from in 2..3000 {
        let values = candidates(from, "");
        assert!(
            !values.contains(&from) && values.iter().all(|to| *to >= 2 && *to <= 2 * from && 2 * to >= from),
            "{from}"
        );
    }
    assert!(candidates(u64::MAX, "").iter().all(|to| *to < u64::MAX));
}

/// A calculation of two numbers, each a quantity or an earlier result.
#[derive(Clone, Copy, Debug)]
struct Calculation {
    operator: char,
    operands: [Operand; 2],
}

#[derive(Clone, Copy, Debug)]
enum Operand {
    Stated(usize),
    Result(usize),
}

/// What the calculations come to, without a thought for how they are written.
fn executed(program: &[Calculation], stated: &[i64]) -> Option<Vec<i64>> {
    let mut results: Vec<i64> = Vec::new();
    for Calculation { operator, operands } in program {
        let [left, right] = operands.map(|operand| match operand {
            Operand::Stated(place) => stated[place],
            Operand::Result(place) => results[place],
        });
        let result = match operator {
            '+' => left.checked_add(right)?,
            '-' => left.checked_sub(right)?,
            '*' => left.checked_mul(right)?,
            _ => (left % right == 0).then(|| left / right)?,
        };
        if result < 1 {
            return None;
        }
        results.push(result);
    }
    Some(results)
}

/// Quantities, and calculations that use each of them once and each result at least once.
fn made(seed: u64) -> Option<(Vec<i64>, Vec<Calculation>)> {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let stated: Vec<i64> = (0..draws.random_range(2..=5)).map(|_| draws.random_range(3..400)).collect();
    let mut open: Vec<Operand> = (0..stated.len()).map(Operand::Stated).collect();
    let mut program = Vec::new();
    while open.len() > 1 {
        open.shuffle(&mut draws);
        let operands = [open.pop()?, open.pop()?];
        let operator = *['+', '-', '*', '/'].choose(&mut draws)?;
        open.push(Operand::Result(program.len()));
        program.push(Calculation { operator, operands });
        // Now and then a result is used once more.
        if draws.random_ratio(1, 5) {
            open.push(Operand::Result(draws.random_range(0..program.len())));
        }
        if program.len() > 8 {
            return None;
        }
    }
    executed(&program, &stated).map(|_| (stated, program))
}

const THINGS: [&str; 5] = ["apples", "books", "chairs", "plates", "stones"];

/// The quantities and calculations as a sample.
fn told(stated: &[i64], program: &[Calculation]) -> Sample {
    let results = executed(program, stated).unwrap();
    let shown = |operand: Operand| match operand {
        Operand::Stated(place) => stated[place],
        Operand::Result(place) => results[place],
    };
    let facts: Vec<String> =
        stated.iter().zip(THINGS).map(|(value, thing)| format!("there are {value} {thing}")).collect();
    let work = program.iter().zip(&results).map(|(Calculation { operator, operands: [left, right] }, result)| {
        format!("<<{}{operator}{}={result}>>{result}\n", shown(*left), shown(*right))
    });
    let answer = format!("{}#### {}", work.collect::<String>(), results.last().unwrap());
    let shards: Vec<&str> = ["what is the result?"].into_iter().chain(facts.iter().map(String::as_str)).collect();
    sample(&format!("Where {}, what is the result?", facts.join(", ")), &answer, &shards)
}

/// Checks the revised sample, where there is one, against the calculations carried out with the other quantity.
fn agrees(seed: u64) -> bool {
    let Some((stated, program)) = made(seed) else { return false };
    let Ok(revised) = revise(&told(&stated, &program), seed) else { return false };
    let Revision { from, to, .. } = revision(&revised);
    let other = |value: &i64| if *value == i64::try_from(from).unwrap() { i64::try_from(to).unwrap() } else { *value };
    let stated: Vec<i64> = stated.iter().map(other).collect();
    let results = executed(&program, &stated).unwrap();
    assert_eq!(gold(&revised), results.last().unwrap().to_string(), "{revised:?}");
    let whole = told(&stated, &program);
    assert_eq!(revised.text("question"), whole.text("question"));
    assert_eq!(revised.text("answer"), whole.text("answer"), "every calculation is made anew");
    true
}

proptest! {
    #[test]
    fn the_gold_answer_is_that_of_the_corrected_quantity(seed: u64) {
        agrees(seed);
    }

    #[test]
    fn no_text_is_too_strange(question: String, answer in r"[<>0-9+*/=(). #-]{0,60}", shard in r"[0-9a-z $%,.:-]{0,40}") {
        let _ = revise(&sample(&question, &answer, &["what?", &shard]), 1);
        let _ = revise(&sample(&format!("{question} {shard}?"), &format!("<<{answer}>>\n#### 5"), &[&shard]), 2);
    }
}

#[test]
fn many_problems_can_be_revised() {
    let revised = (0..2000).filter(|seed| agrees(*seed)).count();
    assert!(revised > 400, "{revised} of 2000");
}

#[test]
fn our_own_samples_can_be_revised() {
    let samples = include_bytes!("../../../../../transcripts/samples/math.json");
    let samples = crate::read_samples(&samples[..]).unwrap();
    let mut reasons: BTreeMap<Unrevised, usize> = BTreeMap::new();
    let revised = samples.iter().filter(|sample| match revise(sample, 1) {
        Ok(revised) => Math.check(&revised).is_ok(),
        Err(reason) => {
            *reasons.entry(reason).or_default() += 1;
            false
        }
    });
    let count = revised.count();
    assert!(count >= 20, "{count} of {}; {reasons:?}", samples.len());
}
