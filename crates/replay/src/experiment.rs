//! Carrying out a plan, as often as it takes.

use std::num::NonZeroUsize;
use std::path::Path;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use throughline_conversation::Transcript;
use throughline_models::{CancellationToken, Retries, with_retries};

use crate::error::chain;
use crate::recorder::now;
use crate::{Cast, Failure, Manifest, Plan, PlannedRun, ReplayError, RunDirectory, RunError, replay};

/// How many runs go on at a time, unless told otherwise.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

/// What happened in an experiment, as it happens.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The experiment begins.
    Planned {
        /// How many runs it consists of.
        runs: usize,
        /// How many of them were finished earlier.
        finished: usize,
    },
    /// A run was finished and kept.
    Finished {
        /// Its transcript.
        transcript: &'a Transcript,
    },
    /// A run failed; the others go on.
    Failed {
        /// Its error record.
        failure: &'a Failure,
    },
}

/// How an experiment stands when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs that were finished before.
    pub earlier: usize,
    /// Runs that were finished now.
    pub finished: usize,
    /// Runs that failed now; the next invocation tries them again.
    pub failed: usize,
    /// Runs that were not tried, or not to their end, because the experiment was cancelled.
    pub left: usize,
}

/// A plan, who takes part, and where the results are kept.
pub struct Experiment {
    plan: Plan,
    cast: Cast,
    directory: RunDirectory,
    concurrency: NonZeroUsize,
}

impl Experiment {
    /// An experiment that keeps its results in the folder `path`, and goes on from those that are there. `config`
    /// is what else shapes its results, see [`Manifest::config`].
    ///
    /// # Errors
    /// [`ReplayError`] when answers cannot be judged with what the cast has for that, and when the directory cannot be
    /// used.
    pub fn open(path: &Path, plan: Plan, cast: Cast, config: toml::Table) -> Result<Self, ReplayError> {
        plan.ready(cast.environment())?;
        let directory = RunDirectory::open(path, &Manifest::new(&plan, config))?;
        Ok(Self { plan, cast, directory, concurrency: CONCURRENCY })
    }

    /// The same experiment with at most this many runs at a time; 4 unless set.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Where the results are kept.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// What is done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Does the runs that are left. A run that fails is recorded as an error and tried again by the next call; the
    /// others go on. Once `cancel` is cancelled, no run is begun, those under way are given up without a trace, and
    /// the call returns.
    ///
    /// # Errors
    /// [`ReplayError`] when a result cannot be kept. Nothing is then half-written, and no further run is begun.
    pub async fn run(
        &mut self,
        mut progress: impl FnMut(Progress<'_>),
        cancel: &CancellationToken,
    ) -> Result<Summary, ReplayError> {
        let Self { plan, cast, directory, concurrency } = self;
        let to_do: Vec<PlannedRun<'_>> = plan.to_do(directory.finished()).collect();
        let mut summary = Summary { earlier: plan.len() - to_do.len(), left: to_do.len(), ..Summary::default() };
        progress(Progress::Planned { runs: plan.len(), finished: summary.earlier });

        let mut waiting = to_do.iter();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < concurrency.get() && !cancel.is_cancelled() {
                let Some(run) = waiting.next() else { break };
                under_way.push(attempt(run, cast, cancel));
            }
            let Some((run, outcome)) = under_way.next().await else { break };
            match outcome {
                // The write is done here and now, on purpose: no cancelling can fall into the middle of it.
                Some((Ok(transcript), _)) => {
                    directory.record(&transcript)?;
                    summary.finished += 1;
                    progress(Progress::Finished { transcript: &transcript });
                }
                // What a run says that was given up is not to be taken for its outcome.
                Some((Err(_), _)) if cancel.is_cancelled() => continue,
                None => continue,
                Some((Err(error), retries)) => {
                    let failure = failure(run, &error, retries);
                    directory.record_failure(&failure)?;
                    summary.failed += 1;
                    progress(Progress::Failed { failure: &failure });
                }
            }
            summary.left -= 1;
        }
        Ok(summary)
    }
}

/// A run, what came of it, and what was repeated in it.
type Attempt<'a> = (&'a PlannedRun<'a>, Option<(Result<Transcript, RunError>, Retries)>);

/// One run and what came of it; `None` when it was given up. Boxed, so that the caller's future can be sent to
/// another thread.
fn attempt<'a>(run: &'a PlannedRun<'a>, cast: &'a Cast, cancel: &'a CancellationToken) -> BoxFuture<'a, Attempt<'a>> {
    Box::pin(async move { (run, cancel.run_until_cancelled(with_retries(replay(run, cast, cancel))).await) })
}

fn failure(run: &PlannedRun<'_>, error: &RunError, retries: Retries) -> Failure {
    Failure {
        conv_id: run.conv_id.clone(),
        conv_type: run.setting.name().to_owned(),
        task: run.family.name().to_owned(),
        task_id: run.sample.task_id.clone(),
        repeat: run.repeat,
        role: error.role().to_owned(),
        error: error.kind().to_owned(),
        class: error.class().as_str().to_owned(),
        retries,
        message: chain(error),
        timestamp: now(),
    }
}
