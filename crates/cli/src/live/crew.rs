//! Who works behind a chat: the mediator and who carries out the spec.

use std::sync::Arc;

use throughline_assistant::{Assistant, Brief, Planner, Wording};
use throughline_mediator::{AskMode, AskPolicy, Mediator};

use crate::cast::Models;
use crate::config::Config;

/// The mediator and the assistant, with the names of their models.
#[derive(Clone)]
pub(crate) struct Crew {
    pub(crate) mediator: Mediator,
    pub(crate) mediator_name: String,
    pub(crate) assistant: Assistant,
    pub(crate) assistant_name: String,
    pub(crate) planner: Option<Arc<Planner>>,
    pub(crate) wording: Wording,
    pub(crate) policy: AskPolicy,
    /// How many tokens the assistant's context holds, where that is known.
    pub(crate) context: Option<u32>,
}

impl Crew {
    /// On models of these names, with a planner where one is wanted.
    pub(crate) async fn of(
        models: &mut Models<'_>,
        config: &Config,
        mediator: &str,
        assistant: &str,
        plan: bool,
    ) -> anyhow::Result<Self> {
        let mediator = models.open(mediator).await?;
        let assistant = models.open(assistant).await?;
        let planner = if plan { Some(Arc::new(models.planner().await?)) } else { None };
        Ok(Self {
            mediator: models.mediator_on(&mediator, None)?,
            mediator_name: mediator.name.clone(),
            assistant: models.assistant_on(&assistant)?,
            assistant_name: assistant.name.clone(),
            planner,
            wording: if config.exact_words.value { Wording::Exact } else { Wording::Resolved },
            policy: models.ask_policy(),
            context: assistant.context(),
        })
    }

    /// Takes another model for the mediator.
    pub(crate) async fn hire_mediator(&mut self, models: &mut Models<'_>, name: &str) -> anyhow::Result<()> {
        let opened = models.open(name).await?;
        self.mediator = models.mediator_on(&opened, None)?.asking(self.policy);
        self.mediator_name = opened.name;
        Ok(())
    }

    /// Takes another model for the assistant.
    pub(crate) async fn hire_assistant(&mut self, models: &mut Models<'_>, name: &str) -> anyhow::Result<()> {
        let opened = models.open(name).await?;
        self.assistant = models.assistant_on(&opened)?;
        self.context = opened.context();
        self.assistant_name = opened.name;
        Ok(())
    }

    /// Lets the mediator ask in another way.
    pub(crate) fn ask(&mut self, mode: AskMode) {
        self.policy.mode = mode;
        self.mediator = self.mediator.clone().asking(self.policy);
    }

    /// What the assistant reads beside the spec.
    pub(crate) fn brief(&self) -> Brief<'static> {
        Brief { wording: self.wording, ..Brief::default() }
    }
}
