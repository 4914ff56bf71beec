//! Running an answer against its tests.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use throughline_sandbox::{End, Limits, Outcome, Sandbox, Script};

use super::cases::Tests;
use super::function_name;
use crate::{EvaluationError, Sample};

/// The program that runs the answer and its tests.
const DRIVER: &str = include_str!("driver.py");
/// How long one test may take.
const SECONDS: u64 = 6;
/// How long all of the tests may take beyond the sum of theirs.
const AROUND: u64 = 10;
/// The signal of a test that is out of time, and that of a process which has used up its processor time.
const OUT_OF_TIME: [i32; 2] = [14, 24];
/// What reports take at most; more than the most verbose run of a thousand tests.
const REPORTS: usize = 1 << 20;

/// What came of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Tests that were passed before the first that was not.
    pub(super) passed: usize,
    /// How the answer failed; `None` where it passed all tests.
    pub(super) error: Option<String>,
}

/// A line that the driver reports.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Report {
    Loading,
    Passed,
    Done,
    Error(String),
}

pub(super) fn judge(
    sandbox: &Sandbox,
    sample: &Sample,
    tests: &Tests,
    answer: &str,
) -> Result<Verdict, EvaluationError> {
    let token = format!("{:032x} ", rand::random::<u128>());
    let (cases, check) = match tests {
        Tests::Cases(cases) => (cases.as_slice(), ""),
        Tests::Check(check) => (&[][..], check.as_str()),
    };
    let task = json!({
        "token": token,
        "code": answer,
        "name": function_name(sample),
        "prompt": sample.text("prompt").unwrap_or_default(),
        "cases": cases,
        "check": check,
        "seconds": SECONDS,
    });
    // The time to load counts as that of a test.
    let seconds = SECONDS * (tests.len() as u64 + 1) + AROUND;
    let limits =
        Limits { time: Duration::from_secs(seconds), cpu_seconds: seconds, output: REPORTS, ..Limits::default() };
    let outcome = sandbox.run(Script { source: DRIVER, input: task.to_string().as_bytes() }, &limits)?;
    verdict(&outcome, &token, tests.len())
        .map_err(|reason| EvaluationError::Sample { sample: sample.task_id.clone(), reason })
}

/// What the reports amount to, with the end of the process where they break off.
fn verdict(outcome: &Outcome, token: &str, tests: usize) -> Result<Verdict, String> {
    let printed = String::from_utf8_lossy(&outcome.stdout);
    let reports = printed.lines().filter_map(|line| serde_json::from_str(line.strip_prefix(token)?).ok());
    let (mut loading, mut passed) = (false, 0);
    for report in reports {
        match report {
            Report::Loading => loading = true,
            Report::Passed => passed += 1,
            Report::Done if passed == tests => return Ok(Verdict { passed, error: None }),
            Report::Done => break,
            Report::Error(error) => return Ok(failed(passed, &error)),
        }
    }
    if !loading {
        // Before the answer is looked at, only its tests can be at fault.
        let said = String::from_utf8_lossy(&outcome.stderr);
        return Err(format!("its tests cannot be run: {}", said.lines().last().unwrap_or("the process ended")));
    }
    let error = match outcome.end {
        End::OutOfTime => format!("out of time after {SECONDS} s"),
        End::Signal(signal) if OUT_OF_TIME.contains(&signal) => format!("out of time after {SECONDS} s"),
        End::Signal(signal) => format!("killed by signal {signal}"),
        End::Exited(status) => format!("ended the process with exit status {status}"),
        End::TooMuchOutput => "printed too much".to_owned(),
        End::TooMuchWritten => "wrote too much".to_owned(),
    };
    Ok(failed(passed, &error))
}

fn failed(passed: usize, error: &str) -> Verdict {
    Verdict { passed, error: Some(format!("test {}: {error}", passed + 1)) }
}
