//! Workers that share an experiment over a queue.

use std::path::Path;
use std::sync::Arc;

use throughline_models::{CancellationToken, ModelError};
use throughline_queue::{Address, Queue};

use super::experiments::{assert_complete, failures, open, transcripts};
use super::{Scripted, plan};
use crate::{Experiment, Limits, Plan, Progress, Reached, Summary, Unlike, merge};

const SETTINGS: [&str; 2] = ["full", "sharded"];

fn whole() -> Plan {
    plan(5, &SETTINGS, 2, 1)
}

/// A worker, and the queue as it knows it.
async fn worker(folder: &Path, name: &str, model: &Arc<Scripted>) -> (Experiment, Queue) {
    let experiment = open(&folder.join(name), whole(), model);
    let address = Address::Sqlite(folder.join("queue.sqlite"));
    let queue = Queue::open(address, &experiment.identity()).await.unwrap();
    (experiment, queue)
}

async fn work(folder: &Path, name: &str, model: &Arc<Scripted>) -> Summary {
    let (mut experiment, queue) = worker(folder, name, model).await;
    experiment.work(&queue, |_| {}, &CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn workers_do_every_run_once_and_leave_when_none_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let (one, other) = tokio::join!(work(folder.path(), "one", &model), work(folder.path(), "other", &model));
    assert_eq!((one.finished + other.finished, one.left, other.left), (20, 0, 0));
    let paths = ["one", "other"].map(|name| folder.path().join(name));
    let merged = merge(&paths, &folder.path().join("whole"), Unlike::Refuse).unwrap();
    assert_eq!((merged.finished, merged.twice), (20, 0));
    assert_complete(&folder.path().join("whole"), &whole());
    // Who comes later has nothing to do, and asks no model.
    let calls = model.requests().len();
    assert_eq!(work(folder.path(), "late", &model).await, Summary::default());
    assert_eq!(model.requests().len(), calls);
}

#[tokio::test]
async fn a_run_that_failed_is_tried_again_by_the_worker_that_it_failed_for() {
    let folder = tempfile::tempdir().unwrap();
    let broken = Scripted::new(|_, call| {
        Some(if call == 0 { Err(ModelError::CutStream) } else { Ok("The answer is 4.".into()) })
    });
    let first = work(folder.path(), "one", &broken).await;
    assert_eq!(first, Summary { finished: 19, failed: 1, ..Summary::default() });
    let again = work(folder.path(), "one", &broken).await;
    assert_eq!(again, Summary { earlier: 19, finished: 1, ..Summary::default() });
    assert_complete(&folder.path().join("one"), &whole());
    assert_eq!(failures(&folder.path().join("one")).len(), 1);
}

#[tokio::test]
async fn what_is_given_up_is_another_workers_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let (mut experiment, queue) = worker(folder.path(), "one", &model).await;
    let cancel = CancellationToken::new();
    let stop_soon = |progress: Progress<'_>| {
        if matches!(progress, Progress::Finished { .. }) {
            cancel.cancel();
        }
    };
    let stopped = experiment.work(&queue, stop_soon, &cancel).await.unwrap();
    assert!(stopped.finished >= 1 && stopped.left == 20 - stopped.finished, "{stopped:?}");
    assert!(failures(&folder.path().join("one")).is_empty(), "giving up is no error");
    let rest = work(folder.path(), "other", &model).await;
    assert_eq!(rest, Summary { finished: stopped.left, ..Summary::default() });
}

#[tokio::test]
async fn a_worker_within_limits_leaves_the_rest_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let (experiment, queue) = worker(folder.path(), "one", &model).await;
    let limits = Limits { tokens: Some(1), ..Limits::default() };
    let mut experiment = experiment.with_limits(limits);
    let summary = experiment.work(&queue, |_| {}, &CancellationToken::new()).await.unwrap();
    assert!(matches!(summary.reached, Some(Reached::Tokens { .. })), "{summary:?}");
    assert_eq!(summary.left, 20 - summary.finished);
    assert_eq!(work(folder.path(), "other", &model).await.finished, summary.left);
}

#[tokio::test]
async fn runs_that_were_done_twice_are_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let models = ["The answer is 4.", "The answer is 5."].map(|reply| Scripted::saying(&[reply]));
    for (name, model) in ["one", "other"].iter().zip(&models) {
        // Each with a queue of its own, as if the other one's were lost.
        let mut experiment = open(&folder.path().join(name), whole(), model);
        let queue = Queue::open(Address::Sqlite(folder.path().join(format!("{name}.sqlite"))), "any").await.unwrap();
        experiment.work(&queue, |_| {}, &CancellationToken::new()).await.unwrap();
    }
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    let merged = folder.path().join("merged");
    let refused = merge(&[one.clone(), other.clone()], &merged, Unlike::Refuse).unwrap_err().to_string();
    assert!(refused.contains("not the same"), "{refused}");
    let kept = merge(&[one.clone(), other.clone()], &merged, Unlike::KeepFirst).unwrap();
    assert_eq!((kept.finished, kept.twice), (20, 20));
    let names = |path: &Path| transcripts(path).into_iter().map(|run| (run.conv_id, run.score)).collect::<Vec<_>>();
    assert_eq!(names(&merged), names(&one));
    // What is merged already stays, whatever is named first the next time.
    merge(&[other, one.clone()], &merged, Unlike::KeepFirst).unwrap();
    assert_eq!(names(&merged), names(&one));
}
