//! `throughline replay`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use throughline_assistant::Planner;
use throughline_mediator::Mediator;
use throughline_models::{CacheStore, CancellationToken};
use throughline_replay::{
    Cast, Experiment, Grid, Needs, Plan, Progress as Step, Rewriter, RoleRecord, Roles, SampleSet, Summary, setting,
    sha256_hex,
};

use crate::args::{Global, Replay};
use crate::cast::{self, Models, Opened};
use crate::config::Config;
use crate::interrupt::Interrupts;
use crate::output;
use crate::progress::Progress;

/// Some runs failed and are recorded as errors.
const SOME_FAILED: u8 = 1;
/// The user stopped it, as shells number it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Replays samples into a run directory, and continues what is there.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Replay) -> anyhow::Result<ExitCode> {
    let mut samples = SampleSet::load(&arguments.samples)?;
    samples.samples.truncate(arguments.limit.unwrap_or(usize::MAX));
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
    samples: SampleSet,
) -> anyhow::Result<(Summary, bool)> {
    let settings = arguments.settings.iter().map(|name| setting(name.trim())).collect::<Result<Vec<_>, _>>()?;
    let needs: Vec<Needs> = settings.iter().map(|setting| setting.needs()).collect();
    let Replay { repeats, seed, ergo_tau, agreement, .. } = *arguments;
    anyhow::ensure!(
        agreement == 0 || arguments.temperature > 0.0,
        "--agreement needs samples that can differ; give a --temperature above 0"
    );
    let grid = Grid { settings, repeats, seed, ergo_tau, agreement };
    let mut models = Models::new(config, global.quiet);
    let store = if arguments.no_cache { None } else { Some(Arc::new(CacheStore::open(&config.cache_directory()?)?)) };

    let opened = models.open(&config.assistant.value).await?;
    anyhow::ensure!(
        opened.model.capabilities().logprobs || !needs.iter().any(|needs| needs.entropy),
        "the setting ergo needs log-probabilities, which the model {} does not give",
        opened.name
    );
    let (mut agent, text) = cast::assistant_agent(config)?;
    agent.sampling.temperature = arguments.temperature;
    agent.sampling.max_tokens = arguments.max_tokens.unwrap_or(agent.sampling.max_tokens);
    let assistant = record(&opened, &text, toml::Table::try_from(&agent.sampling)?)?;
    let mut cast = Cast::new(cast::assistant_on(opened.cached(store.as_ref())?, agent, config)?);
    let (mut mediator, mut rewriter, mut planner) = (None, None, None);
    if needs.iter().any(|needs| needs.mediator) {
        let opened = models.open(&config.mediator.value).await?;
        let (agent, text) = cast::mediator_agent(config)?;
        let mut shaping = toml::Table::try_from(&agent.sampling)?;
        let questions = i64::try_from(config.questions.value).unwrap_or(i64::MAX);
        shaping.insert("questions".into(), questions.into());
        mediator = Some(record(&opened, &text, shaping)?);
        cast = cast.with_mediator(Arc::new(Mediator::new(opened.cached(store.as_ref())?, agent, models.ask_policy())));
    }

    if needs.iter().any(|needs| needs.rewriter) {
        let opened = models.open(config.rewriter()).await?;
        let (agent, text) = cast::rewriter_agent(config)?;
        rewriter = Some(record(&opened, &text, toml::Table::try_from(&agent.sampling)?)?);
        cast = cast.with_rewriter(Rewriter::new(opened.cached(store.as_ref())?, agent));
    }

    if arguments.plan {
        anyhow::ensure!(
            needs.iter().any(|needs| needs.mediator),
            "--plan is for the setting mediated, which is not among the settings; add it, or leave --plan out"
        );
        let opened = models.open(config.planner()).await?;
        let (agent, text) = cast::planner_agent(config)?;
        planner = Some(record(&opened, &text, toml::Table::try_from(&agent.sampling)?)?);
        cast = cast.with_planner(Planner::new(opened.cached(store.as_ref())?, agent));
    }

    let plan = Plan::new(samples, grid, Roles { assistant, mediator, rewriter, planner })?;
    let experiment = Experiment::open(&arguments.output, plan, cast, toml::Table::new())?;
    let mut experiment = experiment.with_concurrency(arguments.concurrency);
    let cancel = CancellationToken::new();
    let interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    let stop = tokio::spawn(stop_on_interrupt(interrupts, cancel.clone(), global.quiet));
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

/// The first interrupt stops the experiment in good order; the second ends the program at once.
async fn stop_on_interrupt(mut interrupts: Interrupts, cancel: CancellationToken, quiet: bool) {
    interrupts.next().await;
    if !quiet {
        output::note("stopping; every finished run is kept");
    }
    cancel.cancel();
    interrupts.next().await;
    std::process::exit(i32::from(INTERRUPTED));
}

fn record(opened: &Opened, agent: &str, mut shaping: toml::Table) -> anyhow::Result<RoleRecord> {
    shaping.extend(opened.settings.clone());
    Ok(RoleRecord {
        name: opened.name.clone(),
        identity: opened.identity()?,
        agent_sha256: sha256_hex(agent.as_bytes()),
        settings: shaping,
    })
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
