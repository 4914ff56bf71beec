//! Replies that fit a JSON schema: how an endpoint is asked for them, and how they are checked.

use jsonschema::Validator;
use serde_json::{Value, json};
use throughline_conversation::{Message, Role};

use crate::{FinishReason, ModelError, Output};

/// How the schema is asked for, from the most that an endpoint may support to the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rung {
    /// `json_schema`, strict: refused by some for schemas with optional fields.
    #[default]
    Strict,
    /// `json_schema`.
    Schema,
    /// `json_object`, with the schema stated in the prompt.
    Object,
    /// The prompt alone.
    Prompt,
}

impl Rung {
    const ALL: [Self; 4] = [Self::Strict, Self::Schema, Self::Object, Self::Prompt];

    /// The rung of a number; the least one for any that is too large.
    pub(super) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Prompt)
    }

    /// What is left to try.
    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }

    /// The `response_format` field.
    pub(super) fn format(self, name: &str, schema: &Value) -> Option<Value> {
        let schema = |strict: bool| json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": strict}});
        match self {
            Self::Strict => Some(schema(true)),
            Self::Schema => Some(schema(false)),
            Self::Object => Some(json!({"type": "json_object"})),
            Self::Prompt => None,
        }
    }

    /// The messages, with the schema stated where `response_format` does not carry it.
    pub(super) fn messages(self, messages: &[Message], schema: &Value) -> Vec<Message> {
        let mut messages = messages.to_vec();
        if matches!(self, Self::Strict | Self::Schema) {
            return messages;
        }
        let demand = format!("Reply with JSON that fits this JSON schema, and with nothing else:\n{schema}");
        // Many templates know one system message only, at the start.
        match messages.first_mut().filter(|first| first.role == Role::System) {
            Some(system) => system.content = format!("{}\n\n{demand}", system.content),
            None => messages.insert(0, Message::system(demand)),
        }
        messages
    }
}

/// The form that a reply must have.
pub(super) struct Form {
    validator: Validator,
}

impl Form {
    /// The form of a request's output; `None` for plain text.
    pub(super) fn of(output: &Output) -> Result<Option<Self>, ModelError> {
        let (name, schema) = match output {
            Output::Text => return Ok(None),
            Output::Grammar(_) => return Err(ModelError::Unsupported { capability: "replies that fit a grammar" }),
            Output::JsonSchema { name, schema } => (name, schema),
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            let reason = format!("the schema's name {name:?} may hold only letters, digits, - and _");
            return Err(ModelError::InvalidRequest { reason });
        }
        let validator = jsonschema::validator_for(schema).map_err(|error| ModelError::InvalidRequest {
            reason: format!("the JSON schema {name:?} is not valid: {error}"),
        })?;
        Ok(Some(Self { validator }))
    }

    /// The reply, once it is sure to fit, else where it does not. A code fence around it is taken off: models that are
    /// only *asked* for JSON like to add one.
    pub(super) fn check(&self, reply: &str, finish: &FinishReason) -> Result<String, String> {
        let mismatch = |reason: String| {
            let cut = if *finish == FinishReason::Length { "; it was cut at max_tokens" } else { "" };
            format!("{}{cut}", shortened(&reason))
        };
        let (value, json) = serde_json::from_str::<Value>(reply)
            .map(|value| (value, reply))
            .or_else(|error| {
                let inner = unfenced(reply).ok_or(error)?;
                serde_json::from_str(inner).map(|value| (value, inner))
            })
            .map_err(|error| mismatch(format!("it is not JSON: {error}")))?;
        if let Some(error) = self.validator.iter_errors(&value).next() {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "the top level" } else { place.as_str() };
            return Err(mismatch(format!("at {place}: {error}")));
        }
        Ok(json.to_owned())
    }
}

fn unfenced(reply: &str) -> Option<&str> {
    let inner = reply.trim().strip_prefix("```")?.strip_suffix("```")?;
    Some(inner.strip_prefix("json").unwrap_or(inner).trim())
}

/// A validator's message quotes the value at fault, which may be long.
fn shortened(reason: &str) -> String {
    const SHOWN_CHARS: usize = 300;
    match reason.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &reason[..end]),
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    }

    fn form() -> Form {
        Form::of(&Output::JsonSchema { name: "n".into(), schema: schema() }).unwrap().unwrap()
    }

    fn reason(reply: &str, finish: &FinishReason) -> String {
        form().check(reply, finish).unwrap_err()
    }

    #[test]
    fn a_reply_that_fits_is_kept_as_written() {
        assert_eq!(form().check("{\"n\":\n 1}", &FinishReason::Stop).unwrap(), "{\"n\":\n 1}");
        assert_eq!(form().check("```json\n{\"n\": 1}\n```", &FinishReason::Stop).unwrap(), "{\"n\": 1}");
    }

    #[test]
    fn a_mismatch_says_where_and_why() {
        assert!(reason(r#"{"n": "one"}"#, &FinishReason::Stop).starts_with("at /n: "));
        assert!(reason("{}", &FinishReason::Stop).contains("the top level"));
        assert!(reason("one", &FinishReason::Stop).contains("not JSON"));
        assert!(reason("{\"n\": ", &FinishReason::Length).contains("max_tokens"));
    }

    #[test]
    fn a_schema_or_name_that_cannot_be_used_is_refused_before_the_call() {
        for (name, schema) in [("n", json!({"type": 7})), ("", schema()), ("a b", schema())] {
            let error = Form::of(&Output::JsonSchema { name: name.into(), schema }).err();
            assert!(matches!(error, Some(ModelError::InvalidRequest { .. })), "{name:?}: {error:?}");
        }
    }

    #[test]
    fn the_schema_is_stated_only_where_no_field_carries_it() {
        let messages = [Message::system("Be brief."), Message::user("Hi")];
        assert_eq!(Rung::Strict.messages(&messages, &schema()), messages);
        let stated = Rung::Object.messages(&messages, &schema());
        assert!(stated.len() == 2 && stated[0].content.starts_with("Be brief."), "{stated:?}");
        assert!(stated[0].content.contains(r#""required":["n"]"#), "{stated:?}");
        assert_eq!(Rung::Prompt.messages(&messages[1..], &schema()).len(), 2);
        assert!(Rung::Prompt.format("n", &schema()).is_none());
    }

    #[test]
    fn rungs_lead_down() {
        let mut rung = Rung::from_number(0);
        let mut count = 1;
        while let Some(next) = rung.next() {
            assert_eq!(Rung::from_number(next as u8), next);
            rung = next;
            count += 1;
        }
        assert_eq!((rung, count), (Rung::Prompt, 4));
        assert_eq!(Rung::from_number(200), Rung::Prompt);
    }
}
