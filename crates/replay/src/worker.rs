//! Carrying out the runs that a queue deals out, beside other workers.

use std::iter::Peekable;
use std::slice::Chunks;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use throughline_models::CancellationToken;
use throughline_queue::{Dealt, Queue, QueueError, Task};
use tokio::time::{MissedTickBehavior, interval};

use crate::{Experiment, PlannedRun, Progress, ReplayError, RunDirectory, Summary, attempt};

/// How often the queue is asked how many runs are left.
const LOOKS: Duration = Duration::from_secs(1);
/// As many runs are put into the queue at a time, and while there are fewer left than this.
const PUT_IN: usize = 1000;

impl Experiment {
    /// Does runs that the queue deals out, until no worker has any left. All workers put the runs of the experiment in; each
    /// keeps those that were dealt to it in a run directory of its own, to be put together with
    /// [`merge`](crate::merge). Runs of this directory that failed are put in again; otherwise as [`Experiment::run`].
    ///
    /// # Errors
    /// [`ReplayError`] when a result cannot be kept, and when the queue is lost; the runs under way come to their end before,
    /// and are kept. Nothing is half-written; a run that the queue does not know to be finished is dealt again.
    pub async fn work(
        &mut self,
        queue: &Queue,
        mut progress: impl FnMut(Progress<'_>),
        cancel: &CancellationToken,
    ) -> Result<Summary, ReplayError> {
        let Self { plan, casts, directory, concurrency, limits, .. } = self;
        let tasks = tasks(plan.to_do(directory.finished()), directory);
        let mut to_put_in = tasks.chunks(PUT_IN).peekable();
        let mut summary = Summary { earlier: directory.finished().len(), left: tasks.len(), ..Summary::default() };
        summary.reached = limits.reached(directory.tally());
        let (runs, tally) = (summary.earlier + summary.left, directory.tally());
        progress(Progress::Planned { runs, finished: summary.earlier, tally });

        let mut deals = queue.deal(*concurrency);
        let mut under_way = FuturesUnordered::new();
        let mut lost = false;
        let mut look = interval(LOOKS);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let goes_on = !lost && !cancel.is_cancelled() && summary.reached.is_none();
            if !goes_on && under_way.is_empty() {
                break;
            }
            tokio::select! {
                Some((outcome, task)) = under_way.next() => {
                    // What was given up is handed back by being dropped.
                    let task: Dealt = task;
                    if summary.keep(&outcome, directory, &mut progress)? {
                        task.done();
                    }
                    summary.reached = limits.reached(directory.tally());
                }
                task = deals.next(), if goes_on => {
                    let Some(task) = task else {
                        lost = true;
                        continue;
                    };
                    if directory.finished().contains(&task.name) {
                        task.done();
                    } else if let Some(run) = plan.find(&task.name) && let Some(cast) = casts.get(run.assistant) {
                        under_way.push(async move { (attempt(&run, cast, cancel).await, task) }.boxed());
                    }
                }
                _ = look.tick(), if goes_on => match top_up(queue, &mut to_put_in).await {
                    Ok(0) if to_put_in.peek().is_none() => break,
                    Ok(left) => {
                        summary.left = left;
                        let outside: usize = to_put_in.clone().map(<[Task]>::len).sum();
                        progress(Progress::Left { runs: left + outside });
                    }
                    // Whether it comes back is decided where tasks are dealt.
                    Err(error) => tracing::warn!(%error, "the queue does not tell how many runs are left"),
                },
                () = cancel.cancelled(), if goes_on => {}
            }
        }
        drop(under_way);
        deals.leave().await?;
        summary.left = queue.left().await?;
        Ok(summary)
    }
}

/// How many runs are left in the queue; where they get few, more are put in.
async fn top_up(queue: &Queue, to_put_in: &mut Peekable<Chunks<'_, Task>>) -> Result<usize, QueueError> {
    let left = queue.left().await?;
    if left >= PUT_IN {
        return Ok(left);
    }
    let Some(more) = to_put_in.peek() else { return Ok(left) };
    queue.push(more.iter().cloned()).await?;
    to_put_in.next();
    queue.left().await
}

/// The runs as tasks. Each is put in once, and once more for each time that it failed here.
fn tasks<'a>(runs: impl Iterator<Item = PlannedRun<'a>>, directory: &RunDirectory) -> Vec<Task> {
    let key = |name: &str| match directory.failure(name) {
        Some(failure) => format!("{name} after {}", failure.timestamp),
        None => name.to_owned(),
    };
    runs.map(|run| Task { key: key(&run.conv_id), name: run.conv_id }).collect()
}
