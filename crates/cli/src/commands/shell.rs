//! What the program says of itself: completions and manual pages, made from the arguments, and whose work it carries.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::output;

/// Prints a shell's completions.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "throughline", &mut script);
    output::print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, or writes those of every command into a folder.
pub(crate) fn man(directory: Option<&Path>) -> anyhow::Result<ExitCode> {
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(Arguments::command(), directory))
            .with_context(|| format!("cannot write manual pages into {}", directory.display()))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        output::print(&String::from_utf8(page)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the licences of what the program carries that others made.
pub(crate) fn notices() -> anyhow::Result<ExitCode> {
    output::print(&throughline_tui::markdown::notices())?;
    Ok(ExitCode::SUCCESS)
}
