//! Who takes part in an experiment.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use throughline_assistant::{Assistant, Planner};
use throughline_conversation::Conversation;
use throughline_mediator::{Mediation, Mediator, MediatorError};
use throughline_models::CancellationToken;
use throughline_tasks::{Environment, TaskFamily};

use crate::{Judge, Rewriter, Setting, Simulator, Turns, UserModel};

/// Listens to the simulated user in settings that read a spec.
pub trait Listener: Send + Sync {
    /// What `user` changes in the spec of `conversation`, and whether to ask or proceed; model calls draw with
    /// `seed`.
    fn listen<'a>(
        &'a self,
        conversation: &'a Conversation,
        user: &'a str,
        seed: u32,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Mediation, MediatorError>>;
}

impl Listener for Mediator {
    fn listen<'a>(
        &'a self,
        conversation: &'a Conversation,
        user: &'a str,
        seed: u32,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Mediation, MediatorError>> {
        let mediator = self.seeded(seed);
        Box::pin(async move { mediator.listen(conversation, user, cancel).await })
    }
}

/// What identifies a role's model and settings, for manifests and transcripts. Never holds a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRecord {
    /// The model's name, as transcripts and reports show it.
    pub name: String,
    /// What the model is, exactly: a file's hash, or an endpoint's address with the name of its model.
    pub identity: String,
    /// SHA-256 of the agent file.
    pub agent_sha256: String,
    /// What else shapes its replies: sampling, context length, ask budget.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub settings: toml::Table,
}

/// The records of every role in an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Who replies.
    pub assistant: RoleRecord,
    /// Who listens, where a setting needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mediator: Option<RoleRecord>,
    /// Who rewrites user turns, where a setting needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewriter: Option<RoleRecord>,
    /// Who proposes steps before the assistant carries a spec out; `None` where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planner: Option<RoleRecord>,
    /// Who says the shards, where a model does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<RoleRecord>,
    /// Who judges answers that no rule can judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<RoleRecord>,
}

impl Roles {
    /// Those that take part in runs of a family in a setting with a user of this simulator.
    pub(crate) fn taking_part(&self, family: &dyn TaskFamily, setting: &dyn Setting, user: &dyn Simulator) -> Self {
        let needs = setting.needs();
        let spoken = setting.turns() == Turns::PerShard && user.needs_model();
        Self {
            assistant: self.assistant.clone(),
            mediator: self.mediator.clone().filter(|_| needs.mediator),
            rewriter: self.rewriter.clone().filter(|_| needs.rewriter),
            planner: self.planner.clone().filter(|_| needs.mediator),
            user: self.user.clone().filter(|_| spoken),
            judge: self.judge.clone().filter(|_| family.is_judged()),
        }
    }

    /// The role that a setting lacks here.
    pub(crate) fn lacking(&self, setting: &dyn Setting) -> Option<&'static str> {
        let needs = setting.needs();
        if needs.mediator && self.mediator.is_none() {
            return Some("mediator");
        }
        (needs.rewriter && self.rewriter.is_none()).then_some("rewriter")
    }
}

/// Who takes part in an experiment, and what answers are judged with. How the roles are recorded stands in the plan's [`Roles`].
#[derive(Clone)]
pub struct Cast {
    assistant: Assistant,
    mediator: Option<Arc<dyn Listener>>,
    rewriter: Option<Rewriter>,
    planner: Option<Planner>,
    user: Option<UserModel>,
    judge: Option<Judge>,
    environment: Arc<Environment>,
}

impl Cast {
    /// A cast of the assistant alone.
    pub fn new(assistant: Assistant) -> Self {
        Self {
            assistant,
            mediator: None,
            rewriter: None,
            planner: None,
            user: None,
            judge: None,
            environment: Arc::default(),
        }
    }

    /// The same cast with a mediator.
    #[must_use]
    pub fn with_mediator(mut self, mediator: Arc<dyn Listener>) -> Self {
        self.mediator = Some(mediator);
        self
    }

    /// The same cast with a rewriter.
    #[must_use]
    pub fn with_rewriter(mut self, rewriter: Rewriter) -> Self {
        self.rewriter = Some(rewriter);
        self
    }

    /// The same cast with a planner, who proposes steps wherever the assistant reads a spec.
    #[must_use]
    pub fn with_planner(mut self, planner: Planner) -> Self {
        self.planner = Some(planner);
        self
    }

    /// The same cast with a model that speaks for the simulated user.
    #[must_use]
    pub fn with_user(mut self, user: UserModel) -> Self {
        self.user = Some(user);
        self
    }

    /// The same cast with a judge.
    #[must_use]
    pub fn with_judge(mut self, judge: Judge) -> Self {
        self.judge = Some(judge);
        self
    }

    /// The same cast with what evaluators need.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = Arc::new(environment);
        self
    }

    /// What evaluators need.
    pub fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    /// Who replies.
    pub fn assistant(&self) -> &Assistant {
        &self.assistant
    }

    /// Who listens.
    pub fn mediator(&self) -> Option<&dyn Listener> {
        self.mediator.as_deref()
    }

    /// Who rewrites user turns.
    pub fn rewriter(&self) -> Option<&Rewriter> {
        self.rewriter.as_ref()
    }

    /// Who speaks for the simulated user.
    pub fn user(&self) -> Option<&UserModel> {
        self.user.as_ref()
    }

    /// Who judges what no rule can judge.
    pub fn judge(&self) -> Option<&Judge> {
        self.judge.as_ref()
    }

    /// Who proposes steps.
    pub fn planner(&self) -> Option<&Planner> {
        self.planner.as_ref()
    }
}
