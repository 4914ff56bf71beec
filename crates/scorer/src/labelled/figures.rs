//! What an evaluation on labelled conversations holds. Shares are in percent; what is undefined is `None`, never 0.

use serde::Serialize;

use super::Operation;
use crate::report::{Calibration, Estimate};

/// How well labelled conversations were understood, in some settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// One for each setting, in the order given.
    pub settings: Vec<SettingFigures>,
    /// How the figures came about, a sentence or two each.
    pub notes: Vec<String>,
    /// Bootstrap resamples behind each interval that is resampled.
    pub resamples: usize,
    /// The seed of the resampling.
    pub seed: u64,
    /// The confidence level of intervals, in percent.
    pub level: f64,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingFigures {
    /// Its name.
    pub setting: String,
    /// All conversations; then, where there are both, those in English and in other languages; then each kind.
    pub groups: Vec<GroupFigures>,
    /// What the model calls of a turn took, on average; `None` where there were none.
    pub costs: Option<Costs>,
    /// The same for the first turns, the second ones and so on: how they grow with the conversation.
    pub costs_by_turn: Vec<TurnCosts>,
    /// What went wrong in each conversation.
    pub conversations: Vec<Verdict>,
}

/// One group of conversations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupFigures {
    /// `all`, `English`, `other languages`, or the kind.
    pub group: String,
    /// How many conversations.
    pub conversations: usize,
    /// How many turns.
    pub turns: usize,
    /// What stands in the spec at the end.
    pub spec: SpecFigures,
    /// The operations; `None` where no edits were drafted.
    pub operations: Option<OperationFigures>,
    /// Asking, turn by turn; `None` where no turn decides about it.
    pub questions: Option<Detection>,
    /// Removals; `None` where no edits were drafted.
    pub removals: Option<RemovalFigures>,
}

/// How many of some things, with the share in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many are as they should be.
    pub held: usize,
    /// Of how many.
    pub of: usize,
    /// The share.
    #[serde(flatten)]
    pub percent: Estimate,
}

/// What stands in the spec after the last turn. Words stand there where the quote or the resolved text of a clause, the
/// goal or a reference in force holds them, whatever their case; of a request in one piece, where it does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SpecFigures {
    /// Conversations in which all that must stand does, of those where something must.
    pub kept: Share,
    /// Words that must stand and do.
    pub kept_words: Share,
    /// Conversations in which nothing stands that must not, of those where something must not.
    pub clean: Share,
    /// Words that must not stand and do not.
    pub clean_words: Share,
    /// As `clean`, except that words which stand in contested clauses alone are passed over.
    pub clean_but_contested: Share,
    /// Words that must not stand and do, in contested clauses alone.
    pub contested_words: usize,
}

/// Something that is there or not, against whether it should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// How often it should be there.
    pub gold: usize,
    /// How often it is.
    pub found: usize,
    /// How often it is where it should be.
    pub right: usize,
    /// `right` of `found`.
    pub precision: Estimate,
    /// `right` of `gold`.
    pub recall: Estimate,
    /// The harmonic mean of both: `2 right / (gold + found)`.
    pub f1: Estimate,
}

/// The operations that were drafted, turn by turn, against those that a careful reader would draft. The first goal
/// counts as `add`; `assume` and `ask`, which are no reading of the user's words, do not count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationFigures {
    /// Turns with exactly the operations of the label, each as often.
    pub exact: Share,
    /// For each operation, the turns in which it occurs at all.
    pub each: Vec<(Operation, Detection)>,
    /// All of them together.
    pub any: Detection,
}

/// The decision to remove, once for each turn and each clause in force before it. A clause should leave force where the
/// turn removes words that it stands on, or that its resolved text holds. Turns whose labels do not say which words are
/// removed are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RemovalFigures {
    /// How many decisions.
    pub decisions: usize,
    /// Turns that are left out.
    pub unlabelled_turns: usize,
    /// The clauses that left force, against those that should. What is contested did not.
    #[serde(flatten)]
    pub removed: Detection,
    /// How many were contested instead.
    pub contested: usize,
    /// How many of these should have left force.
    pub contested_gold: usize,
    /// The area under the ROC curve over all decisions, from 0 to 1: how probable it is that a clause which should leave
    /// force was given a higher probability than one which should not, ties counted half. What was given none counts as
    /// 0. `None` where no probability is recorded.
    pub auroc: Option<f64>,
    /// How far the probabilities can be believed, over the decisions (its `attempts`) with one; `None` where there is
    /// none.
    pub calibration: Option<Calibration>,
}

/// What the calls of a turn took, as means over turns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Costs {
    /// How many turns.
    pub turns: usize,
    /// Model calls.
    pub calls: f64,
    /// How many of them a cache answered.
    pub cached: f64,
    /// Tokens that the model read.
    pub prompt_tokens: f64,
    /// Tokens that it wrote.
    pub completion_tokens: f64,
    /// Seconds, over the turns that called the model and of whose calls none was answered by a cache; `None` where
    /// there is none.
    pub seconds: Option<f64>,
}

/// The costs of one turn over conversations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TurnCosts {
    /// The turn, from 1.
    pub turn: usize,
    /// What it took.
    #[serde(flatten)]
    pub costs: Costs,
}

/// What went wrong in a conversation. Turns are counted from 0, as in labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Its name.
    pub id: String,
    /// Words that must stand and do not.
    pub lost: Vec<String>,
    /// Words that must not stand and do.
    pub breached: Vec<String>,
    /// Those of them that stand in contested clauses alone.
    pub contested: Vec<String>,
    /// Turns after which a question was right, and none came.
    pub unasked: Vec<usize>,
    /// Turns after which a question came that was not right.
    pub needless: Vec<usize>,
    /// Turns with other operations than the label's: the turn, the label's, the drafted ones.
    pub misread: Vec<(usize, Vec<Operation>, Vec<Operation>)>,
    /// Clauses that should have left force and did not: the turn, and how the clause reads.
    pub unremoved: Vec<(usize, String)>,
    /// Clauses that left force and should not have.
    pub wrongly_removed: Vec<(usize, String)>,
}
