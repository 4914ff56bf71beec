//! What can go wrong around a program; what goes wrong in it is its [`Outcome`](crate::Outcome).

use std::io;
use std::path::PathBuf;

/// Why a program could not be run. Says nothing about the program.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The system cannot keep a program apart from everything else.
    #[error(
        "programs cannot be isolated here: {reason}; use Linux 5.13 or later with Landlock and seccomp, or allow programs to run without isolation, at your own risk"
    )]
    NoIsolation {
        /// What is missing.
        reason: String,
    },
    /// There is no interpreter that can be used.
    #[error("{} cannot be used to run programs: {reason}; install Python 3.8 or later", program.display())]
    Interpreter {
        /// The interpreter that was tried.
        program: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The scratch folder cannot be made or read.
    #[error("no scratch folder for a program")]
    Scratch(#[source] io::Error),
    /// The process cannot be started, watched or ended.
    #[error("cannot {action} the process of a program")]
    Process {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The process ended before it had become the interpreter.
    #[error("the process of a program could not be restricted: {reason}")]
    Helper {
        /// What it said.
        reason: String,
    },
}
