//! Whole experiments with scripted models: errors, resume, seeds.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use throughline_assistant::Assistant;
use throughline_conversation::{Transcript, TranscriptReader, Verdict};
use throughline_models::{CancellationToken, ModelError, Request, Retries, Retry, RetryPolicy};

use super::{Scripted, ScriptedListener, agent, cast, plan};
use crate::clock::jump;
use crate::{
    Cast, Experiment, Failure, Plan, PlanError, Progress, ReplayError, Roles, RunDirectory, SampleSet, Summary,
};

const SETTINGS: [&str; 10] = [
    "full",
    "concat",
    "shuffle-concat",
    "sharded",
    "recap",
    "snowball",
    "user-only",
    "ergo",
    "free-rewrite",
    "mediated",
];

pub(super) fn open(path: &Path, plan: Plan, model: &Arc<Scripted>) -> Experiment {
    let cast = cast(model).with_mediator(ScriptedListener::asking(&[Some("Which?")]));
    Experiment::open(path, plan, [cast], toml::Table::new()).unwrap()
}

pub(super) async fn complete(path: &Path, plan: Plan, model: &Arc<Scripted>) -> Summary {
    open(path, plan, model).run(|_| {}, &CancellationToken::new()).await.unwrap()
}

pub(super) fn transcripts(path: &Path) -> Vec<Transcript> {
    let file = fs::File::open(path.join(RunDirectory::TRANSCRIPTS)).unwrap();
    TranscriptReader::new(std::io::BufReader::new(file)).collect::<Result<_, _>>().unwrap()
}

pub(super) fn failures(path: &Path) -> Vec<Failure> {
    let text = fs::read_to_string(path.join(RunDirectory::ERRORS)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every run of the plan has exactly one line.
pub(super) fn assert_complete(path: &Path, plan: &Plan) {
    let mut recorded: Vec<String> = transcripts(path).into_iter().map(|transcript| transcript.conv_id).collect();
    let mut planned: Vec<String> = plan.runs().map(|run| run.conv_id).collect();
    recorded.sort();
    planned.sort();
    assert_eq!(recorded, planned);
}

#[tokio::test]
async fn an_experiment_is_the_whole_grid() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let plan = plan(2, &SETTINGS, 3, 1);
    let mut seen = Vec::new();
    let mut experiment = open(folder.path(), plan.clone(), &model);
    let summary = experiment
        .run(
            |progress| match progress {
                Progress::Planned { runs, finished, .. } => assert_eq!((runs, finished), (60, 0)),
                Progress::Finished { transcript } => seen.push(transcript.conv_id.clone()),
                Progress::Failed { failure } => panic!("{failure:?}"),
                Progress::Left { .. } => panic!("there is no queue"),
            },
            &CancellationToken::new(),
        )
        .await
        .unwrap();
    assert_eq!(summary, Summary { finished: 60, ..Summary::default() });
    assert_complete(folder.path(), &plan);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 60);
    drop(experiment);

    // The same command again has nothing left to do, and asks no model.
    let calls = model.requests().len();
    let summary = complete(folder.path(), plan, &model).await;
    assert_eq!(summary, Summary { earlier: 60, ..Summary::default() });
    assert_eq!(model.requests().len(), calls);
}

#[tokio::test]
async fn a_failing_run_is_an_error_record_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let broken = Scripted::new(|request, _| {
        // The setting full fails, and it alone asks this.
        let fails = request.messages.iter().any(|message| message.content.contains("3 pears and 1 pear"));
        Some(if fails {
            Err(ModelError::Unreachable { url: "http://localhost:1".into(), reason: "refused".into() })
        } else {
            Ok("The answer is 4.".into())
        })
    });
    let plan = plan(2, &["full", "sharded"], 2, 1);
    let summary = complete(folder.path(), plan.clone(), &broken).await;
    assert_eq!(summary, Summary { finished: 4, failed: 4, ..Summary::default() });
    assert!(transcripts(folder.path()).iter().all(|transcript| transcript.conv_type == "sharded"));
    let recorded = failures(folder.path());
    assert_eq!(recorded.len(), 4);
    for failure in &recorded {
        assert_eq!((failure.error.as_str(), failure.role.as_str()), ("unreachable", "assistant"));
        assert!(failure.message.contains("the assistant's model failed: cannot reach http://localhost:1"));
    }

    // Failed runs are tried again; a success supersedes the error.
    let whole = Scripted::saying(&["The answer is 4."]);
    let mut experiment = open(folder.path(), plan.clone(), &whole);
    assert_eq!(experiment.directory().failures().count(), 4);
    let summary = experiment.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(summary, Summary { earlier: 4, finished: 4, ..Summary::default() });
    assert_eq!(experiment.directory().failures().count(), 0);
    assert_complete(folder.path(), &plan);
}

#[tokio::test]
async fn an_answer_that_cannot_be_judged_is_an_error_and_no_score() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is beyond judging."]);
    let summary = complete(folder.path(), plan(1, &["full"], 1, 1), &model).await;
    assert_eq!(summary, Summary { failed: 1, ..Summary::default() });
    let [failure] = &failures(folder.path())[..] else { panic!() };
    assert_eq!((failure.error.as_str(), failure.role.as_str()), ("evaluator", "evaluator"));
    assert_eq!(failure.message, "the answer could not be judged: the evaluation was given up");
    assert!(transcripts(folder.path()).is_empty());
}

#[tokio::test]
async fn samples_that_cannot_be_judged_here_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let code = json!({
        "task_id": "c", "task": "code", "prompt": "def f(): pass", "metadata": {"func_name": "f"},
        "test": "def check(f): pass", "shards": [{"shard_id": 1, "shard": "f"}],
    });
    let samples = SampleSet::parse("code.json", code.to_string().as_bytes()).unwrap();
    let plan = Plan::new([samples], plan(1, &["full"], 1, 1).grid().clone(), Roles::default()).unwrap();
    let Err(refused) = Experiment::open(&run, plan, [cast(&Scripted::saying(&[""]))], toml::Table::new()) else {
        panic!()
    };
    assert!(matches!(refused, ReplayError::Plan(PlanError::NotReady { .. })), "{refused}");
    assert!(!run.exists());
}

#[tokio::test]
async fn what_a_failed_run_repeated_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    // The first reply comes at the second attempt, the next one not at all.
    let model = Scripted::new(|_, attempt| match attempt {
        0 => Some(Err(ModelError::CutStream)),
        1 => Some(Ok("Go on.".into())),
        _ => Some(Err(ModelError::Timeout { url: "http://localhost:1".into(), seconds: 1 })),
    });
    let policy = RetryPolicy { retries: 2, first_delay: Duration::from_millis(1), ..RetryPolicy::default() };
    let assistant = Assistant::new(Arc::new(Retry::new(Arc::into_inner(model).unwrap(), policy)), agent());
    let plan = plan(1, &["sharded"], 1, 1);
    let mut experiment = Experiment::open(folder.path(), plan, [Cast::new(assistant)], toml::Table::new()).unwrap();
    let summary = experiment.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(summary, Summary { failed: 1, ..Summary::default() });
    let [failure] = &failures(folder.path())[..] else { panic!() };
    assert_eq!(failure.retries, Retries { cut_stream: 1, transient: 2, ..Retries::default() });
}

#[tokio::test]
async fn a_cancelled_experiment_goes_on_where_it_was() {
    for stop_after in [1, 4, 9] {
        let folder = tempfile::tempdir().unwrap();
        let model = Scripted::saying(&["The answer is 4."]);
        // Those under way may still come to their end: there must be more than that.
        let plan = plan(6, &["full", "sharded", "mediated"], 1, 1);
        let cancel = CancellationToken::new();
        let mut finished = 0;
        let count = |progress: Progress<'_>| {
            finished += usize::from(matches!(progress, Progress::Finished { .. }));
            if finished == stop_after {
                cancel.cancel();
            }
        };
        let summary = open(folder.path(), plan.clone(), &model).run(count, &cancel).await.unwrap();
        assert!(summary.finished >= stop_after && summary.left > 0, "{summary:?}");
        assert_eq!((summary.finished + summary.left, summary.failed), (18, 0));
        assert_eq!(transcripts(folder.path()).len(), summary.finished);

        let again = complete(folder.path(), plan.clone(), &model).await;
        assert_eq!(again, Summary { earlier: summary.finished, finished: summary.left, ..Summary::default() });
        assert_complete(folder.path(), &plan);
        assert!(failures(folder.path()).is_empty(), "a cancelled run is no error");
    }
}

#[tokio::test]
async fn cancelling_does_not_wait_for_a_silent_model() {
    let folder = tempfile::tempdir().unwrap();
    let silent = Scripted::new(|_, _| None);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let plan = plan(3, &["full"], 1, 1);
    let mut experiment = open(folder.path(), plan, &silent);
    let (summary, ()) = tokio::join!(experiment.run(|_| {}, &cancel), async {
        tokio::task::yield_now().await;
        stop.cancel();
    });
    assert_eq!(summary.unwrap(), Summary { left: 3, ..Summary::default() });
    assert!(transcripts(folder.path()).is_empty() && failures(folder.path()).is_empty());
}

#[tokio::test]
async fn no_more_runs_go_on_at_a_time_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let silent = Scripted::new(|_, _| None);
    let cancel = CancellationToken::new();
    let mut experiment =
        open(folder.path(), plan(9, &["full"], 1, 1), &silent).with_concurrency(NonZeroUsize::new(2).unwrap());
    let (_, ()) = tokio::join!(experiment.run(|_| {}, &cancel), async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    });
    assert_eq!(silent.requests().len(), 2);
}

#[tokio::test]
async fn a_kill_at_any_byte_costs_at_most_the_run_being_written() {
    let model = Scripted::saying(&["The answer is 3.", "The answer is 4."]);
    let plan = plan(1, &["full", "sharded", "mediated"], 1, 1);
    let whole = tempfile::tempdir().unwrap();
    complete(whole.path(), plan.clone(), &model).await;
    let written = fs::read(whole.path().join(RunDirectory::TRANSCRIPTS)).unwrap();
    let manifest = fs::read(whole.path().join(RunDirectory::MANIFEST)).unwrap();

    let ends: Vec<usize> = (0..written.len()).filter(|&place| written[place] == b'\n').collect();
    let around = ends.iter().flat_map(|&end| [end - 1, end, end + 1]);
    for cut in (0..written.len()).step_by(97).chain(around) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(RunDirectory::MANIFEST), &manifest).unwrap();
        fs::write(folder.path().join(RunDirectory::TRANSCRIPTS), &written[..cut]).unwrap();
        let summary = complete(folder.path(), plan.clone(), &model).await;
        let kept = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!((summary.earlier, summary.finished), (kept, 3 - kept), "cut at {cut}");
        let now = fs::read(folder.path().join(RunDirectory::TRANSCRIPTS)).unwrap();
        let settled = ends[..kept].last().map_or(0, |end| end + 1);
        assert_eq!(&now[..settled], &written[..settled], "cut at {cut}");
        assert_complete(folder.path(), &plan);
    }
}

#[tokio::test]
async fn an_experiment_can_run_on_any_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let run = tokio::spawn(async move {
        let model = Scripted::saying(&["The answer is 4."]);
        let mut experiment = open(&path, plan(1, &["full"], 1, 1), &model);
        experiment.run(|_| {}, &CancellationToken::new()).await.unwrap()
    });
    assert_eq!(run.await.unwrap(), Summary { finished: 1, ..Summary::default() });
}

/// What the model was asked, in an order that does not depend on which run came first.
fn asked(model: &Scripted) -> BTreeSet<(u32, String)> {
    let requests = model.requests().into_iter();
    requests.map(|Request { messages, sampling, .. }| (sampling.seed.unwrap(), format!("{messages:?}"))).collect()
}

async fn replayed(seed: u32, concurrency: usize) -> (BTreeSet<(u32, String)>, BTreeMap<String, Verdict>) {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::new(|request, _| {
        let seed = request.sampling.seed.unwrap();
        let sure = if seed % 2 == 0 { "" } else { "perhaps perhaps perhaps " };
        Some(Ok(format!("{sure}The answer is {}.", seed % 3 + 3)))
    });
    let mut experiment = open(folder.path(), plan(2, &SETTINGS, 3, seed), &model)
        .with_concurrency(NonZeroUsize::new(concurrency).unwrap());
    experiment.run(|_| {}, &CancellationToken::new()).await.unwrap();
    let verdicts = transcripts(folder.path());
    let verdicts = verdicts.into_iter().map(|transcript| (transcript.conv_id.clone(), transcript.verdict().unwrap()));
    (asked(&model), verdicts.collect())
}

#[tokio::test]
async fn the_same_seed_repeats_the_experiment_whatever_its_pace() {
    let (calls, verdicts) = replayed(7, 1).await;
    assert_eq!((calls.clone(), verdicts.clone()), replayed(7, 5).await);
    let seeds: BTreeSet<u32> = calls.iter().map(|(seed, _)| *seed).collect();
    assert_eq!(seeds.len(), calls.len(), "every call has a seed of its own");

    let (other, others) = replayed(8, 1).await;
    assert!(other.iter().all(|(seed, _)| !seeds.contains(seed)));
    assert!(others.keys().all(|conv_id| !verdicts.contains_key(conv_id)));
}

#[tokio::test]
async fn a_clock_that_jumps_back_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::saying(&["The answer is 4."]);
    let plan = plan(3, &SETTINGS, 1, 1);
    let cancel = CancellationToken::new();
    let mut finished = 0;
    let stop = |progress: Progress<'_>| {
        finished += usize::from(matches!(progress, Progress::Finished { .. }));
        if finished == 7 {
            cancel.cancel();
        }
    };
    // Half a day back each time that anything looks at it, in the middle of runs and between invocations.
    jump::EACH.set(12);
    let first = open(folder.path(), plan.clone(), &model).run(stop, &cancel).await.unwrap();
    let before = fs::read_to_string(folder.path().join(RunDirectory::TRANSCRIPTS)).unwrap();
    let second = complete(folder.path(), plan.clone(), &model).await;
    jump::EACH.set(0);
    assert_eq!((second.earlier, second.finished), (first.finished, first.left));
    assert_complete(folder.path(), &plan);
    let after = fs::read_to_string(folder.path().join(RunDirectory::TRANSCRIPTS)).unwrap();
    assert!(after.starts_with(&before), "lines stand in the order in which runs ended, whatever the clock said");
    let recorded = transcripts(folder.path());
    let started: Vec<&str> = recorded.iter().map(|run| run.other["started"].as_str().unwrap()).collect();
    assert!(started[0] > started[started.len() - 1], "the clock did go back: {started:?}");
    for run in &recorded {
        let mut durations = vec![run.other["seconds"].as_f64().unwrap()];
        durations.extend(run.trace.iter().filter_map(|entry| entry.other.get("seconds")?.as_f64()));
        assert!(durations.iter().all(|seconds| (0.0..60.0).contains(seconds)), "{durations:?}");
    }
    let steady = tempfile::tempdir().unwrap();
    complete(steady.path(), plan, &model).await;
    let tally = |path| RunDirectory::look(path).unwrap().tally.scores;
    assert_eq!(tally(folder.path()), tally(steady.path()));
}
