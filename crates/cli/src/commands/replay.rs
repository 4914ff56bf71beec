//! `throughline replay`.

use std::path::Path;
use std::process::ExitCode;

use crate::args::{Global, Replay};
use crate::config::Config;
use crate::experiment::{Ended, ExperimentFile, Which, carry_out};
use crate::interrupt::INTERRUPTED;
use crate::output::{self, grouped};

/// Some runs failed and are recorded as errors.
const SOME_FAILED: u8 = 1;
/// A limit was reached, and runs are left.
const LIMIT_REACHED: u8 = 3;

/// Replays samples into a run directory, and continues what is there.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Replay) -> anyhow::Result<ExitCode> {
    let file = ExperimentFile::of(arguments)?;
    let config = file.configuration(config);
    let Replay { output: directory, evaluating, .. } = arguments;
    let ended = carry_out(&config, global, &file, file.samples()?, directory, evaluating, Which::Left).await?;
    Ok(report(&ended, global, directory))
}

/// Says how an experiment ended; the exit code for that.
pub(crate) fn report(ended: &Ended, global: &Global, directory: &Path) -> ExitCode {
    if !global.quiet {
        output::note(&told(ended, directory));
    }
    match (ended.stopped, ended.summary.reached, ended.summary.failed) {
        (true, ..) => ExitCode::from(INTERRUPTED),
        (false, Some(_), _) => ExitCode::from(LIMIT_REACHED),
        (false, None, 0) => ExitCode::SUCCESS,
        (false, None, _) => ExitCode::from(SOME_FAILED),
    }
}

fn told(ended: &Ended, directory: &Path) -> String {
    let summary = &ended.summary;
    let mut text = format!("{} runs finished", summary.finished);
    if summary.earlier > 0 {
        text += &format!(", {} were there before", summary.earlier);
    }
    if summary.failed > 0 {
        text += &format!(", {} failed (see {})", summary.failed, directory.join("errors.jsonl").display());
    }
    if summary.left > 0 {
        text += &format!(", {} left", summary.left);
    }
    if let Some(reached) = &summary.reached {
        text += &format!("; {reached}; the same command with a higher limit goes on with them");
    } else if summary.failed + summary.left > 0 {
        text += "; the same command goes on with them";
    }
    let tokens = ended.tally.tokens();
    text += &format!(
        "\nall runs together: {} tokens read, {} written",
        grouped(tokens.prompt_tokens),
        grouped(tokens.completion_tokens)
    );
    if let Some(cost) = ended.tally.calls.cost_usd {
        text += &format!(", {cost:.4} USD");
    }
    text + &format!("\nscore them with: throughline score {}", directory.display())
}
