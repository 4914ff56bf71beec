//! The task family `math`: arithmetic word problems whose answer is one number.

mod evaluate;
mod extract;
mod number;
mod revise;
mod scan;

use serde_json::json;

use crate::{Environment, Evaluation, EvaluationError, Sample, TaskFamily};
use number::Number;
pub use revise::{Revision, Unrevised, revise};
use scan::Notation;

/// Arithmetic word problems.
///
/// A sample brings `question`, the fully specified instruction, and `answer`, whose gold answer stands behind the
/// last `####`, or is the whole field where there is none.
///
/// # Numbers
/// Understood are `1200`, `1,200`, `1,234,567.50`, `1.5`, `.5`, `3/4`, `1 1/2`, `½`, `1⅓`, `\frac{3}{4}`, and
/// `28\frac{2}{3}`, with `-` or `−`, a currency sign, `%`, `thousand`, `million`, or `billion`, and any unit behind.
/// Thousands may be parted by a comma or an apostrophe; in a reply and in a gold answer they may also be typeset, with
/// a blank that does not break, a thin blank, or LaTeX's `{,}`, `\,` and `,\!`. A point parts thousands only where it
/// stands more than once (`1.234.567`) or a decimal comma follows (`1.234,50`), so `1.200` is 1.2. A decimal comma alone
/// counts only beside a euro sign: `12,50 €`. Numbers in words are not read.
///
/// Typesetting is undone by the extraction, which writes commas instead: an answer is plain. In an answer that comes
/// from elsewhere, such as a recorded one, `17 000` and `3{,}360` are two numbers. So they were to the study's
/// evaluator, and its verdicts on such answers stand; what the same replies are worth by our own extraction is a
/// question of its own, which a re-evaluation answers beside it.
///
/// # When an answer is right
/// Answer and gold answer are compared as exact fractions, so `3.0` is `3`, `$1,200.50` is `1200.5` and `0.1` is
/// `1/10`, and nothing that is merely close is right. Two rules go beyond that:
///
/// - *Percent.* Where both or neither carry a percent sign, the numbers before it are compared. Where only one does,
///   its number may stand for itself (`50%` for gold `50`, `50` for gold `50%`) or for a fraction of 100 (`50%` for
///   gold `0.5` or `1/2`, `0.5` for gold `50%`). A gold answer that is a whole number without the sign counts
///   something: `300%` is not right for `3`.
/// - *Rounding.* A gold answer that no decimal can write exactly, such as `1/3`, is answered by a decimal of at least
///   two places that equals it when rounded, halves away from zero, to as many places: `0.33` and `0.333` are right,
///   `0.3` and `0.334` are not. A gold answer that a decimal can write is not rounded: `0.13` is wrong for `0.125`.
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

    fn instruction<'sample>(&self, sample: &'sample Sample) -> Option<&'sample str> {
        sample.text("question")
    }

    fn system_prompt(&self, _sample: &Sample) -> String {
        SYSTEM.to_owned()
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        // A sample that came through `read_samples` has a question.
        sample.text("question").map_or_else(|| self.concat_prompt(sample, &sample.pieces()), str::to_owned)
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        format!("Solve the problem that these pieces make up:\n- {}", pieces.join("\n- "))
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        extract::answer(reply)
    }

    /// Two answers are the same where one would be right if the other were the gold answer.
    fn same_answer(&self, _sample: &Sample, one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|answer| extract::stated(answer, Notation::Plain));
        one.zip(other).is_some_and(|(one, other)| one.answers(&other) || other.answers(&one))
    }

    /// A right answer scores 1, any other 0; `details` holds both numbers as they were read, `null` where a text
    /// holds none.
    fn evaluate(
        &self,
        sample: &Sample,
        answer: &str,
        _environment: &Environment,
    ) -> Result<Evaluation, EvaluationError> {
        let gold = sample.text("answer").and_then(gold);
        let given = extract::stated(answer, Notation::Plain);
        let right = given.as_ref().zip(gold.as_ref()).is_some_and(|(given, gold)| given.answers(gold));
        let shown = |number: Option<Number>| number.map(|number| number.to_string());
        let details = json!({ "answer": shown(given), "gold": shown(gold) });
        Ok(Evaluation { score: if right { 1.0 } else { 0.0 }, details })
    }
}

/// The gold answer: the number behind the last `####`, or that of the whole field where there is no such mark.
fn gold(answer: &str) -> Option<Number> {
    extract::stated(answer.rsplit("####").next().unwrap_or(answer), Notation::Typeset)
}

#[cfg(test)]
mod tests;
