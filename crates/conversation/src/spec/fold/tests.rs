use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::{Assumption, ClauseKind, Conversation, Ids, Question, QuestionId, Reference, Source, Span, Turn};

/// What to do next, before it is known what there is to do it to.
#[derive(Clone, Debug)]
enum Plan {
    Add,
    Revise(Index, bool),
    Withdraw(Index, bool),
    Redirect(bool),
    Refer,
    Answer(Index),
    Assume,
    Approve,
    Chat,
    Ask,
}

fn plan() -> impl Strategy<Value = (Plan, String)> {
    let plan = prop_oneof![
        4 => Just(Plan::Add),
        3 => (any::<Index>(), any::<bool>()).prop_map(|(target, earned)| Plan::Revise(target, earned)),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(target, earned)| Plan::Withdraw(target, earned)),
        2 => any::<bool>().prop_map(Plan::Redirect),
        1 => Just(Plan::Refer),
        2 => any::<Index>().prop_map(Plan::Answer),
        1 => Just(Plan::Assume),
        1 => Just(Plan::Approve),
        1 => Just(Plan::Chat),
        2 => Just(Plan::Ask),
    ];
    (plan, "[a-z0-9 $é]{1,12}")
}

fn source(turn: usize, text: &str) -> Source {
    Source { turn, span: Span::whole(text) }
}

fn new_clause(id: ClauseId, turn: usize, text: &str) -> NewClause {
    let (text, quote) = (format!("{text}, resolved"), text.to_owned());
    NewClause { id, source: source(turn, &quote), text, quote, kind: ClauseKind::Constraint }
}

fn removal(earned: bool) -> Removal {
    Removal { earned, reason: "said so".into(), probability: None }
}

/// Makes an edit of a plan that fits the spec; what cannot be done yet becomes an addition.
fn edit(plan: &Plan, text: &str, turn: usize, spec: &Spec, ids: &mut Ids) -> Edit {
    let active: Vec<ClauseId> = spec.active().map(|clause| clause.said.id.clone()).collect();
    let open: Vec<QuestionId> = spec.open_questions().map(|question| question.id.clone()).collect();
    match plan {
        Plan::Revise(target, earned) if !active.is_empty() => Edit::Revise {
            target: target.get(&active).clone(),
            clause: new_clause(ids.clause(), turn, text),
            removal: removal(*earned),
        },
        Plan::Withdraw(target, earned) if !active.is_empty() => Edit::Withdraw {
            target: target.get(&active).clone(),
            clause: new_clause(ids.clause(), turn, text),
            removal: removal(*earned),
        },
        Plan::Redirect(earned) => {
            Edit::Redirect { clause: new_clause(ids.clause(), turn, text), removal: removal(*earned) }
        }
        Plan::Refer => Edit::Refer {
            reference: Reference {
                id: ids.reference(),
                text: text.to_owned(),
                artifact: source(0, text),
                quote: text.to_owned(),
                source: source(turn, text),
                status: Status::Active,
            },
        },
        Plan::Answer(question) if !open.is_empty() => {
            Edit::Answer { question: question.get(&open).clone(), clause: new_clause(ids.clause(), turn, text) }
        }
        Plan::Assume => Edit::Assume {
            assumption: Assumption {
                id: ids.assumption(),
                text: text.to_owned(),
                reason: "left open".into(),
                state: AssumptionState::default(),
            },
        },
        Plan::Approve => Edit::Approve { source: source(turn, text) },
        Plan::Chat => Edit::Chat { source: source(turn, text) },
        Plan::Ask => Edit::Ask {
            question: Question {
                id: ids.question(),
                text: text.to_owned(),
                choices: text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
                asked_at: turn,
                state: QuestionState::Open,
            },
        },
        Plan::Add | Plan::Revise(..) | Plan::Withdraw(..) | Plan::Answer(_) => {
            Edit::Add { clause: new_clause(ids.clause(), turn, text) }
        }
    }
}

/// Conversations whose edits fit.
fn conversation() -> impl Strategy<Value = Conversation> {
    prop::collection::vec(prop::collection::vec(plan(), 0..4), 0..8).prop_map(|turns| {
        let (mut conversation, mut spec, mut ids) = (Conversation::default(), Spec::default(), Ids::default());
        for (number, plans) in turns.iter().enumerate() {
            let mut turn = Turn { user: "…".into(), ..Turn::default() };
            for (plan, text) in plans {
                let edit = edit(plan, text, number, &spec, &mut ids);
                spec.apply(0, &edit).unwrap();
                turn.edits.push(edit);
            }
            conversation.turns.push(turn);
        }
        conversation
    })
}

/// The clause that an edit brings and that may not get lost.
fn said(edit: &Edit) -> Option<&NewClause> {
    match edit {
        Edit::Withdraw { removal: Removal { earned: true, .. }, .. } => None,
        edit => edit.clause(),
    }
}

proptest! {
    #[test]
    fn folding_is_deterministic(conversation in conversation()) {
        let spec = conversation.spec().unwrap();
        prop_assert_eq!(&spec, &conversation.clone().spec().unwrap());
        let edits: Vec<&Edit> = conversation.edits().collect();
        let mut stepwise = Spec::default();
        for (index, edit) in edits.iter().enumerate() {
            stepwise.apply(index, edit).unwrap();
        }
        prop_assert_eq!(spec, stepwise);
    }

    #[test]
    fn undoing_the_last_turn_restores_the_spec_before_it(mut conversation in conversation()) {
        let mut specs = Vec::new();
        for length in 0..=conversation.turns.len() {
            let before = Conversation { turns: conversation.turns[..length].to_vec() };
            specs.push(before.spec().unwrap());
        }
        while let Some(expected) = specs.pop() {
            prop_assert_eq!(conversation.spec().unwrap(), expected);
            prop_assert_eq!(conversation.undo().is_some(), !specs.is_empty());
        }
    }

    #[test]
    fn nothing_said_disappears(conversation in conversation()) {
        let spec = conversation.spec().unwrap();
        let kept: Vec<&NewClause> = spec.clauses().map(|clause| &clause.said).collect();
        let brought: Vec<&NewClause> = conversation.edits().filter_map(said).collect();
        for clause in &brought {
            prop_assert_eq!(kept.iter().filter(|kept| kept == &clause).count(), 1, "{:?}", clause);
        }
        prop_assert_eq!(kept.len(), brought.len());
        let references = conversation.edits().filter(|edit| matches!(edit, Edit::Refer { .. })).count();
        let assumptions = conversation.edits().filter(|edit| matches!(edit, Edit::Assume { .. })).count();
        let questions = conversation.edits().filter(|edit| matches!(edit, Edit::Ask { .. })).count();
        prop_assert_eq!(spec.references.len(), references);
        prop_assert_eq!(spec.assumptions.len(), assumptions);
        prop_assert_eq!(spec.questions.len(), questions);
    }

    #[test]
    fn only_an_earned_removal_takes_out_of_force(conversation in conversation()) {
        let mut spec = Spec::default();
        for edit in conversation.edits() {
            let before: Vec<ClauseId> = spec.active().map(|clause| clause.said.id.clone()).collect();
            let goal = spec.goal.as_ref().map(|goal| goal.said.id.clone());
            spec.apply(0, edit).unwrap();
            let gone: Vec<ClauseId> =
                before.into_iter().filter(|id| !spec.clause(id).unwrap().status.is_active()).collect();
            let expected: Vec<ClauseId> = match edit {
                Edit::Revise { target, removal, .. } | Edit::Withdraw { target, removal, .. } if removal.earned => {
                    vec![target.clone()]
                }
                Edit::Redirect { removal, .. } if removal.earned => goal.into_iter().collect(),
                _ => Vec::new(),
            };
            prop_assert_eq!(gone, expected, "{:?}", edit);
            if let Some(goal) = &spec.goal {
                prop_assert!(goal.status.is_active());
            }
            prop_assert!(spec.former_goals.iter().all(|goal| !goal.status.is_active()));
        }
    }

    #[test]
    fn a_misfit_edit_changes_nothing_and_is_named(conversation in conversation(), index in 0_usize..1000) {
        let mut spec = conversation.spec().unwrap();
        let before = spec.clone();
        let mut ids = Ids::after(conversation.edits());
        let unknown = ClauseId("c9999".into());
        let fresh = new_clause(ids.clause(), 9, "new");
        let mut misfits = vec![
            (Edit::Revise { target: unknown.clone(), clause: fresh.clone(), removal: removal(true) }, "c9999"),
            (Edit::Withdraw { target: unknown, clause: fresh.clone(), removal: removal(false) }, "c9999"),
            (Edit::Answer { question: QuestionId("q9999".into()), clause: fresh.clone() }, "q9999"),
        ];
        let taken: Vec<NewClause> = before.clauses().map(|clause| clause.said.clone()).collect();
        for clause in &taken {
            misfits.push((Edit::Add { clause: clause.clone() }, &clause.id.0));
            misfits.push((Edit::Redirect { clause: clause.clone(), removal: removal(true) }, &clause.id.0));
        }
        let retired: Vec<ClauseId> =
            before.clauses().filter(|clause| !clause.status.is_active()).map(|clause| clause.said.id.clone()).collect();
        for target in &retired {
            let (target, clause) = (target.clone(), fresh.clone());
            misfits.push((Edit::Revise { target, clause, removal: removal(true) }, "no longer in force"));
        }
        for question in before.questions.iter().filter(|question| question.state != QuestionState::Open) {
            misfits.push((Edit::Answer { question: question.id.clone(), clause: fresh.clone() }, &question.id.0));
        }
        for edit in conversation.edits() {
            if matches!(edit, Edit::Refer { .. } | Edit::Assume { .. } | Edit::Ask { .. }) {
                misfits.push((edit.clone(), "which is taken"));
            }
        }
        for (edit, named) in misfits {
            let said = spec.apply(index, &edit).unwrap_err().to_string();
            prop_assert!(said.starts_with(&format!("edit {index} ")), "{}", said);
            prop_assert!(said.contains(named), "{}", said);
            prop_assert_eq!(&spec, &before);
        }
    }

    #[test]
    fn ids_after_the_edits_are_free(conversation in conversation()) {
        let mut spec = conversation.spec().unwrap();
        let mut ids = Ids::after(conversation.edits());
        for text in ["one", "two"] {
            let edits = [
                Edit::Add { clause: new_clause(ids.clause(), 9, text) },
                edit(&Plan::Refer, text, 9, &spec, &mut ids),
                edit(&Plan::Assume, text, 9, &spec, &mut ids),
                edit(&Plan::Ask, text, 9, &spec, &mut ids),
            ];
            for edit in edits {
                prop_assert_eq!(spec.apply(0, &edit), Ok(()));
            }
        }
    }

    #[test]
    fn everything_survives_json(conversation in conversation()) {
        let json = serde_json::to_string(&conversation).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Conversation>(&json).unwrap(), &conversation);
        let spec = conversation.spec().unwrap();
        let json = serde_json::to_string(&spec).unwrap();
        prop_assert_eq!(serde_json::from_str::<Spec>(&json).unwrap(), spec);
        for edit in conversation.edits() {
            let json = serde_json::to_value(edit).unwrap();
            prop_assert_eq!(json["op"].as_str(), Some(edit.op()));
            prop_assert_eq!(&serde_json::from_value::<Edit>(json).unwrap(), edit);
        }
    }
}

fn clause(number: usize, text: &str) -> NewClause {
    NewClause { text: text.into(), ..new_clause(ClauseId(format!("c{number}")), number, text) }
}

fn texts<'a>(clauses: impl Iterator<Item = &'a Clause>) -> Vec<&'a str> {
    clauses.map(|clause| clause.said.text.as_str()).collect()
}

fn folded(edits: &[Edit]) -> Spec {
    Spec::fold(edits).unwrap()
}

#[test]
fn a_revised_goal_stays_the_goal_and_keeps_its_former_self() {
    let goal = Edit::Redirect { clause: clause(1, "plan a trip"), removal: removal(true) };
    let revision =
        Edit::Revise { target: ClauseId("c1".into()), clause: clause(2, "plan a day trip"), removal: removal(true) };
    let spec = folded(&[goal.clone(), revision]);
    assert_eq!(texts(spec.goal.iter()), ["plan a day trip"]);
    assert_eq!(texts(spec.former_goals.iter()), ["plan a trip"]);
    assert_eq!(spec.former_goals[0].status, Status::Superseded { superseded_by: ClauseId("c2".into()) });

    let taken_back =
        Edit::Withdraw { target: ClauseId("c1".into()), clause: clause(2, "forget it"), removal: removal(true) };
    let spec = folded(&[goal, taken_back]);
    assert_eq!(spec.goal, None);
    assert_eq!(spec.former_goals[0].status, Status::Withdrawn { withdrawn_at: 2 });
    assert_eq!(spec.active().count(), 0);
}

#[test]
fn contested_edits_leave_both_readings_in_force() {
    let added = Edit::Add { clause: clause(1, "5 pages") };
    let target = ClauseId("c1".into());
    let contested = |edit| folded(&[added.clone(), edit]);
    for spec in [
        contested(Edit::Revise { target: target.clone(), clause: clause(2, "7 pages"), removal: removal(false) }),
        contested(Edit::Withdraw { target: target.clone(), clause: clause(2, "7 pages"), removal: removal(false) }),
    ] {
        assert_eq!(texts(spec.active()), ["5 pages", "7 pages"]);
        assert_eq!(texts(spec.contesting(&target)), ["7 pages"]);
    }
    let goals = [1, 2].map(|number| Edit::Redirect { clause: clause(number, "goal"), removal: removal(false) });
    let spec = folded(&goals);
    assert_eq!(spec.goal.as_ref().map(|goal| &goal.said.id), Some(&target));
    assert_eq!(spec.requirements[0].contests, Some(target));
}

#[test]
fn an_answer_closes_its_question() {
    let mut ids = Ids::default();
    let asked = edit(&Plan::Ask, "which size", 0, &Spec::default(), &mut ids);
    let answer = Edit::Answer { question: QuestionId("q1".into()), clause: clause(1, "large") };
    let spec = folded(&[asked.clone(), answer.clone()]);
    assert_eq!(spec.open_questions().count(), 0);
    assert_eq!(spec.questions[0].state, QuestionState::Answered { answered_by: ClauseId("c1".into()) });
    let again = Spec::fold(&[
        asked,
        answer.clone(),
        Edit::Answer { question: QuestionId("q1".into()), clause: clause(2, "small") },
    ]);
    assert_eq!(again, Err(FoldError::NotOpen { edit: 2, question: QuestionId("q1".into()) }));
}

#[test]
fn an_answer_that_stands_already_is_not_said_twice() {
    let mut ids = Ids::default();
    let asked = edit(&Plan::Ask, "which size", 0, &Spec::default(), &mut ids);
    let said = Edit::Add { clause: clause(1, "the large one") };
    let answered =
        |clause| Spec::fold(&[asked.clone(), said.clone(), Edit::Answer { question: QuestionId("q1".into()), clause }]);
    let spec = answered(clause(1, "the large one")).unwrap();
    assert_eq!((spec.requirements.len(), spec.open_questions().count()), (1, 0));
    assert_eq!(spec.questions[0].state, QuestionState::Answered { answered_by: ClauseId("c1".into()) });
    // Another clause may not take its name.
    let taken = FoldError::TakenId { edit: 2, op: "answer", id: "c1".into() };
    assert_eq!(answered(clause(1, "the small one")), Err(taken));
}
