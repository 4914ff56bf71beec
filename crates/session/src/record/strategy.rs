//! Events at random.

use jiff::Timestamp;
use proptest::prelude::*;
use throughline_conversation::{
    Assumption, AssumptionId, AssumptionState, ClauseId, ClauseKind, Decision, Edit, NewClause, Question, QuestionId,
    QuestionState, Removal, Source, Span, TokenUsage, Turn,
};

use crate::event::{Event, Fork, Lane, Replied, SessionId, Spent};

/// So many seconds after the beginning of all.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn clause(id: &str, words: &str, turn: usize) -> NewClause {
    let source = Source { turn, span: Span::whole(words) };
    NewClause { id: ClauseId(id.into()), text: words.into(), quote: words.into(), source, kind: ClauseKind::Fact }
}

/// A turn whose words are all one new clause.
pub(crate) fn heard(words: &str, place: usize) -> Event {
    let edits = vec![Edit::Add { clause: clause(&format!("c{}", place + 1), words, place) }];
    let turn = Turn { user: words.into(), edits, ..Turn::default() };
    let tokens = TokenUsage { prompt_tokens: 7, completion_tokens: 3 };
    let spent = Spent { tokens, seconds: 0.5, cost_usd: None };
    Event::Heard { turn, question: None, model: "small".into(), spent }
}

fn removal() -> impl Strategy<Value = Removal> {
    (any::<bool>(), proptest::option::of(0.0..=1.0)).prop_map(|(earned, probability)| Removal {
        earned,
        reason: "said so".into(),
        probability,
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let id = (1..6_u8).prop_map(|number| format!("c{number}"));
    let new = (1..40_u8, "[a-zé]{1,4}").prop_map(|(number, words)| clause(&format!("c{number}"), &words, 0));
    let source = Source { turn: 0, span: Span { start: 0, end: 0 } };
    prop_oneof![
        new.clone().prop_map(|clause| Edit::Add { clause }),
        new.clone().prop_map(|clause| Edit::Add { clause }),
        (id.clone(), new.clone(), removal()).prop_map(|(target, clause, removal)| Edit::Revise {
            target: ClauseId(target),
            clause,
            removal
        }),
        (id.clone(), new.clone(), removal()).prop_map(|(target, clause, removal)| Edit::Withdraw {
            target: ClauseId(target),
            clause,
            removal
        }),
        (new.clone(), removal()).prop_map(|(clause, removal)| Edit::Redirect { clause, removal }),
        (id.clone(), any::<bool>()).prop_map(move |(target, pinned)| Edit::Pin {
            target: ClauseId(target),
            pinned,
            source
        }),
        "q[1-3]".prop_map(|id| Edit::Ask {
            question: Question {
                id: QuestionId(id),
                text: "how?".into(),
                choices: Vec::new(),
                asked_at: 0,
                state: QuestionState::Open
            }
        }),
        ("q[1-3]", new).prop_map(|(id, clause)| Edit::Answer { question: QuestionId(id), clause }),
        "a[1-3]".prop_map(|id| Edit::Assume {
            assumption: Assumption {
                id: AssumptionId(id),
                text: "tea".into(),
                reason: "left open".into(),
                state: AssumptionState::Standing
            }
        }),
        "a[1-3]".prop_map(move |id| Edit::Dismiss { assumption: AssumptionId(id), source }),
    ]
}

fn turn(edits: usize) -> impl Strategy<Value = Turn> {
    let asks = prop_oneof![Just(Decision::Ask), Just(Decision::Proceed)];
    (".{0,12}", proptest::collection::vec(edit(), 0..=edits), asks, proptest::option::of("[a-z]{1,4}"))
        .prop_map(|(user, edits, decision, reply)| Turn { user, edits, findings: Vec::new(), decision, reply })
}

fn lane() -> impl Strategy<Value = Lane> {
    prop_oneof![3 => Just(Lane::Mediated), 1 => Just(Lane::Unmediated)]
}

fn replied() -> impl Strategy<Value = Replied> {
    let tokens = proptest::option::of(any::<(u32, u32)>().prop_map(|(prompt, completion)| TokenUsage {
        prompt_tokens: prompt.into(),
        completion_tokens: completion.into(),
    }));
    ("[a-z]{1,6}", proptest::option::of(0.0..=1.0), tokens, 0.0..1e6, proptest::option::of(0.0..10.0)).prop_map(
        |(reason, confidence, tokens, seconds, cost_usd)| Replied { reason, confidence, tokens, seconds, cost_usd },
    )
}

fn spent() -> impl Strategy<Value = Spent> {
    (any::<u32>(), 0.0..100.0, proptest::option::of(0.0..10.0)).prop_map(|(prompt, seconds, cost_usd)| {
        let tokens = TokenUsage { prompt_tokens: prompt.into(), completion_tokens: 1 };
        Spent { tokens, seconds, cost_usd }
    })
}

fn event(edits: usize) -> impl Strategy<Value = Event> {
    let role = prop_oneof![Just("mediator"), Just("planner"), Just("assistant")];
    prop_oneof![
        2 => ".{0,12}".prop_map(|text| Event::Said { text }),
        3 => (turn(edits), proptest::option::of(".{0,8}"), "[a-z]{0,3}", spent())
            .prop_map(|(turn, question, model, spent)| Event::Heard { turn, question, model, spent }),
        1 => turn(edits).prop_map(|turn| Event::Corrected { turn }),
        1 => (".{0,8}", spent()).prop_map(|(text, spent)| Event::Planned { text, spent }),
        3 => (lane(), "[a-z]{1,4}").prop_map(|(lane, model)| Event::Replying { lane, model }),
        6 => (lane(), ".{0,8}").prop_map(|(lane, text)| Event::Piece { lane, text }),
        2 => (lane(), replied()).prop_map(|(lane, replied)| Event::Replied { lane, replied }),
        1 => (role, ".{0,8}", lane()).prop_map(|(role, message, lane)| Event::Failed {
            role: role.into(),
            message,
            lane
        }),
        2 => prop_oneof![
            lane().prop_map(|lane| Event::Kept { lane }),
            Just(Event::Undone),
            ".{0,8}".prop_map(|title| Event::Renamed { title }),
        ],
    ]
}

fn started() -> impl Strategy<Value = Event> {
    let fork = proptest::option::of(("[a-z]{1,4}", 0..9_usize));
    (1..3_u32, "[a-z]{1,4}", fork).prop_map(|(format, id, fork)| Event::Started {
        format,
        id: SessionId(id),
        forked_from: fork.map(|(session, turns)| Fork { session: SessionId(session), turns }),
    })
}

/// Events in any order, most of whose edits do not fit.
pub(crate) fn any_events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(prop_oneof![12 => event(4), 1 => started()], 0..24)
}

/// Events many of which can follow each other, as each turn has few edits.
pub(crate) fn likely_events() -> impl Strategy<Value = Vec<Event>> {
    let first = Event::Started { format: 1, id: SessionId("s1".into()), forked_from: None };
    proptest::collection::vec(event(1), 0..40).prop_map(move |events| [vec![first.clone()], events].concat())
}
