//! Judging and summing up, on conversations whose figures can be counted by hand.

use std::path::Path;

use proptest::prelude::*;
use throughline_conversation::{
    ClauseId, ClauseKind, Decision, Edit, NewClause, Reference, ReferenceId, Removal, Source, Span, Status, Turn,
};

use super::judge::{Judged, judge};
use super::removals::Fate;
use super::*;
use crate::{Figures, TableOptions};

const LABELS: &str = concat!(
    r#"{"id": "revise-table", "kind": "revise", "turns": ["#,
    r#"{"user": "a table for 4, under 200 euros", "ops": ["add", "add"], "assistant": "1. Oak\n2. Birch, 8 legs"}, "#,
    r#"{"user": "no, for 6. and I like the second", "ops": ["revise", "refer"], "removes": ["for 4"], "assistant": null}, "#,
    r#"{"user": "thanks", "ops": ["chat"], "assistant": null}], "#,
    r#""must": ["TABLE", "6", "birch"], "must_not": ["for 4", "oak"], "ask_at": 0, "ask_ok": [1]}"#,
    "\n",
    r#"{"id": "chat-gruß", "kind": "chat", "language": "de", "turns": ["#,
    r#"{"user": "hallo", "ops": ["chat"], "assistant": null}, "#,
    r#"{"user": "ein Gedicht bitte", "ops": ["add"], "assistant": null}], "#,
    r#""must": ["Gedicht"], "must_not": [], "ask_at": null}"#
);

fn labels() -> Vec<LabelledConversation> {
    read_labelled("labels", LABELS.as_bytes()).unwrap()
}

/// A clause on these words of a turn.
fn clause(conversation: &LabelledConversation, id: usize, turn: usize, quote: &str) -> NewClause {
    let start = conversation.turns[turn].user.find(quote).unwrap();
    NewClause {
        id: ClauseId(format!("c{id}")),
        text: quote.into(),
        quote: quote.into(),
        source: Source { turn, span: Span { start, end: start + quote.len() } },
        kind: ClauseKind::Fact,
    }
}

fn removal(earned: bool) -> Removal {
    Removal { earned, reason: "so it is worded".into(), probability: Some(if earned { 0.9 } else { 0.4 }) }
}

fn turn(conversation: &LabelledConversation, index: usize, edits: Vec<Edit>, decision: Decision) -> Turn {
    Turn { user: conversation.turns[index].user.clone(), edits, decision, ..Turn::default() }
}

/// The first conversation, understood as labelled if the removal is `earned`, and with a question at `asked`.
fn understood(conversation: &LabelledConversation, earned: bool, asked: Option<usize>) -> Understood {
    let target = ClauseId("c2".into());
    let reply = conversation.turns[0].assistant.as_deref().unwrap();
    let part = Span { start: reply.find("Birch").unwrap(), end: reply.len() };
    let reference = Reference {
        id: ReferenceId("r1".into()),
        text: part.of(reply).unwrap().into(),
        artifact: Source { turn: 0, span: part },
        quote: "I like the second".into(),
        source: clause(conversation, 0, 1, "I like the second").source,
        status: Status::Active,
    };
    let first = vec![
        Edit::Redirect { clause: clause(conversation, 1, 0, "a table"), removal: removal(true) },
        Edit::Add { clause: clause(conversation, 2, 0, "for 4, under 200 euros") },
    ];
    let newer = NewClause { text: "for 6, under 200 euros".into(), ..clause(conversation, 3, 1, "no, for 6.") };
    let second = vec![Edit::Revise { target, clause: newer, removal: removal(earned) }, Edit::Refer { reference }];
    let chat = Edit::Chat { source: Source { turn: 2, span: Span::whole("thanks") } };
    let turns = [first, second, vec![chat]].into_iter().enumerate().map(|(index, edits)| {
        let decision = if asked == Some(index) { Decision::Ask } else { Decision::Proceed };
        turn(conversation, index, edits, decision)
    });
    Understood::Turns(turns.collect())
}

fn judged(earned: bool, asked: Option<usize>) -> Judged {
    let conversation = &labels()[0];
    judge(conversation, &understood(conversation, earned, asked)).unwrap()
}

/// Whether each question that counts was right, and whether it was asked.
fn questions(judged: &Judged) -> Vec<(Option<bool>, bool)> {
    judged.turns.iter().flatten().map(|turn| (turn.question, turn.asked)).collect()
}

/// Whether each clause should have left force, and what became of it.
fn decisions(judged: &Judged) -> Vec<(bool, Fate)> {
    let turns = judged.turns.iter().flatten().filter_map(|turn| turn.decisions.as_ref());
    turns.flatten().map(|one| (one.gold, one.fate)).collect()
}

#[test]
fn what_is_understood_as_labelled_has_no_fault() {
    let judged = judged(true, Some(0));
    assert_eq!((judged.lost.as_slice(), judged.breached.as_slice()), (&[][..], &[][..]));
    assert!(judged.turns.iter().flatten().all(|turn| turn.gold == turn.drafted), "{judged:?}");
    assert_eq!(questions(&judged), [(Some(true), true), (None, false), (Some(false), false)]);
    // Of the first turn's two clauses one is revised; in the third turn the goal and the revised clause are in force.
    let kept = (false, Fate::Kept);
    assert_eq!(decisions(&judged), [kept, (true, Fate::Removed), kept, kept]);
}

#[test]
fn what_is_contested_still_stands_and_is_told_apart() {
    let judged = judged(false, None);
    assert_eq!(judged.breached, [("for 4".to_owned(), true)]);
    assert_eq!(decisions(&judged)[1], (true, Fate::Contested));
    assert_eq!(questions(&judged)[0], (Some(true), false));
    // In the third turn there is nothing more to decide about it.
    assert_eq!(decisions(&judged).iter().filter(|(_, fate)| *fate == Fate::Contested).count(), 1);
}

#[test]
fn words_also_stand_where_a_certain_clause_holds_them() {
    let conversation = &labels()[0];
    let Understood::Turns(mut turns) = understood(conversation, false, None) else { panic!() };
    turns[2]
        .edits
        .push(Edit::Add { clause: NewClause { text: "FOR 4".into(), ..clause(conversation, 4, 2, "thanks") } });
    let judged = judge(conversation, &Understood::Turns(turns)).unwrap();
    assert_eq!(judged.breached, [("for 4".to_owned(), false)]);
}

#[test]
fn a_resolved_text_carries_the_words_of_earlier_turns() {
    let mut conversation = labels().swap_remove(0);
    let start = conversation.turns[0].user.find("under").unwrap();
    let words = "under 200 euros";
    let stretch = Stretch { turn: 0, span: Span { start, end: start + words.len() }, words: words.into() };
    conversation.turns[2].removes = Some(vec![stretch]);
    let judged = judge(&conversation, &understood(&conversation, true, None)).unwrap();
    assert_eq!(decisions(&judged)[2..], [(false, Fate::Kept), (true, Fate::Kept)]);
}

#[test]
fn probabilities_are_judged_where_they_are_recorded() {
    let of = |judged: &Judged| {
        let decided = judged.turns.iter().flatten().filter_map(|turn| turn.decisions.as_ref()).flatten();
        decided.map(|one| (one.gold, one.probability)).collect::<Vec<_>>()
    };
    let none = (false, None);
    // The first goal takes the place of nothing.
    assert_eq!(of(&judged(true, None)), [none, (true, Some(0.9)), none, none]);
    assert_eq!(of(&judged(false, None))[..2], [none, (true, Some(0.4))]);
    let evaluation = evaluation();
    let all = evaluation.settings[0].groups[0].removals.as_ref().unwrap();
    let calibration = all.calibration.as_ref().unwrap();
    assert_eq!((calibration.attempts, calibration.auroc, all.auroc), (1, None, Some(1.0)));
    assert!((calibration.brier - 0.01).abs() < 1e-9 && (calibration.ece - 0.1).abs() < 1e-9, "{calibration:?}");
    let concat = evaluation.settings[1].groups[0].removals.as_ref().unwrap();
    assert_eq!((concat.auroc, &concat.calibration), (None, &None));
}

#[test]
fn a_clause_weighed_several_times_counts_as_its_most_probable() {
    let conversation = &labels()[0];
    let Understood::Turns(mut turns) = understood(conversation, false, None) else { panic!() };
    for (id, probability) in [(7, 0.6), (8, 0.2)] {
        let removal = Removal { probability: Some(probability), ..removal(false) };
        let clause = clause(conversation, id, 1, "no");
        turns[1].edits.push(Edit::Withdraw { target: ClauseId("c2".into()), clause, removal });
    }
    let judged = judge(conversation, &Understood::Turns(turns)).unwrap();
    let decisions = judged.turns.unwrap().swap_remove(1).decisions.unwrap();
    assert_eq!((decisions[1].fate, decisions[1].probability), (Fate::Contested, Some(0.6)));
}

#[test]
fn concatenation_keeps_every_word_and_removes_none() {
    let conversation = &labels()[0];
    let judged = judge(conversation, &Understood::Turns(verbatim(conversation))).unwrap();
    // What was only pointed at is not said.
    assert_eq!(judged.lost, ["birch"]);
    assert_eq!(judged.breached, [("for 4".to_owned(), false)]);
    assert_eq!(decisions(&judged).iter().filter(|one| **one == (true, Fate::Kept)).count(), 1);
    assert!(questions(&judged).iter().all(|(_, asked)| !asked));
}

#[test]
fn a_request_in_one_piece_is_judged_by_its_words_alone() {
    let judged = judge(&labels()[0], &Understood::Text("A birch table for 4, no oak".into())).unwrap();
    assert_eq!(judged.lost, ["6"]);
    assert_eq!(judged.breached, [("for 4".to_owned(), false), ("oak".to_owned(), false)]);
    assert_eq!(judged.turns, None);
}

#[test]
fn removals_without_labels_are_left_out() {
    let labels = LABELS.replace(r#""removes": ["for 4"], "#, "");
    let conversations = read_labelled("labels", labels.as_bytes()).unwrap();
    let judged = judge(&conversations[0], &understood(&conversations[0], true, None)).unwrap();
    assert_eq!(decisions(&judged).len(), 2);
    let evaluation = evaluate(&conversations[..1], &[mediated(&conversations[..1])], &Figures::default()).unwrap();
    assert_eq!(evaluation.settings[0].groups[0].removals.as_ref().unwrap().unlabelled_turns, 1);
    assert!(evaluation.notes[1].contains("remove: 1 turn whose"), "{:?}", evaluation.notes);
}

/// Both conversations: the first as labelled but for its question, the second word for word.
fn mediated(conversations: &[LabelledConversation]) -> Evaluated {
    let costs = |turns: u32| {
        let cost = |turn: u32| Cost {
            calls: turn,
            cached: turn / 2,
            prompt_tokens: 100 + u64::from(turn),
            completion_tokens: 20,
            seconds: f64::from(turn),
        };
        (0..turns).map(cost).collect::<Vec<_>>()
    };
    let outcomes = conversations.iter().enumerate().map(|(place, conversation)| match place {
        0 => Outcome { understood: understood(conversation, true, Some(2)), costs: costs(3) },
        _ => Outcome { understood: Understood::Turns(verbatim(conversation)), costs: costs(2) },
    });
    Evaluated { setting: "mediated".into(), outcomes: outcomes.collect() }
}

fn evaluation() -> Evaluation {
    let conversations = labels();
    let outcome = |understood| Outcome { understood, costs: Vec::new() };
    let concat = conversations.iter().map(|one| outcome(Understood::Turns(verbatim(one))));
    let concat = Evaluated { setting: "concat".into(), outcomes: concat.collect() };
    let text = conversations.iter().map(|_| outcome(Understood::Text("Ein Gedicht von 6 Tables".into())));
    let text = Evaluated { setting: "free-rewrite".into(), outcomes: text.collect() };
    let figures = Figures { resamples: 200, ..Figures::default() };
    evaluate(&conversations, &[mediated(&conversations), concat, text], &figures).unwrap()
}

#[test]
fn tables_are_as_recorded() {
    insta::assert_snapshot!(evaluation().to_table(&TableOptions::default()));
}

#[test]
fn tables_fit_a_terminal() {
    let table = evaluation().to_table(&TableOptions { width: Some(80), ..TableOptions::default() });
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn figures_count_conversations_words_turns_and_decisions() {
    let evaluation = evaluation();
    let all = &evaluation.settings[0].groups[0];
    assert_eq!((all.conversations, all.turns), (2, 5));
    let share = |share: &Share| (share.held, share.of);
    assert_eq!((share(&all.spec.kept), share(&all.spec.kept_words)), ((2, 2), (4, 4)));
    // Where nothing must not stand, there is nothing to be clean of.
    assert_eq!((share(&all.spec.clean), share(&all.spec.clean_words)), ((1, 1), (2, 2)));
    let operations = all.operations.as_ref().unwrap();
    assert_eq!(share(&operations.exact), (4, 5));
    let of = |operation| operations.each.iter().find(|(op, _)| *op == operation).unwrap().1;
    assert_eq!((of(Operation::Chat).gold, of(Operation::Chat).found, of(Operation::Chat).right), (2, 1, 1));
    assert_eq!((of(Operation::Add).gold, of(Operation::Add).found, of(Operation::Add).right), (2, 3, 2));
    assert_eq!((operations.any.gold, operations.any.found, operations.any.right), (6, 6, 5));
    let questions = all.questions.unwrap();
    assert_eq!((questions.gold, questions.found, questions.right), (1, 1, 0));
    assert_eq!((questions.precision.value, questions.f1.value), (Some(0.0), Some(0.0)));
    let removals = all.removals.as_ref().unwrap();
    assert_eq!((removals.decisions, removals.removed.gold, removals.removed.right), (5, 1, 1));
    let names: Vec<_> = evaluation.settings[0].groups.iter().map(|group| group.group.as_str()).collect();
    assert_eq!(names, ["all", "English", "other languages", "revise", "chat"]);
    let verdict = &evaluation.settings[0].conversations[0];
    assert_eq!((verdict.unasked.as_slice(), verdict.needless.as_slice()), (&[0][..], &[2][..]));
    let costs: Vec<Costs> = evaluation.settings[0].costs_by_turn.iter().map(|turn| turn.costs).collect();
    assert_eq!((costs.len(), evaluation.settings[0].costs.unwrap().turns), (3, 5));
    assert_eq!((costs[1].calls, costs[1].prompt_tokens, costs[1].seconds), (1.0, 101.0, Some(1.0)));
    assert_eq!((costs[2].cached, costs[2].seconds), (1.0, None));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let conversations = labels();
    let mut evaluated = mediated(&conversations);
    evaluated.outcomes.pop();
    let error = evaluate(&conversations, &[evaluated.clone()], &Figures::default()).unwrap_err();
    assert_eq!(error.to_string(), "mediated: 1 outcomes, but 2 are labelled");
    evaluated.outcomes[0].understood = Understood::Turns(Vec::new());
    let error = evaluate(&conversations[..1], &[evaluated.clone()], &Figures::default()).unwrap_err();
    assert_eq!(error.to_string(), "mediated: 0 turns of conversation revise-table, but 3 are labelled");
    let mut turns = verbatim(&conversations[0]);
    turns[1].edits = turns[0].edits.clone();
    evaluated.outcomes[0].understood = Understood::Turns(turns);
    let error = evaluate(&conversations[..1], &[evaluated], &Figures::default()).unwrap_err();
    assert!(error.to_string().contains("conversation revise-table: edit 1 (add) brings in c1"), "{error}");
}

/// The labels that are shipped, by the name of their file.
fn shipped(name: &str) -> Vec<LabelledConversation> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/mediation").join(name);
    let text = std::fs::read(&path).unwrap();
    read_labelled(name, text.as_slice()).unwrap()
}

#[test]
fn shipped_labels_are_in_order_and_what_was_said_is_kept_word_for_word() {
    assert!(shipped("held-out.jsonl").len() > 60);
    let conversations = shipped("conversations.jsonl");
    assert!(conversations.len() > 100);
    for conversation in &conversations {
        let removals = conversation.turns.iter().filter(|turn| turn.ops.iter().any(|op| op.removes()));
        assert!(removals.clone().all(|turn| turn.removes.as_ref().is_some_and(|removes| !removes.is_empty())));
        let judged = judge(conversation, &Understood::Turns(verbatim(conversation))).unwrap();
        let refers = conversation.turns.iter().any(|turn| turn.ops.contains(&Operation::Refer));
        assert!(refers || judged.lost.is_empty(), "{}: {:?}", conversation.id, judged.lost);
        // Each removal concerns a clause that is in force: the turn that said the words.
        let gold = decisions(&judged).iter().filter(|(gold, _)| *gold).count();
        assert!(gold >= usize::from(removals.count() > 0), "{}", conversation.id);
    }
}

proptest! {
    #[test]
    fn damaged_labels_are_read_or_refused_on_one_line(place in 0..LABELS.len(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = LABELS.as_bytes().to_vec();
        if cut { bytes.truncate(place) } else { bytes[place] = byte }
        match read_labelled("labels", bytes.as_slice()) {
            Ok(conversations) => prop_assert!(!conversations.is_empty()),
            Err(error) => {
                let text = error.to_string();
                prop_assert!(text.starts_with("labels: ") && !text.contains('\n'), "{}", text);
            }
        }
    }

    #[test]
    fn counts_agree_and_figures_are_shares(
        earned in any::<bool>(),
        asked in prop::option::of(0..3_usize),
        must in prop::collection::vec("[a-z0-9 ]{1,4}", 0..5),
        must_not in prop::collection::vec("[a-z0-9 ]{1,4}", 0..5),
    ) {
        let mut conversations = labels();
        conversations[0].must = must.clone();
        conversations[0].must_not = must_not;
        let outcome = |understood| Outcome { understood, costs: Vec::new() };
        let one = outcome(understood(&conversations[0], earned, asked));
        let other = outcome(Understood::Turns(verbatim(&conversations[1])));
        let evaluated = Evaluated { setting: "mediated".into(), outcomes: vec![one, other] };
        let figures = Figures { resamples: 20, ..Figures::default() };
        let evaluation = evaluate(&conversations, &[evaluated], &figures).unwrap();
        for group in &evaluation.settings[0].groups {
            let shares = [&group.spec.kept, &group.spec.kept_words, &group.spec.clean, &group.spec.clean_words];
            for share in shares {
                prop_assert!(share.held <= share.of);
                prop_assert_eq!(share.percent.value.is_some(), share.of > 0);
                prop_assert!(share.percent.value.is_none_or(|value| (0.0..=100.0).contains(&value)));
            }
            prop_assert!(group.spec.clean_but_contested.held >= group.spec.clean.held);
            let operations = group.operations.as_ref().unwrap();
            let removals = group.removals.as_ref().unwrap();
            for held in operations.each.iter().map(|(_, held)| *held).chain([group.questions.unwrap(), removals.removed]) {
                prop_assert!(held.right <= held.gold.min(held.found));
                if let (Some(precision), Some(recall), Some(f1)) = (held.precision.value, held.recall.value, held.f1.value) {
                    prop_assert!(f1 <= precision.max(recall) + 1e-9 && f1 >= precision.min(recall) - 1e-9);
                }
            }
            prop_assert_eq!(operations.any.right, operations.each.iter().map(|(_, held)| held.right).sum::<usize>());
            prop_assert!(removals.contested_gold <= removals.contested && removals.removed.found <= removals.decisions);
        }
        // Losing a word is one and the same, however it is counted.
        let verdict = &evaluation.settings[0].conversations[0];
        let spec = evaluation.settings[0].groups.iter().find(|group| group.group == "revise").unwrap().spec;
        prop_assert_eq!(spec.kept_words.held + verdict.lost.len(), must.len());
    }
}
