//! Settings against labels.

use rayon::prelude::*;
use throughline_conversation::FoldError;

use super::figures::{
    Evaluation, GroupFigures, OperationFigures, RemovalFigures, SettingFigures, SpecFigures, Verdict,
};
use super::judge::{Judged, JudgedTurn, Outcome, Understood, judge};
use super::labels::LabelledConversation;
use super::removals::{Decided, Fate};
use super::sums::{Counts, Group};
use super::{Operation, costs};
use crate::measures::calibration as measure;
use crate::report::Figures;
use crate::report::sections::calibration;
use crate::report::text::count;
use crate::statistics::Bootstrap;

/// What became of labelled conversations in a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// Its name.
    pub setting: String,
    /// One for each conversation, in the same order.
    pub outcomes: Vec<Outcome>,
}

/// Outcomes that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The edits of a conversation do not fit together.
    #[error("{setting}: conversation {id}: {reason}")]
    Fold {
        /// The setting.
        setting: String,
        /// The conversation.
        id: String,
        /// What is wrong.
        reason: FoldError,
    },
    /// An outcome for each conversation, and a turn for each labelled one, were expected.
    #[error("{setting}: {found} {what}, but {expected} are labelled")]
    Count {
        /// The setting.
        setting: String,
        /// What was counted.
        what: String,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
}

/// Judges settings against the labels. Of `figures`, the resamples, the seed and the level count.
///
/// # Errors
/// [`EvaluateError`] where an outcome does not belong to its conversation.
pub fn evaluate(
    conversations: &[LabelledConversation],
    settings: &[Evaluated],
    figures: &Figures,
) -> Result<Evaluation, EvaluateError> {
    let judged: Vec<Vec<Judged>> =
        settings.iter().map(|evaluated| judge_all(conversations, evaluated)).collect::<Result<_, _>>()?;
    let bootstrap = Bootstrap::new(figures.resamples, figures.seed, figures.level / 100.0);
    let groups = groups(conversations);
    let settings = settings.par_iter().zip(&judged).map(|(evaluated, judged)| SettingFigures {
        setting: evaluated.setting.clone(),
        groups: groups
            .par_iter()
            .map(|(name, members)| {
                let judged = members.iter().map(|place| &judged[*place]).collect();
                let turns = members.iter().map(|place| conversations[*place].turns.len()).sum();
                sum(&Group { name, judged, bootstrap: &bootstrap, level: figures.level / 100.0 }, turns)
            })
            .collect(),
        costs: costs::of(evaluated.outcomes.iter().flat_map(|outcome| &outcome.costs)),
        costs_by_turn: costs::by_turn(&evaluated.outcomes.iter().map(|outcome| &*outcome.costs).collect::<Vec<_>>()),
        conversations: conversations.iter().zip(judged).map(|(one, judged)| verdict(&one.id, judged)).collect(),
    });
    let settings: Vec<SettingFigures> = settings.collect();
    Ok(Evaluation {
        notes: notes(figures, &settings),
        settings,
        resamples: figures.resamples,
        seed: figures.seed,
        level: figures.level,
    })
}

fn judge_all(conversations: &[LabelledConversation], evaluated: &Evaluated) -> Result<Vec<Judged>, EvaluateError> {
    let setting = || evaluated.setting.clone();
    let counted = |what: String, found, expected| {
        if found == expected {
            return Ok(());
        }
        Err(EvaluateError::Count { setting: setting(), what, found, expected })
    };
    counted("outcomes".into(), evaluated.outcomes.len(), conversations.len())?;
    let each = conversations.iter().zip(&evaluated.outcomes).map(|(conversation, outcome)| {
        if let Understood::Turns(turns) = &outcome.understood {
            counted(format!("turns of conversation {}", conversation.id), turns.len(), conversation.turns.len())?;
        }
        judge(conversation, &outcome.understood).map_err(|reason| EvaluateError::Fold {
            setting: setting(),
            id: conversation.id.clone(),
            reason,
        })
    });
    each.collect()
}

/// The groups of conversations, by their places. Languages where there are several sorts, then kinds as they come.
fn groups(conversations: &[LabelledConversation]) -> Vec<(String, Vec<usize>)> {
    let those = |of: &dyn Fn(&LabelledConversation) -> bool| -> Vec<usize> {
        conversations.iter().enumerate().filter(|(_, one)| of(one)).map(|(place, _)| place).collect()
    };
    let mut groups = vec![("all".to_owned(), those(&|_| true))];
    let (english, others) = (those(&LabelledConversation::is_english), those(&|one| !one.is_english()));
    if !english.is_empty() && !others.is_empty() {
        groups.extend([("English".to_owned(), english), ("other languages".to_owned(), others)]);
    }
    let mut kinds: Vec<&str> = Vec::new();
    for conversation in conversations {
        if !kinds.contains(&conversation.kind.as_str()) {
            kinds.push(&conversation.kind);
        }
    }
    groups.extend(kinds.into_iter().map(|kind| (kind.to_owned(), those(&|one| one.kind == kind))));
    groups
}

fn sum(group: &Group<'_>, turns: usize) -> GroupFigures {
    let drafted = group.judged.iter().any(|judged| judged.turns.is_some());
    GroupFigures {
        group: group.name.to_owned(),
        conversations: group.judged.len(),
        turns,
        spec: spec(group),
        operations: drafted.then(|| operations(group)),
        questions: drafted.then(|| {
            group.detection(|judged| {
                let counts = |turn: &JudgedTurn| Some(Counts::one(turn.question?, turn.asked));
                turns_of(judged).filter_map(counts).sum()
            })
        }),
        removals: drafted.then(|| removals(group)),
    }
}

fn turns_of(judged: &Judged) -> impl Iterator<Item = &JudgedTurn> {
    judged.turns.iter().flatten()
}

fn spec(group: &Group<'_>) -> SpecFigures {
    let contested = |judged: &Judged| judged.breached.iter().filter(|(_, contested)| *contested).count();
    SpecFigures {
        kept: group.conversations(|judged| (judged.must > 0).then_some(judged.lost.is_empty())),
        kept_words: group.share(|judged| (judged.must - judged.lost.len(), judged.must)),
        clean: group.conversations(|judged| (judged.must_not > 0).then_some(judged.breached.is_empty())),
        clean_words: group.share(|judged| (judged.must_not - judged.breached.len(), judged.must_not)),
        clean_but_contested: group
            .conversations(|judged| (judged.must_not > 0).then_some(judged.breached.len() == contested(judged))),
        contested_words: group.judged.iter().map(|judged| contested(judged)).sum(),
    }
}

fn operations(group: &Group<'_>) -> OperationFigures {
    let occurs = |operation: Operation, judged: &Judged| -> Counts {
        let one = |turn: &JudgedTurn| Counts::one(turn.gold.contains(&operation), turn.drafted.contains(&operation));
        turns_of(judged).map(one).sum()
    };
    OperationFigures {
        exact: group.share(|judged| {
            let exact = turns_of(judged).filter(|turn| turn.gold == turn.drafted).count();
            (exact, turns_of(judged).count())
        }),
        each: Operation::JUDGED.map(|op| (op, group.detection(|judged| occurs(op, judged)))).to_vec(),
        any: group.detection(|judged| Operation::JUDGED.iter().map(|op| occurs(*op, judged)).sum()),
    }
}

fn removals(group: &Group<'_>) -> RemovalFigures {
    let decided = || group.judged.iter().flat_map(|judged| turns_of(judged)).filter_map(|turn| turn.decisions.as_ref());
    let recorded: Vec<measure::Judged> =
        decided().flatten().filter_map(|decided| Some(against_label(decided, decided.probability?))).collect();
    let all: Vec<measure::Judged> =
        decided().flatten().map(|decided| against_label(decided, decided.probability.unwrap_or_default())).collect();
    let contested = || decided().flatten().filter(|decided| decided.fate == Fate::Contested);
    RemovalFigures {
        decisions: decided().map(Vec::len).sum(),
        unlabelled_turns: group
            .judged
            .iter()
            .flat_map(|judged| turns_of(judged))
            .filter(|turn| turn.decisions.is_none())
            .count(),
        removed: group.detection(|judged| {
            let decisions = turns_of(judged).filter_map(|turn| turn.decisions.as_ref()).flatten();
            decisions.map(|decided| Counts::one(decided.gold, decided.fate == Fate::Removed)).sum()
        }),
        contested: contested().count(),
        contested_gold: contested().filter(|decided| decided.gold).count(),
        auroc: measure::auroc(&all).filter(|_| !recorded.is_empty()),
        calibration: calibration::of("removal", recorded),
    }
}

fn against_label(decided: &Decided, confidence: f64) -> measure::Judged {
    measure::Judged { confidence, score: f64::from(u8::from(decided.gold)) }
}

fn verdict(id: &str, judged: &Judged) -> Verdict {
    let turns = || turns_of(judged).enumerate();
    let questions = |gold: bool, asked: bool| {
        let those = turns().filter(|(_, turn)| turn.question == Some(gold) && turn.asked == asked);
        those.map(|(index, _)| index).collect()
    };
    let decisions = |gold: bool, removed: bool| {
        let all = turns().flat_map(|(index, turn)| turn.decisions.iter().flatten().map(move |one| (index, one)));
        let those = all.filter(|(_, one)| one.gold == gold && (one.fate == Fate::Removed) == removed);
        those.map(|(index, one)| (index, one.clause.clone())).collect()
    };
    let misread = turns().filter(|(_, turn)| turn.gold != turn.drafted);
    Verdict {
        id: id.to_owned(),
        lost: judged.lost.clone(),
        breached: judged.breached.iter().map(|(words, _)| words.clone()).collect(),
        contested: judged.breached.iter().filter(|(_, contested)| *contested).map(|(words, _)| words.clone()).collect(),
        unasked: questions(true, false),
        needless: questions(false, true),
        misread: misread.map(|(index, turn)| (index, turn.gold.clone(), turn.drafted.clone())).collect(),
        unremoved: decisions(true, false),
        wrongly_removed: decisions(false, true),
    }
}

fn notes(figures: &Figures, settings: &[SettingFigures]) -> Vec<String> {
    let Figures { resamples, seed, level, .. } = figures;
    let mut notes = vec![format!(
        "Intervals at {level} %: of shares of conversations by Wilson's score, of the others by the percentile bootstrap \
         ({resamples} resamples, seed {seed}) in which a conversation is drawn as a whole; where conversations \
         are all alike, these have no width and cannot say how unsure the figure is."
    )];
    let unlabelled = settings
        .iter()
        .filter_map(|setting| setting.groups.first()?.removals.as_ref())
        .map(|held| held.unlabelled_turns);
    if let Some(turns) = unlabelled.max().filter(|turns| *turns > 0) {
        notes.push(format!(
            "Left out of the decisions to remove: {} whose labels do not say which words they take away (`removes`).",
            count(turns, "turn")
        ));
    }
    notes
}
