//! `throughline refine`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use throughline_conversation::Transcript;
use throughline_models::{CacheStore, CancellationToken};
use throughline_refiner::{
    Case, Distilled, Experience, Origin, Reader, Refiner, UsedSample, Validated, Validation, cases, keep_aside,
    validate,
};
use throughline_replay::{ERGO_TAU, Grid, Plan, Roles, SampleSet, Verbatim, setting};
use throughline_scorer::{Output, read_path};
use throughline_tasks::{Sample, canonical_task};

use crate::args::{Global, ReaderRole, Refine};
use crate::cast::{self, Models};
use crate::config::Config;
use crate::ensemble::{self, Wanted};
use crate::evaluation;
use crate::experience::Experiences;
use crate::interrupt::{INTERRUPTED, Interrupts, stop_on_interrupt};
use crate::output;
use crate::progress::Progress;

/// The experience lowers the score, or there is none.
const NOT_KEPT: u8 = 1;
/// The setting that experience is for.
const SETTING: &str = "mediated";

/// Distils experience from failed runs, validates it, and writes it where it does no harm.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Refine) -> anyhow::Result<ExitCode> {
    let mut file = Output::create(&arguments.output, arguments.force)?;
    let transcripts = transcripts(&arguments.runs)?;
    let samples = replayed(&samples(&arguments.samples)?, &transcripts);
    ensure!(
        samples.len() > 1,
        "the runs are of {} of the samples; at least two are needed, one to refine from and one to validate on",
        samples.len()
    );
    let (refined, aside) = keep_aside(&samples, arguments.aside, arguments.seed);
    let cases = cases(&transcripts, &refined);
    ensure!(
        !cases.is_empty(),
        "no mediated or sharded run of the {} samples to refine from failed; give more runs, or another --seed",
        refined.len()
    );
    let mut report = format!(
        "{} failed runs of {} samples to refine from, {} samples kept aside\n",
        cases.len(),
        refined.len(),
        aside.len()
    );

    let cancel = CancellationToken::new();
    let interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    let stopping = (!global.quiet).then_some("stopping; what was replied so far is kept in the cache");
    let stop = tokio::spawn(stop_on_interrupt(interrupts, cancel.clone(), stopping));
    let store = if arguments.no_cache { None } else { Some(Arc::new(CacheStore::open(&config.cache_directory()?)?)) };
    let mut refining = Refining { config, global, arguments, models: Models::new(config, global.quiet), store, cancel };
    let outcome = refining.refine(&cases, &refined, aside, &mut report).await;
    stop.abort();
    if refining.cancel.is_cancelled() {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let kept = outcome?;
    let code = if let Some(experience) = kept {
        file.write_all(experience.to_toml()?.as_bytes())?;
        file.finish()?;
        let _ = writeln!(report, "written to {}", arguments.output.display());
        ExitCode::SUCCESS
    } else {
        report += "nothing was written\n";
        ExitCode::from(NOT_KEPT)
    };
    output::print(&output::tame(&report))?;
    Ok(code)
}

struct Refining<'a> {
    config: &'a Config,
    global: &'a Global,
    arguments: &'a Refine,
    models: Models<'a>,
    store: Option<Arc<CacheStore>>,
    cancel: CancellationToken,
}

impl Refining<'_> {
    /// The experience, unless there is none or it lowers the score; says in the report what came of it.
    async fn refine(
        &mut self,
        cases: &[Case],
        refined: &[Sample],
        aside: Vec<Sample>,
        report: &mut String,
    ) -> anyhow::Result<Option<Experience>> {
        let read: Vec<&Sample> =
            refined.iter().filter(|sample| cases.iter().any(|case| case.task_id == sample.task_id)).collect();
        let tasks: BTreeSet<String> = read.iter().map(|sample| canonical_task(&sample.task).to_owned()).collect();
        let used = read.into_iter().chain(&aside).map(UsedSample::new).collect();
        let reader = match self.arguments.reader {
            ReaderRole::Mediator => Reader::Mediator,
            ReaderRole::Assistant => Reader::Assistant,
        };
        let mut experience = Experience::of(reader, tasks.into_iter().collect(), used);
        self.fill(&mut experience, cases, report).await?;
        if experience.rules.is_empty() && experience.pairs.is_empty() {
            return Ok(None);
        }
        experience.shorten(self.arguments.words.unwrap_or(usize::MAX));
        *report += &told(&experience);
        let (validated, roles) = self.validate(&experience, aside).await?;
        *report += &compared(&validated);
        let ([without, with], [tokens_without, tokens_with]) =
            validated.means().zip(validated.tokens()).context("nothing could be compared; see the errors above")?;
        experience.validation = Some(Validation {
            setting: SETTING.to_owned(),
            assistant: roles.assistant.name,
            mediator: roles.mediator.map_or_else(String::new, |record| record.name),
            pairs: validated.pairs.len(),
            without,
            with,
            tokens_without,
            tokens_with,
        });
        Ok(validated.keeps().then_some(experience))
    }

    /// Fills an experience with rules, or with the conversations themselves.
    async fn fill(&mut self, experience: &mut Experience, cases: &[Case], report: &mut String) -> anyhow::Result<()> {
        let most = self.arguments.most.get();
        let seed = self.arguments.seed;
        let program = concat!("throughline ", env!("CARGO_PKG_VERSION")).to_owned();
        let mut origin = Origin { program, refiner: None, identity: None, seed };
        if self.arguments.raw {
            let mut told = BTreeSet::new();
            let first = cases.iter().filter(|case| told.insert(&case.task_id));
            experience.pairs = first.take(most).map(Case::pair).collect();
        } else {
            let opened = self.models.open(self.config.refiner()).await?;
            let (agent, _) = cast::refiner_agent(self.config)?;
            let refiner = Refiner::new(opened.cached(self.store.as_ref())?, agent);
            if !self.global.quiet {
                output::note(&format!("refining {} failed runs with {}", cases.len(), opened.name));
            }
            let found = refiner.distil(cases, most, seed, &self.cancel).await.context("the refiner's model failed")?;
            *report += &refused(&found);
            (origin.refiner, origin.identity) = (Some(opened.name.clone()), Some(opened.identity()?));
            experience.rules = found.rules;
        }
        experience.origin = Some(origin);
        Ok(())
    }

    /// Replays the samples kept aside without and with the experience.
    async fn validate(&mut self, experience: &Experience, aside: Vec<Sample>) -> anyhow::Result<(Validated, Roles)> {
        let Refine { repeats, seed, temperature, max_tokens, concurrency, .. } = *self.arguments;
        let settings = vec![setting(SETTING)?];
        let wanted = Wanted {
            needs: settings.iter().map(|setting| setting.needs()).collect(),
            temperature,
            max_tokens,
            plan: false,
            user: false,
            judge: evaluation::needs_judge(&aside),
        };
        let (without, roles) = ensemble::cast(self.config, &mut self.models, &wanted, self.store.as_ref()).await?;
        self.models.experiences = Experiences::of(experience.clone(), &experience.to_toml()?);
        let (with, _) = ensemble::cast(self.config, &mut self.models, &wanted, self.store.as_ref()).await?;
        let Refine { samples: files, evaluating, .. } = self.arguments;
        let environment = evaluation::environment(&aside, files, evaluating)?;
        let samples = SampleSet { file: String::new(), sha256: String::new(), samples: aside };
        let plan = Plan::new(
            [samples],
            Grid { settings, user: Arc::new(Verbatim), repeats, seed, ergo_tau: ERGO_TAU, agreement: 0 },
            roles.clone(),
        )?;
        plan.ready(&environment)?;
        let [without, with] = [without, with].map(|cast| cast.with_environment(environment.clone()));
        let mut progress = Progress::steps("pairs of runs", plan.len() as u64, self.global.quiet);
        let done = |done: usize| progress.set(done as u64);
        Ok((validate(&plan, [&without, &with], concurrency, done, &self.cancel).await?, roles))
    }
}

/// Every transcript of the runs.
fn transcripts(paths: &[PathBuf]) -> anyhow::Result<Vec<Transcript>> {
    let mut transcripts = Vec::new();
    for path in paths {
        read_path(path, None, |found| {
            transcripts.push(found?.transcript);
            Ok(())
        })?;
    }
    Ok(transcripts)
}

/// The samples of all files, each once.
fn samples(paths: &[PathBuf]) -> anyhow::Result<Vec<Sample>> {
    let mut samples: Vec<Sample> = Vec::new();
    for path in paths {
        for sample in SampleSet::load(path)?.samples {
            if !samples.iter().any(|held| UsedSample::new(held).is_of(&sample)) {
                samples.push(sample);
            }
        }
    }
    Ok(samples)
}

/// The samples that a transcript is of.
fn replayed(samples: &[Sample], transcripts: &[Transcript]) -> Vec<Sample> {
    let name = |task: &str, task_id: &str| (canonical_task(task).to_owned(), task_id.replace('/', "-"));
    let recorded: BTreeSet<_> = transcripts.iter().map(|held| name(&held.task, &held.task_id)).collect();
    samples.iter().filter(|sample| recorded.contains(&name(&sample.task, &sample.task_id))).cloned().collect()
}

fn refused(found: &Distilled) -> String {
    let mut text = String::new();
    for (rule, refusal) in &found.refused {
        let line = rule.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "refused ({refusal}): {line}");
    }
    for (count, what) in [
        (found.too_long, "runs were too long for the refiner"),
        (found.unreadable, "replies of the refiner could not be read"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{count} {what}");
        }
    }
    if found.rules.is_empty() {
        text += "the refiner wrote nothing that is a guideline\n";
    }
    let tokens = found.usage.prompt_tokens + found.usage.completion_tokens;
    text + &format!("refining took {} calls and {tokens} tokens\n", found.calls.made)
}

fn told(experience: &Experience) -> String {
    let mut text = String::new();
    for (number, rule) in (1..).zip(&experience.rules) {
        let _ = writeln!(text, "{number}. {} (runs: {})", rule.text, rule.runs.len());
    }
    for (number, pair) in (1..).zip(&experience.pairs) {
        let _ = writeln!(text, "{number}. {}: {} turns", pair.run, pair.turns.len());
    }
    let words = experience.section().split_whitespace().count();
    text + &format!(
        "{words} words in the prompt of the {}\n",
        match experience.reader {
            Reader::Mediator => "mediator",
            Reader::Assistant => "assistant",
        }
    )
}

/// What the validation found, in points from 0 to 100 as in reports.
fn compared(validated: &Validated) -> String {
    let mut text = String::new();
    if let Some(error) = validated.failed.first() {
        let _ = writeln!(text, "{} pairs failed and count neither way; the first: {error}", validated.failed.len());
    }
    let (Some([without, with]), Some(tokens)) = (validated.means(), validated.tokens()) else { return text };
    let (better, worse) = validated.changed();
    let pairs = validated.pairs.len();
    let _ = writeln!(
        text,
        "validated on {pairs} pairs of runs in the setting {SETTING}: {:.1} without, {:.1} with: {:+.1} points ({better} better, {worse} worse, {} equal)",
        without * 100.0,
        with * 100.0,
        (with - without) * 100.0,
        pairs - better - worse,
    );
    let _ = writeln!(text, "tokens a run: {:.0} without, {:.0} with", tokens[0], tokens[1]);
    if !validated.keeps() {
        text += "the experience lowers the score, and is not kept\n";
    }
    text
}
