//! Answers that are run: verdicts on right and wrong programs, in a real sandbox.
//!
//! The test binary is its own helper program, so it has a main function of its own.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod code;
mod shipped;

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use libtest_mimic::{Arguments, Trial};
use throughline_sandbox::{Isolation, Sandbox, SandboxError, helper};
use throughline_tasks::Environment;

/// A test with its name.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    if let Some(code) = helper() {
        return code;
    }
    let trials = [code::TESTS, shipped::TESTS].concat().into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// What evaluators need: a sandbox, without isolation where the system has none, since these programs mean no harm.
fn environment() -> &'static Environment {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let open = |isolation| Sandbox::open(&std::env::current_exe().unwrap(), Path::new("python3"), isolation);
        let sandbox = match open(Isolation::Full) {
            Err(SandboxError::NoIsolation { reason }) => {
                eprintln!("without isolation: {reason}");
                open(Isolation::LimitsOnly).unwrap()
            }
            opened => opened.unwrap(),
        };
        Environment { sandbox: Some(sandbox), ..Environment::default() }
    })
}
