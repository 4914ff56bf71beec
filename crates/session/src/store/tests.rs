//! Sessions in a folder.

use std::fs;
use std::io::Write as _;

use proptest::prelude::*;
use throughline_conversation::{ClauseId, ClauseKind, Edit, NewClause, Source, Span, Turn};
use throughline_journal::JournalError;

use super::*;
use crate::event::{Lane, Replied, Spent};
use crate::record::strategy::likely_events;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("sessions"));
    (folder, store)
}

fn said(text: &str) -> Event {
    Event::Said { text: text.to_owned() }
}

/// The user's words as they are, all one new clause.
fn heard(words: &str, place: usize) -> Event {
    let source = Source { turn: place, span: Span::whole(words) };
    let id = ClauseId(format!("c{}", place + 1));
    let clause = NewClause { id, text: words.into(), quote: words.into(), source, kind: ClauseKind::default() };
    let turn = Turn { user: words.into(), edits: vec![Edit::Add { clause }], ..Turn::default() };
    Event::Heard { turn, question: None, model: "small".into(), spent: Spent::default() }
}

fn replying(lane: Lane, pieces: &[&str]) -> Vec<Event> {
    let begun = Event::Replying { lane, model: "small".into() };
    let pieces = pieces.iter().map(|text| Event::Piece { lane, text: (*text).to_owned() });
    std::iter::once(begun).chain(pieces).collect()
}

fn replied(lane: Lane) -> Event {
    Event::Replied { lane, replied: Replied { reason: "stop".into(), ..Replied::default() } }
}

/// Says something that is heard and answered.
fn turn(session: &mut Session, words: &str, reply: &[&str]) {
    let place = session.record().exchanges.len();
    let reply = replying(Lane::Mediated, reply);
    for event in [said(words), heard(words, place)].into_iter().chain(reply).chain([replied(Lane::Mediated)]) {
        session.append(event).unwrap();
    }
}

fn fence(store: &Store) -> SessionId {
    let mut session = store.create().unwrap();
    turn(&mut session, "How much paint do I need\nfor my fence?", &["Some ", "litres."]);
    turn(&mut session, "It is 32 m long", &["Four litres."]);
    session.record().id.clone()
}

#[test]
fn a_session_is_there_again() {
    let (_folder, store) = store();
    assert_eq!(store.list().unwrap(), []);
    let id = fence(&store);
    let read = store.read(&id).unwrap();
    let session = store.open(&id).unwrap();
    assert_eq!(session.record(), &read);
    assert_eq!(read.id, id);
    let replies: Vec<_> = read.conversation.turns.iter().map(|turn| turn.reply.as_deref()).collect();
    assert_eq!(replies, [Some("Some litres."), Some("Four litres.")]);
}

#[test]
fn a_session_in_which_nothing_happens_leaves_nothing() {
    let (_folder, store) = store();
    let session = store.create().unwrap();
    assert!(!session.record().id.0.is_empty() && !store.folder().exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, store) = store();
    let id = fence(&store);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.folder()), 0o700);
    assert_eq!(mode(&store.file(&id).unwrap()), 0o600);
}

#[test]
fn one_program_writes_at_a_time() {
    let (_folder, store) = store();
    let id = fence(&store);
    let mut session = store.open(&id).unwrap();
    for refused in [store.open(&id).map(drop), store.rename(&id, "x"), store.delete(&id)] {
        let error = refused.unwrap_err();
        assert!(matches!(&error, StoreError::InUse(used) if *used == id), "{error}");
        assert!(error.to_string().contains("open in another program"), "{error}");
    }
    session.append(said("goes on")).unwrap();
    assert_eq!(store.read(&id).unwrap().pending.as_deref(), Some("goes on"), "reading needs no lock");
    drop(session);
    store.delete(&id).unwrap();
    assert!(matches!(store.open(&id), Err(StoreError::Unknown(_))));
}

#[test]
fn an_event_that_cannot_be_is_not_written() {
    let (_folder, store) = store();
    let id = fence(&store);
    let mut session = store.open(&id).unwrap();
    let before = fs::read(session.path()).unwrap();
    assert!(matches!(session.append(heard("again", 0)), Err(StoreError::Refused(_))));
    assert_eq!(fs::read(session.path()).unwrap(), before);
    session.append(Event::Undone).unwrap();
}

#[test]
fn a_reply_that_was_cut_short_ends_where_it_broke_off() {
    let (_folder, store) = store();
    let mut session = store.create().unwrap();
    for event in [said("Paint"), heard("Paint", 0)].into_iter().chain(replying(Lane::Mediated, &["So", " far"])) {
        session.append(event).unwrap();
    }
    let (id, path) = (session.record().id.clone(), session.path().to_owned());
    drop(session);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"at\":\"2026-01-01T00:00:00Z\",\"event\":\"pie").unwrap();
    assert!(store.read(&id).unwrap().is_replying(Lane::Mediated));
    let session = store.open(&id).unwrap();
    let reply = session.record().exchanges[0].mediated.as_ref().unwrap();
    assert_eq!(reply.text, "So far");
    assert_eq!(reply.ended.as_ref().unwrap().reason, Replied::INTERRUPTED);
    assert_eq!(store.read(&id).unwrap(), *session.record());
}

#[test]
fn a_damaged_line_is_named_and_nothing_else_lost() {
    let (_folder, store) = store();
    let (id, other) = (fence(&store), fence(&store));
    let path = store.file(&id).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let damage = |line: usize, text: &str, damaged: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[line] = damaged;
        fs::write(&path, lines.join("\n") + "\n").unwrap();
    };
    for (line, damaged) in [
        (3, "{oops"),
        (3, "\u{0}\u{0}"),
        (3, "{\"at\":\"2026-01-01T00:00:00Z\",\"event\":\"sneezed\"}"),
        (2, "{\"at\":\"soon\",\"event\":\"undone\"}"),
        (0, "{\"at\":\"2026-01-01T00:00:00Z\",\"event\":\"undone\"}"),
        (1, "{\"at\":\"2026-01-01T00:00:00Z\",\"event\":\"undone\"}"),
    ] {
        damage(line, &text, damaged);
        let before = fs::read(&path).unwrap();
        for error in [store.read(&id).unwrap_err(), store.open(&id).unwrap_err(), store.fork(&id, 1).unwrap_err()] {
            let at = format!("{}, line {}: ", path.display(), line + 1);
            assert!(matches!(error, StoreError::Journal(JournalError::Line { .. })), "{error:?}");
            assert!(error.to_string().starts_with(&at), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(store.read(&other).is_ok());
    }

    damage(3, &text, "{oops");
    let listed = store.list().unwrap();
    let summary = listed.iter().find(|summary| summary.id == id).unwrap();
    assert!(summary.damaged.as_ref().unwrap().starts_with("line 4: "), "{summary:?}");
    assert_eq!((summary.turns, listed.len()), (2, 2));
    store.delete(&id).unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn a_file_of_a_later_version_or_without_anything_is_refused() {
    let (_folder, store) = store();
    fence(&store);
    let id = SessionId("later".into());
    let later =
        format!("{{\"at\":\"2026-01-01T00:00:00Z\",\"event\":\"started\",\"format\":{},\"id\":\"x\"}}\n", FORMAT + 1);
    for (text, told) in [(later.as_str(), "newer version"), ("", "nothing in it")] {
        fs::write(store.file(&id).unwrap(), text).unwrap();
        let error = store.open(&id).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn which_was_changed_last_is_told_within_a_millisecond() {
    let (_folder, store) = store();
    for _ in 0..20 {
        let mut session = store.create().unwrap();
        session.append(said("hi")).unwrap();
        let last = session.record().id.clone();
        assert_eq!(store.list().unwrap()[0].id, last);
    }
}

#[test]
fn the_list_begins_with_what_was_changed_last() {
    let (_folder, store) = store();
    let old = fence(&store);
    let mut session = store.create().unwrap();
    turn(&mut session, "hi", &["Hello."]);
    let new = session.record().id.clone();
    drop(session);
    store.rename(&old, "  The fence ").unwrap();
    let ids = |store: &Store| store.list().unwrap().into_iter().map(|summary| summary.id).collect::<Vec<_>>();
    assert_eq!(ids(&store), [new.clone(), old.clone()], "a title makes no session newer");
    let mut session = store.open(&old).unwrap();
    session.append(said("and the gate")).unwrap();
    drop(session);
    assert_eq!(ids(&store), [old.clone(), new]);
    assert_eq!(store.find("last").unwrap(), old);

    let listed = &store.list().unwrap()[0];
    assert_eq!((listed.name.as_str(), listed.titled, listed.turns), ("The fence", true, 2));
    assert_eq!(listed.bytes, fs::metadata(store.file(&old).unwrap()).unwrap().len());
    store.rename(&old, "").unwrap();
    let listed = &store.list().unwrap()[0];
    assert_eq!((listed.name.as_str(), listed.titled), ("How much paint do I need for my fence?", false));
}

#[test]
fn sessions_are_found_by_the_beginning_of_their_names() {
    let (_folder, store) = store();
    assert!(matches!(store.find("last"), Err(StoreError::NoneYet)));
    let id = fence(&store);
    let line = fs::read(store.file(&id).unwrap()).unwrap();
    for name in ["20260101-000000-aaaa", "20260101-000000-aaab", "20260101-000000-aaaab", "notes.old"] {
        fs::write(store.folder().join(format!("{name}.jsonl")), &line).unwrap();
    }
    let find = |name| store.find(name).map(|id| id.0);
    assert_eq!(find("20260101-000000-aaab").unwrap(), "20260101-000000-aaab");
    assert_eq!(
        find("20260101-000000-aaaa").unwrap(),
        "20260101-000000-aaaa",
        "the whole name, and the beginning of one"
    );
    assert_eq!(find(&id.0[..18]).unwrap(), id.0);
    for name in ["", "notes", "../sessions", "x"] {
        assert!(matches!(store.find(name), Err(StoreError::Unknown(_))), "{name}");
    }
    let error = store.find("2026").unwrap_err();
    assert!(matches!(&error, StoreError::Ambiguous { ids, .. } if ids.len() >= 3), "{error}");
    assert!(matches!(store.open(&SessionId("../x".into())), Err(StoreError::Unknown(_))));
}

#[test]
fn words_are_found_where_they_stand() {
    let (_folder, store) = store();
    let id = fence(&store);
    store.rename(&id, "Weekend PAINTING").unwrap();
    let mut session = store.open(&id).unwrap();
    turn(&mut session, "Never mind the İzmir blue", &["Straße: done."]);
    session.append(Event::Undone).unwrap();
    turn(&mut session, "in İzmir blue", &["A tin of Straße blue."]);
    drop(session);
    let found = |words: &str| {
        let hits = store.search(words).unwrap();
        hits.into_iter().map(|hit| (hit.turn, hit.place, hit.excerpt)).collect::<Vec<_>>()
    };
    let whole = (Some(0), Place::User, "How much paint do I need for my fence?".to_owned());
    assert_eq!(found("paint"), [(None, Place::Title, "Weekend PAINTING".to_owned()), whole.clone()]);
    assert_eq!(found("FENCE paint"), [whole]);
    let pieces = (Some(0), Place::Mediated, "Some litres.".to_owned());
    assert_eq!(found("some litres"), [pieces], "a reply is whole, whatever pieces it came in");
    assert_eq!(found("straße").len(), 1, "what was undone is not found");
    assert_eq!(found("blue").len(), 2);
    assert_eq!(found("fence litres"), []);
    assert_eq!(found(" "), []);
    assert_eq!(store.search("blue").unwrap()[0].name, "Weekend PAINTING");
}

#[test]
fn an_excerpt_is_cut_between_letters() {
    let (_folder, store) = store();
    let mut session = store.create().unwrap();
    turn(&mut session, &format!("{} needle {}", "é".repeat(100), "ü".repeat(100)), &[]);
    let excerpt = store.search("needle").unwrap()[0].excerpt.clone();
    assert_eq!(excerpt, format!("…{} needle {}…", "é".repeat(39), "ü".repeat(39)));
}

#[test]
fn a_fork_goes_on_by_itself() {
    let (_folder, store) = store();
    let id = fence(&store);
    let original = store.open(&id).unwrap();
    let mut fork = store.fork(&id, 1).unwrap();
    assert_eq!(fork.record().forked_from, Some(Fork { session: id.clone(), turns: 1 }));
    assert_eq!(fork.record().exchanges[..], original.record().exchanges[..1]);
    turn(&mut fork, "It is a wall", &["Ten litres."]);
    let name = fork.record().id.clone();
    let record = fork.record().clone();
    drop(fork);
    assert_eq!(store.read(&name).unwrap(), record);
    assert_eq!(original.record().exchanges.len(), 2);
    let listed = store.list().unwrap();
    assert_eq!((&listed[0].id, listed[0].turns), (&name, 2), "it is newer");
    let error = store.fork(&id, 3).unwrap_err();
    assert!(matches!(error, StoreError::TooFewTurns { has: 2, asked: 3, .. }), "{error}");
    assert_eq!(store.fork(&id, 0).unwrap().record().exchanges, []);
}

#[test]
fn what_could_not_be_written_is_written_later() {
    let (folder, store) = store();
    let mut session = store.create().unwrap();
    // A file in the place of the folder.
    fs::write(store.folder(), "").unwrap();
    let error = session.append(said("Paint my fence")).unwrap_err();
    assert!(matches!(error, StoreError::Io { action: "create", .. }), "{error}");
    assert_eq!(session.record().pending.as_deref(), Some("Paint my fence"));
    fs::remove_file(store.folder()).unwrap();
    session.append(heard("Paint my fence", 0)).unwrap();
    assert_eq!(store.read(&session.record().id).unwrap(), *session.record());
    drop(folder);
}

proptest! {
    #[test]
    fn a_glance_tells_what_the_record_does(events in likely_events()) {
        let (_folder, store) = store();
        let mut session = store.create().unwrap();
        // The first one begins another session.
        for event in events.into_iter().skip(1) {
            drop(session.append(event));
        }
        let (record, listed) = (session.record(), store.list().unwrap());
        let Some(listed) = listed.first() else {
            prop_assert!(!session.path().exists());
            return Ok(());
        };
        prop_assert_eq!(&store.read(&record.id).unwrap(), record);
        prop_assert_eq!((listed.turns, listed.titled), (record.exchanges.len(), record.title.is_some()));
        let said = record.conversation.turns.first().map(|turn| &turn.user).or(record.pending.as_ref());
        let name = record.title.clone().unwrap_or_else(|| beginning(said.map_or("", String::as_str)));
        prop_assert_eq!(&listed.name, &name);

        let (glance, bytes) = Glance::at(session.path(), Replies::Read).unwrap();
        prop_assert_eq!(&summary(record.id.clone(), &glance, bytes), listed);
        for (words, exchange) in glance.turns.iter().zip(&record.exchanges) {
            for lane in Lane::BOTH {
                let reply = exchange.reply(lane).map_or("", |reply| reply.text.as_str());
                prop_assert_eq!(words.reply(lane), reply);
            }
        }
    }

    #[test]
    fn a_cut_anywhere_costs_at_most_the_last_event(place in any::<prop::sample::Index>()) {
        let (_folder, store) = store();
        let id = fence(&store);
        let path = store.file(&id).unwrap();
        let text = fs::read(&path).unwrap();
        // Without its first line it is no session.
        let first = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let cut = first + place.index(text.len() - first + 1);
        fs::write(&path, &text[..cut]).unwrap();
        let ended = text[..cut].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        // A line that lacks its end alone counts.
        let kept = if text.get(cut) == Some(&b'\n') { cut + 1 } else { ended };
        let lines: Vec<Line> =
            std::str::from_utf8(&text[..kept]).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let record = Record::from_lines(&lines).unwrap();
        let listed = store.list().unwrap();
        prop_assert_eq!((listed[0].turns, &listed[0].damaged), (record.exchanges.len(), &None));
        prop_assert_eq!(&store.read(&id).unwrap(), &record);
        let session = store.open(&id).unwrap();
        prop_assert_eq!(&session.record().conversation, &record.conversation);
        prop_assert_eq!(&fs::read(&path).unwrap()[..kept], &text[..kept]);
    }
}
