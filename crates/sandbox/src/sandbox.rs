//! Running a script.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::helper::Policy;
use crate::interpreter::Interpreter;
use crate::{End, Limits, Outcome, SandboxError, process};

/// How far a program is kept apart from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// As the crate says, or not at all.
    Full,
    /// Not at all: the program can read, write and send whatever its user can. Its resources are limited and it is killed
    /// as a group, but what leaves the group lives on.
    LimitsOnly,
}

/// A Python program with what it reads.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// Its source.
    pub source: &'a str,
    /// What it reads from standard input.
    pub input: &'a [u8],
}

/// Where programs can be run.
#[derive(Clone, Debug)]
pub struct Sandbox {
    program: PathBuf,
    interpreter: Interpreter,
    isolation: Isolation,
}

/// What shows that the sandbox works.
const TRIAL: &str = "print(6 * 7)";
/// The script's name in the scratch folder.
const SCRIPT: &str = "program.py";

impl Sandbox {
    /// A sandbox for scripts in the language of `interpreter`, a Python. `program` is the one that calls [`crate::helper`]
    /// in its `main`: usually the running one, [`std::env::current_exe`].
    ///
    /// # Errors
    /// [`SandboxError::NoIsolation`] where full isolation is asked for and the system cannot give it, and others where a
    /// first script cannot be run.
    pub fn open(program: &Path, interpreter: &Path, isolation: Isolation) -> Result<Self, SandboxError> {
        let interpreter = Interpreter::find(interpreter)?;
        let sandbox = Self { program: program.to_owned(), interpreter, isolation };
        let limits = Limits { time: Duration::from_mins(1), ..Limits::default() };
        let tried = sandbox.run(Script { source: TRIAL, input: b"" }, &limits).map_err(|error| match error {
            SandboxError::Helper { reason } if isolation == Isolation::Full => SandboxError::NoIsolation { reason },
            other => other,
        })?;
        if tried.end == End::Exited(0) && tried.stdout == b"42\n" {
            return Ok(sandbox);
        }
        let said = String::from_utf8_lossy(&tried.stderr);
        let reason = format!("a first program ended with {:?}: {}", tried.end, said.lines().last().unwrap_or_default());
        Err(SandboxError::Interpreter { program: sandbox.interpreter.executable, reason })
    }

    /// The interpreter's version, such as `3.12.4`.
    pub fn version(&self) -> &str {
        &self.interpreter.version
    }

    /// How far programs are kept apart.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Runs a script to its end, or to the end of what it may use. Blocks for as long.
    ///
    /// The script's hashes are not randomised: the same script with the same input does the same.
    ///
    /// # Errors
    /// [`SandboxError`] where it cannot be run or watched; whatever it does itself is an [`Outcome`].
    pub fn run(&self, script: Script<'_>, limits: &Limits) -> Result<Outcome, SandboxError> {
        let scratch = tempfile::tempdir().map_err(SandboxError::Scratch)?;
        // Landlock goes by the real path.
        let folder = scratch.path().canonicalize().map_err(SandboxError::Scratch)?;
        fs::write(folder.join(SCRIPT), script.source).map_err(SandboxError::Scratch)?;
        let executable = self.interpreter.executable.clone();
        let arguments = ["-s", "-B", "-X", "utf8", SCRIPT].map(str::to_owned).to_vec();
        let policy = Policy {
            token: format!("{:032x}", rand::random::<u128>()),
            isolate: self.isolation == Isolation::Full,
            parent: std::process::id(),
            limits: limits.clone(),
            read: self.interpreter.files.clone(),
            scratch: folder,
            program: executable,
            arguments,
        };
        process::run(&self.program, &policy, script.input)
    }
}
