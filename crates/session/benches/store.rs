//! What it takes to list and search a thousand saved sessions, and to go on with a long one.
//!
//! `cargo bench -p throughline-session --bench store`

#![expect(clippy::expect_used, reason = "a benchmark that cannot run may end so")]

use std::fmt::Write as _;
use std::path::Path;

use divan::Bencher;
use jiff::Timestamp;
use tempfile::TempDir;
use throughline_conversation::{ClauseId, ClauseKind, Edit, NewClause, Source, Span, TokenUsage, Turn};
use throughline_session::{Event, FORMAT, Lane, Line, Replied, SessionId, Spent, Store};

fn main() {
    divan::main();
}

const SESSIONS: usize = 1000;
const TURNS: usize = 10;
/// Pieces of a reply: of 5 seconds, when they are written 20 times a second.
const PIECES: usize = 100;

fn lines(id: &str, turns: usize, pieces: usize) -> String {
    let mut text = String::new();
    let mut write = |event| {
        let line = Line { at: Timestamp::UNIX_EPOCH, event };
        writeln!(text, "{}", serde_json::to_string(&line).expect("a line is JSON")).expect("a string takes all");
    };
    write(Event::Started { format: FORMAT, id: SessionId(id.into()), forked_from: None });
    for turn in 0..turns {
        let user = format!("and here is what I want next, number {turn} of all, for my fence");
        let clause = NewClause {
            id: ClauseId(format!("c{}", turn + 1)),
            text: user.clone(),
            quote: user.clone(),
            source: Source { turn, span: Span::whole(&user) },
            kind: ClauseKind::Fact,
        };
        write(Event::Said { text: user.clone() });
        let heard = Turn { user, edits: vec![Edit::Add { clause }], ..Turn::default() };
        let tokens = TokenUsage::default();
        write(Event::Heard {
            turn: heard,
            question: None,
            model: "small".into(),
            spent: Spent { tokens, seconds: 0.1, cost_usd: None },
        });
        let lane = Lane::Mediated;
        write(Event::Replying { lane, model: "small".into() });
        for piece in 0..pieces {
            write(Event::Piece { lane, text: format!(" some more words {piece}") });
        }
        write(Event::Replied { lane, replied: Replied { reason: "stop".into(), ..Replied::default() } });
    }
    text
}

fn store(sessions: usize, turns: usize, pieces: usize) -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("there is room");
    for session in 0..sessions {
        let id = format!("20260101-000000-{session:04}");
        let file = Path::new(&id).with_extension("jsonl");
        std::fs::write(folder.path().join(file), lines(&id, turns, pieces)).expect("there is room");
    }
    let store = Store::new(folder.path());
    (folder, store)
}

#[divan::bench(sample_count = 10)]
fn list(bencher: Bencher<'_, '_>) {
    let (_folder, store) = store(SESSIONS, TURNS, PIECES);
    bencher.bench_local(|| store.list());
}

#[divan::bench(sample_count = 10)]
fn search(bencher: Bencher<'_, '_>) {
    let (_folder, store) = store(SESSIONS, TURNS, PIECES);
    bencher.bench_local(|| store.search("fence paint"));
}

/// Turns of the session that is gone on with; each is two messages.
#[divan::bench(args = [50, 5000], sample_count = 10)]
fn open(bencher: Bencher<'_, '_>, turns: usize) {
    let (_folder, store) = store(1, turns, PIECES);
    let id = store.find("last").expect("there is one");
    bencher.bench_local(|| store.open(&id));
}

/// Saying something in it: the event is on the disk.
#[divan::bench(args = [50, 5000], sample_count = 100)]
fn append(bencher: Bencher<'_, '_>, turns: usize) {
    let (_folder, store) = store(1, turns, PIECES);
    let id = store.find("last").expect("there is one");
    let mut session = store.open(&id).expect("it is sound");
    bencher.bench_local(|| session.append(Event::Said { text: "go on".into() }));
}

/// A piece of a reply: the system has it.
#[divan::bench(args = [50, 5000], sample_count = 100)]
fn piece(bencher: Bencher<'_, '_>, turns: usize) {
    let (_folder, store) = store(1, turns, PIECES);
    let id = store.find("last").expect("there is one");
    let mut session = store.open(&id).expect("it is sound");
    session.append(Event::Replying { lane: Lane::Mediated, model: "small".into() }).expect("the disk takes it");
    bencher.bench_local(|| session.append(Event::Piece { lane: Lane::Mediated, text: " words".into() }));
}
