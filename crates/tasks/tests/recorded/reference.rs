//! The reference checker for calls, run beside ours.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use throughline_tasks::Sample;

use crate::shared;

/// What the reference makes of answers.
pub(crate) struct Verdicts {
    /// How many answers Python's parser reads as calls.
    pub(crate) parsed: u64,
    /// Whether each answer is right.
    pub(crate) right: Vec<bool>,
}

/// The reference's verdicts on answers to samples; `None`, with a message, where it cannot be run.
pub(crate) fn verdicts(answers: &[(&Sample, &str)]) -> Option<Verdicts> {
    let checker = shared().join("reference/bfcl_check");
    if !checker.is_file() {
        eprintln!("skipped: there is no reference checker at {}", checker.display());
        return None;
    }
    let python = std::env::var_os("THROUGHLINE_PYTHON").unwrap_or_else(|| "python3".into());
    let installed = Command::new(&python).args(["-c", "import bfcl_eval"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {} does not import bfcl_eval (`./justw setup` installs it)", python.display());
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/reference_verdicts.py");
    let mut process =
        Command::new(&python).arg(script).arg(checker).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    for (sample, text) in answers {
        let [function, reference_answer] = ["function", "reference_answer"].map(|field| &sample.fields[field]);
        let case = json!({"text": text, "function": function, "reference_answer": reference_answer});
        writeln!(input, "{case}").unwrap();
    }
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let right: Vec<bool> = serde_json::from_value(said["valid"].clone()).unwrap();
    assert_eq!(right.len(), answers.len());
    Some(Verdicts { parsed: said["parsed"].as_u64().unwrap(), right })
}
