//! What evaluators need beside a sample and an answer, and how they fail.

use std::path::PathBuf;

use throughline_sandbox::{Sandbox, SandboxError};

/// What evaluators need beside a sample and an answer. By default there is nothing: families that only compare texts and
/// numbers can be evaluated anywhere.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Where programs are run, for families that [run code](crate::TaskFamily::runs_code).
    pub sandbox: Option<Sandbox>,
    /// The folders in which databases are looked for, in order: each holds a folder for each database.
    pub databases: Vec<PathBuf>,
}

/// Why an answer could not be judged. Says nothing about the answer: it is an error of the run, never a score.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The answer is a program, and there is nowhere to run it.
    #[error("answers of the task {task} are programs, and there is no sandbox to run them in")]
    NoSandbox {
        /// The task family.
        task: &'static str,
    },
    /// The program could not be run.
    #[error("the answer could not be run")]
    Sandbox(#[from] SandboxError),
    /// There is no database of that name.
    #[error("there is no database {name} in {}; put `{name}/{name}.sqlite` there", listed(folders))]
    NoDatabase {
        /// Its name.
        name: String,
        /// The folders that were looked through.
        folders: Vec<PathBuf>,
    },
    /// A database cannot be opened.
    #[error("{}: {reason}; replace it by a whole database", path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The sample cannot be used.
    #[error("sample {sample} cannot be evaluated: {reason}")]
    Sample {
        /// The sample.
        sample: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No rule judges the answer.
    #[error(
        "answers to sample {sample} of the task {task} are judged by a model, and no verdict of one is recorded; leave the sample out"
    )]
    NoJudge {
        /// The task family.
        task: &'static str,
        /// The sample.
        sample: String,
    },
    /// What a judge said is no verdict.
    #[error("a verdict on an answer to sample {sample} cannot be used: {reason}")]
    Verdict {
        /// The sample.
        sample: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The work was given up because the program ends.
    #[error("the evaluation was given up")]
    GivenUp,
}

fn listed(folders: &[PathBuf]) -> String {
    let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    if folders.is_empty() { "any folder, for none was given".to_owned() } else { folders.join(", ") }
}
