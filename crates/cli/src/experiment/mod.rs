//! Carrying an experiment out, as it was asked for: by flags, by an experiment file, or as before.

mod file;
mod record;
mod watch;

use std::io::{self, ErrorKind};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use throughline_models::{CacheStore, CancellationToken};
use throughline_queue::{Address, Queue};
use throughline_replay::{
    Cast, ERGO_TAU, Experiment, Grid, Limits, Needs, Plan, RoleRecord, Roles, SampleSet, Setting, Summary, Tally,
    Turns, Verbatim, setting,
};

use crate::args::{Evaluating, Global};
use crate::cast::Models;
use crate::config::{Config, Profile};
use crate::ensemble::{self, Wanted};
use crate::evaluation;
use crate::experience::Experiences;
use crate::interrupt::{Interrupts, stop_on_interrupt};
use crate::{output, user};

pub(crate) use file::{ExperimentFile, SettingName};
pub(crate) use record::recorded;
use watch::Watch;

/// The settings unless others are named.
const SETTINGS: [&str; 4] = ["full", "concat", "sharded", "mediated"];
/// Conversations at a time where no model says how many it takes.
const CONCURRENCY: usize = 4;
/// More further samples for an answer tell nothing more.
const AGREEMENT_MOST: u32 = 100;

/// How an experiment ended.
pub(crate) struct Ended {
    /// What was done now.
    pub(crate) summary: Summary,
    /// What all runs came to, those of earlier invocations among them.
    pub(crate) tally: Tally,
    /// Whether it was stopped by the user.
    pub(crate) stopped: bool,
    /// Whether its runs were dealt out by a queue.
    pub(crate) dealt: bool,
}

/// Which runs are tried.
pub(crate) enum Which {
    /// All that are left.
    Left,
    /// Those that failed before.
    Failed,
    /// Those that a queue deals out, which is at this address.
    Dealt(Address),
}

impl ExperimentFile {
    /// The samples of its files: those that are chosen, and the first so many of them. What experience leaves out is left
    /// out before.
    pub(crate) fn samples(&self) -> anyhow::Result<Vec<SampleSet>> {
        let each = self.samples.iter().enumerate().map(|(place, samples)| {
            let mut set = SampleSet::load(&samples.file).with_context(|| format!("samples[{place}].file"))?;
            if let Some(names) = &samples.choose {
                let file = samples.file.display();
                if let Some(name) = names.iter().find(|name| set.samples.iter().all(|held| held.task_id != **name)) {
                    bail!("samples[{place}].choose: {file} holds no sample {name:?}; give task_ids of that file");
                }
                set.samples.retain(|sample| names.contains(&sample.task_id));
            }
            Ok(set)
        });
        each.collect()
    }

    /// The configuration with the roles that it names. Flags win over it.
    pub(crate) fn configuration(&self, config: &Config) -> Config {
        config.clone().with_roles(&self.roles)
    }

    /// The models that are compared as assistants, or the only one.
    fn assistants(&self, config: &Config) -> Vec<String> {
        self.assistants.clone().unwrap_or_else(|| vec![config.assistant.value.clone()])
    }

    fn settings(&self) -> anyhow::Result<Vec<&'static dyn Setting>> {
        let named = self.settings.as_ref().map(|names| names.iter().map(SettingName::setting).collect());
        Ok(named.unwrap_or_else(|| SETTINGS.into_iter().map(setting).collect::<Result<Vec<_>, _>>())?)
    }

    fn limits(&self) -> Limits {
        Limits { cost_usd: self.limits.cost, tokens: self.limits.tokens }
    }
}

/// Carries an experiment out until it is done, stopped, or has reached a limit.
pub(crate) async fn carry_out(
    config: &Config,
    global: &Global,
    file: &ExperimentFile,
    mut samples: Vec<SampleSet>,
    directory: &Path,
    evaluating: &Evaluating,
    which: Which,
) -> anyhow::Result<Ended> {
    let user = user::open(file.user.as_deref().unwrap_or(Verbatim::NAME), &file.recorded, &mut samples, output::note)?;
    let settings = file.settings()?;
    let needs: Vec<Needs> = settings.iter().map(|setting| setting.needs()).collect();
    let grid = Grid {
        settings,
        user,
        repeats: file.repeats.map_or(1, Into::into),
        seed: file.seed.unwrap_or_default(),
        ergo_tau: file.ergo_tau.unwrap_or(ERGO_TAU),
        agreement: file.agreement.unwrap_or_default(),
    };
    let temperature = file.temperature.unwrap_or(1.0);
    ensure!(grid.agreement <= AGREEMENT_MOST, "agreement is {}; it must be 0 to {AGREEMENT_MOST}", grid.agreement);
    ensure!(
        grid.agreement == 0 || temperature > 0.0,
        "--agreement needs samples that can differ; give a --temperature above 0"
    );
    let mut models = Models::new(config, global.quiet);
    let store = match file.cache {
        Some(false) => None,
        _ => Some(Arc::new(CacheStore::open(&config.cache_directory()?)?)),
    };
    if needs.iter().any(|needs| needs.mediator) {
        let experiences = Experiences::load(config, &file.experience)?;
        models.experiences = experiences.fit(&mut samples, output::note)?;
    } else {
        ensure!(
            file.experience.is_empty(),
            "--experience is for the setting mediated, which is not among the settings; add it, or leave --experience out"
        );
    }
    for (set, asked) in samples.iter_mut().zip(&file.samples) {
        set.samples.truncate(asked.limit.unwrap_or(usize::MAX));
    }
    let files: Vec<_> = file.samples.iter().map(|samples| samples.file.clone()).collect();
    let databases = file.databases.clone();
    let evaluating = Evaluating { databases, ..evaluating.clone() };
    let environment = evaluation::environment(samples.iter().flat_map(|set| &set.samples), &files, &evaluating)?;
    let shaping = evaluation::record(&environment);
    #[expect(clippy::cast_possible_truncation, reason = "a temperature has few digits")]
    let wanted = Wanted {
        needs,
        temperature: temperature as f32,
        max_tokens: file.max_tokens.map(Into::into),
        plan: file.plan.unwrap_or_default(),
        user: grid.user.needs_model() && grid.settings.iter().any(|setting| setting.turns() == Turns::PerShard),
        judge: evaluation::needs_judge(samples.iter().flat_map(|set| &set.samples)),
    };
    let mut ensembles: Vec<(Cast, Roles)> = Vec::new();
    for assistant in file.assistants(config) {
        let config = config.clone().with_assistant(&assistant);
        let (cast, roles) = ensemble::cast(&config, &mut models, &wanted, store.as_ref()).await?;
        ensembles.push((cast.with_environment(environment.clone()), roles));
    }
    let (casts, roles): (Vec<_>, Vec<_>) = ensembles.into_iter().unzip();
    priced(config, &roles, file.limits.cost)?;

    let assistants: Vec<RoleRecord> = roles.iter().map(|roles| roles.assistant.clone()).collect();
    let concurrency = file.concurrency.unwrap_or_else(|| concurrency(config, &assistants));
    let first = roles.into_iter().next().context("no assistant is named; leave `assistants` out, or name one")?;
    let mut plan = Plan::new(samples, grid, first)?.comparing(assistants.into_iter().skip(1))?;
    if let Some(shard) = file.shard {
        plan = plan.sharded(shard)?;
    }
    let mut watch = Watch::new(&plan, global.quiet);
    let experiment = Experiment::open(directory, plan, casts, shaping)?;
    record::write(directory, file, config)?;
    let mut experiment = experiment.with_concurrency(concurrency).with_limits(file.limits());
    let queue = match which {
        Which::Left => None,
        Which::Failed => {
            experiment = experiment.retrying();
            None
        }
        Which::Dealt(address) => Some(Queue::open(address, &experiment.identity()).await?),
    };
    let cancel = CancellationToken::new();
    let interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    let stop = tokio::spawn(stop_on_interrupt(
        interrupts,
        cancel.clone(),
        (!global.quiet).then_some("stopping; every finished run is kept"),
    ));
    let summary = match &queue {
        None => experiment.run(|step| watch.see(step), &cancel).await,
        Some(queue) => experiment.work(queue, |step| watch.see(step), &cancel).await,
    };
    drop(watch);
    stop.abort();
    let summary = summary.map_err(|error| broken_off(error.into(), directory))?;
    if let Some(fault) = store.and_then(|store| store.fault()) {
        output::note(&format!("{fault}. No run was lost by that; calls went on without the cache."));
    }
    let tally = experiment.directory().tally().clone();
    Ok(Ended { summary, tally, stopped: cancel.is_cancelled(), dealt: queue.is_some() })
}

/// An error that ended the experiment, with what becomes of it; where the disk is full, with what to do about it.
fn broken_off(error: anyhow::Error, directory: &Path) -> anyhow::Error {
    let kinds = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
    let is_full = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| kinds.contains(&error.kind()))
    };
    let remedy = if error.chain().any(is_full) { "make room on the disk: " } else { "" };
    let directory = directory.display();
    error.context(format!(
        "{remedy}{directory} keeps every run that finished, and the same command goes on with the others"
    ))
}

/// As many conversations at a time as the assistants take.
fn concurrency(config: &Config, assistants: &[RoleRecord]) -> NonZeroUsize {
    let each = assistants.iter().map(|assistant| {
        if let Some(slots) = assistant.settings.get("slots").and_then(toml::Value::as_integer) {
            return usize::try_from(slots).unwrap_or(CONCURRENCY);
        }
        match config.models.get(&assistant.name).map(|profile| &profile.value) {
            Some(Profile::OpenAi(profile)) => {
                profile.max_concurrency.map_or(CONCURRENCY, |most| most.get() as usize * profile.base_url.all().len())
            }
            _ => CONCURRENCY,
        }
    });
    NonZeroUsize::new(each.sum()).unwrap_or(NonZeroUsize::MIN)
}

/// A limit on cost that nothing would ever reach is refused.
fn priced(config: &Config, roles: &[Roles], limit: Option<f64>) -> anyhow::Result<()> {
    if limit.is_none() {
        return Ok(());
    }
    for Roles { assistant, mediator, rewriter, planner, user, judge } in roles {
        let others = [mediator, rewriter, planner, user, judge].into_iter().flatten();
        for RoleRecord { name, .. } in others.chain([assistant]) {
            if let Some(Profile::OpenAi(profile)) = config.models.get(name).map(|profile| &profile.value) {
                ensure!(
                    profile.price()?.is_some(),
                    "a limit on cost needs prices, and the profile {name} has none; set its input_price and output_price"
                );
            }
        }
    }
    Ok(())
}
