//! What a task family provides.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    Actions, Code, DataToText, Database, Environment, EvaluationError, Inquiry, Math, Sample, Shard, Summary,
    Translation,
};

/// How an answer was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// From 0 to 1.
    pub score: f64,
    /// What else is worth recording: an object, empty where there is nothing.
    pub details: Value,
}

/// One family of tasks: its prompts, how its answers are found in a reply, and how they are judged.
pub trait TaskFamily: Send + Sync {
    /// The family's name in samples and transcripts: `math`, `actions`, …
    fn name(&self) -> &'static str;

    /// Checks that a sample brings every field that the family reads, in a form that it can use.
    ///
    /// # Errors
    /// A sentence that names the field and says what to do.
    fn check(&self, _sample: &Sample) -> Result<(), String> {
        Ok(())
    }

    /// The whole instruction as one text that says everything, where the family has one.
    fn instruction<'sample>(&self, _sample: &'sample Sample) -> Option<&'sample str> {
        None
    }

    /// Whether a request must reach the assistant in the user's exact words: where arguments, identifiers or literals are
    /// copied out of it, as in function calls, code and queries, a paraphrase does harm.
    fn exact_words(&self) -> bool {
        false
    }

    /// Whether what a user says is material, such as a table or the parts of a document: then it is handed over in its
    /// order and word for word, whoever simulates the user.
    fn hands_over_material(&self) -> bool {
        false
    }

    /// Whether no rule can judge answers: then a judge is asked its [inquiries](Self::inquiries), and its verdicts
    /// [conclude](Self::conclude) in a score.
    fn is_judged(&self) -> bool {
        false
    }

    /// Whether answers are programs, which are run to judge them.
    fn runs_code(&self) -> bool {
        false
    }

    /// The system message of every setting.
    fn system_prompt(&self, sample: &Sample) -> String;

    /// The user message of the setting `full`.
    fn full_prompt(&self, sample: &Sample) -> String;

    /// The user message that gives these pieces as a list, in one turn (setting `concat`).
    fn concat_prompt(&self, sample: &Sample, pieces: &[&str]) -> String;

    /// What a user says who reveals a shard as it is.
    fn says<'a>(&self, _sample: &'a Sample, shard: &'a Shard) -> Cow<'a, str> {
        Cow::Borrowed(&shard.shard)
    }

    /// The answer that a reply attempts, deterministically extracted; `None` where it attempts none.
    fn extract(&self, sample: &Sample, reply: &str) -> Option<String>;

    /// Whether two extracted answers say the same, right or wrong.
    fn same_answer(&self, _sample: &Sample, one: &str, other: &str) -> bool {
        one.trim() == other.trim()
    }

    /// Checks that answers to a sample can be judged here, so that it is not found out after hours of runs.
    ///
    /// # Errors
    /// [`EvaluationError`] that says what is missing.
    fn ready(&self, _sample: &Sample, _environment: &Environment) -> Result<(), EvaluationError> {
        Ok(())
    }

    /// Judges an extracted answer against the sample's gold answer. May take seconds, and blocks for as long.
    ///
    /// # Errors
    /// [`EvaluationError`] where no verdict can be had, whatever the answer.
    fn evaluate(&self, sample: &Sample, answer: &str, environment: &Environment)
    -> Result<Evaluation, EvaluationError>;

    /// What a judge is asked of an answer. The same answer always gives the same questions.
    fn inquiries(&self, _sample: &Sample, _answer: &str) -> Vec<Inquiry> {
        Vec::new()
    }

    /// The score that a judge's verdicts on an answer amount to, one for each of its inquiries in their order. The details
    /// hold them as `verdicts`.
    ///
    /// # Errors
    /// [`EvaluationError::Verdict`] where one of them is none.
    fn conclude(&self, sample: &Sample, _answer: &str, _verdicts: &[Value]) -> Result<Evaluation, EvaluationError> {
        Err(EvaluationError::Verdict { sample: sample.task_id.clone(), reason: "nothing was asked".into() })
    }
}

/// Every family known here.
pub fn families() -> &'static [&'static dyn TaskFamily] {
    &[&Math, &Actions, &Code, &Database, &DataToText, &Summary, &Translation]
}

/// The family of that name; older names of the study (`apis`, `python`) are understood.
pub fn family(name: &str) -> Option<&'static dyn TaskFamily> {
    let name = canonical_task(name);
    families().iter().copied().find(|family| family.name() == name)
}

/// The one name of a task that files spell in several ways: the study's older files say `apis` for `actions` and
/// `python` for `code`. Any other name is its own.
pub fn canonical_task(name: &str) -> &str {
    match name {
        "apis" => "actions",
        "python" => "code",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_found_under_its_own_name() {
        for listed in families() {
            let found = family(listed.name()).map(TaskFamily::name);
            assert_eq!(found, Some(listed.name()));
        }
        assert!(family("").is_none());
        assert!(family("Math").is_none());
    }

    #[test]
    fn older_names_have_one_name() {
        assert_eq!(canonical_task("apis"), "actions");
        assert_eq!(canonical_task("python"), "code");
        assert_eq!(canonical_task("math"), "math");
        assert_eq!(family("apis").map(TaskFamily::name), family("actions").map(TaskFamily::name));
        assert_eq!(family("python").map(TaskFamily::name), family("code").map(TaskFamily::name));
    }
}
