//! What an experiment may take, and what it took.

use throughline_models::{CancellationToken, ModelError};

use super::experiments::{assert_complete, complete, failures, open};
use super::{Scripted, plan};
use crate::{Limits, Reached, RunDirectory, Summary};

/// Tokens that each call of a scripted model takes.
const A_CALL: u64 = 5;

#[tokio::test]
async fn a_limit_keeps_further_runs_from_being_begun_and_a_higher_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let plan = plan(6, &["full", "concat"], 1, 1);
    let within = async |tokens: u64| {
        let experiment = open(folder.path(), plan.clone(), &model).with_concurrency(std::num::NonZeroUsize::MIN);
        let mut experiment = experiment.with_limits(Limits { tokens: Some(tokens), cost_usd: None });
        experiment.run(|_| {}, &CancellationToken::new()).await.unwrap()
    };
    let summary = within(3 * A_CALL - 1).await;
    let reached = Reached::Tokens { spent: 3 * A_CALL, most: 3 * A_CALL - 1 };
    assert_eq!(summary, Summary { finished: 3, left: 9, reached: Some(reached), ..Summary::default() });
    assert_eq!(reached.to_string(), "the limit on tokens is reached: 15 of 14 are spent");

    // What was taken before counts: the same limit begins nothing.
    let summary = within(3 * A_CALL).await;
    assert_eq!((summary.finished, summary.left), (0, 9));
    let summary = within(5 * A_CALL).await;
    assert_eq!((summary.earlier, summary.finished, summary.left), (3, 2, 7));
    // A limit that is reached with the last run kept nothing back.
    let summary = within(12 * A_CALL).await;
    assert_eq!(summary, Summary { earlier: 5, finished: 7, ..Summary::default() });
    assert_complete(folder.path(), &plan);
}

#[tokio::test]
async fn runs_under_way_come_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let experiment = open(folder.path(), plan(8, &["full"], 1, 1), &model);
    let mut experiment = experiment.with_limits(Limits { tokens: Some(1), cost_usd: None });
    let summary = experiment.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!((summary.finished, summary.left, summary.failed), (4, 4, 0), "four go on at a time");
}

#[tokio::test]
async fn what_a_failed_attempt_took_counts() {
    let folder = tempfile::tempdir().unwrap();
    // The second call of each conversation fails.
    let model = Scripted::new(|request, _| {
        let fails = request.messages.len() > 2;
        Some(if fails { Err(ModelError::CutStream) } else { Ok("And?".into()) })
    });
    let summary = complete(folder.path(), plan(1, &["sharded"], 1, 1), &model).await;
    assert_eq!(summary.failed, 1);
    let [failure] = &failures(folder.path())[..] else { panic!() };
    assert_eq!(failure.usage["assistant"].prompt_tokens + failure.usage["assistant"].completion_tokens, A_CALL);
    assert_eq!((failure.calls["assistant"].made, failure.assistant_model.as_str()), (1, "parrot"));
    let overview = RunDirectory::look(folder.path()).unwrap();
    assert_eq!((overview.tally.calls.made, overview.tally.finished()), (1, 0));
    let limits = Limits { tokens: Some(A_CALL), cost_usd: None };
    assert!(limits.reached(&overview.tally).is_some());
    assert!(Limits { tokens: Some(A_CALL + 1), cost_usd: Some(0.1) }.reached(&overview.tally).is_none());

    // Only what failed is tried again where that is asked for.
    let plan = plan(2, &["sharded"], 1, 1);
    let folder = tempfile::tempdir().unwrap();
    let first = Scripted::new(|request, call| {
        let fails = call == 0 && request.messages.len() == 2;
        Some(if fails { Err(ModelError::CutStream) } else { Ok("The answer is 4.".into()) })
    });
    let experiment = open(folder.path(), plan.clone(), &first).with_concurrency(std::num::NonZeroUsize::MIN);
    let mut experiment = experiment.with_limits(Limits { tokens: Some(0), cost_usd: None });
    assert_eq!(experiment.run(|_| {}, &CancellationToken::new()).await.unwrap().left, 2);
    drop(experiment);
    let cancel = CancellationToken::new();
    let mut experiment = open(folder.path(), plan.clone(), &first).with_concurrency(std::num::NonZeroUsize::MIN);
    experiment.run(|_| cancel.cancel(), &cancel).await.unwrap();
    drop(experiment);
    let mut experiment = open(folder.path(), plan.clone(), &first).with_concurrency(std::num::NonZeroUsize::MIN);
    let mut ended = 0;
    let cancel = CancellationToken::new();
    let stop_after_failure = |progress: crate::Progress<'_>| {
        ended += usize::from(matches!(progress, crate::Progress::Failed { .. }));
        if ended > 0 {
            cancel.cancel();
        }
    };
    let summary = experiment.run(stop_after_failure, &cancel).await.unwrap();
    assert_eq!((summary.failed, summary.left), (1, 1));
    drop(experiment);
    let mut experiment = open(folder.path(), plan.clone(), &first).retrying();
    let summary = experiment.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(summary, Summary { finished: 1, ..Summary::default() }, "the run that was never tried is left alone");
    drop(experiment);
    complete(folder.path(), plan.clone(), &first).await;
    assert_complete(folder.path(), &plan);
}
