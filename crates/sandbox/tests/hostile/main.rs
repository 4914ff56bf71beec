//! Programs that mean harm, each of which must come to nothing. What they try is checked by its effect.
//!
//! The test binary is its own helper program, so it has a main function of its own.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod files;
mod limits;
mod others;
mod sound;

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use throughline_sandbox::{Isolation, Limits, Outcome, Sandbox, SandboxError, Script, helper};

/// A test with its name.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    if let Some(code) = helper() {
        return code;
    }
    if std::env::args().nth(1).as_deref() == Some(others::SLEEPER) {
        others::sleep_in_sandbox();
        return ExitCode::SUCCESS;
    }
    let tests = [files::TESTS, limits::TESTS, others::TESTS, sound::TESTS].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Opens a sandbox of the test binary with the interpreter that `python3` is.
fn open(isolation: Isolation) -> Result<Sandbox, SandboxError> {
    Sandbox::open(&std::env::current_exe().unwrap(), Path::new("python3"), isolation)
}

/// The sandbox, where the system can isolate; otherwise this checks that it refuses, and says so.
fn sandbox() -> Option<&'static Sandbox> {
    static SANDBOX: OnceLock<Option<Sandbox>> = OnceLock::new();
    let made = SANDBOX.get_or_init(|| match open(Isolation::Full) {
        Ok(sandbox) => Some(sandbox),
        Err(error @ SandboxError::NoIsolation { .. }) => {
            assert!(error.to_string().contains("at your own risk"), "{error}");
            eprintln!("skipped, for it refuses as it should: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    });
    made.as_ref()
}

/// Runs a program that has the names of `given` as variables; `None` where nothing can be isolated.
fn run(given: &[(&str, &str)], source: &str, limits: &Limits) -> Option<Outcome> {
    let sandbox = sandbox()?;
    Some(sandbox.run(Script { source: &with(given, source), input: b"" }, limits).unwrap())
}

fn with(given: &[(&str, &str)], source: &str) -> String {
    // Texts are quoted alike in JSON and in Python.
    let given = given.iter().map(|(name, value)| format!("{name} = {}\n", serde_json::to_string(value).unwrap()));
    format!("{PRELUDE}{}{source}", given.collect::<String>())
}

/// Limits that tests run into soon.
fn tight() -> Limits {
    Limits { time: Duration::from_secs(5), cpu_seconds: 2, ..Limits::default() }
}

/// `tries(name, function, ...)` prints whether a call was refused.
const PRELUDE: &str = r#"
import os, sys, time
def tries(name, function, *arguments, **named):
    try:
        made = function(*arguments, **named)
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        print(name, "refused", flush=True)
    else:
        print(name, "DONE", made, flush=True)
"#;

/// What the program printed, where it ended well.
#[track_caller]
fn printed(outcome: &Outcome) -> String {
    let (out, err) = (String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
    assert!(matches!(outcome.end, throughline_sandbox::End::Exited(0)), "{:?}\n{out}\n{err}", outcome.end);
    out.into_owned()
}

/// Checks that each of so many attempts was refused.
#[track_caller]
fn all_refused(outcome: &Outcome, attempts: usize) {
    let printed = printed(outcome);
    let refused = printed.lines().filter(|line| line.ends_with(" refused")).count();
    assert!(refused == attempts && printed.lines().count() == attempts, "{attempts} attempts:\n{printed}");
}
