//! The refiner's model calls: cases in, candidate rules out.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use throughline_models::{AgentFile, Calls, CancellationToken, ChatModel, ModelError, Output, Request, TokenUsage};
use throughline_replay::derive_seed;

use crate::admit::Gate;
use crate::{Case, Refusal, Rule};

/// How many cases a call reads.
const CASES: usize = 3;

/// How many rules a call writes at most.
const RULES: usize = 3;

/// How long a rule can be written, in characters; what is longer is no guideline.
const LONGEST: usize = 240;

/// Distils rules from cases.
#[derive(Clone)]
pub struct Refiner {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

/// What came of distilling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distilled {
    /// The rules, those from the most runs first.
    pub rules: Vec<Rule>,
    /// What the model wrote that is no rule, and why.
    pub refused: Vec<(String, Refusal)>,
    /// Cases that are too long for the model.
    pub too_long: usize,
    /// Calls whose answer could not be read.
    pub unreadable: usize,
    /// The tokens, as far as the model told.
    pub usage: TokenUsage,
    /// What else the calls took.
    pub calls: Calls,
}

#[derive(Deserialize)]
struct Written {
    rules: Vec<WrittenRule>,
}

#[derive(Deserialize)]
struct WrittenRule {
    rule: String,
    from: Vec<usize>,
}

impl Refiner {
    /// The refiner's agent file, as shipped.
    pub const AGENT: &'static str = include_str!("../../../agents/refiner.md");

    /// A refiner on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }

    /// At most `most` rules from the cases. What the model writes is never an error: what is no guideline is refused, and
    /// what cannot be read is counted.
    ///
    /// # Errors
    /// [`ModelError`] when the model cannot be called.
    pub async fn distil(
        &self,
        cases: &[Case],
        most: usize,
        seed: u32,
        cancel: &CancellationToken,
    ) -> Result<Distilled, ModelError> {
        let mut found = Distilled::default();
        let mut gate = Gate::new(cases);
        let mut left: VecDeque<&[Case]> = cases.chunks(CASES).collect();
        let mut call = 0_u32;
        while let Some(batch) = left.pop_front() {
            let told: Vec<String> = (1..).zip(batch).map(|(number, case)| case.told(number)).collect();
            let sources: Vec<Vec<String>> = batch.iter().map(|case| vec![case.run.clone()]).collect();
            call += 1;
            let seed = derive_seed(seed, &["refiner", &call.to_string()]);
            match self.write(told.join("\n\n"), RULES, sources.len(), seed, &mut found, cancel).await {
                Ok(written) => found.admit(written, &sources, &mut gate),
                Err(ModelError::ContextOverflow { .. }) if batch.len() > 1 => {
                    let (one, other) = batch.split_at(batch.len() / 2);
                    left.push_front(other);
                    left.push_front(one);
                }
                Err(ModelError::ContextOverflow { .. }) => found.too_long += 1,
                Err(error) => return Err(error),
            }
        }
        if found.rules.len() > most {
            self.merge(most, seed, &mut found, cases, cancel).await?;
        }
        found.rules.sort_by_key(|rule| std::cmp::Reverse(rule.runs.len()));
        found.rules.truncate(most);
        Ok(found)
    }

    /// Lets the model put rules that say the same into one. Where nothing comes of it, they stay as they are.
    async fn merge(
        &self,
        most: usize,
        seed: u32,
        found: &mut Distilled,
        cases: &[Case],
        cancel: &CancellationToken,
    ) -> Result<(), ModelError> {
        let mut told = String::from("These guidelines were written from several conversations:");
        for (number, rule) in (1..).zip(&found.rules) {
            // Writing to a string cannot fail.
            let _ = write!(told, "\n{number}. {}", rule.text);
        }
        let _ = write!(told, "\n\nPut those that say the same into one, and keep the {most} most general ones.");
        let sources: Vec<Vec<String>> = found.rules.iter().map(|rule| rule.runs.clone()).collect();
        let seed = derive_seed(seed, &["refiner", "merge"]);
        let written = match self.write(told, most, sources.len(), seed, found, cancel).await {
            Ok(written) => written,
            Err(ModelError::ContextOverflow { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let candidates = std::mem::take(&mut found.rules);
        found.admit(written, &sources, &mut Gate::new(cases));
        if found.rules.is_empty() {
            found.rules = candidates;
        }
        Ok(())
    }

    async fn write(
        &self,
        told: String,
        most: usize,
        sources: usize,
        seed: u32,
        found: &mut Distilled,
        cancel: &CancellationToken,
    ) -> Result<Vec<WrittenRule>, ModelError> {
        let schema = json!({
            "type": "object",
            "properties": {"rules": {"type": "array", "maxItems": most, "items": {
                "type": "object",
                "properties": {
                    "rule": {"type": "string", "minLength": 1, "maxLength": LONGEST},
                    "from": {"type": "array", "minItems": 1, "maxItems": sources, "items": {"type": "integer", "minimum": 1, "maximum": sources}},
                },
                "required": ["rule", "from"],
                "additionalProperties": false,
            }}},
            "required": ["rules"],
            "additionalProperties": false,
        });
        let output = Output::JsonSchema { name: "rules".into(), schema };
        let request = Request { output, ..self.agent.request(told, Some(seed)) };
        let completion = match self.model.complete(request, cancel.clone()).await {
            Ok(completion) => completion,
            Err(ModelError::SchemaMismatch { finish, .. }) => {
                found.usage += finish.usage.unwrap_or_default();
                found.calls += finish.calls;
                found.unreadable += 1;
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        found.usage += completion.finish.usage.unwrap_or_default();
        found.calls += completion.finish.calls;
        Ok(serde_json::from_str(&completion.text).map_or_else(
            |_| {
                found.unreadable += 1;
                Vec::new()
            },
            |written: Written| written.rules,
        ))
    }
}

impl Distilled {
    /// Takes over what the gate admits. A rule without a valid source came from all that the model read.
    fn admit(&mut self, written: Vec<WrittenRule>, sources: &[Vec<String>], gate: &mut Gate) {
        for WrittenRule { rule, from } in written {
            match gate.admit(&rule) {
                Ok(text) => {
                    let named = from.iter().filter_map(|number| sources.get(number.checked_sub(1)?));
                    let mut runs: Vec<String> = named.flatten().cloned().collect();
                    if runs.is_empty() {
                        runs = sources.concat();
                    }
                    runs.sort();
                    runs.dedup();
                    self.rules.push(Rule { text, runs });
                }
                Err(refusal) => self.refused.push((rule, refusal)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use throughline_models::{Event, EventStream, Finish, FinishReason, terminated};

    use super::*;
    use crate::case::cases;
    use crate::case::tests::transcript;
    use crate::sample::tests::math;

    /// Says these texts in turn; a prompt of more than `room` conversations does not fit.
    struct Scripted {
        texts: Mutex<VecDeque<&'static str>>,
        room: usize,
        read: Mutex<Vec<String>>,
    }

    impl ChatModel for Scripted {
        fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
            let told = request.messages.last().unwrap().content.clone();
            let overflows = told.matches("Conversation ").count() > self.room;
            self.read.lock().unwrap().push(told);
            let events = if overflows {
                vec![Err(ModelError::ContextOverflow { prompt: 9, reply: 1, context: 8 })]
            } else {
                let text = self.texts.lock().unwrap().pop_front().unwrap();
                vec![Ok(Event::Text(text.into())), Ok(Event::Finished(Finish::new(FinishReason::Stop, None)))]
            };
            terminated(futures::stream::iter(events), cancel)
        }
    }

    fn scripted(room: usize, texts: &[&'static str]) -> Arc<Scripted> {
        let texts = Mutex::new(texts.iter().copied().collect());
        Arc::new(Scripted { texts, room, read: Mutex::default() })
    }

    fn failed(count: usize) -> Vec<Case> {
        let samples: Vec<_> = (0..count).map(|n| math(&format!("s{n}"), "2 and 2")).collect();
        let transcripts: Vec<_> = samples.iter().map(|s| transcript(&s.task_id, "sharded", &json!(0.0))).collect();
        cases(&transcripts, &samples)
    }

    async fn distil(model: &Arc<Scripted>, cases: &[Case], most: usize) -> Distilled {
        let agent = AgentFile::parse(Refiner::AGENT).unwrap();
        let refiner = Refiner::new(Arc::clone(model) as Arc<dyn ChatModel>, agent);
        refiner.distil(cases, most, 0, &CancellationToken::new()).await.unwrap()
    }

    #[tokio::test]
    async fn rules_name_the_runs_that_they_came_from() {
        let model = scripted(
            9,
            &[
                r#"{"rules": [{"rule": "Later turns add facts.", "from": [1, 3]}, {"rule": "Add 2 and 2.", "from": [1]}]}"#,
                r#"{"rules": [{"rule": "Wait for every quantity.", "from": [9]}]}"#,
            ],
        );
        let found = distil(&model, &failed(4), 5).await;
        let rules: Vec<_> = found.rules.iter().map(|rule| (rule.text.as_str(), rule.runs.join(" "))).collect();
        assert_eq!(
            rules,
            [
                ("Later turns add facts.", "s0.sharded.0 s2.sharded.0".to_owned()),
                ("Wait for every quantity.", "s3.sharded.0".into())
            ]
        );
        assert_eq!(found.refused, [("Add 2 and 2.".to_owned(), Refusal::Number)]);
        assert_eq!((found.calls.made, found.too_long, found.unreadable), (2, 0, 0));
    }

    #[tokio::test]
    async fn too_many_rules_are_merged() {
        let model = scripted(
            9,
            &[
                r#"{"rules": [{"rule": "Later turns add facts.", "from": [1]}, {"rule": "Later messages only add facts.", "from": [2]}]}"#,
                r#"{"rules": [{"rule": "Later messages add facts.", "from": [1, 2]}]}"#,
            ],
        );
        let found = distil(&model, &failed(2), 1).await;
        let merged =
            Rule { text: "Later messages add facts.".into(), runs: vec!["s0.sharded.0".into(), "s1.sharded.0".into()] };
        assert_eq!(found.rules, [merged]);
        let read = model.read.lock().unwrap().clone();
        assert!(read[1].contains("1. Later turns add facts.\n2. Later messages only add facts."), "{}", read[1]);

        let useless = scripted(
            9,
            &[
                r#"{"rules": [{"rule": "One rule here.", "from": [1]}, {"rule": "Another rule here.", "from": [2]}]}"#,
                "{}",
            ],
        );
        let found = distil(&useless, &failed(2), 1).await;
        assert_eq!((found.rules[0].text.as_str(), found.rules.len(), found.unreadable), ("One rule here.", 1, 1));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_told_in_parts_or_counted() {
        let rule = r#"{"rules": [{"rule": "Later turns add facts.", "from": [1]}]}"#;
        let found = distil(&scripted(1, &[rule, "no JSON", r#"{"rules": []}"#]), &failed(3), 5).await;
        assert_eq!((found.rules.len(), found.too_long, found.unreadable), (1, 0, 1));
        let found = distil(&scripted(0, &[]), &failed(2), 5).await;
        assert_eq!((found.rules.len(), found.too_long), (0, 2));
    }
}
