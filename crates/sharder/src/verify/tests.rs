use proptest::prelude::*;

use super::{Finding, verify};
use crate::Piece;

const INSTRUCTION: &str =
    "A baker makes 12 trays with 1,200 rolls in all. By noon \"rye\" rolls cost 2.5 €. How many are sold?";

fn pieces(texts: &[(&str, &str)]) -> Vec<Piece> {
    texts.iter().map(|(quote, shard)| Piece { quote: (*quote).into(), shard: (*shard).into() }).collect()
}

fn good() -> Vec<Piece> {
    pieces(&[
        ("How many are sold?", "how many are sold?"),
        ("A baker makes 12 trays", "the baker makes twelve trays"),
        ("1,200 rolls in all", "1200 rolls in all"),
        ("By noon \"rye\" rolls cost 2.5 €.", "by noon the \"rye\" roll costs 2.5 €"),
    ])
}

#[test]
fn shards_that_say_the_same_are_in_order() {
    assert_eq!(verify(INSTRUCTION, &good()), []);
}

#[test]
fn what_is_lost_invented_or_said_too_often_is_found() {
    let changed = |place: usize, shard: &str| {
        let mut pieces = good();
        pieces[place].shard = shard.into();
        verify(INSTRUCTION, &pieces)
    };
    let lost = |token: &str| Finding::Lost(token.into());
    assert_eq!(changed(1, "the baker makes trays"), [lost("12")]);
    assert_eq!(changed(1, "the baker makes 13 trays"), [lost("12"), Finding::Invented("13".into())]);
    assert_eq!(changed(3, "by noon the rye roll costs 2.5 €"), [lost("rye"), Finding::Added("rye".into())]);
    assert_eq!(changed(3, "by noon the \"rye\" roll costs 2.5"), [lost("€")]);
    assert_eq!(changed(3, "by noon the \"rye\" roll costs 2,5 €")[..1], [lost("2.5")]);
    assert_eq!(changed(0, "how many of the 12 are sold?"), [Finding::Repeated("12".into())]);
    assert_eq!(changed(1, "she makes 12 trays"), [Finding::Unsaid("baker".into())]);
    assert_eq!(changed(1, "the friendly baker makes 12 trays"), [Finding::Added("friendly".into())]);
    assert!(changed(1, "the friendly baker makes 12 trays").iter().all(|finding| !finding.rejects()));
}

#[test]
fn quotes_are_the_instructions_words_and_shards_divide_it() {
    let mut unquoted = good();
    unquoted[2].quote = "1,300 rolls".into();
    assert_eq!(verify(INSTRUCTION, &unquoted), [Finding::NotQuoted("1,300 rolls".into())]);
    let whole = pieces(&[(INSTRUCTION, INSTRUCTION)]);
    assert_eq!(verify(INSTRUCTION, &whole), [Finding::Few(1), Finding::Undivided(1)]);
    assert!(verify(INSTRUCTION, &[]).contains(&Finding::Few(0)));
}

#[test]
fn identifiers_are_hard_and_other_scripts_are_compared_as_well() {
    let code = "def total_price(prices):\n    \"\"\"Return `None` for no prices.\"\"\"";
    let said = pieces(&[
        ("Return", "return the sum"),
        ("no prices", "`None` for no prices"),
        ("prices", "write total_cost(prices)"),
    ]);
    let found = verify(code, &said);
    assert!(found.contains(&Finding::Lost("total_price".into())), "{found:?}");
    assert!(found.contains(&Finding::Invented("total_cost".into())), "{found:?}");
    let chinese = pieces(&[("要付多少元", "要付多少元？"), ("买4本书", "买4本书"), ("每本36元", "每本36元")]);
    assert_eq!(
        verify("小林买4本书，每本36元，要付多少元？", &chinese[..]).iter().filter(|found| found.rejects()).count(),
        0
    );
    assert!(verify("小林买4本书，每本36元，要付多少元？", &chinese[..2]).contains(&Finding::Lost("36".into())));
}

#[test]
fn shards_written_by_hand_are_never_rejected() {
    let shipped = include_str!("../../../../transcripts/samples/math.json");
    let samples: Vec<serde_json::Value> = serde_json::from_str(shipped).unwrap();
    assert!(samples.len() >= 40);
    for sample in &samples {
        let said = sample["shards"].as_array().unwrap().iter().map(|shard| ("", shard["shard"].as_str().unwrap()));
        let found = verify(sample["question"].as_str().unwrap(), &pieces(&said.collect::<Vec<_>>()));
        assert!(!found.iter().any(Finding::rejects), "{}: {found:?}", sample["task_id"]);
    }
}

proptest! {
    #[test]
    fn nothing_is_too_much_and_an_instruction_says_what_it_says(text in "\\PC{0,60}|[a-z0-9 .,`\"_€\n]{0,60}", other in "\\PC{0,30}") {
        let same = pieces(&[(&text, &text), ("", ""), ("", "")]);
        for finding in verify(&text, &same) {
            prop_assert!(matches!(finding, Finding::Undivided(1)), "{finding:?}");
        }
        verify(&text, &pieces(&[(&other, &other), (&text, &other)]));
    }
}
