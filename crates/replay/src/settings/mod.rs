//! Settings: what the assistant gets to read.
//!
//! A setting is a pure function of what happened so far. To add one: a file here, and a line in [`settings`].

mod concat;
mod full;
mod mediated;
mod sharded;
mod user_only;

use throughline_assistant::AssistantError;
use throughline_conversation::Spec;
use throughline_models::Message;
use throughline_tasks::{Sample, TaskFamily};

use crate::{PlanError, SettingError};

/// How a setting takes a sample's shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// One reply, to everything at once.
    Single,
    /// One user turn for each shard, and a reply to each.
    PerShard,
}

/// Renders a spec into what the assistant reads, under the given system message.
pub type RenderSpec<'a> = dyn Fn(&Spec, Option<&str>) -> Result<Vec<Message>, AssistantError> + Sync + 'a;

/// What happened so far in a run, as far as a setting may know it.
#[derive(Clone, Copy)]
pub struct SoFar<'a> {
    /// The sample's family, which words the prompts.
    pub family: &'a dyn TaskFamily,
    /// The sample.
    pub sample: &'a Sample,
    /// What the user said, oldest first; empty in a setting of a single turn.
    pub user_turns: &'a [String],
    /// What the user was told after each turn but the last: the assistant's reply, or the mediator's question.
    pub replies: &'a [String],
    /// What the mediator understood; `None` unless the setting listens.
    pub spec: Option<&'a Spec>,
    /// How the assistant words a spec.
    pub render: &'a RenderSpec<'a>,
}

impl SoFar<'_> {
    /// The family's system message for the sample.
    fn system(&self) -> Message {
        Message::system(self.family.system_prompt(self.sample))
    }
}

/// A setting: decides what the assistant reads, and nothing else does.
pub trait Setting: Send + Sync {
    /// The setting's name in commands and transcripts.
    fn name(&self) -> &'static str;

    /// How it takes the shards.
    fn turns(&self) -> Turns;

    /// Whether the mediator listens to each user turn, so that [`SoFar::spec`] is there.
    fn listens(&self) -> bool {
        false
    }

    /// What the assistant reads now.
    ///
    /// # Errors
    /// [`SettingError`] when what it needs is missing or cannot be rendered.
    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError>;
}

/// Every setting known here, in the order in which reports show them.
pub fn settings() -> &'static [&'static dyn Setting] {
    &[&full::Full, &concat::Concat, &sharded::Sharded, &user_only::UserOnly, &mediated::Mediated]
}

/// The setting of that name.
///
/// # Errors
/// [`PlanError::UnknownSetting`], which lists the names that are known.
pub fn setting(name: &str) -> Result<&'static dyn Setting, PlanError> {
    settings().iter().copied().find(|setting| setting.name() == name).ok_or_else(|| PlanError::UnknownSetting {
        name: name.to_owned(),
        known: settings().iter().map(|setting| setting.name()).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests;
