//! What happens between something said and the reply to it, told event by event.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures::StreamExt;
use throughline_assistant::{Brief, reply_confidence};
use throughline_conversation::{Conversation, Edit, Role, Spec};
use throughline_models::{CancellationToken, Completion, Event as ModelEvent, Message, ModelError};
use throughline_session::{Event, Lane, Replied, Spent};
use tokio::sync::mpsc::UnboundedSender;

use crate::live::Crew;
use crate::output;

/// Pieces of a reply are told together that come within this time.
const TOGETHER: Duration = Duration::from_millis(40);

/// No model's context holds more.
const MOST_BYTES: u64 = 4 << 20;

/// One piece of work behind a chat: it tells what happens, and ends by itself or when it is cancelled.
pub(crate) struct Exchange {
    pub(crate) crew: Crew,
    pub(crate) conversation: Conversation,
    pub(crate) cancel: CancellationToken,
    pub(crate) told: UnboundedSender<Event>,
}

/// Something that ended the work before its time.
struct Failure {
    role: &'static str,
    lane: Lane,
    error: anyhow::Error,
}

impl Exchange {
    /// Lets the mediator hear what was said, and the assistant reply where it is its turn.
    pub(crate) async fn say(mut self, said: String) {
        let outcome = self.hear(&said).await;
        match outcome {
            Ok(true) => self.reply().await,
            Ok(false) => {}
            Err(failure) => self.fail(&failure),
        }
    }

    /// Lets the assistant reply to the spec.
    pub(crate) async fn reply(mut self) {
        if let Err(failure) = self.carry_out().await {
            self.fail(&failure);
        }
    }

    /// Lets the assistant reply to the turns as they were, without the mediator.
    pub(crate) async fn compare(mut self) {
        let lane = Lane::Unmediated;
        self.tell(Event::Replying { lane, model: self.crew.assistant_name.clone() });
        let outcome = match self.history() {
            Ok(prompt) => self.stream(prompt, lane).await,
            Err(error) => Err(Failure { role: "assistant", lane, error }),
        };
        if let Err(failure) = outcome {
            self.fail(&failure);
        }
    }

    fn tell(&self, event: Event) {
        // Where nobody listens any more the chat is over, and the work is cancelled soon.
        let _ = self.told.send(event);
    }

    fn fail(&self, failure: &Failure) {
        let Failure { role, lane, error } = failure;
        let message = if self.cancel.is_cancelled() { "stopped".to_owned() } else { output::chain(error) };
        self.tell(Event::Failed { role: (*role).to_owned(), message, lane: *lane });
    }

    /// Whether the assistant is to reply to what was said.
    async fn hear(&mut self, said: &str) -> Result<bool, Failure> {
        let failed = |error| Failure { role: "mediator", lane: Lane::Mediated, error };
        let heard = self.crew.mediator.listen(&self.conversation, said, &self.cancel).await;
        let mediation = heard.map_err(|error| failed(error.into()))?;
        let turn = mediation.turn;
        self.conversation.turns.push(turn.clone());
        let spec = self.conversation.spec().map_err(|error| failed(error.into()))?;
        let replies = mediation.awaits_reply && is_something(&spec);
        self.tell(Event::Heard {
            turn,
            question: mediation.question,
            model: self.crew.mediator_name.clone(),
            spent: Spent {
                tokens: mediation.usage,
                seconds: mediation.elapsed.as_secs_f64(),
                cost_usd: mediation.calls.cost_usd,
            },
        });
        Ok(replies)
    }

    async fn carry_out(&mut self) -> Result<(), Failure> {
        let lane = Lane::Mediated;
        self.tell(Event::Replying { lane, model: self.crew.assistant_name.clone() });
        let (crew, brief) = (self.crew.clone(), self.crew.brief());
        let failed = |role, error| Failure { role, lane, error };
        let spec = self.conversation.spec().map_err(|error| failed("assistant", error.into()))?;
        let prompt = crew.assistant.prompt(&spec, &brief).map_err(|error| failed("assistant", error.into()))?;
        let Some(planner) = &crew.planner else { return self.stream(prompt, lane).await };
        let request = prompt.last().map_or("", |message| message.content.as_str());
        let started = Instant::now();
        let answer = planner.plan(request, None, self.cancel.clone()).await;
        let Completion { text: steps, finish, .. } = answer.map_err(|error| failed("planner", error.into()))?;
        let spent = Spent {
            tokens: finish.usage.unwrap_or_default(),
            seconds: started.elapsed().as_secs_f64(),
            cost_usd: finish.calls.cost_usd,
        };
        self.tell(Event::Planned { text: steps.clone(), spent });
        let brief = Brief { plan: Some(&steps), ..brief };
        let prompt = crew.assistant.prompt(&spec, &brief).map_err(|error| failed("assistant", error.into()))?;
        self.stream(prompt, lane).await
    }

    /// What an assistant reads that has no mediator before it: every turn, and what was replied to it.
    fn history(&self) -> anyhow::Result<Vec<Message>> {
        let prompt = self.crew.assistant.prompt(&Spec::default(), &self.crew.brief())?;
        let mut messages: Vec<Message> = prompt.into_iter().filter(|message| message.role == Role::System).collect();
        let last = self.conversation.turns.len().saturating_sub(1);
        for (place, turn) in self.conversation.turns.iter().enumerate() {
            messages.push(Message::user(&turn.user));
            // What the mediator asked was put to the user in the assistant's place. What the assistant itself had asked is
            // recorded by the turn that answers it.
            let asked = turn.edits.iter().find_map(|edit| match edit {
                Edit::Ask { question } if question.asked_at == place => Some(question.text.as_str()),
                _ => None,
            });
            if let Some(text) = turn.reply.as_deref().or(asked).filter(|_| place < last) {
                messages.push(Message::assistant(text));
            }
        }
        Ok(messages)
    }

    /// Streams a reply, and tells how it ended.
    async fn stream(&mut self, prompt: Vec<Message>, lane: Lane) -> Result<(), Failure> {
        let failed = |error| Failure { role: "assistant", lane, error };
        let started = Instant::now();
        let mut events = self.crew.assistant.reply(prompt, None, self.cancel.clone());
        let (mut gathered, mut due) = (String::new(), started);
        let mut tokens = Vec::new();
        loop {
            let next = if gathered.is_empty() {
                events.next().await
            } else {
                // Nothing waits for long, also where nothing follows.
                let Ok(next) = tokio::time::timeout_at(due.into(), events.next()).await else {
                    self.tell(Event::Piece { lane, text: std::mem::take(&mut gathered) });
                    continue;
                };
                next
            };
            let Some(event) = next else { break };
            match event {
                Ok(ModelEvent::Text(piece)) => {
                    if gathered.is_empty() {
                        due = Instant::now() + TOGETHER;
                    }
                    gathered.push_str(&piece);
                }
                Ok(ModelEvent::Logprobs(more)) => tokens.extend(more),
                Ok(ModelEvent::Reasoning(_)) => {}
                Ok(ModelEvent::Finished(finish)) => {
                    self.end(
                        lane,
                        gathered,
                        Replied {
                            reason: finish.reason.as_str().to_owned(),
                            confidence: reply_confidence(&tokens),
                            tokens: finish.usage,
                            seconds: started.elapsed().as_secs_f64(),
                            cost_usd: finish.calls.cost_usd,
                        },
                    );
                    return Ok(());
                }
                Ok(ModelEvent::Cancelled) | Err(ModelError::Cancelled) => {
                    self.end(
                        lane,
                        gathered,
                        Replied {
                            reason: "cancelled".to_owned(),
                            seconds: started.elapsed().as_secs_f64(),
                            ..Replied::default()
                        },
                    );
                    return Ok(());
                }
                Err(error) => {
                    self.flush(lane, gathered);
                    return Err(failed(error.into()));
                }
            }
        }
        self.flush(lane, gathered);
        Err(failed(anyhow::anyhow!("the reply ended without an end")))
    }

    fn flush(&self, lane: Lane, gathered: String) {
        if !gathered.is_empty() {
            self.tell(Event::Piece { lane, text: gathered });
        }
    }

    fn end(&self, lane: Lane, gathered: String, replied: Replied) {
        self.flush(lane, gathered);
        self.tell(Event::Replied { lane, replied });
    }
}

/// Whether there is anything to carry out.
pub(crate) fn is_something(spec: &Spec) -> bool {
    spec.goal.is_some() || spec.active().next().is_some()
}

/// What is said with files: their texts as quoted content behind the words.
pub(crate) fn with_files(text: &str, files: &[String]) -> anyhow::Result<String> {
    let mut said = text.to_owned();
    for path in files {
        let size = std::fs::metadata(path).with_context(|| format!("cannot read {path}"))?.len();
        anyhow::ensure!(size <= MOST_BYTES, "{path} has {size} bytes; a file that goes along may have {MOST_BYTES}");
        let content = std::fs::read_to_string(path).with_context(|| format!("cannot read {path} as UTF-8 text"))?;
        said.push_str(&format!("\n\n{path}:\n{}", quoted(content.trim_end())));
    }
    Ok(said)
}

/// A text as quoted content, fenced so that nothing in it ends the quotation.
pub(crate) fn quoted(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}\n{text}\n{fence}")
}
