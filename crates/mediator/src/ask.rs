//! Ask or proceed.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use throughline_conversation::{Decision, Edit, Spec, Turn};

use crate::cues::{self, Said};
use crate::words::{QUESTION_MARKS, content, words};

/// When the mediator asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskMode {
    /// Never: what is missing is left to the assistant, as an assumption in sight.
    Never,
    /// When something essential seems to be missing, within the budget.
    #[default]
    Auto,
    /// After every turn that says something: the spec is shown, and nothing is done before the user agrees to it.
    AlwaysConfirm,
}

impl AskMode {
    /// The mode's name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Auto => "auto",
            Self::AlwaysConfirm => "always-confirm",
        }
    }
}

/// When the mediator asks, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskPolicy {
    /// When it asks.
    pub mode: AskMode,
    /// How many questions it may ask in one conversation; 0 never asks.
    pub budget: usize,
}

impl Default for AskPolicy {
    fn default() -> Self {
        Self { mode: AskMode::Auto, budget: 1 }
    }
}

/// What is asked where the user is to agree with the spec, which is shown with it.
pub(crate) const CONFIRM: &str = "Is that right?";

/// A question longer than this is no short one.
const MOST_WORDS: usize = 30;

impl AskPolicy {
    /// Whether the user is to agree with what was understood of this turn before anything is done.
    pub(crate) fn confirms(self, turn: &Turn) -> bool {
        self.mode == AskMode::AlwaysConfirm
            && turn.edits.iter().any(|edit| edit.clause().is_some() || matches!(edit, Edit::Refer { .. }))
            && !Said::new(&turn.user).goes_ahead()
    }

    /// Whether the user agrees with what was understood of the turn before.
    pub(crate) fn confirmed(self, before: Option<&Turn>, user: &str) -> bool {
        self.mode == AskMode::AlwaysConfirm
            && before.is_some_and(|turn| turn.decision == Decision::Ask)
            && (cues::agrees(user) || cues::is_pleasantry(user))
    }

    /// Whether a question may be put after this turn at all: not when the budget is spent, the user wants to go on, or the
    /// turn recorded nothing.
    pub(crate) fn may_ask(self, turn: &Turn, spec: &Spec) -> bool {
        let left = self.mode == AskMode::Auto && spec.questions.len() < self.budget;
        left && turn.edits.iter().any(|edit| edit.clause().is_some()) && !Said::new(&turn.user).goes_ahead()
    }

    /// The question to put, if there is one: the model's, unless the budget is spent, the user wants to go on, the
    /// turn recorded nothing, or the question is not one short question about what the user said.
    pub(crate) fn question(self, question: Option<&str>, turn: &Turn, spec: &Spec) -> Option<String> {
        let question = question.map(str::trim).filter(|question| !question.is_empty())?;
        if !self.may_ask(turn, spec) {
            return None;
        }
        let one = question.ends_with(QUESTION_MARKS) && !question.contains('\n');
        let short = words(question).count() <= MOST_WORDS;
        let fresh = !spec.questions.iter().any(|asked| asked.text == question);
        (one && short && fresh && !repeats(question, spec) && !invents(question, spec)).then(|| question.to_owned())
    }
}

/// Whether the question only gives the user's own words back: it asks for nothing that is missing.
fn repeats(question: &str, spec: &Spec) -> bool {
    let asked = content(question);
    spec.active().any(|clause| {
        let said: HashSet<String> = content(&clause.said.text).into_iter().collect();
        asked.iter().all(|word| said.contains(word))
    })
}

/// Whether the question brings in a number that the user never said: that would suggest an answer.
fn invents(question: &str, spec: &Spec) -> bool {
    let said: HashSet<String> = spec.active().flat_map(|clause| content(&clause.said.text)).collect();
    content(question).iter().any(|word| word.chars().any(char::is_numeric) && !said.contains(word))
}
