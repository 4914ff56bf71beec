//! `throughline replay`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use throughline_models::catalogue::data_dir;
use throughline_queue::Address;

use crate::args::{Global, Replay};
use crate::config::Config;
use crate::experiment::{Ended, ExperimentFile, Which, carry_out};
use crate::interrupt::INTERRUPTED;
use crate::output::{self, grouped};

/// The queue of this user's processes, in the data folder.
const QUEUE: &str = "queue.sqlite";
/// Some runs failed and are recorded as errors.
const SOME_FAILED: u8 = 1;
/// A limit was reached, and runs are left.
const LIMIT_REACHED: u8 = 3;

/// Replays samples into a run directory, and continues what is there.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Replay) -> anyhow::Result<ExitCode> {
    let file = ExperimentFile::of(arguments)?;
    let config = file.configuration(config);
    let Replay { output: directory, evaluating, queue, .. } = arguments;
    let which = queue.as_deref().map_or(Ok(Which::Left), |address| queue_at(address).map(Which::Dealt))?;
    let ended = carry_out(&config, global, &file, file.samples()?, directory, evaluating, which).await?;
    Ok(report(&ended, global, directory))
}

/// Where the queue is; that of this user where no address is given.
fn queue_at(address: &str) -> anyhow::Result<Address> {
    if address.is_empty() {
        let folder = data_dir()?;
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        return Ok(Address::Sqlite(folder.join(QUEUE)));
    }
    Ok(address.parse()?)
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
        let others = if ended.dealt { ", those of other workers among them" } else { "" };
        text += &format!(", {} left{others}", summary.left);
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
    if ended.dealt {
        return text + "\nput what all workers did together with: throughline merge --keep-first DIR... -o WHOLE";
    }
    if summary.finished + summary.earlier == 0 {
        return text;
    }
    text + &format!("\nscore them with: throughline score {}", directory.display())
}
