//! Users whose model is scripted: what is said, what is recorded as revealed, and what as a fault.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use throughline_conversation::{Entry, EntryRole, LogEvent, Transcript};
use throughline_models::{ChatModel, ModelError, Output};
use throughline_tasks::{Sample, Shard};

use super::*;
use crate::tests::{Scripted, ScriptedListener, agent, cast, role, roles, sample, toy};
use crate::{Grid, Plan, PlanError, RunError, SampleSet, Setting, replay, setting};

/// A draft as a model writes it.
fn draft(number: usize, message: &str) -> String {
    json!({"number": number, "message": message}).to_string()
}

fn plan_of(samples: Vec<Sample>, settings: Vec<&'static dyn Setting>) -> Result<Plan, PlanError> {
    let samples = SampleSet { file: "toys.json".into(), sha256: "00".into(), samples };
    let grid = Grid { settings, user: Arc::new(ByModel), repeats: 1, seed: 7, ergo_tau: 0.1, agreement: 0 };
    Plan::with_families([samples], grid, crate::Roles { user: Some(role("talker")), ..roles() }, toy)
}

/// Replays the toy sample, "How many pears?", "3 in the bag", "1 on the table", with a user whose model writes this.
async fn replayed(setting_name: &str, drafts: &[String]) -> (Transcript, Arc<Scripted>) {
    let drafts: Vec<&str> = drafts.iter().map(String::as_str).collect();
    let talker = Scripted::saying(&drafts);
    let cast = cast(&Scripted::saying(&["Noted."]))
        .with_mediator(ScriptedListener::asking(&[None, Some("And on the table?"), Some("What else?")]))
        .with_user(UserModel::new(Arc::clone(&talker) as Arc<dyn ChatModel>, agent()));
    let plan = plan_of(vec![sample("toy/0")], vec![setting(setting_name).unwrap()]).unwrap();
    let run = plan.runs().next().unwrap();
    (replay(&run, &cast, &CancellationToken::new()).await.unwrap(), talker)
}

/// What the user said, with the shards that this is recorded to reveal.
fn said(transcript: &Transcript) -> Vec<(String, Vec<i64>)> {
    let mut said: Vec<(String, Vec<i64>)> = Vec::new();
    for entry in &transcript.trace {
        if entry.role == EntryRole::User {
            said.push((entry.text().unwrap().to_owned(), Vec::new()));
        } else if let Some(LogEvent::ShardRevealed { shard_id }) = entry.log() {
            said.last_mut().unwrap().1.push(shard_id);
        }
    }
    said
}

fn faults(transcript: &Transcript) -> Vec<String> {
    let faults = transcript.trace.iter().filter_map(Entry::log).filter_map(|event| match event {
        LogEvent::Fault { role, message } if role == "user" => Some(message),
        _ => None,
    });
    faults.collect()
}

#[tokio::test]
async fn a_user_says_one_shard_a_turn_in_its_own_words() {
    let drafts = [
        draft(1, "hey, how many pears are there?"),
        draft(2, "well, there's one on my table"),
        draft(1, "and three more in the bag"),
    ];
    let (transcript, talker) = replayed("sharded", &drafts).await;
    assert_eq!(
        said(&transcript),
        [
            ("hey, how many pears are there?".into(), vec![1]),
            ("well, there's one on my table".into(), vec![3]),
            ("and three more in the bag".into(), vec![2]),
        ]
    );
    assert_eq!(faults(&transcript), [""; 0]);
    assert_eq!(transcript.other["user_model"], "talker");
    assert_eq!(
        (&transcript.other["user_simulator"], &transcript.other["calls"]["user"]["made"]),
        (&json!("model"), &json!(3))
    );
    assert_eq!(transcript.other["usage"]["user"]["completion_tokens"], 6);
    let asked: Vec<Value> = talker
        .requests()
        .into_iter()
        .map(|request| {
            let Output::JsonSchema { schema, .. } = request.output else { panic!() };
            json!({"reads": request.messages.last().unwrap().content, "may choose": schema["properties"]["number"]["enum"]})
        })
        .collect();
    insta::assert_json_snapshot!(asked);
}

#[tokio::test]
async fn what_the_model_claims_is_not_what_is_recorded() {
    // It says that it tells the second shard, and tells the third.
    let drafts = [draft(1, "How many pears?"), draft(1, "1 is on the table"), draft(1, "3 in the bag")];
    let (transcript, _) = replayed("sharded", &drafts).await;
    assert_eq!(said(&transcript)[1], ("1 is on the table".into(), vec![3]));
    assert_eq!(said(&transcript)[2].1, [2]);
}

#[tokio::test]
async fn words_that_fail_the_check_are_asked_for_again_and_then_left() {
    let drafts = [
        "I am no JSON".into(),
        draft(1, "How many pears do I have?"),
        draft(1, "4 in the bag of Anna"),
        draft(1, "in the bag"),
        draft(1, "1 on the table, 3 in the bag"),
    ];
    let (transcript, talker) = replayed("sharded", &drafts).await;
    let expected = [("How many pears do I have?", 1), ("3 in the bag", 2), ("1 on the table, 3 in the bag", 3)];
    let expected: Vec<_> = expected.into_iter().map(|(text, shard)| (text.to_owned(), vec![shard])).collect();
    assert_eq!(said(&transcript)[..2], expected[..2]);
    assert_eq!(said(&transcript)[2], ("1 on the table".to_owned(), vec![3]), "it repeats shard 2 twice, and is left");
    insta::assert_debug_snapshot!(faults(&transcript));
    let spelled_out = talker.requests()[3].messages.last().unwrap().content.clone();
    assert!(spelled_out.contains("invented \"4\"") && spelled_out.ends_with(": 3 in the bag"), "{spelled_out}");
}

#[tokio::test]
async fn a_question_is_answered_by_a_shard_or_not_at_all() {
    let drafts = [
        draft(1, "How many pears?"),
        // What the mediator asks about here is on the table.
        draft(1, "3 in the bag"),
        draft(1, "1 on the table"),
    ];
    let (transcript, talker) = replayed("mediated", &drafts).await;
    let last: Vec<_> = said(&transcript).into_iter().skip(2).collect();
    assert_eq!(last, [("1 on the table".into(), vec![3]), (crate::JUST_GO.into(), vec![])], "nothing is left to say");
    let requests = talker.requests();
    assert_eq!(requests.len(), 3, "no model is needed to say that");
    let Output::JsonSchema { schema, .. } = &requests[2].output else { panic!() };
    assert_eq!(schema["properties"]["number"]["enum"], json!([0, 1]));

    let drafts = [draft(1, "How many pears?"), draft(1, "3 in the bag"), draft(0, ""), draft(1, "1 on the table")];
    let (transcript, _) = replayed("mediated", &drafts).await;
    let last: Vec<_> = said(&transcript).into_iter().skip(2).collect();
    assert_eq!(last, [(crate::JUST_GO.into(), vec![]), ("1 on the table".into(), vec![3])], "it is told later");
}

#[tokio::test]
async fn a_model_that_fails_fails_the_run() {
    let broken = Scripted::new(|_, _| Some(Err(ModelError::CutStream)));
    let plan = plan_of(vec![sample("toy/0")], vec![setting("sharded").unwrap()]).unwrap();
    let run = plan.runs().next().unwrap();
    let cast = cast(&Scripted::saying(&["Noted."]));
    let error = replay(&run, &cast, &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, RunError::NoRole { role: "user", .. }), "{error}");
    let cast = cast.with_user(UserModel::new(broken as Arc<dyn ChatModel>, agent()));
    let error = replay(&run, &cast, &CancellationToken::new()).await.unwrap_err();
    assert_eq!((error.role(), error.kind()), ("user", "cut_stream"));

    let samples = SampleSet { file: "toys.json".into(), sha256: "00".into(), samples: vec![sample("toy/0")] };
    let grid = Grid { user: Arc::new(ByModel), ..plan.grid().clone() };
    let refused = Plan::with_families([samples], grid, roles(), toy).err().unwrap();
    assert!(matches!(refused, PlanError::NoUserModel { simulator: "model" }), "{refused}");
}

/// What the check says of words when this shard was to be told, and these were.
fn checked(shards: &[&str], words: &str, chosen: usize, told: &[usize]) -> Result<usize, Vec<Wrong>> {
    let shards: Vec<Shard> = (1..).zip(shards).map(|(id, text)| Shard::new(id, *text)).collect();
    let shards: Vec<&Shard> = shards.iter().collect();
    let due: Vec<usize> = (0..shards.len()).filter(|place| !told.contains(place)).collect();
    let earlier = Tokens::all_of(told.iter().map(|place| shards[*place].shard.as_str()));
    Check::of(&shards).revealed(words, chosen, &due, told, &earlier)
}

const TRIP: [&str; 4] = [
    "book a cottage for Natalia",
    "it should take 2 dogs, Natalia has two terriers",
    "near the lake called \"Blue Eye\"",
    "at most 1,200 euros for the week",
];

#[test]
fn one_shard_is_found_in_other_words() {
    assert_eq!(checked(&TRIP, "could you book me a cottage, for Natalia?", 0, &[]), Ok(0));
    assert_eq!(checked(&TRIP, "she's got two dogs, terriers, it must take them", 1, &[0]), Ok(1));
    assert_eq!(checked(&TRIP, "the lake \"Blue Eye\" should be close", 2, &[0, 1]), Ok(2));
    assert_eq!(checked(&TRIP, "I'd pay 1200 euros a week", 3, &[0]), Ok(3));
}

#[test]
fn what_is_wrong_is_named() {
    let wrong = |words, chosen, told: &[usize]| checked(&TRIP, words, chosen, told).unwrap_err();
    assert_eq!(wrong("no idea, really", 1, &[0]), [Wrong::Nothing, Wrong::Lost("2".into(), 2)]);
    assert_eq!(
        wrong("near a lake with blue water", 2, &[0]),
        [Wrong::Nothing, Wrong::Lost("eye".into(), 3), Wrong::Lost("Blue Eye".into(), 3)]
    );
    assert_eq!(wrong("2 dogs, 2 terriers, at most 1,200 euros a week", 1, &[0]), [Wrong::Several(vec![2, 4])]);
    assert_eq!(wrong("book a cottage for Natalia: at most 1,200 euros a week", 3, &[0]), [Wrong::Repeated(1)]);
    assert_eq!(
        wrong("at most 1,200 euros for a week in Sweden, or 13", 3, &[0]),
        [Wrong::Invented("13".into()), Wrong::Invented("sweden".into())]
    );
    let chatter = "2 dogs, terriers, which bark loudly whenever somebody passes outside after midnight";
    assert_eq!(wrong(chatter, 1, &[0]), [Wrong::Chatter]);
}

#[test]
fn a_shard_that_must_wait_is_too_early() {
    let shards: Vec<Shard> =
        (1..).zip(["a dozen eggs", "no, 6 pears"]).map(|(id, text)| Shard::new(id, text)).collect();
    let shards: Vec<&Shard> = shards.iter().collect();
    let found = Check::of(&shards).revealed("no, 6 pears", 0, &[0], &[], &Tokens::default());
    assert_eq!(found, Err(vec![Wrong::TooEarly(2)]));
}

proptest! {
    /// Whatever shards say: each stands in its own words, and nothing in these is made up.
    #[test]
    fn a_shard_stands_in_its_own_words(shards in prop::collection::vec("[a-zA-Z0-9äß'\"`_%,. 三]{1,24}", 1..5), chosen in any::<prop::sample::Index>()) {
        let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
        let chosen = chosen.index(shards.len());
        match checked(&shards, shards[chosen], chosen, &[]) {
            Ok(found) => prop_assert_eq!(found, chosen),
            Err(wrong) => {
                let id = i64::try_from(chosen).unwrap() + 1;
                prop_assert!(wrong.iter().all(|wrong| matches!(wrong, Wrong::Several(ids) if ids.contains(&id))), "{:?}", wrong);
            }
        }
    }

    #[test]
    fn no_words_are_too_strange(words in any::<String>(), shard in any::<String>()) {
        let _ = checked(&[&shard, "3 in the bag"], &words, 0, &[1]);
    }
}
