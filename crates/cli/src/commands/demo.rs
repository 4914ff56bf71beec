//! `throughline demo`.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use anyhow::Context;
use throughline_replay::{ERGO_TAU, SampleSet, Verbatim};
use throughline_scorer::{Options, Scorer, Section};

use super::{replay, score};
use crate::args::{Demo, Evaluating, Global, Replay};
use crate::config::Config;
use crate::output;

/// How many of the shipped samples the demo replays: the first ones, which are short.
const SHOWN: usize = 6;
const SAMPLES: &[u8] = include_bytes!("../../../../transcripts/samples/math.json");
/// Room for a few steps of working; a small model that goes on for longer repeats itself.
const MAX_TOKENS: u32 = 200;

/// Replays a handful of shipped instructions in four settings, and prints what the model really did.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Demo) -> anyhow::Result<ExitCode> {
    let mut samples = SampleSet::parse("math.json", SAMPLES)?;
    samples.samples.truncate(SHOWN);
    if !global.quiet {
        output::note(&format!(
            "Replaying {} instructions with {}: whole, as a list, piece by piece, and piece by piece through the mediator.",
            samples.samples.len(),
            config.assistant.value
        ));
    }
    let settings = ["full", "concat", "sharded", "mediated"].map(str::to_owned).to_vec();
    let experiment = Replay {
        samples: "math.json".into(),
        output: arguments.output.clone(),
        settings,
        user: Verbatim::NAME.to_owned(),
        recorded: Vec::new(),
        repeats: 1,
        limit: None,
        seed: 0,
        concurrency: NonZeroUsize::MIN.saturating_add(3),
        temperature: 0.0,
        ergo_tau: ERGO_TAU,
        agreement: 0,
        plan: false,
        experience: Vec::new(),
        max_tokens: Some(MAX_TOKENS),
        // A demonstration shows what really happens.
        no_cache: true,
        evaluating: Evaluating::default(),
    };
    let (summary, stopped) = replay::carry_out(config, global, &experiment, samples).await?;
    let transcripts = arguments.output.join("transcripts.jsonl");
    if stopped {
        output::note("Stopped. The same command goes on from here.");
        return Ok(ExitCode::from(replay::INTERRUPTED));
    }
    if summary.earlier > 0 && summary.finished == 0 {
        output::note(&format!("All runs were there before; delete {} to replay them.", arguments.output.display()));
    }
    anyhow::ensure!(
        summary.failed == 0,
        "{} runs failed; see {}",
        summary.failed,
        arguments.output.join("errors.jsonl").display()
    );
    let mut scorer = Scorer::new(Options::default());
    scorer.add_path(&transcripts)?;
    let report = scorer.finish().context("nothing to score")?;
    let text = format!(
        "{}\n\nThis is what {} really did on {} instructions, once each: far too few for a finding, and a model of 135 M\n\
         parameters can do little arithmetic. See the effect on a larger one: give any instruction-tuned GGUF with\n\
         --model FILE.gguf, or `throughline models fetch qwen2.5-coder-1.5b` and --model qwen2.5-coder-1.5b.\n\n\
         Transcripts: {}\nNext:\n  throughline mediate {}   what the mediator understood, turn by turn\n  \
         throughline chat --plain   talk to it yourself\n",
        score::table(&report, &[Section::Cells]).trim_end(),
        config.assistant.value,
        SHOWN,
        transcripts.display(),
        transcripts.display(),
    );
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
