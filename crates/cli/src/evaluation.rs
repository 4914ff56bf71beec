//! What answers are judged with.

use std::path::{Path, PathBuf};

use throughline_sandbox::{Isolation, Sandbox, SandboxError};
use throughline_tasks::{Environment, Sample, TaskFamily, family};

use crate::args::Evaluating;
use crate::output;

/// The folder of databases beside a file of samples.
pub(crate) const DATABASES: &str = "databases";
/// Names the interpreter of the programs that are run.
const PYTHON: &str = "THROUGHLINE_PYTHON";

/// What the evaluators of these samples, which come from these files, need here.
pub(crate) fn environment<'a>(
    samples: impl IntoIterator<Item = &'a Sample>,
    files: &[PathBuf],
    arguments: &Evaluating,
) -> anyhow::Result<Environment> {
    let runs_code = samples.into_iter().any(|sample| family(&sample.task).is_some_and(TaskFamily::runs_code));
    let beside = files.iter().map(|file| file.parent().unwrap_or(Path::new("")).join(DATABASES));
    Ok(Environment {
        sandbox: if runs_code { Some(sandbox(arguments.allow_unsafe_code)?) } else { None },
        databases: arguments.databases.iter().cloned().chain(beside).collect(),
    })
}

/// Whether answers to any of these samples are judged by a model.
pub(crate) fn needs_judge<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> bool {
    samples.into_iter().any(|sample| family(&sample.task).is_some_and(TaskFamily::is_judged))
}

/// What of it shapes the results, for a manifest.
pub(crate) fn record(environment: &Environment) -> toml::Table {
    let Some(sandbox) = &environment.sandbox else { return toml::Table::new() };
    let isolated = sandbox.isolation() == Isolation::Full;
    let code = [("python".to_owned(), sandbox.version().into()), ("isolated".to_owned(), isolated.into())];
    toml::Table::from_iter([("code".to_owned(), toml::Table::from_iter(code).into())])
}

fn sandbox(allow_unsafe_code: bool) -> anyhow::Result<Sandbox> {
    let program = std::env::current_exe()?;
    let python = PathBuf::from(std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into()));
    let error = match Sandbox::open(&program, &python, Isolation::Full) {
        Err(error @ SandboxError::NoIsolation { .. }) => error,
        opened => return Ok(opened?),
    };
    if !allow_unsafe_code {
        return Err(anyhow::Error::new(error).context("`--allow-unsafe-code` is needed to run the answers"));
    }
    let sandbox = Sandbox::open(&program, &python, Isolation::LimitsOnly)?;
    output::note(&format!("{error}. Answers run without isolation, as you allowed."));
    Ok(sandbox)
}
