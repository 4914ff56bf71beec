//! What each simulated user says, and in which order.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use throughline_conversation::{Entry, Header, LogEvent, Transcript};
use throughline_models::{CancellationToken, Role};
use throughline_tasks::{Sample, Shard, Translation, family};

use super::order::Order;
use super::*;
use crate::tests::{Toy, role, roles};
use crate::{Grid, Plan, Roles, SampleSet, derive_seed, setting};

fn sample(shards: &[(i64, &str)], fields: &Value) -> Sample {
    let shards = shards.iter().map(|(id, text)| Shard::new(*id, *text)).collect();
    Sample { task_id: "t".into(), task: "toy".into(), shards, fields: fields.as_object().cloned().unwrap_or_default() }
}

fn plan(samples: Vec<Sample>, user: Arc<dyn Simulator>, settings: &[&str]) -> Result<Plan, PlanError> {
    let settings = settings.iter().map(|name| setting(name).unwrap()).collect();
    let samples = SampleSet { file: "toys.json".into(), sha256: "00".into(), samples };
    let grid = Grid { settings, user, repeats: 3, seed: 7, ergo_tau: 0.1, agreement: 0 };
    let roles = Roles { user: Some(role("talker")), ..roles() };
    Plan::with_families([samples], grid, roles, crate::tests::toy)
}

/// What the user of a run says in turn: when it is asked each time, up to its request to go ahead.
async fn says(run: &PlannedRun<'_>, asked: bool) -> Vec<Said> {
    let cast = crate::tests::cast(&crate::tests::Scripted::saying(&[]));
    let mut user = run.user.user(run, &cast).unwrap();
    let mut said: Vec<Said> = Vec::new();
    let heard = Heard { told: &[], replies: &[], asked };
    while let Some(turn) = user.next_turn(heard, &CancellationToken::new()).await.unwrap() {
        let end = turn.go_ahead;
        said.push(turn);
        if end {
            break;
        }
    }
    said
}

#[tokio::test]
async fn shards_come_in_order_and_then_the_user_says_go() {
    let sample = sample(&[(3, "b"), (2, " "), (1, "a")], &json!({}));
    let plan = plan(vec![sample], Arc::new(Verbatim), &["sharded"]).unwrap();
    let run = plan.runs().next().unwrap();
    let shards = vec![Said::revealing("b", vec![3]), Said::revealing("a", vec![1])];
    assert_eq!(says(&run, false).await, shards);
    assert_eq!(says(&run, true).await, [shards, vec![Said::going_ahead(JUST_GO)]].concat());
}

#[tokio::test]
async fn a_shuffled_order_is_that_of_sample_and_repeat() {
    let shards: Vec<(i64, &str)> = (1..).zip(["a", "b", "c", "d", "e", "f", "g", "h"]).collect();
    let plan = plan(vec![sample(&shards, &json!({}))], Arc::new(Shuffled), &["sharded", "user-only"]).unwrap();
    let mut orders = BTreeSet::new();
    for repeat in 0..3 {
        let runs: Vec<_> = plan.runs().filter(|run| run.repeat == repeat).collect();
        let said = says(&runs[0], false).await;
        assert_eq!(said, says(&runs[1], false).await, "settings are paired");
        assert_eq!(said[0].reveals, [1]);
        orders.insert(said.into_iter().flat_map(|said| said.reveals).collect::<Vec<_>>());
    }
    assert_eq!(orders.len(), 3, "each repeat draws its own: {orders:?}");
}

#[test]
fn material_keeps_its_order() {
    let parts = sample(&[(1, "a"), (2, "b"), (3, "c"), (4, "d")], &json!({}));
    for seed in 0..20 {
        let drawn: Vec<i64> = Order::of(&Translation, &parts).drawn(seed).iter().map(|shard| shard.shard_id).collect();
        assert_eq!(drawn, [1, 2, 3, 4]);
    }
    assert!(!family("math").unwrap().hands_over_material());
}

proptest! {
    #[test]
    fn a_drawn_order_says_everything_once_and_keeps_what_must_stay(
        count in 1_i64..9, seed in any::<u32>(), ordered in any::<bool>(), revised in any::<bool>(), one in 1_i64..9, other in 1_i64..9,
    ) {
        let shards: Vec<(i64, &str)> = (1..=count).map(|id| (id, if id == 5 { " " } else { "words" })).collect();
        let mut fields = Map::from_iter([("ordered".to_owned(), ordered.into())]);
        if revised {
            fields.insert("revision".into(), json!({"shard_id": one, "correction_id": other}));
        }
        let sample = sample(&shards, &Value::Object(fields));
        let spoken: Vec<i64> = sample.spoken().map(|shard| shard.shard_id).collect();
        let drawn: Vec<i64> = Order::of(&Toy, &sample).drawn(seed).iter().map(|shard| shard.shard_id).collect();
        prop_assert_eq!(drawn.first(), spoken.first());
        prop_assert_eq!(drawn.iter().collect::<BTreeSet<_>>(), spoken.iter().collect::<BTreeSet<_>>());
        prop_assert_eq!(drawn.len(), spoken.len());
        let place = |order: &[i64], id| order.iter().position(|found| *found == id);
        if ordered {
            prop_assert_eq!(&drawn, &spoken);
        } else if let (true, Some(before), Some(behind)) = (revised, place(&spoken, one), place(&spoken, other)) && before < behind {
            let (drawn_before, drawn_behind) = (place(&drawn, one).unwrap(), place(&drawn, other).unwrap());
            prop_assert!(drawn_before < drawn_behind);
            prop_assert!(behind > before + 1 || drawn_behind == drawn_before + 1);
        }
    }
}

#[test]
fn every_sound_order_is_drawn() {
    let revised = sample(
        &[(1, "a"), (2, "b"), (3, "b, corrected"), (4, "c")],
        &json!({"revision": {"shard_id": 2, "correction_id": 3}}),
    );
    let drawn = |seed| {
        Order::of(&Toy, &revised).drawn(derive_seed(seed, &[])).iter().map(|shard| shard.shard_id).collect::<Vec<_>>()
    };
    let orders: BTreeSet<Vec<i64>> = (0..40).map(drawn).collect();
    assert_eq!(orders, BTreeSet::from([vec![1, 2, 3, 4], vec![1, 4, 2, 3]]));
}

fn recorded(conv_id: &str, conv_type: &str, task_id: &str, turns: &[(&str, &[i64])]) -> Transcript {
    let na = || "NA".to_owned();
    let mut transcript = Transcript::new(Header {
        conv_id: conv_id.into(),
        conv_type: conv_type.into(),
        task: "toy".into(),
        task_id: task_id.into(),
        dataset_fn: na(),
        assistant_model: na(),
        system_model: na(),
        user_model: na(),
        git_version: na(),
    });
    for (text, reveals) in turns {
        transcript.trace.push(Entry::said(Role::User, *text));
        for &shard_id in *reveals {
            transcript.trace.push(Entry::observed(&LogEvent::ShardRevealed { shard_id }));
        }
        transcript.trace.push(Entry::said(Role::Assistant, "Noted."));
    }
    transcript
}

#[tokio::test]
async fn recorded_turns_are_repeated_as_they_were() {
    let recordings = Recordings::new([
        recorded("full-1", "full", "t/1", &[("everything", &[])]),
        recorded("silent", "sharded", "t/1", &[]),
        recorded("one", "sharded", "t-1", &[("how many?", &[1]), ("hm", &[]), ("3 and 1", &[2, 3])]),
        recorded("two", "sharded", "t/1", &[("how many now?", &[1])]),
        recorded("other", "full", "t/2", &[("all of it", &[])]),
    ]);
    let of = |task_id: &str| Sample { task_id: task_id.into(), ..sample(&[(1, "a"), (2, "b"), (3, "c")], &json!({})) };
    let user: Arc<dyn Simulator> = Arc::new(Recorded(recordings.clone()));
    let plan = plan(vec![of("t/1"), of("t/2")], Arc::clone(&user), &["sharded"]).unwrap();
    let mut said = Vec::new();
    for run in plan.runs() {
        let turns = says(&run, true).await;
        assert_eq!(turns.last(), Some(&Said::going_ahead(JUST_GO)));
        let turns: Vec<_> =
            turns.into_iter().filter(|said| !said.go_ahead).map(|said| (said.text, said.reveals)).collect();
        said.push((run.sample.task_id.clone(), run.repeat, run.user.source(&run).unwrap().to_owned(), turns));
    }
    insta::assert_debug_snapshot!(said);

    let Err(refused) = self::plan(vec![of("t/1"), of("t/3")], user, &["full", "sharded"]) else { panic!() };
    assert!(refused.to_string().starts_with("sample t/3 has no recorded conversation"), "{refused}");
    assert!(recordings.hold(&of("t/2")) && !recordings.hold(&of("t/3")));
}

#[test]
fn the_user_is_a_part_of_what_a_run_is() {
    let recordings = |words: &str| Recordings::new([recorded("a", "sharded", "t", &[(words, &[1])])]);
    let users: [Arc<dyn Simulator>; 5] = [
        Arc::new(ByModel),
        Arc::new(Verbatim),
        Arc::new(Shuffled),
        Arc::new(Recorded(recordings("how many?"))),
        Arc::new(Recorded(recordings("how many, then?"))),
    ];
    let (mut names, mut manifests, mut full) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for user in users {
        let plan = plan(vec![sample(&[(1, "a")], &json!({}))], user, &["full", "sharded"]).unwrap();
        let runs: Vec<_> = plan.runs().take(2).map(|run| run.conv_id).collect();
        full.insert(runs[0].clone());
        names.insert(runs[1].clone());
        let manifest = crate::Manifest::new(&plan, toml::Table::new());
        manifests.insert((manifest.user_simulator, manifest.user_sha256));
    }
    assert_eq!((names.len(), manifests.len()), (5, 5));
    assert_eq!(full.len(), 1, "a single turn hears no simulator");
    assert!(names.contains("t.sharded.0.41fb38ef9957"), "the names of verbatim runs never change: {names:?}");
}

#[test]
fn an_unknown_simulator_is_told_with_the_known_ones() {
    let Err(error) = simulator("shufled") else { panic!() };
    assert_eq!(
        error.to_string(),
        "there is no user simulator \"shufled\"; known are verbatim, shuffled, model, recorded"
    );
    assert_eq!(simulator("shuffled").unwrap().name(), "shuffled");
}
