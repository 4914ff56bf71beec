//! `throughline replay`.

use std::path::Path;
use std::process::ExitCode;
use std::slice;
use std::sync::Arc;

use anyhow::Context;
use throughline_models::{CacheStore, CancellationToken};
use throughline_replay::{Experiment, Grid, Needs, Plan, Progress as Step, SampleSet, Summary, Turns, setting};

use crate::args::{Global, Replay};
use crate::cast::Models;
use crate::config::Config;
use crate::ensemble::{self, Wanted};
use crate::evaluation;
use crate::experience::Experiences;
use crate::interrupt::Interrupts;
use crate::output;
use crate::progress::Progress;
use crate::user;

/// Some runs failed and are recorded as errors.
const SOME_FAILED: u8 = 1;
/// The user stopped it, as shells number it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Replays samples into a run directory, and continues what is there.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Replay) -> anyhow::Result<ExitCode> {
    let samples = SampleSet::load(&arguments.samples)?;
    let (summary, stopped) = carry_out(config, global, arguments, samples).await?;
    if !global.quiet {
        output::note(&told(summary, &arguments.output));
    }
    Ok(match (stopped, summary.failed) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, 0) => ExitCode::SUCCESS,
        (false, _) => ExitCode::from(SOME_FAILED),
    })
}

/// Carries an experiment out until it is done or stopped; true when it was stopped.
pub(crate) async fn carry_out(
    config: &Config,
    global: &Global,
    arguments: &Replay,
    mut samples: SampleSet,
) -> anyhow::Result<(Summary, bool)> {
    let settings = arguments.settings.iter().map(|name| setting(name.trim())).collect::<Result<Vec<_>, _>>()?;
    let needs: Vec<Needs> = settings.iter().map(|setting| setting.needs()).collect();
    let Replay { repeats, seed, ergo_tau, agreement, .. } = *arguments;
    anyhow::ensure!(
        agreement == 0 || arguments.temperature > 0.0,
        "--agreement needs samples that can differ; give a --temperature above 0"
    );
    let user = user::open(&arguments.user, &arguments.recorded, &mut samples, output::note)?;
    let grid = Grid { settings, user, repeats, seed, ergo_tau, agreement };
    let mut models = Models::new(config, global.quiet);
    let store = if arguments.no_cache { None } else { Some(Arc::new(CacheStore::open(&config.cache_directory()?)?)) };
    if needs.iter().any(|needs| needs.mediator) {
        let experiences = Experiences::load(config, &arguments.experience)?;
        models.experiences = experiences.fit(&mut samples, output::note)?;
    } else {
        anyhow::ensure!(
            arguments.experience.is_empty(),
            "--experience is for the setting mediated, which is not among the settings; add it, or leave --experience out"
        );
    }
    samples.samples.truncate(arguments.limit.unwrap_or(usize::MAX));
    let Replay { temperature, max_tokens, plan, .. } = *arguments;
    let speaks = grid.user.needs_model() && grid.settings.iter().any(|setting| setting.turns() == Turns::PerShard);
    let judge = evaluation::needs_judge(&samples.samples);
    let wanted = Wanted { needs, temperature, max_tokens, plan, user: speaks, judge };
    let files = slice::from_ref(&arguments.samples);
    let environment = evaluation::environment(&samples.samples, files, &arguments.evaluating)?;
    let shaping = evaluation::record(&environment);
    let (cast, roles) = ensemble::cast(config, &mut models, &wanted, store.as_ref()).await?;

    let plan = Plan::new(samples, grid, roles)?;
    let experiment = Experiment::open(&arguments.output, plan, cast.with_environment(environment), shaping)?;
    let mut experiment = experiment.with_concurrency(arguments.concurrency);
    let cancel = CancellationToken::new();
    let interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    let stop = tokio::spawn(stop_on_interrupt(
        interrupts,
        cancel.clone(),
        (!global.quiet).then_some("stopping; every finished run is kept"),
    ));
    let mut progress: Option<Progress> = None;
    let mut done = 0;
    let summary = experiment.run(
        |step| {
            match step {
                Step::Planned { runs, finished } => {
                    done = finished as u64;
                    progress = Some(Progress::steps("runs", runs as u64, global.quiet));
                }
                Step::Finished { .. } => done += 1,
                Step::Failed { failure } => {
                    if let Some(progress) = &progress {
                        progress.say(&format!("failed: {}: {}", failure.conv_id, failure.message));
                    }
                }
            }
            if let Some(progress) = &mut progress {
                progress.set(done);
            }
        },
        &cancel,
    );
    let summary = summary.await?;
    stop.abort();
    if let Some(fault) = store.and_then(|store| store.fault()) {
        output::note(&format!("{fault}. No run was lost by that; calls went on without the cache."));
    }
    Ok((summary, cancel.is_cancelled()))
}

/// The first interrupt stops the work in good order; the second ends the program at once.
pub(crate) async fn stop_on_interrupt(
    mut interrupts: Interrupts,
    cancel: CancellationToken,
    stopping: Option<&'static str>,
) {
    interrupts.next().await;
    if let Some(stopping) = stopping {
        output::note(stopping);
    }
    cancel.cancel();
    interrupts.next().await;
    std::process::exit(i32::from(INTERRUPTED));
}

fn told(summary: Summary, directory: &Path) -> String {
    let Summary { earlier, finished, failed, left } = summary;
    let mut text = format!("{finished} runs finished");
    if earlier > 0 {
        text += &format!(", {earlier} were there before");
    }
    if failed > 0 {
        text += &format!(", {failed} failed (see {})", directory.join("errors.jsonl").display());
    }
    if left > 0 {
        text += &format!(", {left} left");
    }
    if failed + left > 0 {
        text += "; the same command goes on with them";
    }
    text + &format!("\nscore them with: throughline score {}", directory.display())
}
