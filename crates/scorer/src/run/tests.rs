//! What is kept of traces in each dialect.

use serde_json::{Value, json};
use throughline_conversation::{Content, Entry, LogEvent, Transcript};

use super::facts::{Calls, Facts, ResponseType, Share, Stop};

fn facts(trace: &[Value]) -> Facts {
    let line = json!({
        "conv_id": "1", "conv_type": "sharded", "task": "math", "task_id": "a", "assistant_model": "m",
        "trace": trace, "score": 0.0,
    });
    Facts::of(&Transcript::from_line(&line.to_string(), 1).unwrap())
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text, "cost_usd": 0.5})
}

fn assistant(text: &str) -> Value {
    json!({"role": "assistant", "content": text, "cost_usd": 0.25})
}

fn log(content: &Value) -> Value {
    json!({"role": "log", "content": content})
}

fn shard(id: i64) -> Value {
    log(&json!({"type": "shard_revealed", "shard_id": id}))
}

fn verified(kind: &str) -> Value {
    log(&json!({"type": "system-verification", "response": {"response_type": kind}}))
}

fn evaluated(answer: &str, score: f64) -> Value {
    log(&json!({"type": "answer-evaluation", "exact_answer": answer, "is_correct": null, "score": score}))
}

#[test]
fn turns_hold_their_replies_and_attempts() {
    let found = facts(&[
        json!({"role": "system", "content": "solve"}),
        user("How many apples?"),
        shard(1),
        assistant("Which?"),
        verified("clarification"),
        user("Three red ones."),
        shard(2),
        assistant("3 äpfel"),
        verified("answer_attempt"),
        evaluated("13", 0.0),
        user("Two more."),
        shard(3),
        assistant("So: 3 + 2 = 5"),
        verified("musing"),
        evaluated("5", 1.0),
        log(&json!({"type": "conversation-completed", "is_correct": true})),
    ]);
    let turns: Vec<_> = found.turns.iter().map(|turn| (turn.reply_length, turn.response)).collect();
    assert_eq!(turns, [(6, ResponseType::Clarification), (7, ResponseType::AnswerAttempt), (13, ResponseType::Other)]);
    let attempts: Vec<_> = found.attempts.iter().map(|one| (one.turn, one.length, one.score)).collect();
    assert_eq!(attempts, [(1, 2, Some(0.0)), (2, 1, Some(1.0))]);
    assert_eq!((&*found.shards, found.stop), (&[1, 2, 3][..], Stop::Correct));
    let spent = found.spent.unwrap();
    assert_eq!((spent.assistant_usd, spent.other_usd), (Some(0.75), Some(1.5)));
    // Of "how many apples", "three red ones", "two more" the last reply takes up nothing: 3 and 2 are figures there.
    let echo = found.echo.unwrap();
    assert_eq!([echo.first, echo.middle, echo.last].map(|share| (share.held, share.of)), [(0, 3), (0, 3), (0, 2)]);
}

#[test]
fn a_word_belongs_to_the_turn_that_brought_it() {
    let found =
        facts(&[user("10 boxes"), user("10 boxes of 4"), user("boxes of wood"), assistant("10 boxes of 4: 40")]);
    let echo = found.echo.unwrap();
    assert_eq!(echo.first, Share { held: 2, of: 2 });
    assert_eq!(echo.middle, Share { held: 2, of: 2 });
    assert_eq!(echo.last, Share { held: 0, of: 1 });
    assert_eq!(facts(&[user("10 boxes"), user("of 4"), assistant("40")]).echo, None);
}

#[test]
fn a_single_reply_is_an_attempt_without_being_classified() {
    let found = facts(&[user("2 + 2?"), assistant("4"), evaluated("4", 1.0)]);
    assert_eq!(found.turns[0].response, ResponseType::AnswerAttempt);
    assert_eq!(facts(&[user("2 + 2?"), assistant("4")]).turns[0].response, ResponseType::Unclassified);
}

#[test]
fn faults_of_the_simulator_are_told_from_those_of_the_model() {
    let found = facts(&[
        user("One."),
        log(&json!({"type": "hint_revealed", "hint_id": 1})),
        assistant(" "),
        user(""),
        log(&json!({"type": "hint_revealed", "hint_id": 1})),
        assistant("1"),
    ]);
    let faults = found.faults;
    assert_eq!((faults.repeated_shards, faults.empty_replies, faults.empty_user_turns), (1, 1, 1));
    assert!(!faults.unaware && !faults.turn_cap);

    let stateful = facts(&[
        log(&json!({"type": "hint_revealed", "shard_id": 1})),
        user("One."),
        assistant("1"),
        log(&json!({"type": "duplicate_shard_ignored", "shard_id": 1})),
        log(&json!({"type": "fault", "role": "simulator", "message": "lost"})),
        log(&json!({"type": "fault", "role": "mediator", "message": "lost"})),
        log(&json!({"type": "max_turns_exceeded", "turn_count": 9})),
    ]);
    let faults = stateful.faults;
    assert!(faults.unaware && faults.turn_cap);
    assert_eq!((faults.ignored_duplicates, faults.simulator, faults.others), (1, 1, 1));
    assert_eq!((stateful.stop, &*stateful.shards), (Stop::TurnCap, &[1][..]));
}

#[test]
fn a_confidence_belongs_to_the_attempt_of_its_turn() {
    let sure = |value: f64| log(&json!({"type": "confidence", "value": value, "method": "span"}));
    let found = facts(&[
        user("a"),
        assistant("1"),
        sure(0.9),
        sure(0.5),
        log(&json!({"type": "confidence", "value": 0.25, "method": "agreement"})),
        evaluated("1", 0.0),
        user("b"),
        assistant("2"),
        evaluated("2", 1.0),
        sure(0.75),
        user("c"),
        assistant("?"),
        sure(0.1),
        user("d"),
        assistant("3"),
        evaluated("3", 1.0),
    ]);
    let values: Vec<_> =
        found.attempts.iter().map(|one| one.confidences.iter().map(|sure| sure.value).collect::<Vec<_>>()).collect();
    assert_eq!(values, [vec![0.5, 0.25], vec![0.75], vec![]]);
}

#[test]
fn the_spec_is_held_against_what_was_said() {
    let turns = ["Plan a trip to Lisbon for 3 people", "Make it 4 people, thanks", "Budget 900 euros"];
    let clause = |id: &str, text: &str, quote: &str, turn: usize, start: usize| json!({"id": id, "text": text, "quote": quote, "source": {"turn": turn, "span": {"start": start, "end": start + quote.len()}}});
    let edits = |turn: usize, edits: Value, findings: Value| {
        log(&json!({"type": "spec-edit", "turn": turn, "edits": edits, "findings": findings, "decision": "proceed"}))
    };
    let found = facts(&[
        user(turns[0]),
        edits(
            0,
            json!([{"op": "redirect", "clause": clause("c1", turns[0], turns[0], 0, 0), "removal": {"earned": true, "reason": "first"}}]),
            json!([{"finding": "unsupported", "quote": "by train"}]),
        ),
        assistant("A plan for 3"),
        user(turns[1]),
        edits(
            1,
            json!([
                {"op": "add", "clause": clause("c2", "Make it 4 travellers", "Make it 4 people", 1, 0)},
                {"op": "chat", "source": {"turn": 1, "span": {"start": 18, "end": 24}}},
            ]),
            json!([{"finding": "invented", "text": "4 star hotel", "tokens": ["star", "hotel"]}]),
        ),
        assistant("A plan for 4"),
        user(turns[2]),
        // The quote does not stand where the clause says, and "euros" is lost.
        edits(2, json!([{"op": "add", "clause": clause("c3", "Budget 900", "Budget 900", 2, 1)}]), json!([])),
        assistant("Done"),
    ]);
    assert_eq!(found.turns.iter().map(|turn| turn.edits).collect::<Vec<_>>(), [1, 2, 1]);
    let spec = found.spec.unwrap();
    assert!(!spec.broken);
    // Asked for: plan a trip to lisbon for 3 people; make it 4; budget 900 euros. "thanks" was chat.
    assert_eq!(spec.coverage, Share { held: 13, of: 14 });
    assert_eq!(spec.number_coverage, Share { held: 3, of: 3 });
    // Of "plan a trip to lisbon for 3 people", "make it 4 travellers", "budget 900" one word was never said.
    assert_eq!(spec.precision, Share { held: 13, of: 14 });
    assert_eq!((spec.invented, spec.refused, spec.dropped_quotes), (1, 2, 1));
    assert_eq!(spec.unsupported, Share { held: 1, of: 3 });
    assert_eq!(spec.edits, [2, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
}

#[test]
fn edits_that_do_not_fold_are_said_to_be_broken() {
    let edits = json!([{
        "op": "withdraw", "target": "c9", "removal": {"earned": true, "reason": "?"},
        "clause": {"id": "c1", "text": "no", "quote": "no", "source": {"turn": 0, "span": {"start": 0, "end": 2}}},
    }]);
    let content = json!({"type": "spec-edit", "turn": 0, "edits": edits, "findings": [], "decision": "proceed"});
    let found = facts(&[user("no"), log(&content), assistant("ok")]);
    assert!(found.spec.unwrap().broken);
    let question = LogEvent::Question { turn: 0, text: "Which?".into() };
    let Content::Event(question) = Entry::observed(&question).content else { panic!("no event") };
    let asked = facts(&[user("no"), log(&question.into()), assistant("Which?")]);
    assert_eq!(asked.turns[0].response, ResponseType::Question);
}

#[test]
fn calls_belong_to_the_turn_in_which_they_were_made() {
    let usage = |role: &str, prompt: u64, seconds: f64| {
        log(&json!({
            "type": "usage", "role": role, "prompt_tokens": prompt, "completion_tokens": u64::MAX, "seconds": seconds,
        }))
    };
    let found = facts(&[
        user("How many apples?"),
        usage("mediator", 3, 0.25),
        usage("mediator", 4, 0.5),
        assistant("Which?"),
        user("Red ones."),
        usage("assistant", 9, 2.0),
        assistant("5"),
    ]);
    let spent = found.spent.unwrap();
    let calls = |role: &str| -> Vec<(u32, u64, u64, f64)> {
        let of =
            |calls: &Calls| (calls.turn, calls.tokens.prompt_tokens, calls.tokens.completion_tokens, calls.seconds);
        spent.calls[role].iter().map(of).collect()
    };
    assert_eq!(calls("mediator"), [(0, 7, u64::MAX, 0.75)], "a sum that is too large stays at the largest number");
    assert_eq!(calls("assistant"), [(1, 9, u64::MAX, 2.0)]);
    assert_eq!(spent.seconds(), Some(2.75));
}
