//! Carrying a spec out, and showing the reply as it comes.

use std::io;

use futures::StreamExt;
use throughline_assistant::{Assistant, Brief, Planner, Wording, reply_confidence};
use throughline_conversation::Spec;
use throughline_models::{CancellationToken, Event, Message, ModelError};

use crate::cast::Models;
use crate::config::Config;

/// Who carries specs out, and how they are told.
pub(crate) struct Executor {
    assistant: Assistant,
    planner: Option<Planner>,
    wording: Wording,
}

/// A reply, or what came of it.
#[derive(Default)]
pub(crate) struct Reply {
    /// What the assistant wrote.
    pub(crate) text: String,
    /// Why it ended: `stop`, `length`, `cancelled`, or what the endpoint said.
    pub(crate) finished: String,
    /// The steps that the planner proposed, where there is one.
    pub(crate) plan: Option<String>,
    /// How sure the assistant was of its words, from 0 to 1, where the model tells.
    pub(crate) confidence: Option<f64>,
}

/// What there is to show, as it comes.
pub(crate) enum Shown<'a> {
    /// The whole plan, before the reply.
    Plan(&'a str),
    /// The next piece of the reply.
    Reply(&'a str),
}

impl Executor {
    /// The assistant as configured, and the planner where one is wanted.
    pub(crate) async fn new(models: &mut Models<'_>, config: &Config, plan: bool) -> anyhow::Result<Self> {
        let wording = if config.exact_words.value { Wording::Exact } else { Wording::Resolved };
        let planner = if plan { Some(models.planner().await?) } else { None };
        Ok(Self { assistant: models.assistant().await?, planner, wording })
    }

    /// Carries a spec out, and hands each piece to `show`. A reply that was cancelled is what came before. Where one
    /// fails, the line that was begun is ended, so that nothing else comes to stand on it.
    pub(crate) async fn carry_out(
        &self,
        spec: &Spec,
        cancel: &CancellationToken,
        mut show: impl FnMut(Shown<'_>) -> io::Result<()>,
    ) -> anyhow::Result<Reply> {
        let brief = Brief { wording: self.wording, ..Brief::default() };
        let prompt = self.assistant.prompt(spec, &brief)?;
        let Some(planner) = &self.planner else { return self.reply(prompt, cancel, show).await };
        let request = prompt.last().map_or("", |message| message.content.as_str());
        let plan = match planner.plan(request, None, cancel.clone()).await {
            Ok(completion) => completion.text,
            Err(ModelError::Cancelled) => return Ok(Reply { finished: "cancelled".to_owned(), ..Reply::default() }),
            Err(error) => return Err(anyhow::Error::new(error).context("the planner's model failed")),
        };
        show(Shown::Plan(&plan))?;
        let prompt = self.assistant.prompt(spec, &Brief { plan: Some(&plan), ..brief })?;
        Ok(Reply { plan: Some(plan), ..self.reply(prompt, cancel, show).await? })
    }

    async fn reply(
        &self,
        prompt: Vec<Message>,
        cancel: &CancellationToken,
        mut show: impl FnMut(Shown<'_>) -> io::Result<()>,
    ) -> anyhow::Result<Reply> {
        let mut events = self.assistant.reply(prompt, None, cancel.clone());
        let (mut text, mut tokens) = (String::new(), Vec::new());
        while let Some(event) = events.next().await {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    if !text.is_empty() {
                        show(Shown::Reply("\n"))?;
                    }
                    return Err(error.into());
                }
            };
            let finished = match event {
                Event::Text(piece) => {
                    show(Shown::Reply(&piece))?;
                    text.push_str(&piece);
                    continue;
                }
                Event::Logprobs(more) => {
                    tokens.extend(more);
                    continue;
                }
                Event::Reasoning(_) => continue,
                Event::Finished(finish) => finish.reason.as_str().to_owned(),
                Event::Cancelled => "cancelled".to_owned(),
            };
            return Ok(Reply { text, finished, plan: None, confidence: reply_confidence(&tokens) });
        }
        anyhow::bail!("the reply ended without an end")
    }
}
