//! The fold of events, and the way back.

use proptest::prelude::*;
use throughline_conversation::{Correction, Turn};

use super::strategy::{any_events, at, heard, likely_events};
use super::*;
use crate::event::Replied;

fn record(events: &[Event]) -> Record {
    let mut record = Record::default();
    for (second, event) in (0..).zip(events) {
        record.apply(at(second), event).unwrap();
    }
    record
}

fn started() -> Event {
    Event::Started { format: FORMAT, id: SessionId("s1".into()), forked_from: None }
}

fn said(text: &str) -> Event {
    Event::Said { text: text.to_owned() }
}

fn reply(lane: Lane, text: &str) -> Vec<Event> {
    let replied = Replied { reason: "stop".into(), ..Replied::default() };
    vec![
        Event::Replying { lane, model: "small".into() },
        Event::Piece { lane, text: text.to_owned() },
        Event::Replied { lane, replied },
    ]
}

fn conversation(turns: &[&str]) -> Vec<Event> {
    let mut events = vec![started()];
    for (place, words) in turns.iter().enumerate() {
        events.extend([said(words), heard(words, place)]);
        events.extend(reply(Lane::Mediated, &format!("reply {place}")));
    }
    events
}

#[test]
fn a_chat_is_folded() {
    let mut events = conversation(&["Paint my fence"]);
    events.insert(2, Event::Failed { role: "mediator".into(), message: "no".into(), lane: Lane::Mediated });
    let record = record(&events);
    assert_eq!(record.started, at(0));
    assert_eq!((record.pending.as_ref(), record.unheard.as_ref()), (None, None));
    assert_eq!(record.exchanges[0].at, at(3));
    assert_eq!(record.conversation.turns[0].reply.as_deref(), Some("reply 0"));
    assert_eq!(record.spec().active().count(), 1);
    assert!(!record.is_replying(Lane::Mediated));
}

#[test]
fn undo_restores_what_was_before() {
    let before = record(&conversation(&["Paint my fence"]));
    let mut after = before.clone();
    let undone = [said("in red"), heard("in red", 1)].into_iter().chain(reply(Lane::Unmediated, "ok"));
    for event in undone.chain([Event::Undone]) {
        after.apply(at(9), &event).unwrap();
    }
    assert_eq!(after, before);
}

#[test]
fn undo_of_nothing_is_an_error() {
    let without = RecordError::Without { event: "undone", without: "a turn" };
    assert_eq!(record(&[started()]).apply(at(1), &Event::Undone), Err(without));
}

#[test]
fn a_correction_leaves_what_waits_to_be_heard() {
    let mut record = record(&conversation(&["Paint my fence"]));
    let clause = record.spec().active().next().unwrap().said.id.clone();
    let turn = record.conversation.correct(&Correction::Withdraw { clause }).unwrap();
    record.apply(at(8), &said("in red")).unwrap();
    record.apply(at(9), &Event::Corrected { turn }).unwrap();
    assert_eq!(record.pending.as_deref(), Some("in red"));
    assert_eq!(record.spec().active().count(), 0);
    assert!(record.exchanges[1].corrected);
}

#[test]
fn the_kept_reply_stands_in_the_conversation() {
    let mut events = conversation(&["Paint my fence"]);
    events.extend(reply(Lane::Unmediated, "bare"));
    let mut record = record(&events);
    assert_eq!(record.conversation.turns[0].reply.as_deref(), Some("reply 0"));
    record.apply(at(9), &Event::Kept { lane: Lane::Unmediated }).unwrap();
    assert_eq!(record.conversation.turns[0].reply.as_deref(), Some("bare"));
    for event in reply(Lane::Unmediated, "again") {
        record.apply(at(9), &event).unwrap();
    }
    assert_eq!(record.conversation.turns[0].reply.as_deref(), Some("again"));
    assert_eq!(record.exchanges[0].earlier.len(), 1);
}

#[test]
fn a_reply_that_failed_takes_no_more() {
    let mut record = record(&conversation(&["Paint my fence"]));
    let lane = Lane::Mediated;
    let failed = |role: &str| Event::Failed { role: role.into(), message: "cut".into(), lane };
    record.apply(at(8), &Event::Replying { lane, model: "small".into() }).unwrap();
    record.apply(at(8), &failed("planner")).unwrap();
    assert!(record.is_replying(lane), "the planner writes no reply");
    record.apply(at(8), &failed("assistant")).unwrap();
    assert!(!record.is_replying(lane));
    record.apply(at(8), &Event::Piece { lane, text: "more".into() }).unwrap_err();
    record.apply(at(8), &failed("assistant")).unwrap();
    let roles: Vec<_> = record.exchanges[0].failures.iter().map(|failure| failure.role.as_str()).collect();
    assert_eq!(roles, ["planner", "assistant"]);
}

#[test]
fn only_the_first_line_begins_a_session() {
    let mut record = record(&[started()]);
    assert_eq!(record.apply(at(1), &started()), Err(RecordError::StartedTwice));
    let later = Event::Started { format: FORMAT + 1, id: SessionId("s2".into()), forked_from: None };
    let error = Record::default().apply(at(1), &later).unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn a_fork_begins_with_the_first_turns() {
    let mut whole = record(&conversation(&["Paint my fence", "in red", "twice"]));
    whole.apply(at(50), &said("and quickly")).unwrap();
    whole.apply(at(51), &Event::Renamed { title: " Fence ".into() }).unwrap();
    let fork = whole.fork(2, SessionId("s2".into()), at(60));
    assert_eq!(fork.forked_from, Some(Fork { session: SessionId("s1".into()), turns: 2 }));
    assert_eq!(fork.conversation.turns, whole.conversation.turns[..2]);
    assert_eq!(fork.exchanges, whole.exchanges[..2]);
    assert_eq!((fork.title.as_deref(), fork.pending.as_ref()), (Some("Fence"), None));
    assert_eq!(fork.spec().active().count(), 2);
    assert_eq!(Record::from_lines(&fork.events()), Ok(fork));
    assert_eq!(whole.fork(99, SessionId("s3".into()), at(60)).exchanges.len(), 3);
}

/// The same record from the text of its events' lines.
fn through_json(record: &Record) -> Record {
    let text: Vec<String> = record.events().iter().map(|line| serde_json::to_string(line).unwrap()).collect();
    let lines: Vec<Line> = text.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    Record::from_lines(&lines).unwrap()
}

proptest! {
    #[test]
    fn any_events_are_taken_or_refused_whole(events in any_events()) {
        let mut record = Record::default();
        for (second, event) in (0..).zip(&events) {
            let before = record.clone();
            if record.apply(at(second), event).is_err() {
                prop_assert_eq!(&record, &before);
            }
            prop_assert_eq!(record.exchanges.len(), record.conversation.turns.len());
            prop_assert_eq!(&record.conversation.spec().unwrap(), record.spec());
        }
    }

    #[test]
    fn a_record_comes_back_from_its_events(events in likely_events()) {
        let mut record = Record::default();
        for (second, event) in (0..).zip(&events) {
            drop(record.apply(at(second), event));
        }
        prop_assert_eq!(through_json(&record), record);
    }

    #[test]
    fn undo_restores_any_record(events in likely_events(), words in "[a-z ]{1,12}") {
        let mut record = Record::default();
        for (second, event) in (0..).zip(&events) {
            drop(record.apply(at(second), event));
        }
        let turn = Turn { user: words, ..Turn::default() };
        let mut after = record.clone();
        after.apply(at(900), &Event::Corrected { turn }).unwrap();
        after.apply(at(901), &Event::Undone).unwrap();
        prop_assert_eq!(after, record);
    }

    #[test]
    fn a_fork_is_the_record_of_the_first_turns(events in likely_events(), turns in 0..6_usize) {
        let mut record = Record::default();
        for (second, event) in (0..).zip(&events) {
            drop(record.apply(at(second), event));
        }
        let fork = record.fork(turns, SessionId("f".into()), at(999));
        let taken = turns.min(record.exchanges.len());
        prop_assert_eq!(&fork.conversation.turns[..], &record.conversation.turns[..taken]);
        prop_assert_eq!(through_json(&fork), fork);
    }
}
