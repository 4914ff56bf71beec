//! One conversation as it was understood, against its labels.

use throughline_conversation::{ClauseId, ClauseKind, Decision, Edit, FoldError, NewClause, Source, Span, Spec, Turn};

use super::labels::{LabelledConversation, LabelledTurn};
use super::removals::{self, Decided};
use super::{Cost, Operation, standing};

/// What became of a labelled conversation in a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was understood.
    pub understood: Understood,
    /// What the model calls of each turn took; empty where no model was called.
    pub costs: Vec<Cost>,
}

/// What was understood of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Understood {
    /// Each turn with its edits and the decision to ask: one for each labelled turn.
    Turns(Vec<Turn>),
    /// A request in one piece, of which nobody can say what stands for what.
    Text(String),
}

/// What concatenation understands: every user turn word for word, nothing removed, nothing asked.
pub fn verbatim(conversation: &LabelledConversation) -> Vec<Turn> {
    let turn = |(turn, labelled): (usize, &LabelledTurn)| {
        let user = labelled.user.clone();
        let clause = NewClause {
            id: ClauseId(format!("c{}", turn + 1)),
            text: user.clone(),
            quote: user.clone(),
            source: Source { turn, span: Span::whole(&user) },
            kind: ClauseKind::default(),
        };
        Turn { user, edits: vec![Edit::Add { clause }], reply: labelled.assistant.clone(), ..Turn::default() }
    };
    conversation.turns.iter().enumerate().map(turn).collect()
}

/// One conversation against its labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    /// How many words must stand.
    pub(super) must: usize,
    /// Those that do not.
    pub(super) lost: Vec<String>,
    /// How many words must not stand.
    pub(super) must_not: usize,
    /// Those that do, and whether only in contested clauses.
    pub(super) breached: Vec<(String, bool)>,
    /// Turn by turn; `None` where there are no edits to judge.
    pub(super) turns: Option<Vec<JudgedTurn>>,
}

/// One turn against its labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JudgedTurn {
    /// The operations by the labels, sorted.
    pub(super) gold: Vec<Operation>,
    /// Those of the edits, sorted.
    pub(super) drafted: Vec<Operation>,
    /// Whether a question is right here, `None` where it is neither called for nor a mistake.
    pub(super) question: Option<bool>,
    /// Whether one was asked.
    pub(super) asked: bool,
    /// The decisions to remove; `None` where the labels do not say what is removed.
    pub(super) decisions: Option<Vec<Decided>>,
}

/// Judges what was understood. There are as many turns as labelled ones.
///
/// # Errors
/// [`FoldError`] where the edits do not fit together.
pub(super) fn judge(conversation: &LabelledConversation, understood: &Understood) -> Result<Judged, FoldError> {
    let (standing, turns) = match understood {
        Understood::Text(text) => (standing::of_text(text), None),
        Understood::Turns(turns) => {
            let (spec, judged) = judge_turns(conversation, turns)?;
            (standing::of_spec(&spec), Some(judged))
        }
    };
    let lost = conversation.must.iter().filter(|words| standing::stands(words, &standing).is_none());
    let breached = conversation.must_not.iter();
    let breached = breached.filter_map(|words| Some((words.clone(), standing::stands(words, &standing)?)));
    Ok(Judged {
        must: conversation.must.len(),
        lost: lost.cloned().collect(),
        must_not: conversation.must_not.len(),
        breached: breached.collect(),
        turns,
    })
}

fn judge_turns(conversation: &LabelledConversation, turns: &[Turn]) -> Result<(Spec, Vec<JudgedTurn>), FoldError> {
    let mut spec = Spec::default();
    let mut judged = Vec::new();
    let mut edits = 0;
    for (index, (labelled, turn)) in conversation.turns.iter().zip(turns).enumerate() {
        let before = spec.clone();
        let (mut drafted, mut weighed) = (Vec::new(), Vec::new());
        for edit in &turn.edits {
            drafted.extend(Operation::of(edit, &spec));
            weighed.extend(removals::weighed(edit, &spec));
            spec.apply(edits, edit)?;
            edits += 1;
        }
        let decide = |removes: &Vec<_>| removals::decisions(conversation, removes, &before, &spec, &weighed);
        let spared = conversation.ask_ok.contains(&index);
        judged.push(JudgedTurn {
            gold: sorted(labelled.ops.iter().copied().filter(|op| *op != Operation::Assume).collect()),
            drafted: sorted(drafted),
            question: (!spared).then_some(conversation.ask_at == Some(index)),
            asked: turn.decision == Decision::Ask,
            decisions: labelled.removes.as_ref().map(decide),
        });
    }
    Ok((spec, judged))
}

fn sorted(mut operations: Vec<Operation>) -> Vec<Operation> {
    operations.sort_unstable();
    operations
}
