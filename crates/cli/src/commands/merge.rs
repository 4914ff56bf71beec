//! `throughline merge`.

use std::process::ExitCode;

use throughline_replay::{Merged, Unlike, merge};

use crate::args::Merge;
use crate::output;

/// Makes one run directory of several.
pub(crate) fn run(arguments: &Merge) -> anyhow::Result<ExitCode> {
    let unlike = if arguments.keep_first { Unlike::KeepFirst } else { Unlike::Refuse };
    let Merged { finished, earlier, failed, twice, runs } = merge(&arguments.directories, &arguments.output, unlike)?;
    let directory = arguments.output.display();
    let mut text = format!("{finished} of {runs} runs in {directory}, {} of them new", finished - earlier);
    if failed > 0 {
        text += &format!("; {failed} failed and are finished nowhere");
    }
    if twice > 0 {
        text += &format!("; {twice} were done twice, and kept once");
    }
    if finished < runs {
        text += "; `throughline replay` without --shard goes on with the rest";
    }
    output::note(&text);
    Ok(ExitCode::SUCCESS)
}
