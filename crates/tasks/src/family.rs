//! What a task family provides.

use serde_json::Value;

use crate::Sample;

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
    /// The family's name in samples and transcripts: `math`, …
    fn name(&self) -> &'static str;

    /// The system message of every setting.
    fn system_prompt(&self, sample: &Sample) -> String;

    /// The user message of the setting `full`.
    fn full_prompt(&self, sample: &Sample) -> String;

    /// The user message that gives these pieces as a list, in one turn (setting `concat`).
    fn concat_prompt(&self, sample: &Sample, pieces: &[&str]) -> String;

    /// The answer that a reply attempts, deterministically extracted; `None` where it attempts none.
    fn extract(&self, sample: &Sample, reply: &str) -> Option<String>;

    /// Judges an extracted answer against the sample's gold answer.
    fn evaluate(&self, sample: &Sample, answer: &str) -> Evaluation;
}

/// Every family known here.
pub fn families() -> &'static [&'static dyn TaskFamily] {
    &[]
}

/// The family of that name; older names of the study (`apis`, `python`) are understood.
pub fn family(name: &str) -> Option<&'static dyn TaskFamily> {
    families().iter().copied().find(|family| family.name() == name)
}
