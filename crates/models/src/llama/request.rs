//! From a request to a job, with every check that needs the model.

use std::collections::VecDeque;

use throughline_conversation::Message;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::binding::{Model, Sampler, Token};
use super::gbnf;
use super::job::{Job, Reply, Score, Work};
use super::prompt::PromptWriter;
use super::sampler::TokenSampler;
use super::schema;
use super::text::ReplyText;
use crate::{Event, ModelError, Output, Request, TokenLogprob, TokenUsage};

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
            schema::to_gbnf(schema).map_err(|reason| invalid(format!("the JSON schema {name:?} {reason}")))?
        }
    };
    gbnf::check(&gbnf, |text| model.tokenize(text, true).len() == 1).map_err(invalid)?;
    let sampler = model.grammar(&gbnf);
    sampler.map(Some).ok_or_else(|| invalid("llama.cpp refuses the grammar: a rule begins with itself"))
}

fn invalid(reason: impl Into<String>) -> ModelError {
    ModelError::InvalidRequest { reason: reason.into() }
}
