//! What keys, pastes and reports bring about.

use crossterm::event::{Event as TerminalEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use throughline_conversation::{AssumptionId, ClauseId, Correction, TokenUsage};
use throughline_session::{Event, Lane, SessionId, Spent};

use super::{Stage, Turns, party};
use crate::message::{Activity, Choice, ExportFormat, Listed, ModelRole};
use crate::{Effect, Msg, Report, Staff};

fn said(text: &str) -> Vec<Effect> {
    vec![Effect::Say { text: text.into(), files: Vec::new() }]
}

fn busy(stage: &mut Stage) {
    stage.app.update(Msg::Report(Report::Doing(Activity::Replying(Lane::Mediated))));
}

#[test]
fn enter_sends_what_was_typed() {
    let mut stage = Stage::new(80, 24);
    stage.types("Plan a party");
    stage.press("ctrl+j");
    stage.types("for 20?");
    assert_eq!(stage.press("enter"), said("Plan a party\nfor 20?"));
    assert_eq!(stage.press("enter"), []);
    stage.press("up");
    assert_eq!(stage.press("enter"), said("Plan a party\nfor 20?"));
}

#[test]
fn a_question_mark_is_help_only_while_nothing_is_typed() {
    let mut stage = Stage::new(80, 24);
    stage.types("why?");
    assert_eq!(stage.press("enter"), said("why?"));
    stage.types("?");
    assert!(stage.screen().contains("Help"));
}

#[test]
fn what_is_typed_waits_while_a_reply_is_written() {
    let mut stage = party(80, 24);
    busy(&mut stage);
    stage.types("One more thing");
    assert_eq!(stage.press("enter"), []);
    assert!(stage.screen().contains("One more thing"));
    assert_eq!(stage.press("esc"), [Effect::Cancel]);
    stage.app.update(Msg::Report(Report::Doing(Activity::Idle)));
    assert_eq!(stage.press("enter"), said("One more thing"));
}

fn loads(stage: &mut Stage) {
    let what = "loading small".to_owned();
    stage.app.update(Msg::Report(Report::Doing(Activity::Loading { what, share: None })));
}

#[test]
fn what_is_said_while_a_model_is_loaded_is_sent_when_it_is_there() {
    let mut stage = Stage::new(80, 24);
    loads(&mut stage);
    stage.types("Plan a party");
    assert_eq!(stage.press("enter"), []);
    assert!(stage.screen().contains("● Plan a party  waits for the model, Esc takes it back"), "{}", stage.screen());
    stage.types("for 20");
    assert_eq!(stage.press("enter"), [], "one thing waits at a time");
    loads(&mut stage);
    assert_eq!(stage.app.update(Msg::Report(Report::Doing(Activity::Idle))), said("Plan a party"));
    assert!(!stage.screen().contains("waits for the model"));
    assert_eq!(stage.press("enter"), said("for 20"));
}

#[test]
fn what_waits_for_a_model_can_be_taken_back() {
    let mut stage = Stage::new(80, 24);
    loads(&mut stage);
    stage.types("Plan a party");
    stage.press("enter");
    stage.types("for 20");
    assert_eq!(stage.press("esc"), []);
    assert_eq!(stage.app.update(Msg::Report(Report::Doing(Activity::Idle))), []);
    assert_eq!(stage.press("enter"), said("Plan a party\nfor 20"));
}

#[test]
fn without_a_model_what_waits_is_not_lost() {
    let mut stage = Stage::new(80, 24);
    loads(&mut stage);
    stage.types("Plan a party");
    stage.press("enter");
    stage.app.update(Msg::Report(Report::Staff(Staff::default())));
    assert_eq!(stage.app.update(Msg::Report(Report::Doing(Activity::Idle))), []);
    assert_eq!(stage.press("enter"), said("Plan a party"));
}

#[test]
fn who_does_not_want_to_wait_for_a_model_leaves() {
    let mut stage = Stage::new(80, 24);
    loads(&mut stage);
    assert_eq!(stage.press("ctrl+c ctrl+c"), [Effect::Quit]);
}

#[test]
fn what_could_not_be_sent_stands_before_what_was_typed_since() {
    let mut stage = Stage::new(80, 24);
    stage.types("and make it blue");
    let (text, files) = ("Read @plan.txt".to_owned(), vec!["plan.txt".to_owned()]);
    stage.app.update(Msg::Report(Report::Unsent { text, files: files.clone() }));
    let text = "Read @plan.txt\nand make it blue".to_owned();
    assert_eq!(stage.press("enter"), [Effect::Say { text, files }]);
}

#[test]
fn tokens_and_cost_are_those_of_everybody_who_worked() {
    let mut stage = Stage::new(100, 24);
    let spent = |prompt, completion, usd| Spent {
        tokens: TokenUsage { prompt_tokens: prompt, completion_tokens: completion },
        seconds: 0.5,
        cost_usd: Some(usd),
    };
    let turn = Turns::after(&stage.app.record, "Plan a party").goal("Plan a party").turn();
    let (question, model) = (None, "small".to_owned());
    stage.happens(Event::Heard { turn, question, model, spent: spent(70, 7, 0.25) });
    stage.happens(Event::Planned { text: "1. Invite.".into(), spent: spent(20, 3, 0.5) });
    stage.replies(Lane::Mediated, "Done.");
    // The reply has 150 tokens and costs 0.0021.
    let screen = stage.screen();
    assert!(screen.contains("250 tokens · $0.7521"), "{screen}");
}

#[test]
fn ctrl_c_stops_then_empties_then_leaves() {
    let mut stage = party(80, 24);
    busy(&mut stage);
    assert_eq!(stage.press("ctrl+c"), [Effect::Cancel]);
    stage.app.update(Msg::Report(Report::Doing(Activity::Idle)));
    stage.types("half a thought");
    assert_eq!(stage.press("ctrl+c"), []);
    assert!(!stage.screen().contains("half a thought"));
    assert_eq!(stage.press("ctrl+c"), []);
    assert!(stage.screen().contains("again leaves"));
    assert_eq!(stage.press("ctrl+c"), [Effect::Quit]);
    stage.types("x");
    assert_eq!(stage.press("ctrl+d"), [], "with something typed it deletes");
}

#[test]
fn what_the_mediator_could_not_hear_is_there_again() {
    let mut stage = party(80, 24);
    stage.happens(Event::Said { text: "And a cake.".into() });
    let message = "the endpoint is unreachable".to_owned();
    stage.happens(Event::Failed { role: "mediator".into(), message, lane: Lane::Mediated });
    assert_eq!(stage.press("enter"), said("And a cake."));
}

#[test]
fn one_key_each_puts_the_spec_right() {
    let c = |name: &str| ClauseId(name.into());
    let mut stage = party(120, 34);
    // Goal, c3 in the garden, c5 that contests it, the revised c4 in the order of the spec.
    stage.press("tab tab up up up up");
    assert_eq!(stage.press("w"), [Effect::Correct(Correction::Withdraw { clause: c("c1") })]);
    assert_eq!(stage.press("p"), [Effect::Correct(Correction::Pin { clause: c("c1"), pinned: true })]);
    assert_eq!(stage.press("r"), []);
    assert!(stage.screen().contains("it is in force already"));
    stage.press("down");
    assert_eq!(stage.press("n"), [Effect::Correct(Correction::Accept { clause: c("c5") })]);
    assert_eq!(stage.press("o"), [Effect::Correct(Correction::Withdraw { clause: c("c5") })]);
    stage.press("e ctrl+u");
    for _ in 0..40 {
        stage.press("backspace");
    }
    stage.types("on the terrace");
    let text = "on the terrace".to_owned();
    assert_eq!(stage.press("enter"), [Effect::Correct(Correction::Reword { clause: c("c3"), text })]);
    stage.press("down down down");
    let assumption = AssumptionId("a1".into());
    assert_eq!(stage.press("f"), [Effect::Correct(Correction::Confirm { assumption: assumption.clone() })]);
    assert_eq!(stage.press("w"), [Effect::Correct(Correction::Dismiss { assumption })]);
    stage.press("down");
    assert_eq!(stage.press("r"), [Effect::Correct(Correction::Restore { clause: c("c2") })]);
    assert_eq!(stage.press("y"), [Effect::Go]);
}

#[test]
fn a_correction_is_shown_as_one() {
    let mut stage = party(120, 34);
    let correction = Correction::Withdraw { clause: ClauseId("c3".into()) };
    let turn = stage.app.record().conversation.correct(&correction).unwrap();
    stage.happens(Event::Corrected { turn });
    let screen = stage.screen();
    assert!(screen.contains("You changed") && screen.contains("withdrawn in turn 3"), "{screen}");
}

#[test]
fn choices_are_picked_by_their_number() {
    let mut stage = party(100, 30);
    let turn = Turns::after(&stage.app.record, "Make it 30.")
        .add("Make it 30.")
        .ask("Which one?", &["25 guests", "the budget"])
        .turn();
    stage.heard(turn, Some("Which one?"));
    assert_eq!(stage.press("2"), said("the budget"));
    assert_eq!(stage.press("ctrl+g"), [Effect::Go]);
    stage.press("3 0 enter");
    assert_eq!(stage.press("esc"), []);
    stage.types("x2");
    assert_eq!(stage.press("enter"), said("x2"), "behind other letters a digit is a digit");
}

#[test]
fn commands_complete_and_do() {
    let mut stage = party(80, 24);
    stage.types("/exp");
    assert!(stage.screen().contains("/export markdown|html|transcript|sample [FILE]"));
    stage.press("tab");
    stage.types("html out.html");
    let wanted = Effect::Export { format: ExportFormat::Html, path: Some("out.html".into()) };
    assert_eq!(stage.press("enter"), [wanted]);
    stage.types("/undo");
    assert_eq!(stage.press("enter"), [Effect::Undo], "a command that is typed whole is sent");
    stage.types("/nothing");
    assert_eq!(stage.press("enter"), []);
    assert!(stage.screen().contains("there is no command /nothing"));
    stage.press("ctrl+c");
    stage.types("/theme light");
    stage.press("enter");
    assert_eq!(stage.app.theme.name, "light");
    stage.types("/delete");
    stage.press("enter");
    assert_eq!(stage.press("y"), [Effect::Delete(SessionId("20261123-a".into()))]);
}

#[test]
fn files_are_found_and_go_along() {
    let mut stage = Stage::new(80, 24);
    stage.types("Sum up ");
    assert_eq!(stage.types("@n"), [Effect::FindFiles(String::new()), Effect::FindFiles("n".into())]);
    stage.app.update(Msg::Report(Report::Files(vec!["notes.txt".into(), "new.md".into()])));
    assert!(stage.screen().contains("▶ notes.txt"));
    stage.press("down enter");
    let files = vec!["new.md".to_owned()];
    assert_eq!(stage.press("enter"), [Effect::Say { text: "Sum up @new.md".into(), files }]);
}

#[test]
fn a_long_paste_is_folded() {
    let mut stage = Stage::new(80, 24);
    let long = "line\n".repeat(30);
    stage.app.update(Msg::Terminal(TerminalEvent::Paste(long.clone())));
    assert!(stage.screen().contains("[pasted 1: 150 characters, 30 lines]"));
    assert_eq!(stage.press("enter"), said(long.trim_end()));
}

#[test]
fn sessions_are_opened_renamed_deleted() {
    let mut stage = party(80, 24);
    let id = SessionId("other".into());
    let open = |stage: &mut Stage| {
        let listed = Listed { id: SessionId("other".into()), title: "A trip".into(), detail: "3 turns".into() };
        stage.app.update(Msg::Report(Report::Sessions(vec![listed])));
    };
    assert_eq!(stage.press("f3"), [Effect::ListSessions(String::new())]);
    open(&mut stage);
    assert_eq!(stage.press("enter"), [Effect::OpenSession(id.clone())]);
    open(&mut stage);
    stage.press("ctrl+r");
    stage.types(" to Rome");
    let wanted = Effect::Rename { session: Some(id.clone()), title: "A trip to Rome".into() };
    assert_eq!(stage.press("enter"), [wanted]);
    open(&mut stage);
    assert_eq!(stage.press("delete n"), []);
    open(&mut stage);
    assert_eq!(stage.press("delete y"), [Effect::Delete(id)]);
}

#[test]
fn models_are_chosen_for_each_role() {
    let mut stage = party(80, 24);
    assert_eq!(stage.press("f4"), [Effect::ListModels]);
    let choices = vec![Choice { name: "tiny".into(), detail: "here".into() }];
    stage.app.update(Msg::Report(Report::Models(choices.clone())));
    let chosen = |role, name: &str| [Effect::ChooseModel { role, name: name.into() }];
    assert_eq!(stage.press("enter"), chosen(ModelRole::Assistant, "tiny"));
    stage.app.update(Msg::Report(Report::Models(choices)));
    stage.press("tab");
    stage.types("/models/my.gguf");
    assert_eq!(stage.press("enter"), chosen(ModelRole::Mediator, "/models/my.gguf"));
}

#[test]
fn either_reply_can_be_kept() {
    let mut stage = party(100, 24);
    assert_eq!(stage.press("ctrl+t"), [Effect::Compare]);
    stage.replies(Lane::Unmediated, "A plan for 20 guests.");
    assert_eq!(stage.press("u"), [Effect::Keep(Lane::Unmediated)]);
    stage.happens(Event::Kept { lane: Lane::Unmediated });
    let screen = stage.screen();
    assert!(screen.contains("without the mediator") && screen.contains("A plan for 20 guests."), "{screen}");
    assert_eq!(stage.press("ctrl+t"), [], "what is there is not asked for again");
    assert_eq!(stage.press("m"), [Effect::Keep(Lane::Mediated)]);
}

#[test]
fn replies_and_code_are_copied() {
    let mut stage = party(80, 24);
    assert_eq!(stage.press("ctrl+y"), [Effect::Copy("A plan for 25 guests, with a tent in case of rain.".into())]);
    stage.replies(Lane::Mediated, "First:\n\n```sh\nls\n```\n\nthen:\n\n```\npwd\n```\n");
    stage.types("/copy code");
    assert_eq!(stage.press("enter"), [Effect::Copy("pwd".into())]);
    stage.types("/copy code 1");
    assert_eq!(stage.press("enter"), [Effect::Copy("ls".into())]);
    stage.types("/copy code 3");
    assert_eq!(stage.press("enter"), []);
    assert!(stage.screen().contains("block of code"), "{}", stage.screen());
}

#[test]
fn the_mouse_scrolls_and_chooses() {
    let mut stage = party(120, 20);
    stage.draw();
    let mouse = |stage: &mut Stage, kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        stage.app.update(Msg::Terminal(TerminalEvent::Mouse(event)));
        stage.draw();
    };
    mouse(&mut stage, MouseEventKind::ScrollUp, 5, 5);
    assert!(stage.screen().contains("to the end"));
    mouse(&mut stage, MouseEventKind::ScrollDown, 5, 5);
    mouse(&mut stage, MouseEventKind::Down(MouseButton::Left), 80, 3);
    stage.press("ctrl+end");
    let screen = stage.screen();
    let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains("A plan for 25")).unwrap();
    let (row, column) = (u16::try_from(row).unwrap(), u16::try_from(line.find("plan").unwrap()).unwrap());
    mouse(&mut stage, MouseEventKind::Down(MouseButton::Left), column, row);
    mouse(&mut stage, MouseEventKind::Drag(MouseButton::Left), column + 10, row);
    let up = MouseEvent {
        kind: MouseEventKind::Up(MouseButton::Left),
        column: column + 10,
        row,
        modifiers: KeyModifiers::NONE,
    };
    let effects = stage.app.update(Msg::Terminal(TerminalEvent::Mouse(up)));
    assert_eq!(effects, [Effect::Copy("plan for 25".into())]);
    assert!(stage.screen().contains("▶"), "{}", stage.screen());
}

#[test]
fn going_back_turn_by_turn_shows_what_each_brought() {
    let mut stage = party(120, 34);
    stage.press("tab up");
    let screen = stage.screen();
    assert!(screen.contains("▶ You  turn 1"), "{screen}");
    assert_eq!(stage.press("f"), [Effect::Fork(1)]);
    assert_eq!(stage.press("y"), [Effect::Copy(stage.app.record().conversation.turns[0].reply.clone().unwrap())]);
    assert_eq!(stage.press("u"), [Effect::Undo]);
    assert_eq!(stage.press("a"), [Effect::Again]);
}
