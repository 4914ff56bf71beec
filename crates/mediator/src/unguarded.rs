//! A draft as the model wrote it: what a mediator without a guard would record. Only for measuring what the guard is
//! worth.

use throughline_conversation::{
    ClauseId, Edit, Ids, NewClause, QuestionId, Reference, Removal, Source, Span, Spec, Status,
};

use crate::draft::{Draft, DraftEdit, Op};
use crate::guard::Scene;
use crate::outline;
use crate::quote::locate;

/// The draft's edits, word for word: quotes that nobody said, resolved texts that invent, and removals without a doubt
/// among them. What names nothing in force cannot be recorded as it is: a withdrawal or a
/// reference is left out, a revision or an answer becomes an addition.
pub(crate) fn edits(scene: Scene<'_>, draft: &Draft, ids: &mut Ids) -> Vec<Edit> {
    let mut spec = scene.spec.clone();
    let mut edits: Vec<Edit> = Vec::new();
    for draft in &draft.edits {
        // Numbering goes on only behind an edit that is recorded.
        let mut next = ids.clone();
        let Some(edit) = edit(scene, &spec, draft, &mut next) else { continue };
        if spec.apply(edits.len(), &edit).is_ok() {
            edits.push(edit);
            *ids = next;
        }
    }
    edits
}

fn edit(scene: Scene<'_>, spec: &Spec, draft: &DraftEdit, ids: &mut Ids) -> Option<Edit> {
    let span = locate(scene.user, &draft.quote, &[]).unwrap_or_else(|| Span::whole(scene.user));
    let source = Source { turn: scene.turn, span };
    let named = draft.target.as_deref().unwrap_or_default();
    let removal = || Removal { earned: true, reason: "the model says so".into(), probability: None };
    let mut clause = || NewClause {
        id: ids.clause(),
        text: draft.text.clone().unwrap_or_else(|| draft.quote.clone()),
        quote: draft.quote.clone(),
        source,
        kind: draft.kind.unwrap_or_default(),
    };
    let target = || {
        let id = ClauseId(named.to_owned());
        spec.clause(&id).is_some_and(|older| older.status.is_active()).then_some(id)
    };
    Some(match draft.op {
        Op::Add => Edit::Add { clause: clause() },
        Op::Revise => match target() {
            Some(target) => Edit::Revise { target, clause: clause(), removal: removal() },
            None => Edit::Add { clause: clause() },
        },
        Op::Withdraw => Edit::Withdraw { target: target()?, clause: clause(), removal: removal() },
        Op::Redirect => Edit::Redirect { clause: clause(), removal: removal() },
        Op::Answer => {
            let question = QuestionId(named.to_owned());
            match spec.open_questions().find(|asked| asked.id == question) {
                Some(_) => Edit::Answer { question, clause: clause() },
                None => Edit::Add { clause: clause() },
            }
        }
        Op::Refer => {
            let (turn, reply) = scene.reply?;
            let part = outline::named(reply, named)?;
            let text = part.of(reply).ok()?.to_owned();
            let (artifact, quote) = (Source { turn, span: part }, draft.quote.clone());
            let id = ids.reference();
            Edit::Refer { reference: Reference { id, text, artifact, quote, source, status: Status::Active } }
        }
        Op::Approve => Edit::Approve { source },
        Op::Chat => Edit::Chat { source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spec after these drafts, each a turn's.
    fn spec(turns: &[(&str, &str)]) -> Spec {
        let mut all: Vec<Edit> = Vec::new();
        for (turn, (user, draft)) in turns.iter().enumerate() {
            let spec = Spec::fold(&all).unwrap();
            let scene = Scene { user, turn, since: 0, spec: &spec, reply: Some((0, "1. Oak\n2. Birch")) };
            let draft = serde_json::from_str(draft).unwrap();
            all.extend(edits(scene, &draft, &mut Ids::after(&all)));
        }
        Spec::fold(&all).unwrap()
    }

    fn texts(spec: &Spec) -> Vec<&str> {
        spec.active().map(|clause| clause.said.text.as_str()).collect()
    }

    #[test]
    fn nothing_is_checked() {
        let spec = spec(&[
            ("a table for 4", r#"{"edits": [{"op": "redirect", "quote": "a chair", "text": "a chair for 9"}]}"#),
            (
                "also cheap, the second",
                r#"{"edits": [{"op": "withdraw", "quote": "also", "target": "c1"},
                {"op": "refer", "quote": "the second", "target": "p2"}, {"op": "refer", "quote": "it", "target": "p7"}]}"#,
            ),
        ]);
        assert!(texts(&spec).is_empty(), "{spec:?}");
        assert_eq!(spec.former_goals[0].said.quote, "a chair");
        assert_eq!(spec.references.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), ["Birch"]);
    }

    #[test]
    fn what_names_nothing_is_no_error() {
        let spec = spec(&[
            ("a table", r#"{"edits": [{"op": "add", "quote": "a table"}]}"#),
            (
                "for 4",
                r#"{"edits": [{"op": "withdraw", "quote": "for", "target": "c9"},
                {"op": "revise", "quote": "for 4", "target": "c9"}, {"op": "answer", "quote": "4", "target": "q1"},
                {"op": "revise", "quote": "4", "target": "c1"}, {"op": "revise", "quote": "for", "target": "c1"}]}"#,
            ),
        ]);
        assert_eq!(texts(&spec), ["for 4", "4", "4", "for"]);
    }
}
