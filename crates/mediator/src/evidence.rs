//! Whether a removal is earned: an independent check of what the model wants to take out of force.

use std::collections::HashSet;

use throughline_conversation::{Clause, Removal};

use crate::cues;
use crate::words::content;

/// What an independent look says about a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Certain: the older clause leaves force.
    Earned(String),
    /// Something speaks for it: both stay in force, side by side.
    Contested(String),
    /// Nothing speaks for it: the words are an addition.
    None,
}

impl Evidence {
    /// The removal to record, unless there is no evidence at all.
    pub(crate) fn removal(self) -> Option<Removal> {
        match self {
            Self::Earned(reason) => Some(Removal { earned: true, reason, probability: None }),
            Self::Contested(reason) => Some(Removal { earned: false, reason, probability: None }),
            Self::None => None,
        }
    }
}

/// A revision is certain when the turn is worded as a correction and the new text keeps everything that the older
/// clause said, but for words that a new one of the same kind takes the place of (a number for a number).
pub(crate) fn of_revision(turn: &str, older: &Clause, text: &str) -> Evidence {
    let cue = cues::revises(turn);
    let lost = lost(&older.said.text, text);
    match (cue, lost.is_empty(), shares(&older.said.text, text)) {
        (true, true, _) => Evidence::Earned("worded as a correction, and nothing else would be lost".into()),
        (true, false, _) => Evidence::Contested(format!("it would also take away: {}", lost.join(", "))),
        (false, _, true) => Evidence::Contested("not worded as a correction".into()),
        (false, _, false) => Evidence::None,
    }
}

/// A withdrawal is certain when the turn is worded as one and names at least half of what the clause says. The goal
/// is never withdrawn for certain: leaving it takes a new one.
pub(crate) fn of_withdrawal(turn: &str, older: &Clause, quote: &str, is_goal: bool) -> Evidence {
    let named: HashSet<String> = content(quote).into_iter().collect();
    let held = content(&older.said.text);
    let found = held.iter().filter(|word| named.contains(*word)).count();
    match (cues::withdraws(turn), found) {
        (true, found) if !is_goal && found > 0 && found * 2 >= held.len() => {
            Evidence::Earned("worded as a withdrawal of just this".into())
        }
        (true, found) if found > 0 => Evidence::Contested("it names only a part of what would be taken away".into()),
        (true, _) => Evidence::Contested("it does not name what would be taken away".into()),
        (false, _) => Evidence::None,
    }
}

/// A new goal replaces the earlier one for certain only when the turn says that it leaves it behind.
pub(crate) fn of_redirection(turn: &str) -> Evidence {
    if cues::redirects(turn) {
        Evidence::Earned("worded as a change of task".into())
    } else if cues::revises(turn) || cues::withdraws(turn) {
        Evidence::Contested("worded as a correction, not as a change of task".into())
    } else {
        Evidence::None
    }
}

/// The content words of `older` that `newer` neither keeps nor replaces by a number where they are numbers.
fn lost(older: &str, newer: &str) -> Vec<String> {
    let held: HashSet<String> = content(newer).into_iter().collect();
    let before = content(older);
    let mut fresh_numbers = content(newer).into_iter().filter(|word| is_number(word) && !before.contains(word)).count();
    before
        .into_iter()
        .filter(|word| {
            if held.contains(word) {
                return false;
            }
            let replaced = is_number(word) && fresh_numbers > 0;
            fresh_numbers -= usize::from(replaced);
            !replaced
        })
        .collect()
}

fn is_number(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

fn shares(older: &str, newer: &str) -> bool {
    let held: HashSet<String> = content(newer).into_iter().collect();
    content(older).iter().any(|word| held.contains(word))
}

#[cfg(test)]
mod tests {
    use throughline_conversation::{ClauseId, ClauseKind, NewClause, Source, Span};

    use super::*;

    fn clause(text: &str) -> Clause {
        Clause::active(NewClause {
            id: ClauseId("c1".into()),
            text: text.into(),
            quote: text.into(),
            source: Source { turn: 0, span: Span::whole(text) },
            kind: ClauseKind::Fact,
        })
    }

    #[test]
    fn a_number_may_replace_a_number() {
        let older = clause("A baker sells rolls for 0.40 each.");
        let evidence = of_revision("sorry, each roll is 0.45", &older, "A baker sells rolls for 0.45 each.");
        assert!(matches!(evidence, Evidence::Earned(_)), "{evidence:?}");
    }

    #[test]
    fn a_revision_that_drops_words_is_contested() {
        let older = clause("Add 5 to the first list and 5 to the second");
        let evidence = of_revision("the second 5 should be a 6", &older, "the second 5 should be a 6");
        assert!(matches!(evidence, Evidence::Contested(_)), "{evidence:?}");
    }

    #[test]
    fn a_revision_without_any_sign_is_an_addition() {
        assert_eq!(
            of_revision("leaving friday", &clause("train from Porto to Madrid"), "leaving friday"),
            Evidence::None
        );
    }

    #[test]
    fn a_withdrawal_names_what_it_takes() {
        let named =
            of_withdrawal("forget the Spain part", &clause("from suppliers in Spain"), "forget the Spain part", false);
        assert!(matches!(named, Evidence::Earned(_)), "{named:?}");
        let vague = of_withdrawal("drop the last one", &clause("from suppliers in Spain"), "drop the last one", false);
        assert!(matches!(vague, Evidence::Contested(_)), "{vague:?}");
        let goal = of_withdrawal("drop the chart", &clause("chart"), "drop the chart", true);
        assert!(matches!(goal, Evidence::Contested(_)), "{goal:?}");
    }

    #[test]
    fn only_a_change_of_task_leaves_the_goal() {
        assert!(matches!(of_redirection("Forget it. New question: what is a mutex?"), Evidence::Earned(_)));
        assert!(matches!(of_redirection("no, I meant air quality"), Evidence::Contested(_)));
        assert_eq!(of_redirection("for the next 3 days"), Evidence::None);
    }
}
