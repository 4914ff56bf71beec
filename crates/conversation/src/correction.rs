//! What the user changes in the spec with their own hands.

use crate::{
    AssumptionId, Clause, ClauseId, ClauseKind, Conversation, Decision, Edit, FoldError, Ids, NewClause, Removal,
    Source, Span, Spec, Turn,
};

/// A change of the spec by the user's own hands: certain, without a mediator's reading. It is recorded as a turn whose
/// words say what was done, so that every clause still names the words it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Puts other words in the place of a clause.
    Reword {
        /// The clause, in force.
        clause: ClauseId,
        /// How it is to read.
        text: String,
    },
    /// Takes a clause out of force.
    Withdraw {
        /// The clause, in force.
        clause: ClauseId,
    },
    /// Brings a clause back that was withdrawn or replaced.
    Restore {
        /// The clause, no longer in force.
        clause: ClauseId,
    },
    /// Holds a clause fast, or lets it go again.
    Pin {
        /// The clause, in force.
        clause: ClauseId,
        /// Whether it is held fast from now on.
        pinned: bool,
    },
    /// Settles a contested clause: what it seems to change leaves force, and it stands by itself.
    Accept {
        /// The clause that contests another one.
        clause: ClauseId,
    },
    /// Makes an assumption a fact.
    Confirm {
        /// The assumption, in force.
        assumption: AssumptionId,
    },
    /// Takes an assumption away.
    Dismiss {
        /// The assumption, in force.
        assumption: AssumptionId,
    },
}

/// A correction that does not fit the spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// It names something that the spec does not hold.
    #[error("the spec holds no {0}")]
    Unknown(String),
    /// It brings back what is in force.
    #[error("{0} is in force already")]
    InForce(ClauseId),
    /// It takes out what is no longer in force.
    #[error("{0} is no longer in force")]
    NotInForce(String),
    /// It settles what nothing contests.
    #[error("{0} seems to change nothing that is in force")]
    NotContested(ClauseId),
    /// There is nothing in the place of the older words.
    #[error("there are no words to put in the place of {0}")]
    Empty(ClauseId),
    /// The conversation so far holds edits that do not fit.
    #[error("the conversation's record is damaged")]
    Fold(#[from] FoldError),
}

/// A turn that says what was done: words around what was quoted.
struct Saying {
    user: String,
    quoted: Span,
}

impl Saying {
    fn new(before: &str, quoted: &str, after: &str) -> Self {
        let start = before.len();
        Self { user: format!("{before}{quoted}{after}"), quoted: Span { start, end: start + quoted.len() } }
    }

    fn clause(&self, turn: usize, ids: &mut Ids, kind: ClauseKind) -> NewClause {
        let quote = self.user.get(self.quoted.start..self.quoted.end).unwrap_or_default().to_owned();
        NewClause { id: ids.clause(), text: quote.clone(), quote, source: Source { turn, span: self.quoted }, kind }
    }

    fn whole(&self, turn: usize) -> Source {
        Source { turn, span: Span::whole(&self.user) }
    }
}

impl Conversation {
    /// The turn that a correction amounts to. The conversation itself stays as it is: push the turn to accept it.
    ///
    /// # Errors
    /// [`CorrectionError`] when the correction does not fit the spec.
    pub fn correct(&self, correction: &Correction) -> Result<Turn, CorrectionError> {
        let spec = self.spec()?;
        let mut ids = Ids::after(self.edits());
        let turn = self.turns.len();
        let (user, edits) = match correction {
            Correction::Reword { clause, text } => reword(&spec, clause, text.trim(), turn, &mut ids)?,
            Correction::Withdraw { clause } => {
                let older = in_force(&spec, clause)?;
                let saying = Saying::new("Not any more: \u{201c}", &older.said.text, "\u{201d}");
                let edit = withdrawal(older, saying.clause(turn, &mut ids, older.said.kind), "you took it back");
                (saying.user, vec![edit])
            }
            Correction::Restore { clause } => {
                let older = known(&spec, clause)?;
                if older.status.is_active() {
                    return Err(CorrectionError::InForce(clause.clone()));
                }
                let saying = Saying::new("Still: \u{201c}", &older.said.text, "\u{201d}");
                let clause = saying.clause(turn, &mut ids, older.said.kind);
                let was_goal = spec.former_goals.iter().any(|former| former.said.id == older.said.id);
                let edit = if was_goal && spec.goal.is_none() {
                    Edit::Redirect { clause, removal: certain("you brought it back") }
                } else {
                    Edit::Add { clause }
                };
                (saying.user, vec![edit])
            }
            Correction::Pin { clause, pinned } => {
                let older = in_force(&spec, clause)?;
                let before = if *pinned { "In any case: \u{201c}" } else { "This may change: \u{201c}" };
                let saying = Saying::new(before, &older.said.text, "\u{201d}");
                let source = saying.whole(turn);
                (saying.user, vec![Edit::Pin { target: clause.clone(), pinned: *pinned, source }])
            }
            Correction::Accept { clause } => accept(self, &spec, clause, &mut ids)?,
            Correction::Confirm { assumption } => {
                let held = standing(&spec, assumption)?;
                let saying = Saying::new("Yes: \u{201c}", &held.text, "\u{201d}");
                let clause = saying.clause(turn, &mut ids, ClauseKind::Fact);
                (saying.user, vec![Edit::Confirm { assumption: assumption.clone(), clause }])
            }
            Correction::Dismiss { assumption } => {
                let held = standing(&spec, assumption)?;
                let saying = Saying::new("Do not assume: \u{201c}", &held.text, "\u{201d}");
                let source = saying.whole(turn);
                (saying.user, vec![Edit::Dismiss { assumption: assumption.clone(), source }])
            }
        };
        Ok(Turn { user, edits, decision: Decision::Proceed, ..Turn::default() })
    }
}

fn reword(
    spec: &Spec,
    id: &ClauseId,
    text: &str,
    turn: usize,
    ids: &mut Ids,
) -> Result<(String, Vec<Edit>), CorrectionError> {
    let older = in_force(spec, id)?;
    if text.is_empty() {
        return Err(CorrectionError::Empty(id.clone()));
    }
    let before = format!("Instead of \u{201c}{}\u{201d}: ", older.said.text);
    let saying = Saying::new(&before, text, "");
    let clause = saying.clause(turn, ids, older.said.kind);
    let removal = certain("you put other words in its place");
    let mut edits = vec![Edit::Revise { target: id.clone(), clause: clause.clone(), removal }];
    // What is held fast stays so in its new words.
    if older.pinned {
        edits.push(Edit::Pin { target: clause.id, pinned: true, source: saying.whole(turn) });
    }
    Ok((saying.user, edits))
}

/// The later words hold, alone. Words that only take something back leave with what they took back, and a later goal
/// takes the earlier one's place.
fn accept(
    conversation: &Conversation,
    spec: &Spec,
    id: &ClauseId,
    ids: &mut Ids,
) -> Result<(String, Vec<Edit>), CorrectionError> {
    const REASON: &str = "you settled it";
    let turn = conversation.turns.len();
    let later = in_force(spec, id)?;
    let older = spec.contested(later).ok_or_else(|| CorrectionError::NotContested(id.clone()))?;
    if spec.is_goal(&older.said.id) {
        let before = format!("Instead of \u{201c}{}\u{201d}: ", older.said.text);
        let saying = Saying::new(&before, &later.said.text, "");
        let goal = Edit::Redirect { clause: saying.clause(turn, ids, later.said.kind), removal: certain(REASON) };
        let moved = withdrawal(later, saying.clause(turn, ids, later.said.kind), "it is the goal now");
        return Ok((saying.user, vec![goal, moved]));
    }
    let saying = Saying::new("Not any more: \u{201c}", &older.said.text, "\u{201d}");
    let mut edits = vec![withdrawal(older, saying.clause(turn, ids, older.said.kind), REASON)];
    let only_takes_back =
        conversation.edits().any(|edit| matches!(edit, Edit::Withdraw { clause, .. } if clause.id == *id));
    if only_takes_back {
        edits.push(withdrawal(later, saying.clause(turn, ids, later.said.kind), "it has done what it said"));
    }
    Ok((saying.user, edits))
}

fn withdrawal(older: &Clause, clause: NewClause, reason: &str) -> Edit {
    Edit::Withdraw { target: older.said.id.clone(), clause, removal: certain(reason) }
}

fn certain(reason: &str) -> Removal {
    Removal { earned: true, reason: reason.to_owned(), probability: Some(1.0) }
}

fn known<'a>(spec: &'a Spec, id: &ClauseId) -> Result<&'a Clause, CorrectionError> {
    spec.clause(id).ok_or_else(|| CorrectionError::Unknown(id.to_string()))
}

fn in_force<'a>(spec: &'a Spec, id: &ClauseId) -> Result<&'a Clause, CorrectionError> {
    let clause = known(spec, id)?;
    if clause.status.is_active() { Ok(clause) } else { Err(CorrectionError::NotInForce(id.to_string())) }
}

fn standing<'a>(spec: &'a Spec, id: &AssumptionId) -> Result<&'a crate::Assumption, CorrectionError> {
    let assumption = spec.assumption(id).ok_or_else(|| CorrectionError::Unknown(id.to_string()))?;
    if assumption.state.is_standing() { Ok(assumption) } else { Err(CorrectionError::NotInForce(id.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Assumption, AssumptionState, Status};

    fn said(ids: &mut Ids, turn: usize, text: &str) -> NewClause {
        let source = Source { turn, span: Span::whole(text) };
        NewClause { id: ids.clause(), text: text.into(), quote: text.into(), source, kind: ClauseKind::Fact }
    }

    fn doubtful() -> Removal {
        Removal { earned: false, reason: "not certain".into(), probability: Some(0.4) }
    }

    /// c1 is the goal, c2 a fact that c3 contests, c4 takes c1 back for a doubt, a1 is assumed.
    fn conversation() -> Conversation {
        let mut ids = Ids::default();
        let goal = said(&mut ids, 0, "Plan a party.");
        let fact = said(&mut ids, 1, "40 guests");
        let later = said(&mut ids, 2, "make it 50");
        let other = said(&mut ids, 3, "Plan a trip.");
        let assumption = Assumption {
            id: ids.assumption(),
            text: "It is in May.".into(),
            reason: "left open".into(),
            state: AssumptionState::Standing,
        };
        let edits = [
            Edit::Redirect { clause: goal, removal: doubtful() },
            Edit::Add { clause: fact.clone() },
            Edit::Withdraw { target: fact.id, clause: later, removal: doubtful() },
            Edit::Redirect { clause: other, removal: doubtful() },
            Edit::Assume { assumption },
        ];
        let turns = edits.into_iter().zip(["Plan a party.", "40 guests", "make it 50", "Plan a trip.", "go on"]);
        Conversation {
            turns: turns.map(|(edit, user)| Turn { user: user.into(), edits: vec![edit], ..Turn::default() }).collect(),
        }
    }

    fn id(name: &str) -> ClauseId {
        ClauseId(name.into())
    }

    /// Makes the correction, and checks that each clause it brought stands on the words that it quotes.
    fn make(conversation: &mut Conversation, correction: &Correction) -> Spec {
        let turn = conversation.correct(correction).unwrap();
        for clause in turn.edits.iter().filter_map(Edit::clause) {
            assert_eq!(clause.source.span.of(&turn.user).unwrap(), clause.quote);
            assert_eq!(clause.source.turn, conversation.turns.len());
        }
        conversation.turns.push(turn);
        conversation.spec().unwrap()
    }

    fn texts(spec: &Spec) -> Vec<&str> {
        spec.active().map(|clause| clause.said.text.as_str()).collect()
    }

    #[test]
    fn words_take_the_place_of_words_and_stay_pinned() {
        let mut conversation = conversation();
        make(&mut conversation, &Correction::Pin { clause: id("c2"), pinned: true });
        let spec = make(&mut conversation, &Correction::Reword { clause: id("c2"), text: " 45 guests ".into() });
        assert_eq!(texts(&spec), ["Plan a party.", "make it 50", "Plan a trip.", "45 guests"]);
        assert!(spec.active().any(|clause| clause.said.text == "45 guests" && clause.pinned));
        assert!(matches!(spec.clause(&id("c2")).unwrap().status, Status::Superseded { .. }));
    }

    #[test]
    fn what_was_withdrawn_comes_back() {
        let mut conversation = conversation();
        let spec = make(&mut conversation, &Correction::Withdraw { clause: id("c1") });
        assert!(spec.goal.is_none());
        let spec = make(&mut conversation, &Correction::Restore { clause: id("c1") });
        assert_eq!(spec.goal.unwrap().said.text, "Plan a party.");
        assert_eq!(
            conversation.correct(&Correction::Restore { clause: id("c2") }),
            Err(CorrectionError::InForce(id("c2")))
        );
    }

    #[test]
    fn settling_leaves_the_later_words_alone() {
        let mut conversation = conversation();
        // c3 was words that only take back: both leave.
        let spec = make(&mut conversation, &Correction::Accept { clause: id("c3") });
        assert_eq!(texts(&spec), ["Plan a party.", "Plan a trip."]);
        let spec = make(&mut conversation, &Correction::Accept { clause: id("c4") });
        assert_eq!(texts(&spec), ["Plan a trip."]);
        assert!(spec.is_goal(&spec.active().next().unwrap().said.id));
        assert_eq!(
            conversation.correct(&Correction::Accept { clause: spec.goal.unwrap().said.id }),
            Err(CorrectionError::NotContested(id("c7")))
        );
    }

    #[test]
    fn an_assumption_becomes_a_fact_or_leaves() {
        let mut confirmed = conversation();
        let assumption = AssumptionId("a1".into());
        let spec = make(&mut confirmed, &Correction::Confirm { assumption: assumption.clone() });
        assert_eq!(texts(&spec).last(), Some(&"It is in May."));
        assert_eq!(spec.standing().count(), 0);
        let again = Correction::Dismiss { assumption: assumption.clone() };
        assert_eq!(confirmed.correct(&again), Err(CorrectionError::NotInForce("a1".into())));
        let mut dismissed = conversation();
        let spec = make(&mut dismissed, &Correction::Dismiss { assumption });
        assert_eq!(spec.standing().count(), 0);
        assert_eq!(texts(&spec).last(), Some(&"Plan a trip."));
    }
}
