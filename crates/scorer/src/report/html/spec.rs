//! A spec as the viewer shows it: what each turn changed, and all that was understood after it.

use serde::Serialize;
use throughline_conversation::{AssumptionState, Clause, ClauseId, Edit, QuestionState, Spec, Status};

/// One edit in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct EditShown {
    /// `add`, `revise`, …
    op: &'static str,
    /// What it brings in.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// What the named one says.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The user's own words, where the text is not simply these.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
    /// Why something left force, or why that was not certain, or why something was assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Something would have left force, but that was not certain: both readings hold.
    contested: bool,
}

/// What one turn did to a part of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Added,
    /// Another clause took its place.
    Superseded,
    Withdrawn,
    /// A clause that was added seems to change it; both hold.
    Contested,
    Answered,
}

/// One part of the spec after a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ClauseShown {
    id: String,
    /// `goal`, `requirement`, `former goal`, `reference`, `assumption`, `question`.
    part: &'static str,
    text: String,
    /// The user's own words, where the text is not simply these.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
    /// The user turn that it stands on, from 1; an assumption stands on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<usize>,
    in_force: bool,
    /// What there is to know beside: by what it was superseded, what it contests, …
    state: String,
    /// What this turn did to it, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

/// The edits of one turn in words; `before` is the spec that they were made against.
pub(super) fn shown_edits(edits: &[Edit], before: &Spec) -> Vec<EditShown> {
    edits.iter().map(|edit| shown_edit(edit, before)).collect()
}

fn shown_edit(edit: &Edit, before: &Spec) -> EditShown {
    let mut shown = EditShown { op: edit.op(), ..EditShown::default() };
    if let Some(clause) = edit.clause() {
        shown.id = Some(clause.id.to_string());
        shown.text = Some(clause.text.clone());
        shown.quote = (clause.quote != clause.text).then(|| clause.quote.clone());
    }
    match edit {
        Edit::Revise { target, removal, .. } | Edit::Withdraw { target, removal, .. } => {
            shown.target = Some(target.to_string());
            shown.was = before.clause(target).map(|clause| clause.said.text.clone());
            (shown.contested, shown.reason) = (!removal.earned, Some(removal.reason.clone()));
        }
        Edit::Redirect { removal, .. } => {
            if let Some(goal) = &before.goal {
                shown.target = Some(goal.said.id.to_string());
                shown.was = Some(goal.said.text.clone());
                (shown.contested, shown.reason) = (!removal.earned, Some(removal.reason.clone()));
            }
        }
        Edit::Refer { reference } => {
            shown.id = Some(reference.id.to_string());
            shown.text = Some(reference.text.clone());
            shown.quote = Some(reference.quote.clone());
        }
        Edit::Answer { question, .. } => {
            shown.target = Some(question.to_string());
            shown.was = before.questions.iter().find(|asked| asked.id == *question).map(|asked| asked.text.clone());
        }
        Edit::Assume { assumption } => {
            shown.id = Some(assumption.id.to_string());
            shown.text = Some(assumption.text.clone());
            shown.reason = Some(assumption.reason.clone());
        }
        Edit::Ask { question } => {
            shown.id = Some(question.id.to_string());
            shown.text = Some(question.text.clone());
        }
        Edit::Confirm { assumption, .. } | Edit::Dismiss { assumption, .. } => {
            shown.target = Some(assumption.to_string());
        }
        Edit::Pin { target, .. } => shown.target = Some(target.to_string()),
        Edit::Add { .. } | Edit::Approve { .. } | Edit::Chat { .. } => {}
    }
    shown
}

/// Everything that `spec` holds, with what differs from `before`.
pub(super) fn shown_spec(spec: &Spec, before: &Spec) -> Vec<ClauseShown> {
    let goal = spec.goal.iter().map(|clause| ("goal", clause));
    let requirements = spec.requirements.iter().map(|clause| ("requirement", clause));
    let former = spec.former_goals.iter().map(|clause| ("former goal", clause));
    let clauses = goal.chain(requirements).chain(former).map(|(part, clause)| ClauseShown {
        id: clause.said.id.to_string(),
        part,
        text: clause.said.text.clone(),
        quote: clause.is_resolved().then(|| clause.said.quote.clone()),
        turn: Some(clause.said.source.turn + 1),
        in_force: clause.status.is_active(),
        state: state(clause, spec),
        change: change(clause, spec, before),
    });
    let references = spec.references.iter().map(|reference| ClauseShown {
        id: reference.id.to_string(),
        part: "reference",
        text: reference.text.clone(),
        quote: Some(reference.quote.clone()),
        turn: Some(reference.source.turn + 1),
        in_force: reference.status.is_active(),
        state: format!("from the reply of turn {}", reference.artifact.turn + 1),
        change: (!before.references.contains(reference)).then_some(Change::Added),
    });
    let assumptions = spec.assumptions.iter().map(|assumption| ClauseShown {
        id: assumption.id.to_string(),
        part: "assumption",
        text: assumption.text.clone(),
        quote: None,
        turn: None,
        in_force: assumption.state.is_standing(),
        state: match &assumption.state {
            AssumptionState::Standing => assumption.reason.clone(),
            AssumptionState::ConfirmedBy(clause) => format!("confirmed by {clause}"),
            AssumptionState::Dismissed => "dismissed".to_owned(),
        },
        change: (!before.assumptions.contains(assumption)).then_some(Change::Added),
    });
    let questions = spec.questions.iter().map(|question| {
        let answered = match &question.state {
            QuestionState::Open => None,
            QuestionState::Answered { answered_by } => Some(answered_by),
        };
        let known = before.questions.iter().find(|asked| asked.id == question.id);
        ClauseShown {
            id: question.id.to_string(),
            part: "question",
            text: question.text.clone(),
            quote: None,
            turn: Some(question.asked_at + 1),
            in_force: answered.is_none(),
            state: answered.map_or_else(|| "open".to_owned(), |by| format!("answered by {by}")),
            change: match known {
                None => Some(Change::Added),
                Some(asked) if asked.state != question.state => Some(Change::Answered),
                Some(_) => None,
            },
        }
    });
    clauses.chain(references).chain(assumptions).chain(questions).collect()
}

fn state(clause: &Clause, spec: &Spec) -> String {
    match &clause.status {
        Status::Superseded { superseded_by } => format!("superseded by {superseded_by}"),
        Status::Withdrawn { withdrawn_at } => format!("withdrawn in turn {}", withdrawn_at + 1),
        Status::Active => {
            spec.contested(clause).map_or_else(String::new, |older| format!("contests {}", older.said.id))
        }
    }
}

fn change(clause: &Clause, spec: &Spec, before: &Spec) -> Option<Change> {
    let id = &clause.said.id;
    let contesting = |held: &Spec, id: &ClauseId| held.contesting(id).count();
    match before.clause(id) {
        None => Some(Change::Added),
        Some(earlier) if earlier.status != clause.status => Some(match clause.status {
            Status::Withdrawn { .. } => Change::Withdrawn,
            Status::Superseded { .. } | Status::Active => Change::Superseded,
        }),
        Some(_) if contesting(spec, id) > contesting(before, id) => Some(Change::Contested),
        Some(_) => None,
    }
}
