//! Settings: what the assistant gets to read.
//!
//! A setting decides by pure functions of what happened so far: how the user words a turn, whether a rewriter puts the
//! user turns into one request, what the assistant reads. To add one: a file here, and a line in [`settings`].

mod concat;
mod ergo;
mod free_rewrite;
mod full;
mod mediated;
mod recap;
mod sharded;
mod shuffle_concat;
mod snowball;
mod user_only;

use std::borrow::Cow;

use throughline_assistant::{AssistantError, Brief};
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

/// What a setting needs beside the assistant. The plan refuses a setting whose needs are not met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// A mediator, which listens to each user turn: [`SoFar::spec`] is then there.
    pub mediator: bool,
    /// A rewriter, which is called where [`Setting::rewrites`] says so.
    pub rewriter: bool,
    /// Log-probabilities of the replies' tokens: [`SoFar::entropies`] is then there.
    pub entropy: bool,
}

/// User turns, rewritten into one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// How many user turns it stands for: the first so many.
    pub turns: usize,
    /// The request.
    pub text: String,
}

/// Renders a spec into what the assistant reads.
pub type RenderSpec<'a> = dyn Fn(&Spec, &Brief<'_>) -> Result<Vec<Message>, AssistantError> + Sync + 'a;

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
    /// What the mediator understood; `None` unless the setting needs one.
    pub spec: Option<&'a Spec>,
    /// The steps that a planner proposed for the spec; `None` where nobody does.
    pub plan: Option<&'a str>,
    /// The last rewrite; `None` before the first.
    pub rewrite: Option<&'a Rewrite>,
    /// The mean next-token entropy of the reply to each user turn, in nats; `None` for a reply without a token. The
    /// reply to the last user turn is among them once it was given. Empty unless the setting needs them.
    pub entropies: &'a [Option<f64>],
    /// By how much the entropy of a reply must rise over that of the turn before for `ergo` to begin anew, in nats.
    pub tau: f64,
    /// For what a setting draws: one number for each sample, setting and repeat.
    pub seed: u32,
    /// How the assistant words a spec.
    pub render: &'a RenderSpec<'a>,
}

impl SoFar<'_> {
    /// The family's system message for the sample.
    fn system(&self) -> Message {
        Message::system(self.family.system_prompt(self.sample))
    }

    /// What the shards say, as they are.
    fn pieces(&self) -> Vec<Cow<'_, str>> {
        self.sample.spoken().map(|shard| self.family.says(self.sample, shard)).collect()
    }

    /// The conversation as it went: user and assistant in turn. A rewrite stands in the place of the turns that it was
    /// made of and of the replies between them.
    fn conversation(&self) -> Vec<Message> {
        let rewritten = self.rewrite.map(|rewrite| (rewrite.turns.saturating_sub(1), &rewrite.text));
        let first = rewritten.map_or(0, |(place, _)| place);
        let mut messages = vec![self.system()];
        for (place, said) in self.user_turns.iter().enumerate().skip(first) {
            let text = rewritten.filter(|(last, _)| *last == place).map_or(said, |(_, text)| text);
            messages.push(Message::user(text));
            messages.extend(self.replies.get(place).map(Message::assistant));
        }
        messages
    }
}

/// Texts as a list with a bullet each.
fn bullets(texts: &[&str]) -> String {
    format!("- {}", texts.join("\n- "))
}

/// A setting: decides what the user says and what the assistant reads, and nothing else does. Every decision is a pure
/// function of its arguments.
pub trait Setting: Send + Sync {
    /// The setting's name in commands and transcripts.
    fn name(&self) -> &'static str;

    /// How it takes the shards.
    fn turns(&self) -> Turns;

    /// What it needs beside the assistant.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// The user turn that says `piece`, where the user said the pieces `earlier` before, in their own turns.
    fn wording(&self, _earlier: &[&str], piece: &str) -> String {
        piece.to_owned()
    }

    /// One more user turn, once every shard is revealed and no answer attempt was right.
    fn closing(&self, _said: &[&str]) -> Option<String> {
        None
    }

    /// Whether the rewriter now puts the user turns so far into one request, which is [`SoFar::rewrite`] from then on.
    /// This is asked before each reply, and once behind it: a reply that is followed by a rewrite is dropped, and given
    /// again.
    fn rewrites(&self, _so_far: &SoFar<'_>) -> bool {
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
    &[
        &full::Full,
        &concat::Concat,
        &shuffle_concat::ShuffleConcat,
        &sharded::Sharded,
        &recap::Recap,
        &snowball::Snowball,
        &user_only::UserOnly,
        &ergo::Ergo,
        &free_rewrite::FreeRewrite,
        &mediated::Mediated,
    ]
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
