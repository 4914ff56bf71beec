//! The task family `code`: Python functions, judged by running them.

mod cases;
mod extract;
mod judge;

use serde_json::{Value, json};

use crate::{Environment, Evaluation, EvaluationError, Sample, TaskFamily};
use cases::Tests;

/// Python functions, judged by running them against tests.
///
/// A sample brings the instruction, either as `prompt` (the beginning of the function with its description, as HumanEval
/// has it) or as `question_content` with `starter_code` (as LiveCodeBench has it); in `metadata.func_name` the name of the
/// function; and its tests. `public_test_cases` and `private_test_cases` are lists of `{input, output}` as a text in JSON,
/// or, as LiveCodeBench packs them, that text pickled, compressed and in base64; it is unpacked without executing anything.
/// Each line of an input is an argument in JSON, and the output is the result in JSON. `test` may hold a function
/// `check(candidate)` of assertions, as HumanEval has it; it counts only where there are no test cases.
///
/// # Answers
/// The answer is the last block of code in the reply that defines a function. In a reply without any blocks it is what
/// stands from the first line that begins a definition or an import to the last line of a body.
///
/// # When an answer is right
/// All tests must pass, each within six seconds. The rules are the study's:
///
/// - What programs on competition sites take for granted is imported, as are the imports of `prompt`.
/// - Called is the function of that name; otherwise, in a class `Solution`, its first method, and elsewhere the last
///   function that is defined outside of others: a name that differs is no mistake.
/// - A result is right where Python finds it equal to the expected one; a tuple counts as a list.
///
/// The program and its tests run in one [sandbox](throughline_sandbox). A program that sets out to deceive could report
/// success; it can do nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Code;

const SYSTEM: &str = "You write functions in Python. As soon as you know what the function has to do, reply with the \
                      whole function, and with all it needs, in one code block:\n\
                      ```python\n\
                      def function_name(parameter):\n    ...\n\
                      ```\n\
                      It returns its result instead of printing it. Write no tests and no examples of its use.";

impl TaskFamily for Code {
    fn name(&self) -> &'static str {
        "code"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        if sample.fields.contains_key("prompt") {
            sample.required_text("prompt")?;
        } else {
            sample.required_text("question_content")?;
        }
        Tests::of(sample).map(drop)
    }

    /// Names and literals are copied out of the request.
    fn exact_words(&self) -> bool {
        true
    }

    fn instruction<'sample>(&self, sample: &'sample Sample) -> Option<&'sample str> {
        sample.text("prompt").or_else(|| sample.text("question_content"))
    }

    fn runs_code(&self) -> bool {
        true
    }

    fn system_prompt(&self, _sample: &Sample) -> String {
        SYSTEM.to_owned()
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        if let Some(prompt) = sample.text("prompt") {
            return format!("Write this function:\n{}", fenced(prompt));
        }
        match sample.text("question_content") {
            Some(question) => format!("{question}{}", starter(sample)),
            // A sample that came through `read_samples` has an instruction.
            None => self.concat_prompt(sample, &sample.pieces()),
        }
    }

    fn concat_prompt(&self, sample: &Sample, pieces: &[&str]) -> String {
        format!("Write the function that these pieces describe:\n- {}{}", pieces.join("\n- "), starter(sample))
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        extract::answer(reply)
    }

    fn ready(&self, _sample: &Sample, environment: &Environment) -> Result<(), EvaluationError> {
        environment.sandbox.as_ref().map(drop).ok_or(EvaluationError::NoSandbox { task: self.name() })
    }

    /// A right answer scores 1, any other 0. `details` says how many `tests` there are, how many were `passed` before the
    /// first that was not, and in `error` how that one failed, `null` where none did.
    fn evaluate(
        &self,
        sample: &Sample,
        answer: &str,
        environment: &Environment,
    ) -> Result<Evaluation, EvaluationError> {
        let sandbox = environment.sandbox.as_ref().ok_or(EvaluationError::NoSandbox { task: self.name() })?;
        let broken = |reason| EvaluationError::Sample { sample: sample.task_id.clone(), reason };
        let tests = Tests::of(sample).map_err(broken)?;
        let verdict = judge::judge(sandbox, sample, &tests, answer)?;
        let score = if verdict.error.is_none() { 1.0 } else { 0.0 };
        let details = json!({ "tests": tests.len(), "passed": verdict.passed, "error": verdict.error });
        Ok(Evaluation { score, details })
    }
}

/// The line that the code begins with, where the sample has one.
fn starter(sample: &Sample) -> String {
    match sample.text("starter_code").filter(|code| !code.trim().is_empty()) {
        Some(code) => format!("\n\nBegin with this code:\n{}", fenced(code)),
        None => String::new(),
    }
}

fn fenced(code: &str) -> String {
    format!("```python\n{}\n```", code.trim_end())
}

/// The name that tests call the function by.
fn function_name(sample: &Sample) -> Option<&str> {
    sample.fields.get("metadata")?.get("func_name").and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
