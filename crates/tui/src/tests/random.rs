//! Whatever comes, in whatever order: nothing panics, and the screen can be drawn.

use crossterm::event::{
    Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;
use throughline_session::{Event, Lane, Replied};

use super::{Stage, Turns, party};
use crate::message::{Activity, Choice, Listed};
use crate::{Msg, Report};

#[derive(Clone, Debug)]
enum Step {
    Key(KeyCode, KeyModifiers),
    Paste(String),
    Mouse(MouseEventKind, u16, u16),
    Size(u16, u16),
    Say(String),
    Piece(Lane, String),
    End(Lane),
    Fail(String),
    Keep(Lane),
    Undo,
    Busy,
    Idle,
    Files,
    Sessions,
    Models,
}

fn keys() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        4 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Delete,
            KeyCode::Backspace, KeyCode::F(1), KeyCode::F(2), KeyCode::F(3), KeyCode::F(4),
        ]),
        4 => prop::char::range('a', 'z').prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        1 => prop::sample::select(vec!['/', '@', '?', '1', '2', '\\', ' ']).prop_map(KeyCode::Char),
    ]
}

fn lanes() -> impl Strategy<Value = Lane> {
    prop::sample::select(Lane::BOTH.to_vec())
}

fn steps() -> impl Strategy<Value = Step> {
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
        KeyModifiers::SHIFT,
    ]);
    let mouse = prop::sample::select(vec![
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::Up(MouseButton::Left),
    ]);
    prop_oneof![
        12 => (keys(), modifiers).prop_map(|(code, modifiers)| Step::Key(code, modifiers)),
        1 => ".{0,80}".prop_map(Step::Paste),
        2 => (mouse, 0..140u16, 0..50u16).prop_map(|(kind, column, row)| Step::Mouse(kind, column, row)),
        1 => (1..140u16, 1..50u16).prop_map(|(width, height)| Step::Size(width, height)),
        2 => "[a-zé漢 ]{1,30}".prop_map(Step::Say),
        2 => (lanes(), "(?s).{0,60}").prop_map(|(lane, text)| Step::Piece(lane, text)),
        1 => lanes().prop_map(Step::End),
        1 => ".{0,20}".prop_map(Step::Fail),
        1 => lanes().prop_map(Step::Keep),
        1 => prop::sample::select(vec![
            Step::Undo, Step::Busy, Step::Idle, Step::Files, Step::Sessions, Step::Models,
        ]),
    ]
}

fn take(stage: &mut Stage, step: Step) {
    let mut report = |report| {
        stage.app.update(Msg::Report(report));
    };
    match step {
        Step::Key(code, modifiers) => {
            stage.app.update(Msg::Terminal(TerminalEvent::Key(KeyEvent::new(code, modifiers))));
        }
        Step::Paste(text) => {
            stage.app.update(Msg::Terminal(TerminalEvent::Paste(text)));
        }
        Step::Mouse(kind, column, row) => {
            let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            stage.app.update(Msg::Terminal(TerminalEvent::Mouse(event)));
        }
        Step::Size(width, height) => stage.resize(width, height),
        Step::Say(text) if text.trim().is_empty() => {}
        Step::Say(text) => {
            let turn = Turns::after(&stage.app.record, &text).add(&text).ask("Which?", &["a", "b"]).turn();
            stage.heard(turn, Some("Which?"));
        }
        Step::Piece(lane, text) => {
            if !stage.app.record().is_replying(lane) {
                stage.happens(Event::Replying { lane, model: "large".into() });
            }
            stage.happens(Event::Piece { lane, text });
        }
        Step::End(lane) => stage.happens(Event::Replied { lane, replied: Replied::default() }),
        Step::Fail(message) => {
            stage.happens(Event::Failed { role: "assistant".into(), message, lane: Lane::Mediated });
        }
        Step::Keep(lane) => stage.happens(Event::Kept { lane }),
        Step::Undo => stage.happens(Event::Undone),
        Step::Busy => report(Report::Doing(Activity::Replying(Lane::Mediated))),
        Step::Idle => report(Report::Doing(Activity::Idle)),
        Step::Files => report(Report::Files(vec!["a b.txt".into(), "c".into()])),
        Step::Sessions => {
            let id = throughline_session::SessionId("s".into());
            report(Report::Sessions(vec![Listed { id, title: "T".into(), detail: "d".into() }]));
        }
        Step::Models => report(Report::Models(vec![Choice { name: "m".into(), detail: "d".into() }])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn nothing_that_comes_breaks_the_screen(steps in prop::collection::vec(steps(), 1..80), wide in any::<bool>()) {
        let mut stage = if wide { party(120, 30) } else { party(60, 20) };
        for step in steps {
            take(&mut stage, step);
            stage.draw();
        }
    }
}
