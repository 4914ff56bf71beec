//! The task family `actions`: requests that are carried out by calling functions.

mod arithmetic;
mod check;
mod extract;
mod literal;
mod parse;
mod schema;
mod value;

use serde_json::{Value, json};

use crate::{Environment, Evaluation, EvaluationError, Sample, TaskFamily};
use parse::Call;
use schema::Gold;

/// Requests that are carried out by calling functions, from the parallel calls of the Berkeley Function-Calling
/// Leaderboard.
///
/// A sample brings `function`, the functions with their parameters (types are `dict`, `integer`, `float`, `string`,
/// `array`, `boolean`, `tuple` and `any`); `reference_answer`, the expected calls, each with the list of values that
/// are accepted for each parameter; and `fully_specified_question`, whose first message is the instruction.
///
/// # Answers
/// An answer is a list of calls as Python writes them, `[spotify.play(artist="Taylor Swift", duration=20)]`, or a
/// single call. Code fences and a leading `tool_code` are taken off. As in the study, the whole reply is the answer:
/// what holds anything beside the calls does not parse, and what does not parse is wrong; `details` names the place.
/// A reply attempts an answer where it parses or holds a function's name with a parenthesis behind it.
///
/// Arguments are literals, or calculations with them (`60 * 60`). A bare name stands for a text, and an argument
/// without a name is an error, since nothing says which parameter it would be.
///
/// # When an answer is right
/// These are the rules of the leaderboard's check on syntax trees, so that verdicts can be compared:
///
/// - There are as many calls as expected ones, in any order: each expected call takes the first call that fits it.
/// - The function's name is the same, dots and case included, and so is each parameter's.
/// - Every required parameter is given, no parameter is given that the function or the reference answer lacks, and one
///   is left out only if `""` is among its accepted values.
/// - A value has the declared type. A whole number is taken for a float, but not the other way round, a truth value is
///   no number, and a tuple is taken for a list only where a tuple is declared. The elements of an array have the
///   declared type as well, one level deep. A value of another type is right only where the accepted values are of
///   that type and it equals one of them exactly.
/// - Texts are compared without case, blanks and the characters `,./-_*^`; so are texts in a list or a dict. Lists are
///   compared in order.
/// - A dict has, for each of its keys, one of the values that are accepted for it, and misses none that must be there.
///   A list of dicts is compared in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Actions;

/// What the assistant is told, once for all settings. It may say that something is missing: a model that must call
/// guesses.
const SYSTEM: &str = "You carry out requests by calling functions. Work out which of the functions below are to be \
                      called, how often, and with which arguments. As soon as you know all required arguments, reply \
                      with the calls and not a word more, as one list in Python's notation:\n\
                      [function_name(parameter=value, other_parameter=value), function_name(parameter=value)]\n\
                      Leave out an optional parameter that the request does not mention. If a required argument is \
                      not known yet, or no function fits, say so in one sentence and call nothing.\n\n\
                      The functions, as JSON:";

impl TaskFamily for Actions {
    fn name(&self) -> &'static str {
        "actions"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        if instruction(sample).is_none_or(|text| text.trim().is_empty()) {
            let field = "fully_specified_question[0][0].content";
            return Err(format!("field `{field}` is missing or no text; put the whole instruction there"));
        }
        if let Some(language) = sample.text("language").filter(|language| !language.eq_ignore_ascii_case("python")) {
            return Err(format!("field `language` holds `{language}`; only calls in Python can be evaluated"));
        }
        Gold::of(sample).map(drop)
    }

    fn instruction<'sample>(&self, sample: &'sample Sample) -> Option<&'sample str> {
        instruction(sample)
    }

    /// Arguments are copied out of the request.
    fn exact_words(&self) -> bool {
        true
    }

    fn system_prompt(&self, sample: &Sample) -> String {
        let functions = sample.fields.get("function").and_then(Value::as_array);
        let described = functions.into_iter().flatten().map(|function| format!("\n{function}"));
        format!("{SYSTEM}{}", described.collect::<String>())
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        // A sample that came through `read_samples` has an instruction.
        instruction(sample).map_or_else(|| self.concat_prompt(sample, &sample.pieces()), str::to_owned)
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        format!("Carry out the request that these pieces make up:\n- {}", pieces.join("\n- "))
    }

    fn extract(&self, sample: &Sample, reply: &str) -> Option<String> {
        let gold = Gold::of(sample).ok()?;
        extract::answer(&gold.functions, reply).map(str::to_owned)
    }

    /// Two answers are the same where they write the same calls, in any order and with the arguments in any order; those
    /// that do not parse, where they are the same text.
    fn same_answer(&self, _sample: &Sample, one: &str, other: &str) -> bool {
        match [one, other].map(|answer| parse::calls(extract::bare(answer))) {
            [Ok(one), Ok(other)] => same_calls(&one, &other),
            [Err(_), Err(_)] => one.trim() == other.trim(),
            _ => false,
        }
    }

    /// A right answer scores 1, any other 0; `details` says in `error` what is wrong with it, `null` where nothing is.
    fn evaluate(
        &self,
        sample: &Sample,
        answer: &str,
        _environment: &Environment,
    ) -> Result<Evaluation, EvaluationError> {
        let judged = Gold::of(sample).and_then(|gold| {
            let calls =
                parse::calls(extract::bare(answer)).map_err(|unparsed| format!("no list of calls: {unparsed}"))?;
            check::check(&gold, &calls)
        });
        Ok(Evaluation { score: if judged.is_ok() { 1.0 } else { 0.0 }, details: json!({ "error": judged.err() }) })
    }
}

/// Whether each call of one list is in the other as well, as often.
fn same_calls(one: &[Call], other: &[Call]) -> bool {
    let mut left: Vec<&Call> = other.iter().collect();
    let found = |call: &Call, left: &mut Vec<&Call>| {
        let place = left.iter().position(|held| same_call(call, held));
        place.map(|place| left.swap_remove(place)).is_some()
    };
    one.iter().all(|call| found(call, &mut left)) && left.is_empty()
}

fn same_call(one: &Call, other: &Call) -> bool {
    one.name == other.name
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|argument| other.arguments.contains(argument))
}

/// The fully specified instruction: the first message of the first turn.
fn instruction(sample: &Sample) -> Option<&str> {
    sample.fields.get("fully_specified_question")?.pointer("/0/0/content")?.as_str()
}

#[cfg(test)]
mod tests;
