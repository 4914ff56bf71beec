//! `throughline demo`.

use std::num::NonZeroU32;
use std::process::ExitCode;

use anyhow::Context;
use throughline_replay::SampleSet;
use throughline_scorer::{Options, Scorer, Section};

use super::score;
use crate::args::{Demo, Evaluating, Global};
use crate::config::Config;
use crate::experiment::{Ended, ExperimentFile, Which, carry_out};
use crate::interrupt::INTERRUPTED;
use crate::output;

/// How many of the shipped samples the demo replays: the first ones, which are short.
const SHOWN: usize = 6;
const SAMPLES: &[u8] = include_bytes!("../../../../transcripts/samples/math.json");
/// Room for a few steps of working; a small model that goes on for longer repeats itself.
const MAX_TOKENS: Option<NonZeroU32> = NonZeroU32::new(200);

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
    let experiment = ExperimentFile {
        temperature: Some(0.0),
        max_tokens: MAX_TOKENS,
        // A demonstration shows what really happens.
        cache: Some(false),
        ..ExperimentFile::default()
    };
    let (output, evaluating) = (&arguments.output, Evaluating::default());
    let Ended { summary, stopped, .. } =
        carry_out(config, global, &experiment, vec![samples], output, &evaluating, Which::Left).await?;
    let transcripts = arguments.output.join("transcripts.jsonl");
    if stopped {
        output::note("Stopped. The same command goes on from here.");
        return Ok(ExitCode::from(INTERRUPTED));
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
