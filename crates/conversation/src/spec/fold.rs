//! Folding edits into a spec.

use super::Spec;
use super::clause::{Clause, ClauseId, NewClause, Status};
use super::edit::{Edit, Removal};
use super::items::{AssumptionId, AssumptionState, QuestionId, QuestionState};

/// An edit that does not fit the spec it was meant for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The edit names a clause that was never recorded.
    #[error("edit {edit} ({op}) names clause {target}, which the spec does not hold")]
    UnknownClause {
        /// Index of the edit among those folded, from 0.
        edit: usize,
        /// The operation.
        op: &'static str,
        /// The clause it names.
        target: ClauseId,
    },
    /// The edit names a clause that is no longer in force.
    #[error("edit {edit} ({op}) names clause {target}, which is no longer in force")]
    NotInForce {
        /// Index of the edit among those folded, from 0.
        edit: usize,
        /// The operation.
        op: &'static str,
        /// The clause it names.
        target: ClauseId,
    },
    /// The edit answers a question that was never asked or is answered already.
    #[error("edit {edit} answers question {question}, which is not open")]
    NotOpen {
        /// Index of the edit among those folded, from 0.
        edit: usize,
        /// The question it names.
        question: QuestionId,
    },
    /// The edit names an assumption that was never made, or that is no longer in force.
    #[error("edit {edit} ({op}) names assumption {assumption}, which is not in force")]
    NotStanding {
        /// Index of the edit among those folded, from 0.
        edit: usize,
        /// The operation.
        op: &'static str,
        /// The assumption it names.
        assumption: AssumptionId,
    },
    /// The edit brings in an id that is taken.
    #[error("edit {edit} ({op}) brings in {id}, which is taken")]
    TakenId {
        /// Index of the edit among those folded, from 0.
        edit: usize,
        /// The operation.
        op: &'static str,
        /// The id.
        id: String,
    },
}

impl Spec {
    /// The spec that these edits amount to.
    ///
    /// # Errors
    /// [`FoldError`] naming the first edit that does not fit.
    pub fn fold<'a>(edits: impl IntoIterator<Item = &'a Edit>) -> Result<Self, FoldError> {
        let mut spec = Self::default();
        for (index, edit) in edits.into_iter().enumerate() {
            spec.apply(index, edit)?;
        }
        Ok(spec)
    }

    /// Applies one edit; `index` is its place among the edits folded and only names it in an error.
    ///
    /// # Errors
    /// [`FoldError`] when the edit does not fit; the spec is then unchanged.
    pub fn apply(&mut self, index: usize, edit: &Edit) -> Result<(), FoldError> {
        self.check(index, edit)?;
        match edit {
            Edit::Add { clause } => self.requirements.push(Clause::active(clause.clone())),
            Edit::Revise { target, clause, removal } => self.revise(target, clause, removal),
            Edit::Withdraw { target, clause, removal } => self.withdraw(target, clause, removal),
            Edit::Redirect { clause, removal } => self.redirect(clause, removal),
            Edit::Refer { reference } => self.references.push(reference.clone()),
            Edit::Answer { question, clause } => {
                if !self.holds(clause) {
                    self.requirements.push(Clause::active(clause.clone()));
                }
                for asked in self.questions.iter_mut().filter(|asked| asked.id == *question) {
                    asked.state = QuestionState::Answered { answered_by: clause.id.clone() };
                }
            }
            Edit::Assume { assumption } => self.assumptions.push(assumption.clone()),
            Edit::Ask { question } => self.questions.push(question.clone()),
            Edit::Confirm { assumption, clause } => {
                self.requirements.push(Clause::active(clause.clone()));
                self.state(assumption, &AssumptionState::ConfirmedBy(clause.id.clone()));
            }
            Edit::Dismiss { assumption, .. } => self.state(assumption, &AssumptionState::Dismissed),
            Edit::Pin { target, pinned, .. } => self.pin(target, *pinned),
            Edit::Approve { .. } | Edit::Chat { .. } => {}
        }
        Ok(())
    }

    fn check(&self, index: usize, edit: &Edit) -> Result<(), FoldError> {
        let op = edit.op();
        let taken = |id: String| Err(FoldError::TakenId { edit: index, op, id });
        // An answer may be a clause that stands already: what it says is said there.
        let answered = matches!(edit, Edit::Answer { clause, .. } if self.holds(clause));
        if let Some(clause) = edit.clause()
            && self.clause(&clause.id).is_some()
            && !answered
        {
            return taken(clause.id.to_string());
        }
        match edit {
            Edit::Revise { target, .. } | Edit::Withdraw { target, .. } | Edit::Pin { target, .. } => {
                match self.clause(target) {
                    None => Err(FoldError::UnknownClause { edit: index, op, target: target.clone() }),
                    Some(clause) if !clause.status.is_active() => {
                        Err(FoldError::NotInForce { edit: index, op, target: target.clone() })
                    }
                    Some(_) => Ok(()),
                }
            }
            Edit::Answer { question, .. } if !self.open_questions().any(|asked| asked.id == *question) => {
                Err(FoldError::NotOpen { edit: index, question: question.clone() })
            }
            Edit::Confirm { assumption, .. } | Edit::Dismiss { assumption, .. }
                if !self.standing().any(|held| held.id == *assumption) =>
            {
                Err(FoldError::NotStanding { edit: index, op, assumption: assumption.clone() })
            }
            Edit::Refer { reference } if self.references.iter().any(|held| held.id == reference.id) => {
                taken(reference.id.to_string())
            }
            Edit::Assume { assumption } if self.assumptions.iter().any(|held| held.id == assumption.id) => {
                taken(assumption.id.to_string())
            }
            Edit::Ask { question } if self.questions.iter().any(|held| held.id == question.id) => {
                taken(question.id.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Whether this very clause is in force.
    fn holds(&self, clause: &NewClause) -> bool {
        self.active().any(|held| held.said == *clause)
    }

    /// A revised goal stays the goal; every other clause enters behind what was said before it.
    fn revise(&mut self, target: &ClauseId, clause: &NewClause, removal: &Removal) {
        let revises_goal = self.is_goal(target);
        if removal.earned {
            self.retire(target, &Status::Superseded { superseded_by: clause.id.clone() });
            if revises_goal {
                self.replace_goal(clause);
            } else {
                self.requirements.push(Clause::active(clause.clone()));
            }
        } else {
            self.contest(target, clause);
        }
    }

    fn withdraw(&mut self, target: &ClauseId, clause: &NewClause, removal: &Removal) {
        if removal.earned {
            self.retire(target, &Status::Withdrawn { withdrawn_at: clause.source.turn });
            if self.goal.as_ref().is_some_and(|goal| !goal.status.is_active()) {
                self.former_goals.extend(self.goal.take());
            }
        } else {
            self.contest(target, clause);
        }
    }

    fn redirect(&mut self, clause: &NewClause, removal: &Removal) {
        match self.goal.as_ref().map(|goal| goal.said.id.clone()) {
            Some(former) if removal.earned => {
                self.retire(&former, &Status::Superseded { superseded_by: clause.id.clone() });
                self.replace_goal(clause);
            }
            Some(former) => self.contest(&former, clause),
            None => self.goal = Some(Clause::active(clause.clone())),
        }
    }

    fn replace_goal(&mut self, clause: &NewClause) {
        self.former_goals.extend(self.goal.replace(Clause::active(clause.clone())));
    }

    fn contest(&mut self, target: &ClauseId, clause: &NewClause) {
        self.requirements.push(Clause { contests: Some(target.clone()), ..Clause::active(clause.clone()) });
    }

    fn state(&mut self, id: &AssumptionId, state: &AssumptionState) {
        for assumption in self.assumptions.iter_mut().filter(|assumption| assumption.id == *id) {
            assumption.state = state.clone();
        }
    }

    fn pin(&mut self, target: &ClauseId, pinned: bool) {
        for clause in self.goal.iter_mut().chain(&mut self.requirements).filter(|clause| clause.said.id == *target) {
            clause.pinned = pinned;
        }
    }

    fn retire(&mut self, target: &ClauseId, status: &Status) {
        for clause in self.goal.iter_mut().chain(&mut self.requirements).filter(|clause| clause.said.id == *target) {
            clause.status = status.clone();
        }
    }
}

#[cfg(test)]
mod tests;
