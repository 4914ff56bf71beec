//! The spec: what was understood, clause by clause.

pub(crate) mod clause;
pub(crate) mod edit;
pub(crate) mod finding;
pub(crate) mod fold;
pub(crate) mod ids;
pub(crate) mod items;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use clause::{Clause, ClauseId};
use items::{Assumption, AssumptionId, Question, QuestionState, Reference};

/// What the user wants, as far as it was understood. Always the fold of the edits recorded so far; nothing that
/// was said ever disappears from it, it only leaves force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spec {
    /// What is to be done; `null` until the user said it.
    pub goal: Option<Clause>,
    /// Everything else that holds or held, in the order in which it was said.
    pub requirements: Vec<Clause>,
    /// Parts of assistant replies that the user pointed at.
    pub references: Vec<Reference>,
    /// What was filled in without a word of the user.
    pub assumptions: Vec<Assumption>,
    /// What the mediator asked.
    pub questions: Vec<Question>,
    /// Goals that no longer hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_goals: Vec<Clause>,
}

impl Spec {
    /// Every clause ever recorded: the goal, the requirements, former goals.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.goal.iter().chain(&self.requirements).chain(&self.former_goals)
    }

    /// The clauses in force, goal first.
    pub fn active(&self) -> impl Iterator<Item = &Clause> {
        self.clauses().filter(|clause| clause.status.is_active())
    }

    /// The clause of that name.
    pub fn clause(&self, id: &ClauseId) -> Option<&Clause> {
        self.clauses().find(|clause| clause.said.id == *id)
    }

    /// Whether the clause of that name is the goal.
    pub fn is_goal(&self, id: &ClauseId) -> bool {
        self.goal.as_ref().is_some_and(|goal| goal.said.id == *id)
    }

    /// The clause in force that this one contests, if it contests one that still is.
    pub fn contested(&self, clause: &Clause) -> Option<&Clause> {
        clause.contests.as_ref().and_then(|target| self.clause(target)).filter(|older| older.status.is_active())
    }

    /// The clauses that contest the one of that name.
    pub fn contesting<'a>(&'a self, id: &'a ClauseId) -> impl Iterator<Item = &'a Clause> {
        self.active().filter(move |clause| clause.contests.as_ref() == Some(id))
    }

    /// The assumptions in force.
    pub fn standing(&self) -> impl Iterator<Item = &Assumption> {
        self.assumptions.iter().filter(|assumption| assumption.state.is_standing())
    }

    /// The assumption of that name.
    pub fn assumption(&self, id: &AssumptionId) -> Option<&Assumption> {
        self.assumptions.iter().find(|assumption| assumption.id == *id)
    }

    /// The questions that still wait for an answer.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(|question| question.state == QuestionState::Open)
    }
}
