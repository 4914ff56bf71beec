//! The task family `database`: questions that are answered by a query.

mod compare;
mod extract;
mod query;
mod source;
mod words;

use std::iter;

use serde_json::{Value, json};

use crate::{Environment, Evaluation, EvaluationError, Sample, TaskFamily};
use query::{Budget, Table};
use source::Source;

/// Questions that are answered by a query in SQL, as in Spider.
///
/// A sample brings `fully_specified_question`, the instruction; `schema_sql`, the tables as the assistant sees them;
/// `reference_sql`, the query that answers it; and `db_id`, the name of the database. That is looked for in the folders of
/// the [`Environment`]: `NAME/NAME.sqlite`, or any other `.sqlite` files in the folder `NAME`, of which then all count; or
/// `NAME/NAME.sql`, statements that make the database anew for each answer. `plug_value`, `true` where it is left out, says
/// whether values are plugged in, as Spider's evaluation calls it.
///
/// # Answers
/// The answer is the last block of code in the reply that holds a query; in a reply without one, what begins a line with
/// `SELECT` or `WITH`, up to a semicolon, an empty line or the end.
///
/// # When an answer is right
/// Its result is that of the reference query, by the rules of Spider's evaluation with test suites:
///
/// - Rows are compared as multisets, in order only where the reference query holds `ORDER BY`. Columns may come in another
///   order. A whole number equals the same number with decimals; texts are compared exactly.
/// - `DISTINCT` is taken out of both queries first. Of several statements the first counts.
/// - Values are not judged: a query is also right where it is with values of the reference query in the place of its own.
///   Of all ways to place them, the first thousand are tried. With `"plug_value": false` values are judged: samples need
///   that in which a later turn tells a value or changes it.
/// - What fails, changes anything, attaches another database or goes beyond the limits is wrong. Databases are opened for
///   reading alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Database;

const SYSTEM: &str = "You write queries for an SQLite database. As soon as you know what is wanted, reply with the whole \
                      query in one code block and nothing else:\n```sql\nSELECT ...\n```\nThe database:\n";

impl TaskFamily for Database {
    fn name(&self) -> &'static str {
        "database"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        for field in ["fully_specified_question", "schema_sql", "reference_sql"] {
            sample.required_text(field)?;
        }
        let name = sample.required_text("db_id")?;
        let plain = |letter: char| letter.is_alphanumeric() || "_- ".contains(letter);
        if !name.chars().all(plain) {
            return Err(format!(
                "field `db_id` holds `{name}`; a name of letters, digits, `_`, `-` and blanks is needed"
            ));
        }
        match sample.fields.get("plug_value") {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(other) => Err(format!("field `plug_value` holds `{other}`; `true` or `false` is needed")),
        }
    }

    /// Names and values are copied out of the request.
    fn exact_words(&self) -> bool {
        true
    }

    fn system_prompt(&self, sample: &Sample) -> String {
        format!("{SYSTEM}{}", sample.text("schema_sql").unwrap_or_default())
    }

    fn instruction<'sample>(&self, sample: &'sample Sample) -> Option<&'sample str> {
        sample.text("fully_specified_question")
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        // A sample that came through `read_samples` has a question.
        let question = sample.text("fully_specified_question");
        question.map_or_else(|| self.concat_prompt(sample, &sample.pieces()), str::to_owned)
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        format!("Write the query that these pieces ask for:\n- {}", pieces.join("\n- "))
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        extract::answer(reply)
    }

    /// Two queries are the same where their words are, whatever the case and the blanks between them.
    fn same_answer(&self, _sample: &Sample, one: &str, other: &str) -> bool {
        words::same(one, other)
    }

    fn ready(&self, sample: &Sample, environment: &Environment) -> Result<(), EvaluationError> {
        let reference = sample.text("reference_sql").unwrap_or_default();
        for source in sources(sample, environment)? {
            expected(sample, &source, reference)?;
        }
        Ok(())
    }

    /// A right answer scores 1, any other 0; `details` says in `error` what is wrong with it, `null` where nothing is.
    fn evaluate(
        &self,
        sample: &Sample,
        answer: &str,
        environment: &Environment,
    ) -> Result<Evaluation, EvaluationError> {
        let reference = words::first_without_distinct(&words::joined(sample.text("reference_sql").unwrap_or_default()));
        let own = words::first_without_distinct(&words::joined(answer));
        let ordered = reference.to_lowercase().contains("order by");
        let mut expecting = Vec::new();
        for source in sources(sample, environment)? {
            let table = expected(sample, &source, &reference)?;
            expecting.push((source, table));
        }
        // What is said is what is wrong with the query itself.
        let budget = Budget::default();
        let mut error = None;
        let plugs = sample.fields.get("plug_value").is_none_or(|plugs| *plugs != false);
        let plugged = plugs.then(|| words::with_values(&own, &reference)).into_iter().flatten();
        for query in iter::once(own.clone()).chain(plugged) {
            match judge(&query, &expecting, ordered, &budget)? {
                None => return Ok(verdict(None)),
                wrong => error = error.or(wrong),
            }
        }
        Ok(verdict(error.as_deref()))
    }
}

fn verdict(error: Option<&str>) -> Evaluation {
    Evaluation { score: if error.is_none() { 1.0 } else { 0.0 }, details: json!({ "error": error }) }
}

/// What is wrong with a query on one of the databases; `None` where it gives what is expected on all of them.
fn judge(
    query: &str,
    expecting: &[(Source, Table)],
    ordered: bool,
    budget: &Budget,
) -> Result<Option<String>, EvaluationError> {
    for (source, expected) in expecting {
        let wrong = match query::run(&source.open()?, query, budget) {
            Err(reason) => reason,
            Ok(table) if compare::same(expected, &table, ordered) => continue,
            Ok(table) => format!("another result: {table}, not {expected}"),
        };
        return Ok(Some(wrong));
    }
    Ok(None)
}

fn sources(sample: &Sample, environment: &Environment) -> Result<Vec<Source>, EvaluationError> {
    source::find(sample.text("db_id").unwrap_or_default(), &environment.databases)
}

/// What the reference query gives, which must give something that can be compared.
fn expected(sample: &Sample, source: &Source, reference: &str) -> Result<Table, EvaluationError> {
    query::run(&source.open()?, reference, &Budget::default()).map_err(|reason| EvaluationError::Sample {
        sample: sample.task_id.clone(),
        reason: format!("its `reference_sql` fails on {}: {reason}", source.path().display()),
    })
}

#[cfg(test)]
mod tests;
