//! The decision to take a clause out of force, by itself: one for each turn and each clause in force before it.

use throughline_conversation::{Clause, ClauseId, Edit, Spec};

use super::labels::{LabelledConversation, LabelledTurn, Stretch};

/// Whether a turn takes these words of a clause out of force, or something of the clause where they are not given; by
/// the labels, in the spec `before` the turn. `None` where the turn's removals are not labelled or there is no such
/// clause.
pub fn is_wanted(
    conversation: &LabelledConversation,
    turn: usize,
    before: &Spec,
    clause: &ClauseId,
    words: Option<&str>,
) -> Option<bool> {
    let removes = conversation.turns.get(turn)?.removes.as_ref()?;
    let clause = before.clause(clause)?;
    let meant = |stretch: &&Stretch| {
        let (gold, meant) = (stretch.words.to_lowercase(), words.map(str::to_lowercase));
        concerns(stretch, clause, &conversation.turns)
            && meant.is_none_or(|words| gold.contains(&words) || words.contains(&gold))
    };
    Some(removes.iter().any(|stretch| meant(&stretch)))
}

/// What became of a clause in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is as it was.
    Kept,
    /// The turn contests it: it stays in force beside the later words.
    Contested,
    /// It left force.
    Removed,
}

/// One decision.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decided {
    /// How the clause reads.
    pub(super) clause: String,
    /// Whether the turn takes something of the clause out of force, by the labels.
    pub(super) gold: bool,
    /// What the mediator decided.
    pub(super) fate: Fate,
    /// How probable it took the removal to be, from 0 to 1, where it recorded that.
    pub(super) probability: Option<f64>,
}

/// How probable the mediator took it to be that a clause should leave force, where an edit of the spec as it was
/// `before` it records that.
pub(super) fn weighed(edit: &Edit, before: &Spec) -> Option<(ClauseId, f64)> {
    let (target, removal) = match edit {
        Edit::Revise { target, removal, .. } | Edit::Withdraw { target, removal, .. } => (target, removal),
        Edit::Redirect { removal, .. } => (&before.goal.as_ref()?.said.id, removal),
        _ => return None,
    };
    Some((target.clone(), removal.probability?))
}

/// The decisions of a turn whose removals are labelled: on every clause in force before it. What was `weighed` several
/// times counts as its most probable.
pub(super) fn decisions(
    conversation: &LabelledConversation,
    removes: &[Stretch],
    before: &Spec,
    after: &Spec,
    weighed: &[(ClauseId, f64)],
) -> Vec<Decided> {
    let each = before.active().map(|clause| Decided {
        clause: clause.said.text.clone(),
        gold: removes.iter().any(|stretch| concerns(stretch, clause, &conversation.turns)),
        fate: fate(clause, before, after),
        probability: weighed
            .iter()
            .filter(|(target, _)| *target == clause.said.id)
            .map(|(_, probability)| *probability)
            .reduce(f64::max),
    });
    each.collect()
}

/// Whether these words are the clause's: they share a letter or digit with the words that it stands on, or its resolved
/// text holds them.
fn concerns(stretch: &Stretch, clause: &Clause, turns: &[LabelledTurn]) -> bool {
    let source = clause.said.source;
    let said = turns.get(stretch.turn).map_or("", |turn| turn.user.as_str());
    let (start, end) = (stretch.span.start.max(source.span.start), stretch.span.end.min(source.span.end));
    let shared = source.turn == stretch.turn
        && said.get(start..end).is_some_and(|words| words.chars().any(char::is_alphanumeric));
    shared || (clause.is_resolved() && clause.said.text.to_lowercase().contains(&stretch.words.to_lowercase()))
}

fn fate(clause: &Clause, before: &Spec, after: &Spec) -> Fate {
    let id = &clause.said.id;
    if after.clause(id).is_none_or(|later| !later.status.is_active()) {
        Fate::Removed
    } else if after.contesting(id).any(|newer| before.clause(&newer.said.id).is_none()) {
        Fate::Contested
    } else {
        Fate::Kept
    }
}
