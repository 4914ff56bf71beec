//! What happens in the process that becomes the program: it restricts itself.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(unix)]
mod resources;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use crate::Limits;

/// The first argument of a program that is to be the helper.
const HELPER: &str = "__run-in-sandbox";

/// What the helper is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// Stands before what the helper itself says. The program cannot know it: its arguments are its own.
    pub(crate) token: String,
    /// Whether files and system calls are restricted.
    pub(crate) isolate: bool,
    /// The process that must not end before this one.
    pub(crate) parent: u32,
    pub(crate) limits: Limits,
    /// Files and folders that can be read, beside the system's libraries.
    pub(crate) read: Vec<PathBuf>,
    /// The folder that can be written to.
    pub(crate) scratch: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

impl Policy {
    /// The arguments of a helper with this policy.
    pub(crate) fn to_arguments(&self) -> [OsString; 2] {
        // Paths that are no Unicode are refused where the policy is read.
        [HELPER.into(), serde_json::to_string(self).unwrap_or_default().into()]
    }

    /// What the helper says when all is restricted and the program is about to begin.
    pub(crate) fn started(&self) -> String {
        format!("{} started\n", self.token)
    }

    /// What the program wrote to standard error, behind the helper's word that it has started.
    ///
    /// # Errors
    /// What the helper said instead.
    pub(crate) fn program_said(&self, stderr: &[u8]) -> Result<Vec<u8>, String> {
        let failed = format!("{} failed: ", self.token);
        match stderr.strip_prefix(self.started().as_bytes()) {
            Some(said) if !said.starts_with(failed.as_bytes()) => Ok(said.to_vec()),
            Some(said) => Err(String::from_utf8_lossy(&said[failed.len()..]).trim().to_owned()),
            None => Err(String::from_utf8_lossy(stderr).replacen(&failed, "", 1).trim().to_owned()),
        }
    }
}

/// To be called first thing in the `main` of a program that opens a [`Sandbox`](crate::Sandbox), before it starts any
/// thread: where the process was started to run a script, it restricts itself and becomes the interpreter, and this
/// returns only if that fails, with the exit code to end with. In every other process it does nothing.
pub fn helper() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != HELPER {
        return None;
    }
    let policy: Option<Policy> = arguments.next().and_then(|policy| serde_json::from_str(policy.to_str()?).ok());
    let said = match policy {
        Some(policy) => format!("{} failed: {}\n", policy.token, become_program(&policy)),
        None => "the policy cannot be read\n".to_owned(),
    };
    let _ = std::io::stderr().write_all(said.as_bytes());
    Some(ExitCode::FAILURE)
}

/// Restricts this process and becomes the program; returns why it could not.
fn become_program(policy: &Policy) -> String {
    let mut command = Command::new(&policy.program);
    command.args(&policy.arguments);
    if let Err(reason) = restrict(policy) {
        return reason;
    }
    if let Err(error) = std::io::stderr().write_all(policy.started().as_bytes()) {
        return error.to_string();
    }
    replace(command)
}

#[cfg(unix)]
fn replace(mut command: Command) -> String {
    std::os::unix::process::CommandExt::exec(&mut command).to_string()
}

/// Where a process cannot become another one, it waits for it.
#[cfg(not(unix))]
fn replace(mut command: Command) -> String {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(-1)),
        Err(error) => error.to_string(),
    }
}

#[cfg(target_os = "linux")]
fn restrict(policy: &Policy) -> Result<(), String> {
    resources::inherit_nothing();
    resources::end_with(policy.parent)?;
    if policy.isolate {
        files::restrict(&policy.read, &policy.scratch)?;
    }
    let calls = policy.isolate.then(calls::allowed).transpose()?;
    resources::limit(&policy.limits)?;
    // Last, because it takes away what the others need.
    calls.map_or(Ok(()), |calls| calls::restrict(&calls))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn restrict(policy: &Policy) -> Result<(), String> {
    resources::inherit_nothing();
    unisolated(policy)?;
    resources::limit(&policy.limits)
}

#[cfg(not(unix))]
fn restrict(policy: &Policy) -> Result<(), String> {
    unisolated(policy)
}

#[cfg(not(target_os = "linux"))]
fn unisolated(policy: &Policy) -> Result<(), String> {
    if policy.isolate { Err("this system is not Linux".into()) } else { Ok(()) }
}
