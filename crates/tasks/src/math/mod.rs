//! The task family `math`: arithmetic word problems whose answer is one number.

mod evaluate;
mod extract;
pub(crate) mod number;
mod scan;

use serde_json::json;

use crate::{Evaluation, Sample, TaskFamily};
use number::Number;

/// Arithmetic word problems.
///
/// A sample brings `question`, the fully specified instruction, and `answer`, whose gold answer stands behind the
/// last `####`, or is the whole field where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Math;

/// States the answer's format, once for all settings. "As soon as" matters: without it a model that does not know
/// all numbers yet is pushed into guessing.
const SYSTEM: &str = "You solve math word problems. Work step by step and keep each step short. As soon as you have \
                      the result, finish with one line that holds nothing but the result, in this form:\n\
                      Answer: <number>";

impl TaskFamily for Math {
    fn name(&self) -> &'static str {
        "math"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        sample.required_text("question")?;
        let answer = sample.required_text("answer")?;
        match gold(answer) {
            Some(_) => Ok(()),
            None => Err("field `answer` holds no gold answer; end it with `#### ` and the number".into()),
        }
    }

    fn system_prompt(&self, _sample: &Sample) -> String {
        SYSTEM.to_owned()
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        // A sample that came through `read_samples` has a question.
        sample.text("question").map_or_else(|| self.concat_prompt(sample, &sample.pieces()), str::to_owned)
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        let list: String = pieces.iter().map(|piece| format!("\n- {piece}")).collect();
        format!("Solve the problem that these pieces make up:{list}")
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        extract::answer(reply)
    }

    /// A right answer scores 1, any other 0; `details` holds both numbers as they were read, `null` where a text
    /// holds none. When an answer is right is said at [`Number::answers`].
    fn evaluate(&self, sample: &Sample, answer: &str) -> Evaluation {
        let gold = sample.text("answer").and_then(gold);
        let given = extract::stated(answer);
        let right = given.as_ref().zip(gold.as_ref()).is_some_and(|(given, gold)| given.answers(gold));
        let shown = |number: Option<Number>| number.map(|number| number.to_string());
        let details = json!({ "answer": shown(given), "gold": shown(gold) });
        Evaluation { score: if right { 1.0 } else { 0.0 }, details }
    }
}

/// The gold answer: the number behind the last `####`, or that of the whole field where there is no such mark.
fn gold(answer: &str) -> Option<Number> {
    extract::stated(answer.rsplit("####").next().unwrap_or(answer))
}
