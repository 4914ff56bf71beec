//! What stands on the screen.

use throughline_session::{Event, Lane};

use super::{Stage, Turns, party};
use crate::message::{Activity, Choice, Listed};
use crate::theme::Theme;
use crate::{Msg, Report};

#[test]
fn a_new_session_says_what_to_do() {
    insta::assert_snapshot!(Stage::new(80, 24).screen());
}

#[test]
fn conversation_and_spec_stand_side_by_side() {
    insta::assert_snapshot!(party(120, 34).screen());
}

#[test]
fn a_narrow_screen_shows_one_at_a_time() {
    let mut stage = party(80, 24);
    insta::assert_snapshot!("narrow conversation", stage.screen());
    stage.press("f2");
    insta::assert_snapshot!("narrow spec", stage.screen());
    stage.press("f2");
    assert!(stage.screen().contains("A plan for 25 guests"), "it closes again");
}

#[test]
fn a_very_small_screen_does_not_break() {
    for (width, height) in [(1, 1), (2, 3), (10, 4), (30, 8), (95, 5), (300, 6)] {
        let mut stage = party(width, height);
        stage.screen();
        for keys in ["f1", "esc", "ctrl+p", "esc", "f2", "tab", "tab", "ctrl+t", "esc"] {
            stage.press(keys);
            stage.screen();
        }
    }
}

#[test]
fn a_question_stands_with_its_choices() {
    let mut stage = party(100, 30);
    let turn = Turns::after(&stage.app.record, "Make it 30.")
        .add("Make it 30.")
        .ask("Which one becomes 30?", &["25 guests", "the budget of 20"])
        .turn();
    stage.heard(turn, Some("Which one becomes 30?"));
    insta::assert_snapshot!(stage.screen());
}

#[test]
fn replies_with_and_without_stand_side_by_side() {
    let mut stage = party(100, 24);
    stage.press("ctrl+t");
    stage.app.update(Msg::Report(Report::Doing(Activity::Replying(Lane::Unmediated))));
    stage.happens(Event::Replying { lane: Lane::Unmediated, model: "large".into() });
    stage.happens(Event::Piece { lane: Lane::Unmediated, text: "A plan for 20 guests in the".into() });
    insta::assert_snapshot!(stage.screen());
}

#[test]
fn compared_code_is_coloured_on_an_even_ground() {
    let mut stage = party(100, 24);
    stage.happens(Event::Replying { lane: Lane::Unmediated, model: "large".into() });
    stage.happens(Event::Piece { lane: Lane::Unmediated, text: "```python\nimport os\n```\n".into() });
    stage.press("ctrl+t");
    let shown = stage.screen();
    let row = shown.lines().position(|line| line.contains("import os")).unwrap();
    let line = shown.lines().nth(row).unwrap();
    let column = line[..line.find("import").unwrap()].chars().count();
    let screen = stage.emulator.screen();
    let cell = |column: usize| screen.cell(row.try_into().unwrap(), column.try_into().unwrap()).unwrap();
    assert_ne!(cell(column).fgcolor(), cell(column + "import ".len()).fgcolor(), "a keyword has its colour");
    assert_ne!(cell(column).bgcolor(), vt100::Color::Default);
    // The last column is the frame's.
    assert!((column..99).all(|place| cell(place).bgcolor() == cell(column).bgcolor()), "{shown}");
}

#[test]
fn lists_and_help_lie_over_the_screen() {
    let mut stage = party(100, 30);
    stage.press("f1");
    insta::assert_snapshot!("help", stage.screen());
    stage.press("esc ctrl+p");
    stage.types("undo");
    insta::assert_snapshot!("palette", stage.screen());
    stage.press("esc");
    let listed = ["A party", "A trip"].map(|title| Listed {
        id: throughline_session::SessionId(title.into()),
        title: title.into(),
        detail: "2 turns, 2026-11-23 10:00".into(),
    });
    stage.app.update(Msg::Report(Report::Sessions(listed.to_vec())));
    stage.press("down");
    insta::assert_snapshot!("sessions", stage.screen());
    stage.press("delete");
    insta::assert_snapshot!("delete", stage.screen());
    let choices = ["small", "large"].map(|name| Choice { name: name.into(), detail: "a model".into() });
    stage.app.update(Msg::Report(Report::Models(choices.to_vec())));
    insta::assert_snapshot!("models", stage.screen());
}

#[test]
fn what_goes_wrong_is_told() {
    let mut stage = party(100, 30);
    let turn = Turns::after(&stage.app.record, "Go on.").add("Go on.").turn();
    stage.heard(turn, None);
    stage.happens(Event::Replying { lane: Lane::Mediated, model: "large".into() });
    stage.happens(Event::Piece { lane: Lane::Mediated, text: "Half a".into() });
    let message = "the endpoint is unreachable".to_owned();
    stage.happens(Event::Failed { role: "assistant".into(), message, lane: Lane::Mediated });
    let screen = stage.screen();
    assert!(screen.contains("failed: the endpoint is unreachable"), "{screen}");
    assert!(screen.contains("! the endpoint is unreachable"), "{screen}");
}

#[test]
fn the_words_of_the_chosen_clause_light_up() {
    let mut stage = party(120, 34);
    stage.press("tab tab up up up up down");
    stage.draw();
    let screen = stage.emulator.screen();
    let lit: String = (0..34)
        .flat_map(|row| (0..72).map(move |column| (row, column)))
        .filter_map(|(row, column)| screen.cell(row, column))
        .filter(|cell| cell.bgcolor() == vt100::Color::Idx(221))
        .map(vt100::Cell::contents)
        .collect();
    // The goal is first, then what is in force behind it.
    assert_eq!(lit, "and it is in the garden.");
}

#[test]
fn without_colours_signs_tell_everything() {
    let mut stage = party(120, 34);
    stage.app.theme = Theme::usual(true);
    let screen = stage.screen();
    for told in ["~ We are 25 guests", "? Maybe inside.", "= It is in the afternoon.", "- We are 20 guests"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    let terminal = stage.emulator.screen();
    for (row, column) in (0..34).flat_map(|row| (0..120).map(move |column| (row, column))) {
        let cell = terminal.cell(row, column).unwrap();
        assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    }
}

#[test]
fn no_text_drives_the_terminal() {
    let mut stage = Stage::new(80, 24);
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mred\u{9b}31m \u{202e}drow";
    let turn = Turns::after(&stage.app.record, hostile).goal(hostile).ask(hostile, &[hostile]).turn();
    stage.heard(turn, Some(hostile));
    stage.replies(Lane::Mediated, hostile);
    stage.happens(Event::Renamed { title: hostile.into() });
    stage.app.update(Msg::Report(Report::Notice(hostile.into())));
    let screen = stage.screen();
    assert!(screen.starts_with("Throughline") && screen.contains("red"), "{screen}");
    let terminal = stage.emulator.screen();
    assert!(!terminal.contents().contains('\u{202e}'));
    let red = |column: u16| terminal.cell(1, column).is_some_and(|cell| cell.fgcolor() == vt100::Color::Idx(1));
    assert!(!(0..80).any(red));
}

#[test]
fn the_reader_is_left_where_they_are() {
    let mut stage = party(80, 24);
    for turn in 0..40 {
        let said = format!("Thing {turn} counts.");
        let turn = Turns::after(&stage.app.record, &said).add(&said).turn();
        stage.heard(turn, None);
        stage.replies(Lane::Mediated, &"A line of a reply.\n\n".repeat(4));
    }
    assert!(stage.screen().contains("Thing 39 counts."), "the end is followed");
    stage.press("pageup pageup pageup");
    let before = stage.screen();
    assert!(!before.contains("Thing 39") && before.contains("to the end"), "{before}");
    let turn = Turns::after(&stage.app.record, "One more.").add("One more.").turn();
    stage.heard(turn, None);
    stage.replies(Lane::Mediated, "More.");
    let body = |screen: &str| screen.lines().skip(1).take(18).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&stage.screen()), body(&before), "what comes below does not move what is read");
    stage.press("ctrl+end");
    assert!(stage.screen().contains("One more."));
    stage.press("ctrl+home");
    assert!(stage.screen().contains("Plan a birthday party."));
}
