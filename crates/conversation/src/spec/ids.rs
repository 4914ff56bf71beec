//! Names for what the next edits bring.

use super::clause::ClauseId;
use super::edit::Edit;
use super::items::{AssumptionId, QuestionId, ReferenceId};

/// Hands out the ids that follow those of the edits so far, so that folding the same edits always gives the same
/// names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    clauses: usize,
    references: usize,
    assumptions: usize,
    questions: usize,
}

impl Ids {
    /// The ids that are free after these edits.
    pub fn after<'a>(edits: impl IntoIterator<Item = &'a Edit>) -> Self {
        let mut ids = Self::default();
        for edit in edits {
            ids.clauses += usize::from(edit.clause().is_some());
            ids.references += usize::from(matches!(edit, Edit::Refer { .. }));
            ids.assumptions += usize::from(matches!(edit, Edit::Assume { .. }));
            ids.questions += usize::from(matches!(edit, Edit::Ask { .. }));
        }
        ids
    }

    /// Takes the next clause id.
    pub fn clause(&mut self) -> ClauseId {
        self.clauses += 1;
        ClauseId(format!("c{}", self.clauses))
    }

    /// Takes the next reference id.
    pub fn reference(&mut self) -> ReferenceId {
        self.references += 1;
        ReferenceId(format!("r{}", self.references))
    }

    /// Takes the next assumption id.
    pub fn assumption(&mut self) -> AssumptionId {
        self.assumptions += 1;
        AssumptionId(format!("a{}", self.assumptions))
    }

    /// Takes the next question id.
    pub fn question(&mut self) -> QuestionId {
        self.questions += 1;
        QuestionId(format!("q{}", self.questions))
    }
}
