//! What the user says and the assistant reads in each setting, for one conversation.

use throughline_conversation::{ClauseKind, Edit, Ids, NewClause, Source, Span, Spec};
use throughline_models::Message;

use super::{Needs, Rewrite, Setting, SoFar, setting, settings};
use crate::tests::{Toy, sample};
use crate::{ERGO_TAU, PlanError, SettingError};

const PIECES: [&str; 3] = ["How many pears?", "3 in the bag", "1 on the table"];

/// What a setting may know of three user turns and two replies, beside its seed.
#[derive(Default)]
struct Facts {
    spec: bool,
    rewritten: Option<usize>,
    entropies: Vec<Option<f64>>,
    seed: u32,
}

fn decides<T>(facts: &Facts, decide: impl Fn(&SoFar<'_>) -> T) -> T {
    let user_turns = PIECES.map(str::to_owned);
    let replies = ["Where are they?", "The answer is 3."].map(str::to_owned);
    let mut ids = Ids::default();
    let edits: Vec<Edit> = user_turns
        .iter()
        .enumerate()
        .map(|(turn, text)| {
            let source = Source { turn, span: Span::whole(text) };
            let (text, quote) = (text.clone(), text.clone());
            Edit::Add { clause: NewClause { id: ids.clause(), text, quote, source, kind: ClauseKind::Fact } }
        })
        .collect();
    let spec = Spec::fold(&edits).unwrap();
    let rewrite = facts.rewritten.map(|turns| Rewrite { turns, text: format!("({turns} turns in one)") });
    let sample = sample("toy/0");
    decide(&SoFar {
        family: &Toy,
        sample: &sample,
        user_turns: &user_turns,
        replies: &replies,
        spec: facts.spec.then_some(&spec),
        plan: None,
        rewrite: rewrite.as_ref(),
        entropies: &facts.entropies,
        tau: ERGO_TAU,
        seed: facts.seed,
        render: &|spec, brief| {
            let clauses: Vec<_> = spec.active().map(|clause| clause.said.text.as_str()).collect();
            Ok(vec![Message::system(brief.system.unwrap_or("none")), Message::user(clauses.join(" / "))])
        },
    })
}

fn reads(setting: &dyn Setting, facts: &Facts) -> Vec<Message> {
    let read = || decides(facts, |so_far| setting.reads(so_far).unwrap());
    assert_eq!(read(), read(), "a setting is a pure function");
    read()
}

fn shown(messages: &[Message]) -> String {
    let shown = messages.iter().map(|message| format!("[{}] {}", message.role.as_str(), message.content));
    shown.collect::<Vec<_>>().join("\n")
}

/// As they would be when everything is there that the setting needs.
fn facts(needs: Needs) -> Facts {
    Facts { spec: needs.mediator, rewritten: needs.rewriter.then_some(3), ..Facts::default() }
}

#[test]
fn each_setting_reads_its_own() {
    let told = settings()
        .iter()
        .map(|setting| format!("=== {}\n{}", setting.name(), shown(&reads(*setting, &facts(setting.needs())))));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn each_setting_has_its_users_wording() {
    let told = settings().iter().map(|setting| {
        let turns = (0..3).map(|place| setting.wording(&PIECES[..place], PIECES[place]));
        let turns: Vec<_> = turns.chain(setting.closing(&PIECES)).collect();
        if turns == PIECES { None } else { Some(format!("=== {}\n{}", setting.name(), turns.join("\n---\n"))) }
    });
    insta::assert_snapshot!(told.flatten().collect::<Vec<_>>().join("\n"));
}

#[test]
fn replies_are_read_where_the_setting_says_so_and_nowhere_else() {
    for setting in settings() {
        let read = shown(&reads(*setting, &facts(setting.needs())));
        let history = ["sharded", "recap", "snowball"].contains(&setting.name());
        assert_eq!(read.contains("Where are they?"), history, "{}", setting.name());
    }
}

#[test]
fn a_rewrite_stands_for_what_came_before_it() {
    let ergo = setting("ergo").unwrap();
    let with = |rewritten| shown(&reads(ergo, &Facts { rewritten, ..Facts::default() }));
    assert_eq!(with(None), shown(&reads(setting("sharded").unwrap(), &Facts::default())));
    assert_eq!(
        with(Some(2)),
        "[system] You solve toys.\n[user] (2 turns in one)\n[assistant] The answer is 3.\n[user] 1 on the table"
    );
    assert_eq!(with(Some(3)), "[system] You solve toys.\n[user] (3 turns in one)");
}

#[test]
fn ergo_rewrites_when_entropy_rose_by_more_than_tau() {
    let rewrites = |entropies: &[Option<f64>]| {
        let facts = Facts { entropies: entropies.to_vec(), ..Facts::default() };
        decides(&facts, |so_far| setting("ergo").unwrap().rewrites(so_far))
    };
    assert!(rewrites(&[Some(0.9), Some(0.2), Some(0.2 + 1.5 * ERGO_TAU)]));
    assert!(!rewrites(&[Some(0.1), Some(0.9), Some(0.8)]), "it fell");
    assert!(!rewrites(&[Some(0.1), Some(0.2), Some(0.2 + 0.5 * ERGO_TAU)]), "not by enough");
    assert!(!rewrites(&[Some(0.1), Some(0.9)]), "the reply is not there yet");
    assert!(!rewrites(&[Some(0.1), None, Some(0.9)]), "nothing to compare with");
    assert!(!rewrites(&[]));
}

#[test]
fn free_rewrite_rewrites_once_a_turn() {
    let rewrites = |rewritten| {
        let facts = Facts { rewritten, ..Facts::default() };
        decides(&facts, |so_far| setting("free-rewrite").unwrap().rewrites(so_far))
    };
    assert_eq!([None, Some(2), Some(3)].map(rewrites), [true, true, false]);
}

#[test]
fn shuffle_concat_draws_an_order_for_each_seed() {
    let shuffled = setting("shuffle-concat").unwrap();
    let order = |seed| reads(shuffled, &Facts { seed, ..Facts::default() })[1].content.clone();
    let mut orders: Vec<String> = (0..200).map(order).collect();
    for order in &orders {
        assert!(PIECES.iter().all(|piece| order.matches(&format!("\n- {piece}")).count() == 1), "{order}");
    }
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders.len(), 6, "every order is drawn");
}

#[test]
fn what_a_setting_needs_must_be_there() {
    let without = |name| decides(&Facts::default(), |so_far| setting(name).unwrap().reads(so_far));
    assert!(matches!(without("mediated"), Err(SettingError::NoSpec { setting: "mediated" })));
    assert!(matches!(without("free-rewrite"), Err(SettingError::NoRewrite { setting: "free-rewrite" })));
}

#[test]
fn an_unknown_setting_is_told_with_the_known_ones() {
    let Err(error @ PlanError::UnknownSetting { .. }) = setting("shraded") else { panic!() };
    let known =
        "known are full, concat, shuffle-concat, sharded, recap, snowball, user-only, ergo, free-rewrite, mediated";
    assert!(error.to_string().ends_with(known), "{error}");
}
