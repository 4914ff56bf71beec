//! Queues in a file and on a real server.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{Address, Deals, Queue, Task};

#[path = "../../../tests/e2e/redis.rs"]
mod redis;

/// Far longer than any step takes: workers look for tasks every two seconds.
const PATIENCE: Duration = Duration::from_mins(1);
const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn task(name: &str) -> Task {
    Task { name: name.to_owned(), key: name.to_owned() }
}

fn names(tasks: usize) -> BTreeSet<String> {
    (0..tasks).map(|number| format!("task {number}")).collect()
}

async fn next(deals: &mut Deals) -> crate::Dealt {
    timeout(PATIENCE, deals.next()).await.expect("a task is dealt").expect("the queue is there")
}

async fn until_left(queue: &Queue, left: usize) {
    let reached = async {
        while queue.left().await.unwrap() != left {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{left} are to be left"));
}

/// Whatever a queue promises, for the queue at an address.
async fn keeps_its_promises(address: &str) {
    let open = |name: &'static str| Queue::open(address.parse().unwrap(), name);
    let queue = open("first").await.unwrap();
    assert_eq!(queue.left().await.unwrap(), 0);

    // However often a task is put in, by whomever, it is dealt once.
    queue.push(names(5).iter().map(|name| task(name))).await.unwrap();
    open("first").await.unwrap().push(names(6).iter().map(|name| task(name))).await.unwrap();
    assert_eq!(queue.left().await.unwrap(), 6);
    let (mut one, mut other) = (queue.deal(ONE), queue.deal(ONE));
    let mut dealt = Vec::new();
    for _ in 0..6 {
        let task = tokio::select! { task = next(&mut one) => task, task = next(&mut other) => task };
        dealt.push(task.name.clone());
        task.done();
    }
    until_left(&queue, 0).await;
    assert_eq!(dealt.len(), names(6).len());
    assert_eq!(dealt.into_iter().collect::<BTreeSet<_>>(), names(6));
    other.leave().await.unwrap();
    queue.push([task("task 3")]).await.unwrap();
    assert_eq!(queue.left().await.unwrap(), 0, "it was done before");

    // What is handed back is dealt again; so many at a time and no more.
    queue.push([task("a"), task("b")]).await.unwrap();
    let first = next(&mut one).await;
    assert!(timeout(Duration::from_millis(300), one.next()).await.is_err(), "one at a time");
    let name = first.name.clone();
    drop(first);
    let mut dealt = vec![name];
    while queue.left().await.unwrap() > 0 {
        let Ok(task) = timeout(Duration::from_secs(5), one.next()).await else { continue };
        let task = task.unwrap();
        dealt.push(task.name.clone());
        task.done();
        sleep(Duration::from_millis(100)).await;
    }
    dealt.sort();
    assert!(matches!(&dealt.iter().map(String::as_str).collect::<Vec<_>>()[..], ["a", "a" | "b", "b"]), "{dealt:?}");

    // Who leaves hands back what it has; queues of other names have tasks of their own.
    queue.push([task("c")]).await.unwrap();
    let held = next(&mut one).await;
    assert_eq!((held.name.as_str(), queue.left().await.unwrap()), ("c", 1));
    drop(held);
    one.leave().await.unwrap();
    assert_eq!(open("second").await.unwrap().left().await.unwrap(), 0);
    let mut again = queue.deal(ONE);
    let task = next(&mut again).await;
    assert_eq!(task.name, "c");
    task.done();
    again.leave().await.unwrap();
    assert_eq!(queue.left().await.unwrap(), 0);
}

#[tokio::test]
async fn a_queue_in_a_file_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    keeps_its_promises(&folder.path().join("queue.sqlite").display().to_string()).await;
}

#[tokio::test]
async fn a_queue_on_a_redis_server_keeps_its_promises() {
    let server = redis::Redis::start();
    keeps_its_promises(&server.address()).await;
}

#[tokio::test]
async fn more_tasks_than_redis_takes_at_once_are_put_in_as_they_get_fewer() {
    let server = redis::Redis::start();
    let queue = Queue::open(server.address().parse().unwrap(), "many").await.unwrap();
    let mut deals = queue.deal(ONE);
    for thousand in 0..9 {
        queue.push((0..1000).map(|number| task(&format!("{thousand} {number}")))).await.unwrap();
        next(&mut deals).await.done();
    }
    until_left(&queue, 9000 - 9).await;
    deals.leave().await.unwrap();
}

#[tokio::test]
async fn what_is_no_queue_is_told_and_no_password() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "These are notes, and no database at all.".repeat(50)).unwrap();
    let file = Address::Sqlite(folder.path().join("notes.txt"));
    let error = Queue::open(file, "any").await.unwrap_err().to_string();
    assert!(error.contains("notes.txt cannot be used"), "{error}");

    let server = redis::Redis::start();
    let wrong = server.address().replace("end-to-end-password", "secret-of-mine");
    let error = Queue::open(wrong.parse().unwrap(), "any").await.unwrap_err();
    let told = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
    assert!(told.contains("cannot be used") && !told.contains("secret-of-mine"), "{told}");
}
