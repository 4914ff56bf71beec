//! The simulator `model`: a model says the shards, one a turn, in its own words, and a check says what it revealed.

mod check;
mod request;
mod tokens;

use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use throughline_models::{AgentFile, CancellationToken, ChatModel, Message, ModelError};

use super::order::Order;
use super::{Heard, JUST_GO, Said, Simulator, Spent, User};
use crate::respond::{Reply, hear};
use crate::{Cast, PlannedRun, RunError, derive_seed};
use check::{Check, Wrong};
use request::Draft;
use tokens::Tokens;

/// How often the model may word a turn.
const ATTEMPTS: usize = 2;

/// The model behind a simulated user.
#[derive(Clone)]
pub struct UserModel {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
}

impl UserModel {
    /// The user's agent file, as shipped.
    pub const AGENT: &'static str = include_str!("../../../../../agents/user.md");

    /// A user on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile) -> Self {
        Self { model, agent }
    }
}

/// Reveals one shard a turn in words of its own: the first one first, then whichever fits the conversation, within what
/// the order of the shards allows. What it reveals is what a check by rule finds in its words. Where that finds anything
/// wrong, the model has one more try; then the shard is said as it is. A question of the mediator is answered by the shard
/// that answers it; where the model finds none, the user says [`JUST_GO`].
///
/// Material, such as the parts of a document, is handed over as it is, without a model.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByModel;

impl ByModel {
    /// The simulator's name.
    pub const NAME: &'static str = "model";
}

impl Simulator for ByModel {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn needs_model(&self) -> bool {
        true
    }

    fn user<'a>(&'a self, run: &'a PlannedRun<'a>, cast: &'a Cast) -> Result<Box<dyn User + 'a>, RunError> {
        let lacking = RunError::NoRole { setting: run.setting.name(), role: "user" };
        let model = cast.user().ok_or(lacking)?;
        let order = Order::of(run.family, run.sample);
        Ok(Box::new(Talker { run, model, check: Check::of(order.shards()), order, told: Vec::new() }))
    }
}

/// The user of one run.
struct Talker<'a> {
    run: &'a PlannedRun<'a>,
    model: &'a UserModel,
    order: Order<'a>,
    check: Check,
    /// The places of the shards that were told, in the order in which they were.
    told: Vec<usize>,
}

impl User for Talker<'_> {
    fn next_turn<'a>(
        &'a mut self,
        heard: Heard<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Option<Said>, RunError>> {
        Box::pin(async move {
            let due = self.order.next(&self.told);
            let Some(&first) = due.first() else {
                return Ok(heard.asked.then(|| Said::going_ahead(JUST_GO)));
            };
            if self.run.family.hands_over_material() {
                return Ok(Some(self.verbatim(first)));
            }
            self.worded(&due, heard, cancel).await.map(Some)
        })
    }
}

impl Talker<'_> {
    /// The shard at this place, as it is.
    fn verbatim(&mut self, place: usize) -> Said {
        self.told.push(place);
        let shard = self.order.shard(place);
        Said::shard(self.run, shard)
    }

    /// One of the shards that are due, in the model's words where these pass the check.
    async fn worded(&mut self, due: &[usize], heard: Heard<'_>, cancel: &CancellationToken) -> Result<Said, RunError> {
        let earlier = Tokens::all_of(heard.told.iter().map(String::as_str));
        let shards: Vec<&str> = due.iter().map(|place| self.order.shard(*place).shard.as_str()).collect();
        let mut messages = self.model.agent.messages.clone();
        messages.push(Message::user(request::text(&shards, heard)));
        let (mut faults, mut spent, mut chosen) = (Vec::new(), Vec::new(), due[0]);
        for attempt in 1..=ATTEMPTS {
            let (wrong, words) = match self.draft(&messages, shards.len(), heard, attempt, &mut spent, cancel).await? {
                Err(reason) => (reason, String::new()),
                Ok(Draft { number: 0, .. }) => {
                    let going_ahead = Said::going_ahead(JUST_GO);
                    return Ok(Said { faults, spent, ..going_ahead });
                }
                Ok(draft) => {
                    chosen = due[draft.number - 1];
                    match self.check.revealed(&draft.message, chosen, due, &self.told, &earlier) {
                        Ok(place) => {
                            self.told.push(place);
                            let reveals = vec![self.order.shard(place).shard_id];
                            return Ok(Said { faults, spent, ..Said::revealing(draft.message, reveals) });
                        }
                        Err(wrong) => {
                            let wrong = listed(&wrong);
                            messages.push(Message::assistant(draft.json()));
                            messages
                                .push(Message::user(request::again(&wrong, &shards[draft.number - 1..draft.number])));
                            (wrong, draft.message)
                        }
                    }
                }
            };
            let then = if attempt < ATTEMPTS { "asked again" } else { "the shard was said as it is" };
            faults.push(format!("{wrong}; {then}: {words:?}"));
        }
        Ok(Said { faults, spent, ..self.verbatim(chosen) })
    }

    /// What the model would say; or why that is nothing of the form that was asked for.
    async fn draft(
        &self,
        messages: &[Message],
        shards: usize,
        heard: Heard<'_>,
        attempt: usize,
        spent: &mut Vec<Spent>,
        cancel: &CancellationToken,
    ) -> Result<Result<Draft, String>, RunError> {
        let UserModel { model, agent } = self.model;
        let mut sampling = agent.sampling.clone();
        let (repeat, turn) = (self.run.repeat.to_string(), heard.told.len().to_string());
        // Of the setting it knows nothing: the same conversation goes on in the same words.
        let parts = [&*self.run.sample.task_id, &repeat, &turn, "user", &attempt.to_string()];
        sampling.seed = Some(derive_seed(self.run.seed, &parts));
        let request = request::form(messages.to_vec(), sampling, shards, heard.asked);
        let asked = Instant::now();
        match hear(model.complete(request, cancel.clone())).await {
            Ok(Reply { text, finish, elapsed, .. }) => {
                spent.push(Spent { tokens: finish.usage, elapsed, calls: finish.calls });
                Ok(Draft::parse(&text, shards, heard.asked))
            }
            Err(ModelError::SchemaMismatch { reason, finish }) => {
                spent.push(Spent { tokens: finish.usage, elapsed: asked.elapsed(), calls: finish.calls });
                Ok(Err(format!("wrote nothing of the form that was asked for ({reason})")))
            }
            Err(error) => Err(RunError::User(error)),
        }
    }
}

fn listed(wrong: &[Wrong]) -> String {
    wrong.iter().map(Wrong::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
