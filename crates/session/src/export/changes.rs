//! What turns changed, and what was understood, in words.

use serde::Serialize;
use throughline_conversation::{Clause, Edit, NewClause, Removal, Spec, Status};

/// Something that a turn did to the spec, or a part of the spec as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Item {
    /// What was done: `added`, `replaced`, …; empty for a part of the spec.
    pub(super) done: &'static str,
    /// Its name in the spec.
    pub(super) id: String,
    /// What it says, on one line.
    pub(super) text: String,
    /// The user's own words, where they differ.
    pub(super) quote: Option<String>,
    /// What else there is to know.
    pub(super) note: Option<String>,
}

impl Item {
    fn of(done: &'static str, clause: &NewClause) -> Self {
        let (text, quote) = (one_line(&clause.text), one_line(&clause.quote));
        Self { done, id: clause.id.to_string(), quote: (quote != text).then_some(quote), text, note: None }
    }

    fn plain(done: &'static str, id: &impl ToString, text: &str) -> Self {
        Self { done, id: id.to_string(), text: one_line(text), ..Self::default() }
    }

    fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(one_line(&note.into()));
        self
    }

    /// Both readings hold, as the change was not certain.
    fn contested(clause: &NewClause, change: &str, removal: &Removal) -> Self {
        Self::of("kept beside", clause).noted(format!("it may {change}; {}", removal.reason))
    }
}

/// What an edit does to that spec; nothing for talk, questions and assent.
pub(super) fn change(edit: &Edit, before: &Spec) -> Option<Item> {
    let text = |id| before.clause(id).map(|clause| clause.said.text.as_str()).unwrap_or_default();
    Some(match edit {
        Edit::Add { clause } => Item::of("added", clause),
        Edit::Redirect { clause, removal } => match &before.goal {
            None => Item::of("goal", clause),
            Some(goal) if removal.earned => Item::of("new goal", clause).noted(format!("before: “{}”", goal.said.text)),
            Some(_) => Item::contested(clause, "be a new goal", removal),
        },
        Edit::Revise { target, clause, removal } if removal.earned => {
            Item::of("changed", clause).noted(format!("before: “{}” ({target})", text(target)))
        }
        Edit::Revise { target, clause, removal } => Item::contested(clause, &format!("change {target}"), removal),
        Edit::Withdraw { target, clause, removal } if removal.earned => {
            Item::plain("withdrawn", target, text(target)).noted(format!("by “{}”", clause.quote))
        }
        Edit::Withdraw { target, clause, removal } => Item::contested(clause, &format!("take {target} back"), removal),
        Edit::Refer { reference } => {
            Item::plain("pointed at", &reference.id, &reference.text).noted(format!("by “{}”", reference.quote))
        }
        Edit::Answer { question, clause } => {
            let asked = before.questions.iter().find(|asked| asked.id == *question);
            Item::of("answered", clause).noted(format!("to “{}”", asked.map_or("", |asked| &asked.text)))
        }
        Edit::Assume { assumption } => {
            Item::plain("assumed", &assumption.id, &assumption.text).noted(assumption.reason.clone())
        }
        Edit::Confirm { assumption, clause } => {
            Item::of("confirmed", clause).noted(format!("was assumed as {assumption}"))
        }
        Edit::Dismiss { assumption, .. } => {
            let held = before.assumption(assumption).map_or("", |held| &held.text);
            Item::plain("no longer assumed", assumption, held)
        }
        Edit::Pin { target, pinned: true, .. } => Item::plain("held fast", target, text(target)),
        Edit::Pin { target, pinned: false, .. } => Item::plain("no longer held fast", target, text(target)),
        Edit::Approve { .. } | Edit::Chat { .. } | Edit::Ask { .. } => return None,
    })
}

/// A kind of parts of a spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) items: Vec<Item>,
}

/// A spec part by part; what is out of force comes last. Kinds without a part are left out.
pub(super) fn sections(spec: &Spec) -> Vec<Section> {
    let (in_force, gone): (Vec<&Clause>, Vec<&Clause>) = spec.clauses().partition(|clause| clause.status.is_active());
    let (goal, others): (Vec<&Clause>, Vec<&Clause>) =
        in_force.into_iter().partition(|clause| spec.is_goal(&clause.said.id));
    let clauses = |clauses: Vec<&Clause>| clauses.into_iter().map(|held| clause(spec, held)).collect();
    let references = spec.references.iter().map(|reference| {
        let note = format!("“{}”, turn {}", reference.quote, reference.source.turn + 1);
        Item::plain("", &reference.id, &reference.text).noted(note)
    });
    let assumptions = spec.standing().map(|held| Item::plain("", &held.id, &held.text).noted(held.reason.clone()));
    let questions = spec.open_questions().map(|asked| Item::plain("", &asked.id, &asked.text));
    let sections = [
        ("Goal", clauses(goal)),
        ("Requirements", clauses(others)),
        ("References", references.collect()),
        ("Assumptions, without a word of the user", assumptions.collect()),
        ("Open questions", questions.collect()),
        ("No longer in force", clauses(gone)),
    ];
    let sections = sections.into_iter().map(|(title, items): (_, Vec<Item>)| Section { title, items });
    sections.filter(|section| !section.items.is_empty()).collect()
}

fn clause(spec: &Spec, clause: &Clause) -> Item {
    let mut note = format!("turn {}", clause.said.source.turn + 1);
    match &clause.status {
        Status::Active if clause.pinned => note += ", held fast",
        Status::Active => {}
        Status::Superseded { superseded_by } => note += &format!(", replaced by {superseded_by}"),
        Status::Withdrawn { withdrawn_at } => note += &format!(", withdrawn in turn {}", withdrawn_at + 1),
    }
    if let Some(older) = spec.contested(clause).filter(|_| clause.status.is_active()) {
        note += &format!(", may change {}", older.said.id);
    }
    Item::of("", &clause.said).noted(note)
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
