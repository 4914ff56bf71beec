//! From a request to a job, with every check that needs the model.

use std::collections::VecDeque;

use serde_json::Value;
use throughline_conversation::Message;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::binding::{self, Model, Sampler, Token};
use super::gbnf;
use super::job::{Job, Reply, Score, Work};
use super::prompt::PromptWriter;
use super::sampler::TokenSampler;
use super::text::ReplyText;
use crate::{Event, ModelError, Output, Request, TokenLogprob, TokenUsage};

/// Deepest nesting of a JSON schema: llama.cpp converts it recursively.
const SCHEMA_DEPTH_MAX: usize = 64;

/// A reply to write.
pub(super) fn reply_job(
    model: &Model,
    prompts: &PromptWriter,
    context: u32,
    request: Request,
    cancel: CancellationToken,
    events: mpsc::UnboundedSender<Result<Event, ModelError>>,
) -> Result<Job, ModelError> {
    request.validate()?;
    let grammar = grammar(model, &request.output)?;
    let tokens = prompts.tokens(model, &request.messages)?;
    let max_tokens = request.sampling.max_tokens;
    let first_output = fits(&tokens, max_tokens as usize, context)?;
    let usage = TokenUsage { prompt_tokens: tokens.len() as u64, completion_tokens: 0 };
    let reply = Reply {
        events,
        sampler: TokenSampler::new(&request.sampling, grammar),
        text: ReplyText::new(request.sampling.stop),
        top_logprobs: request.logprobs,
        max_tokens,
        usage,
        pending: VecDeque::new(),
    };
    Ok(Job { tokens, first_output, cancel, work: Work::Reply(Box::new(reply)) })
}

/// A given reply to score; `None` when it has no tokens.
pub(super) fn score_job(
    model: &Model,
    prompts: &PromptWriter,
    context: u32,
    messages: &[Message],
    continuation: &str,
    cancel: CancellationToken,
    result: oneshot::Sender<Result<Vec<TokenLogprob>, ModelError>>,
) -> Result<Option<Job>, ModelError> {
    if messages.is_empty() {
        return Err(invalid("it has no messages"));
    }
    let mut tokens = prompts.tokens(model, messages)?;
    // A reply is text: what spells a control token in it is not one.
    let reply = model.tokenize(continuation, false);
    let first_output = fits(&tokens, reply.len(), context)?;
    let Some((_, all_but_last)) = reply.split_last() else { return Ok(None) };
    tokens.extend_from_slice(all_but_last);
    let score = Score { scored: Vec::with_capacity(reply.len()), reply, result: Some(result) };
    Ok(Some(Job { tokens, first_output, cancel, work: Work::Score(score) }))
}

/// Place of the prompt's last token, if prompt and reply fit the context.
fn fits(prompt: &[Token], reply: usize, context: u32) -> Result<usize, ModelError> {
    let context = context as usize;
    if prompt.len().saturating_add(reply) > context {
        return Err(ModelError::ContextOverflow { prompt: prompt.len(), reply, context });
    }
    prompt
        .len()
        .checked_sub(1)
        .ok_or_else(|| ModelError::Template { reason: "it renders these messages to an empty prompt".into() })
}

fn grammar(model: &Model, output: &Output) -> Result<Option<Sampler>, ModelError> {
    let gbnf = match output {
        Output::Text => return Ok(None),
        Output::Grammar(gbnf) => gbnf.clone(),
        Output::JsonSchema { name, schema } => {
            schema_to_gbnf(schema).map_err(|reason| invalid(format!("the JSON schema {name:?} {reason}")))?
        }
    };
    gbnf::check(&gbnf).map_err(invalid)?;
    let sampler = model.grammar(&gbnf);
    sampler.map(Some).ok_or_else(|| {
        invalid("llama.cpp refuses the grammar: a rule begins with itself, or its repetitions multiply beyond bounds")
    })
}

fn schema_to_gbnf(schema: &Value) -> Result<String, String> {
    check_schema(schema, 0)?;
    binding::schema_to_gbnf(&schema.to_string())
        .ok_or_else(|| "cannot be turned into a grammar: a `$ref` leads nowhere, or a keyword has no equivalent".into())
}

/// Finds what llama.cpp would drop with a warning on the error stream only.
fn check_schema(schema: &Value, depth: usize) -> Result<(), String> {
    if depth > SCHEMA_DEPTH_MAX {
        return Err(format!("is nested more than {SCHEMA_DEPTH_MAX} deep"));
    }
    match schema {
        Value::Object(members) => {
            let anchored = |pattern: &&str| pattern.len() >= 2 && pattern.starts_with('^') && pattern.ends_with('$');
            if let Some(pattern) = members.get("pattern").and_then(Value::as_str).filter(|pattern| !anchored(pattern)) {
                return Err(format!("has the pattern {pattern:?}; patterns must begin with `^` and end with `$`"));
            }
            members.values().try_for_each(|value| check_schema(value, depth + 1))
        }
        Value::Array(items) => items.iter().try_for_each(|value| check_schema(value, depth + 1)),
        _ => Ok(()),
    }
}

fn invalid(reason: impl Into<String>) -> ModelError {
    ModelError::InvalidRequest { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_become_grammars_that_pass_the_check() {
        let schema = json!({
            "type": "object",
            "properties": {
                "kind": {"enum": ["add", "revise", "withdraw"]},
                "text": {"type": "string", "minLength": 1, "maxLength": 200},
                "share": {"type": "number", "minimum": 0, "maximum": 1},
                "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
                "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "minItems": 1, "maxItems": 20},
                "any": {"anyOf": [{"type": "null"}, {"type": "integer"}]}
            },
            "required": ["kind", "items"],
            "additionalProperties": false,
            "$defs": {"item": {"type": "object", "properties": {"id": {"type": "integer"}}}}
        });
        let gbnf = schema_to_gbnf(&schema).unwrap();
        assert_eq!(gbnf::check(&gbnf), Ok(()), "{gbnf}");
    }

    #[test]
    fn schemas_that_cannot_hold_are_refused() {
        let unanchored = json!({"type": "string", "pattern": "[0-9]+"});
        assert!(schema_to_gbnf(&unanchored).unwrap_err().contains("[0-9]+"));
        assert!(schema_to_gbnf(&json!({"$ref": "#/nowhere"})).is_err());
        let deep = (0..200).fold(json!({}), |inner, _| json!({"items": inner}));
        assert!(schema_to_gbnf(&deep).unwrap_err().contains("nested"));
        let swapped = schema_to_gbnf(&json!({"type": "string", "minLength": 5, "maxLength": 2}));
        assert!(swapped.is_err() || gbnf::check(&swapped.unwrap()).is_err());
    }
}
