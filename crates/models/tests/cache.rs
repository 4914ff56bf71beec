//! The response cache: what it answers, what it keeps, and what it survives.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use throughline_models::{
    CacheError, CacheStore, Cached, Calls, CancellationToken, ChatModel, Event, EventStream, Finish, FinishReason,
    Message, ModelError, Request, Sampling, TokenLogprob, TokenUsage, terminated,
};

/// Says what it read, and how often it was called; breaks off where it is told to.
#[derive(Default)]
struct Parrot(AtomicUsize);

fn logprob() -> TokenLogprob {
    TokenLogprob { token: "a".into(), logprob: -0.1, top: vec![("a".into(), -0.1), ("b".into(), -7.25)] }
}

impl ChatModel for Parrot {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        let call = self.0.fetch_add(1, Ordering::Relaxed);
        let said = request.messages[0].content.clone();
        let usage = Some(TokenUsage { prompt_tokens: 3, completion_tokens: 2 });
        let end = match said.as_str() {
            "fail" => Err(ModelError::Endpoint { status: 500, message: "oops".into() }),
            "cut" => Err(ModelError::CutStream),
            _ => Ok(Event::Finished(Finish::new(FinishReason::Other("odd".into()), usage))),
        };
        let pieces = [
            Event::Reasoning("Hm. ".into()),
            Event::Text(said.clone()),
            Event::Text(format!(" {call}")),
            Event::Logprobs(vec![logprob()]),
        ];
        let events = stream::iter(pieces.into_iter().map(Ok).chain([end]));
        if said == "hold" {
            terminated(events.take(2).chain(stream::pending()), cancel)
        } else {
            terminated(events, cancel)
        }
    }

    fn score(
        &self,
        messages: Vec<Message>,
        continuation: String,
        _: CancellationToken,
    ) -> BoxFuture<'static, Result<Vec<TokenLogprob>, ModelError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let result = if messages[0].content == "fail" {
            Err(ModelError::Engine { reason: "oops".into() })
        } else {
            Ok(vec![TokenLogprob { token: continuation, ..logprob() }])
        };
        std::future::ready(result).boxed()
    }
}

fn request(words: &str) -> Request {
    Request::new(vec![Message::user(words)], Sampling { seed: Some(1), ..Sampling::default() })
}

fn cached(directory: &Path) -> (Arc<Parrot>, Cached) {
    let parrot = Arc::new(Parrot::default());
    let store = Arc::new(CacheStore::open(directory).unwrap());
    (Arc::clone(&parrot), Cached::new(parrot, store, "sha256:parrot"))
}

async fn events(model: &Cached, request: Request) -> Vec<Result<Event, ModelError>> {
    model.stream(request, CancellationToken::new()).collect().await
}

async fn text(model: &Cached, request: Request) -> String {
    model.complete(request, CancellationToken::new()).await.unwrap().text
}

#[tokio::test]
async fn the_same_call_is_answered_out_of_the_cache_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let (parrot, model) = cached(directory.path());
    let first = model.complete(request("Hi"), CancellationToken::new()).await.unwrap();
    assert_eq!((first.text.as_str(), first.finish.calls), ("Hi 0", Calls::one()));
    let again = model.complete(request("Hi"), CancellationToken::new()).await.unwrap();
    assert_eq!(again.finish.calls, Calls { cached: 1, ..Calls::one() });
    assert_eq!((&again.text, &again.reasoning, &again.logprobs), (&first.text, &first.reasoning, &first.logprobs));
    assert_eq!((&again.finish.reason, again.finish.usage), (&first.finish.reason, first.finish.usage));
    let items = events(&model, request("Hi")).await;
    let [Ok(Event::Reasoning(_)), Ok(Event::Text(text)), Ok(Event::Logprobs(_)), Ok(Event::Finished(finish))] =
        items.as_slice()
    else {
        panic!("{items:?}")
    };
    assert_eq!((text, finish), (&first.text, &again.finish));
    assert_eq!(parrot.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_streamed_reply_is_kept_by_the_time_it_ends_and_found_by_another_value() {
    let directory = tempfile::tempdir().unwrap();
    let (_, model) = cached(directory.path());
    let mut items = model.stream(request("Hi"), CancellationToken::new());
    while !matches!(items.next().await, Some(Ok(Event::Finished(_)))) {}
    let (parrot, other) = cached(directory.path());
    assert_eq!(text(&other, request("Hi")).await, "Hi 0");
    assert_eq!(parrot.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn other_seeds_models_and_draws_without_a_seed_are_called() {
    let directory = tempfile::tempdir().unwrap();
    let (_, model) = cached(directory.path());
    assert_eq!(text(&model, request("Hi")).await, "Hi 0");
    let seeded = |seed| {
        let mut request = request("Hi");
        request.sampling.seed = seed;
        request
    };
    assert_eq!(text(&model, seeded(Some(2))).await, "Hi 1");
    assert_eq!(text(&model, seeded(None)).await, "Hi 2");
    assert_eq!(text(&model, seeded(None)).await, "Hi 3", "two draws without a seed differ");
    assert_eq!(text(&model, seeded(Some(2))).await, "Hi 1");
    let store = Arc::new(CacheStore::open(directory.path()).unwrap());
    let other = Cached::new(Arc::new(Parrot::default()), Arc::clone(&store), "http://host/v1 other");
    assert_eq!(text(&other, request("Hi")).await, "Hi 0");
    let stats = store.stats().unwrap();
    assert_eq!(stats.models, [("http://host/v1 other".to_owned(), 1), ("sha256:parrot".to_owned(), 2)]);
    assert!(stats.replies() == 3 && stats.bytes > 0 && stats.period.is_some(), "{stats:?}");
}

#[tokio::test]
async fn what_did_not_end_well_is_never_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (parrot, model) = cached(directory.path());
    for words in ["fail", "cut"] {
        for _ in 0..2 {
            assert!(events(&model, request(words)).await.pop().unwrap().is_err());
            model.complete(request(words), CancellationToken::new()).await.unwrap_err();
        }
    }
    let cancel = CancellationToken::new();
    let mut held = model.stream(request("hold"), cancel.clone());
    held.next().await.unwrap().unwrap();
    cancel.cancel();
    let rest: Vec<_> = held.collect().await;
    assert!(matches!(rest.as_slice(), [Ok(Event::Cancelled)]), "{rest:?}");
    assert!(matches!(model.complete(request("hold"), cancel).await, Err(ModelError::Cancelled)));
    assert_eq!(parrot.0.load(Ordering::Relaxed), 10);
    assert_eq!(CacheStore::open(directory.path()).unwrap().stats().unwrap().replies(), 0);
}

#[tokio::test]
async fn a_kept_reply_can_be_cancelled_too() {
    let directory = tempfile::tempdir().unwrap();
    let (_, model) = cached(directory.path());
    text(&model, request("Hi")).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let items: Vec<_> = model.stream(request("Hi"), cancel.clone()).collect().await;
    assert!(matches!(items.as_slice(), [Ok(Event::Cancelled)]), "{items:?}");
    assert!(matches!(model.complete(request("Hi"), cancel).await, Err(ModelError::Cancelled)));
}

#[tokio::test]
async fn scores_are_kept_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let (parrot, model) = cached(directory.path());
    let score = |words: &str, continuation: &str| {
        model.score(vec![Message::user(words)], continuation.into(), CancellationToken::new())
    };
    let first = score("Hi", "Hello").await.unwrap();
    assert_eq!(score("Hi", "Hello").await.unwrap(), first);
    assert_ne!(score("Hi", "Bye").await.unwrap(), first);
    assert!(score("fail", "Hello").await.is_err() && score("fail", "Hello").await.is_err());
    assert_eq!(parrot.0.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn what_was_asked_does_not_stand_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (_, model) = cached(directory.path());
    model.score(vec![Message::user("my-secret-prompt")], "x".into(), CancellationToken::new()).await.unwrap();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("my-secret-prompt"));
    }
}

fn open_error(directory: &Path) -> CacheError {
    match CacheStore::open(directory) {
        Ok(store) => panic!("{} was opened", store.path().display()),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_damaged_file_is_named_left_alone_and_can_be_cleared() {
    let directory = tempfile::tempdir().unwrap();
    let file = CacheStore::open(directory.path()).unwrap().path().to_owned();
    let garbage = b"this is no cache at all, but something that somebody wrote".repeat(100);
    std::fs::write(&file, &garbage).unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, CacheError::Damaged { .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains(&file.display().to_string()) && said.contains("cache clear"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), garbage);
    assert_eq!(CacheStore::clear(directory.path()).unwrap(), None);
    let (_, model) = cached(directory.path());
    text(&model, request("Hi")).await;
    assert_eq!(CacheStore::clear(directory.path()).unwrap(), Some(1));
    assert_eq!(text(&model, request("Hi")).await, "Hi 1", "it goes on with what was emptied");
}

#[tokio::test]
async fn damage_that_shows_later_costs_no_call() {
    let directory = tempfile::tempdir().unwrap();
    let file = CacheStore::open(directory.path()).unwrap().path().to_owned();
    {
        let (_, model) = cached(directory.path());
        for word in 0..200 {
            text(&model, request(&format!("{word} {}", "word ".repeat(100)))).await;
        }
    }
    // The file's head stays as it is: opening it shows nothing.
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let store = Arc::new(CacheStore::open(directory.path()).unwrap());
    let model = Cached::new(Arc::new(Parrot::default()), Arc::clone(&store), "sha256:parrot");
    assert_eq!(text(&model, request("Hi")).await, "Hi 0");
    let fault = store.fault().unwrap();
    assert!(fault.contains("damaged") && fault.contains(&file.display().to_string()), "{fault}");
    drop((model, store));
    assert_eq!(CacheStore::clear(directory.path()).unwrap(), None, "what the error says helps");
    let (_, model) = cached(directory.path());
    text(&model, request("Hi")).await;
    assert_eq!(CacheStore::clear(directory.path()).unwrap(), Some(1));
}

#[test]
fn a_file_of_another_program_is_no_cache() {
    let directory = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(directory.path().join("replies.sqlite")).unwrap();
    other.execute_batch("CREATE TABLE visits (place TEXT); PRAGMA user_version = 1").unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, CacheError::Damaged { .. }), "{error}");
}

#[test]
fn another_versions_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = CacheStore::open(directory.path()).unwrap().path().to_owned();
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, CacheError::Format { found: 7, .. }), "{error}");
}

const WRITER: &str = "THROUGHLINE_TEST_CACHE_WRITER";

/// Fills a cache until it is killed, and names each reply once it is kept. Does nothing unless started by the test
/// below.
#[tokio::test]
async fn writer() {
    let Some(directory) = std::env::var_os(WRITER) else { return };
    let (_, model) = cached(Path::new(&directory));
    for call in 0.. {
        let words = format!("{} of {} {}", call, std::process::id(), "and more ".repeat(call % 700));
        let reply = text(&model, request(&words)).await;
        let mut out = std::io::stdout().lock();
        writeln!(out, "kept\t{words}\t{reply}\twhole").unwrap();
        out.flush().unwrap();
    }
}

fn start_writer(directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(WRITER, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn writers_that_are_killed_lose_nothing_that_was_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for round in 1..=3 {
        // Several at a time, from the making of the file on; each is killed in the middle of its writing.
        let mut writers: Vec<_> = (0..3).map(|_| start_writer(directory.path())).collect();
        for writer in &mut writers {
            let lines = BufReader::new(writer.stdout.take().unwrap()).lines().map_while(Result::ok);
            let mut lines = lines.filter_map(|line| {
                // The last line may be cut as well.
                let line = line.split_once("kept\t")?.1.strip_suffix("\twhole")?;
                line.split_once('\t').map(|(words, reply)| (words.to_owned(), reply.to_owned()))
            });
            let known = kept.len();
            kept.extend(lines.by_ref().take(40 * round));
            assert_eq!(kept.len(), known + 40 * round, "a writer ended by itself");
            writer.kill().unwrap();
            kept.extend(lines);
            writer.wait().unwrap();
        }
    }
    let (parrot, model) = cached(directory.path());
    for (words, reply) in &kept {
        assert_eq!(text(&model, request(words)).await, *reply);
    }
    assert_eq!(parrot.0.load(Ordering::Relaxed), 0, "all {} came out of the cache", kept.len());
}
