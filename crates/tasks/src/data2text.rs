//! The task family `data2text`: a table, to be described in a sentence.

use serde_json::Value;

use crate::translation::{judged, whole};
use crate::{Environment, Evaluation, EvaluationError, Sample, TaskFamily};

/// Tables with highlighted cells, to be described in one sentence, as in ToTTo.
///
/// A sample brings `table_highlighted_html`, the table; `metadata`, what else is known of it, such as the title of its page;
/// `fewshot_descriptions`, descriptions of other tables; and `references`, one description or more. The shards are what a
/// user shows in turn.
///
/// The answer is the whole reply. Its score is its [BLEU](crate::bleu) against all references, divided by 100.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataToText;

const SYSTEM: &str = "You describe tables. Reply with one clear, natural sentence that says what the table, and above all \
                      its highlighted cells, tells, and with nothing else.";

impl TaskFamily for DataToText {
    fn name(&self) -> &'static str {
        "data2text"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        sample.required_text("table_highlighted_html")?;
        if !sample.fields.get("metadata").is_none_or(Value::is_object) {
            return Err("field `metadata` is no object; put what is known of the table there, by name".into());
        }
        if references(sample).is_none_or(|references| references.is_empty()) {
            return Err("field `references` is no list of texts; put at least one description there".into());
        }
        Ok(())
    }

    fn hands_over_material(&self) -> bool {
        true
    }

    /// What is said is the table itself.
    fn exact_words(&self) -> bool {
        true
    }

    fn system_prompt(&self, _sample: &Sample) -> String {
        SYSTEM.to_owned()
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        let Some(table) = sample.text("table_highlighted_html") else {
            // A sample that came through `read_samples` has a table.
            return self.concat_prompt(sample, &sample.pieces());
        };
        let mut prompt = format!("Describe this table:\n{table}");
        let known: Vec<String> =
            sample.fields.get("metadata").and_then(Value::as_object).into_iter().flatten().map(said).collect();
        if !known.is_empty() {
            prompt += &format!("\n\nWhat is known of it:\n{}", known.join("\n"));
        }
        if let Some(others) = sample.text("fewshot_descriptions").filter(|others| !others.trim().is_empty()) {
            prompt += &format!("\n\nThis is how other tables were described:\n{others}");
        }
        prompt
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        format!("Describe the table that these pieces tell of:\n\n{}", pieces.join("\n\n"))
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        whole(reply)
    }

    /// `details` holds the score as `bleu`, from 0 to 100.
    fn evaluate(&self, sample: &Sample, answer: &str, _: &Environment) -> Result<Evaluation, EvaluationError> {
        Ok(judged(answer, &references(sample).unwrap_or_default()))
    }
}

fn said((name, value): (&String, &Value)) -> String {
    match value {
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    }
}

/// The descriptions; `None` where they are no list of texts.
fn references(sample: &Sample) -> Option<Vec<&str>> {
    sample.fields.get("references")?.as_array()?.iter().map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(fields: &Value) -> Sample {
        let mut sample = json!({
            "task_id": "t", "task": "data2text", "table_highlighted_html": "<table>...</table>",
            "metadata": {"page": "Rivers of Norland", "rows": 2}, "fewshot_descriptions": "- A lake is deep.",
            "references": ["The Ane is 90 km long.", "The river Ane runs for 90 km."],
            "shards": [{"shard_id": 1, "shard": "<table></table>"}, {"shard_id": 2, "shard": "It is about rivers."}],
        });
        sample.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(sample).unwrap()
    }

    #[test]
    fn the_prompts_hold_the_table() {
        assert_eq!(
            DataToText.full_prompt(&sample(&json!({}))),
            "Describe this table:\n<table>...</table>\n\nWhat is known of it:\npage: Rivers of Norland\nrows: 2\n\n\
             This is how other tables were described:\n- A lake is deep."
        );
        let bare = sample(&json!({"metadata": {}, "fewshot_descriptions": ""}));
        assert_eq!(DataToText.full_prompt(&bare), "Describe this table:\n<table>...</table>");
        assert_eq!(
            DataToText.concat_prompt(&bare, &bare.pieces()),
            "Describe the table that these pieces tell of:\n\n<table></table>\n\nIt is about rivers."
        );
    }

    #[test]
    fn any_of_the_references_will_do() {
        let judge =
            |answer: &str| DataToText.evaluate(&sample(&json!({})), answer, &Environment::default()).unwrap().score;
        assert!(judge("The Ane is 90 km long.") > 1.0 - 1e-9 && judge("The river Ane runs for 90 km.") > 1.0 - 1e-9);
        assert!(judge("The river Ane is 90 km long.") > 0.3);
        assert!(judge("There is a table about something.") < 0.1);
    }

    #[test]
    fn a_sample_needs_a_table_and_references() {
        assert_eq!(DataToText.check(&sample(&json!({}))), Ok(()));
        for (field, value) in [
            ("table_highlighted_html", json!("")),
            ("metadata", json!([])),
            ("references", json!([])),
            ("references", json!(["a", 1])),
        ] {
            let said = DataToText.check(&sample(&json!({field: value}))).unwrap_err();
            assert!(said.contains(field), "{said}");
        }
    }
}
