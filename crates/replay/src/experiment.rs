//! Carrying out a plan, as often as it takes.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::Path;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use throughline_conversation::Transcript;
use throughline_models::{CancellationToken, with_retries};

use crate::run::conduct;
use crate::{Cast, Failure, Limits, Manifest, Plan, PlanError, PlannedRun, Reached, ReplayError, RunDirectory, Tally};

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
        /// What those came to, with earlier failures.
        tally: &'a Tally,
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
    /// So many runs of all workers are left, where a queue deals them out.
    Left {
        /// How many.
        runs: usize,
    },
}

/// How an experiment stands when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Runs that were finished before.
    pub earlier: usize,
    /// Runs that were finished now.
    pub finished: usize,
    /// Runs that failed now; the next invocation tries them again.
    pub failed: usize,
    /// Runs that were not tried, or not to their end, because the experiment was cancelled or a limit was reached; those of
    /// all workers where a queue deals them out.
    pub left: usize,
    /// The limit that kept runs from being begun.
    pub reached: Option<Reached>,
}

/// A plan, who takes part, and where the results are kept.
pub struct Experiment {
    pub(crate) plan: Plan,
    pub(crate) casts: Vec<Cast>,
    pub(crate) directory: RunDirectory,
    pub(crate) concurrency: NonZeroUsize,
    pub(crate) limits: Limits,
    manifest: Manifest,
    only: Option<HashSet<String>>,
}

/// What came of a run.
pub enum Outcome {
    /// It came to its end.
    Finished(Box<Transcript>),
    /// It failed, and can be tried again.
    Failed(Box<Failure>),
    /// It was cancelled, and leaves no trace.
    GivenUp,
}

impl Experiment {
    /// An experiment that keeps its results in the folder `path`, and goes on from those that are there. There is a cast
    /// for each assistant of the plan, in the plan's order. `config` is what else shapes the results, see
    /// [`Manifest::config`].
    ///
    /// # Errors
    /// [`ReplayError`] when answers cannot be judged with what the casts have for that, when there are more or fewer casts
    /// than assistants, and when the directory cannot be used.
    pub fn open(
        path: &Path,
        plan: Plan,
        casts: impl IntoIterator<Item = Cast>,
        config: toml::Table,
    ) -> Result<Self, ReplayError> {
        let casts: Vec<Cast> = casts.into_iter().collect();
        if casts.len() != plan.assistants().len() {
            return Err(PlanError::Casts { assistants: plan.assistants().len(), casts: casts.len() }.into());
        }
        casts.iter().try_for_each(|cast| plan.ready(cast.environment()))?;
        let manifest = Manifest::new(&plan, config);
        let directory = RunDirectory::open(path, &manifest)?;
        Ok(Self { plan, casts, directory, concurrency: CONCURRENCY, limits: Limits::default(), manifest, only: None })
    }

    /// The same experiment with at most this many runs at a time; 4 unless set.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// The same experiment within these limits; without any unless set.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Only those of its runs that failed before and have not succeeded since.
    #[must_use]
    pub fn retrying(mut self) -> Self {
        self.only = Some(self.directory.failures().map(|failure| failure.conv_id.clone()).collect());
        self
    }

    /// Where the results are kept.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// The same for all who carry out this experiment, or this part of it, and for nobody else: see
    /// [`Manifest::identity`].
    pub fn identity(&self) -> String {
        self.manifest.identity()
    }

    /// What is done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Does the runs that are left. A run that fails is recorded as an error and tried again by the next call; the
    /// others go on. Once `cancel` is cancelled, no run is begun, those under way are given up without a trace, and
    /// the call returns. Once a limit is reached, no run is begun either, but those under way come to their end.
    ///
    /// # Errors
    /// [`ReplayError`] when a result cannot be kept. Nothing is then half-written, and no further run is begun.
    pub async fn run(
        &mut self,
        mut progress: impl FnMut(Progress<'_>),
        cancel: &CancellationToken,
    ) -> Result<Summary, ReplayError> {
        let Self { plan, casts, directory, concurrency, limits, only, .. } = self;
        let (earlier, to_do): (Vec<_>, Vec<_>) =
            plan.runs().partition(|run| directory.finished().contains(&run.conv_id));
        let chosen = |run: &PlannedRun<'_>| only.as_ref().is_none_or(|only| only.contains(&run.conv_id));
        let to_do: Vec<(PlannedRun<'_>, &Cast)> = to_do
            .into_iter()
            .filter(chosen)
            .filter_map(|run| casts.get(run.assistant).map(|cast| (run, cast)))
            .collect();
        let mut summary = Summary { earlier: earlier.len(), left: to_do.len(), ..Summary::default() };
        let tally = directory.tally();
        progress(Progress::Planned { runs: summary.earlier + summary.left, finished: summary.earlier, tally });

        let mut waiting = to_do.iter().peekable();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < concurrency.get() && !cancel.is_cancelled() && waiting.peek().is_some() {
                summary.reached = limits.reached(directory.tally());
                let Some((run, cast)) = waiting.next_if(|_| summary.reached.is_none()) else { break };
                under_way.push(boxed(run, cast, cancel));
            }
            let Some(outcome) = under_way.next().await else { break };
            if summary.keep(&outcome, directory, &mut progress)? {
                summary.left -= 1;
            }
        }
        Ok(summary)
    }
}

impl Summary {
    /// Keeps what came of a run, and counts it; says whether there was anything to keep.
    pub(crate) fn keep(
        &mut self,
        outcome: &Outcome,
        directory: &mut RunDirectory,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<bool, ReplayError> {
        match outcome {
            // The write is done here and now, on purpose: no cancelling can fall into the middle of it.
            Outcome::Finished(transcript) => {
                directory.record(transcript)?;
                self.finished += 1;
                progress(Progress::Finished { transcript });
            }
            Outcome::Failed(failure) => {
                directory.record_failure(failure)?;
                self.failed += 1;
                progress(Progress::Failed { failure });
            }
            Outcome::GivenUp => return Ok(false),
        }
        Ok(true)
    }
}

/// Boxed, so that the caller's future can be sent to another thread.
fn boxed<'a>(run: &'a PlannedRun<'a>, cast: &'a Cast, cancel: &'a CancellationToken) -> BoxFuture<'a, Outcome> {
    Box::pin(attempt(run, cast, cancel))
}

/// Carries one run out, and keeps nothing: that is left to the caller, who may be another process than the one that
/// keeps the run directory.
pub async fn attempt(run: &PlannedRun<'_>, cast: &Cast, cancel: &CancellationToken) -> Outcome {
    match cancel.run_until_cancelled(with_retries(conduct(run, cast, cancel))).await {
        Some((Ok(transcript), _)) => Outcome::Finished(Box::new(transcript)),
        // What a run says that was given up is not to be taken for its outcome.
        Some((Err(_), _)) if cancel.is_cancelled() => Outcome::GivenUp,
        Some((Err(broken), retries)) => Outcome::Failed(Box::new(Failure::new(run, &broken, retries))),
        None => Outcome::GivenUp,
    }
}
