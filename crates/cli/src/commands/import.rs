//! `throughline import`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use throughline_tasks::{PackageFile, import};

use crate::args::Import;
use crate::output::{self, counted};

/// Where BFCL keeps the answers to the questions of the file with the same name beside this folder.
const ANSWERS: &str = "possible_answer";

/// Writes the samples that files of benchmark packages amount to, and says what was left out.
pub(crate) fn run(arguments: &Import) -> anyhow::Result<ExitCode> {
    let files: Vec<PackageFile> =
        with_answers(&arguments.files).iter().map(|path| file(path)).collect::<Result<_, _>>()?;
    let mut imported = import(&files)?;
    imported.samples.truncate(arguments.limit.unwrap_or(usize::MAX));
    output::samples(&imported.samples, &arguments.output, arguments.force)?;
    output::note(&format!("{} imported", counted(imported.samples.len(), "sample")));
    for (reason, count) in imported.left_out {
        output::note(&format!("{count} left out: {reason}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The files, with those of the answers that lie where the package has them.
fn with_answers(given: &[PathBuf]) -> Vec<PathBuf> {
    let mut paths = given.to_vec();
    let beside = given.iter().filter_map(|path| Some(path.parent()?.join(ANSWERS).join(path.file_name()?)));
    paths.extend(beside.filter(|path| path.is_file() && !given.contains(path)));
    paths
}

fn file(path: &Path) -> anyhow::Result<PackageFile> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    Ok(PackageFile { name, bytes })
}
