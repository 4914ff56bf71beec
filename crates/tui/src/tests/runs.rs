//! The loop between the terminal and the screen.

use std::time::Duration;

use crossterm::event::Event as TerminalEvent;
use futures::{StreamExt, stream};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};
use throughline_session::{Event, Lane};
use tokio::sync::mpsc;

use super::{Emulator, Stage, Turns, chord, party};
use crate::message::Activity;
use crate::terminal::{Anchored, Ended, draw, hand_over, run};
use crate::{Effect, Msg, Report};

#[tokio::test(start_paused = true)]
async fn keys_become_effects_and_reports_become_frames() {
    let mut stage = party(80, 24);
    let (reports, mut reported) = mpsc::channel(64);
    let (effects, mut wanted) = mpsc::unbounded_channel();
    let now = jiff::Timestamp::UNIX_EPOCH;
    reports.send(Report::Doing(Activity::Replying(Lane::Mediated))).await.unwrap();
    reports.send(Report::Happened(now, Event::Replying { lane: Lane::Mediated, model: "m".into() })).await.unwrap();
    for _ in 0..40 {
        let piece = Event::Piece { lane: Lane::Mediated, text: "more and ".into() };
        reports.send(Report::Happened(now, piece)).await.unwrap();
    }
    let keys = stream::iter(["esc", "ctrl+c", "ctrl+d"]).then(|name| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(TerminalEvent::Key(chord(name)))
    });
    let ended = run(&mut stage.app, &mut stage.terminal, keys, &mut reported, &effects, false).await.unwrap();
    assert_eq!(ended, Ended::Quit);
    assert_eq!(wanted.try_recv(), Ok(Effect::Cancel));
    assert_eq!(wanted.try_recv(), Ok(Effect::Cancel));
    assert!(stage.emulator.screen().contents().contains("more and more and"));
}

#[tokio::test(start_paused = true)]
async fn a_key_waits_for_no_frame() {
    let mut stage = party(80, 24);
    let (_reports, mut reported) = mpsc::channel(1);
    let (effects, _wanted) = mpsc::unbounded_channel();
    // The first frame is drawn at once, the key comes a millisecond later, and the terminal goes before another frame.
    let keys = stream::iter([Some("ж"), None]).then(|name| async move {
        tokio::time::sleep(Duration::from_millis(if name.is_some() { 1 } else { 10 })).await;
        name.map(|name| Ok(TerminalEvent::Key(chord(name))))
    });
    let keys = keys.take_while(|key| std::future::ready(key.is_some())).filter_map(std::future::ready);
    run(&mut stage.app, &mut stage.terminal, keys, &mut reported, &effects, false).await.unwrap();
    assert!(stage.emulator.screen().contents().contains('ж'));
}

#[tokio::test(start_paused = true)]
async fn the_terminal_is_given_back_for_the_editor() {
    let mut stage = party(80, 24);
    let (_reports, mut reported) = mpsc::channel(1);
    let (effects, _wanted) = mpsc::unbounded_channel();
    let keys = stream::iter(["a", "ctrl+o"]).map(|name| Ok(TerminalEvent::Key(chord(name)))).chain(stream::pending());
    let ended = run(&mut stage.app, &mut stage.terminal, keys, &mut reported, &effects, false).await.unwrap();
    assert_eq!(ended, Ended::Aside(Effect::Edit("a".into())));
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_ends_the_chat() {
    let mut stage = party(80, 24);
    let (_reports, mut reported) = mpsc::channel(1);
    let (effects, _wanted) = mpsc::unbounded_channel();
    let ended =
        run(&mut stage.app, &mut stage.terminal, stream::empty(), &mut reported, &effects, false).await.unwrap();
    assert_eq!(ended, Ended::Quit);
}

#[tokio::test(start_paused = true)]
async fn a_screen_in_lines_finds_its_place_again() {
    let mut stage = party(80, 24);
    let (_reports, mut reported) = mpsc::channel(1);
    let (effects, _wanted) = mpsc::unbounded_channel();
    let sizes = || stream::iter([Ok(TerminalEvent::Resize(70, 20))]).chain(stream::empty());
    let ended = run(&mut stage.app, &mut stage.terminal, sizes(), &mut reported, &effects, true).await.unwrap();
    assert_eq!(ended, Ended::Moved);
    let ended = run(&mut stage.app, &mut stage.terminal, sizes(), &mut reported, &effects, false).await.unwrap();
    assert_eq!(ended, Ended::Quit);
}

#[test]
fn behind_lines_the_terminal_keeps_what_is_over() {
    let mut stage = party(80, 24);
    let emulator = Emulator::new(80, 40);
    let backend = Anchored::new(CrosstermBackend::new(emulator.clone()), Some(Size::new(80, 40)), Position::ORIGIN);
    let options = TerminalOptions { viewport: Viewport::Inline(14) };
    let mut terminal = Terminal::with_options(backend, options).unwrap();
    // What stands above the lines, and in them.
    let mut shown = |stage: &mut Stage, leaving| {
        hand_over(&mut stage.app, &mut terminal, leaving).unwrap();
        draw(&mut stage.app, &mut terminal).unwrap();
        let screen = emulator.screen().contents();
        let (above, lines) = screen.split_once("Throughline").unwrap();
        (above.to_owned(), lines.to_owned())
    };
    let (above, lines) = shown(&mut stage, false);
    assert!(above.trim().is_empty() && lines.contains("A plan for 25 guests"), "it may still change: {above}");
    assert!(!lines.contains("Plan a birthday party"), "what was said before is looked up: {lines}");

    let turn = Turns::after(&stage.app.record, "With a cake.").add("With a cake.").turn();
    stage.heard(turn, None);
    let (above, lines) = shown(&mut stage, false);
    assert!(above.contains("Sorry, 25 guests.") && above.contains("  A plan for 25 guests"), "{above}");
    assert!(lines.contains("With a cake.") && !lines.contains("A plan for 25 guests"), "{lines}");
    // A turn that is taken back is never over, and what was told is not told again.
    stage.happens(Event::Undone);
    let (_, lines) = shown(&mut stage, false);
    assert!(lines.contains("A plan for 25 guests"), "{lines}");
    let turn = Turns::after(&stage.app.record, "With a pie.").add("With a pie.").turn();
    stage.heard(turn, None);
    stage.replies(Lane::Mediated, "A pie it is.");
    let (above, _) = shown(&mut stage, true);
    assert_eq!(above.matches("A plan for 25 guests").count(), 1, "{above}");
    assert!(above.contains("A pie it is.") && !above.contains("cake"), "{above}");
}

#[test]
fn what_another_session_takes_the_place_of_is_over() {
    let mut stage = party(80, 24);
    stage.app.passed(60, false);
    stage.app.update(Msg::Report(Report::Opened(Box::default())));
    let passed = stage.app.passed(60, false);
    let text: String = passed.iter().flat_map(Buffer::content).map(Cell::symbol).collect();
    assert!(text.contains("A plan for 25 guests"), "{text}");
    assert!(stage.app.passed(60, true).is_empty());
}

#[tokio::test(start_paused = true)]
async fn everything_is_drawn_anew_without_asking_the_terminal() {
    let mut stage = party(80, 24);
    let before = stage.screen();
    let (_reports, mut reported) = mpsc::channel(1);
    let (effects, _wanted) = mpsc::unbounded_channel();
    // Something else wrote over the screen.
    std::io::Write::write_all(&mut stage.emulator, b"\x1b[5;5Hnoise").unwrap();
    assert_ne!(stage.screen(), before);
    let keys = stream::iter([Ok(TerminalEvent::Key(chord("ctrl+l")))]).chain(
        stream::once(tokio::time::sleep(Duration::from_secs(1))).map(|()| Ok(TerminalEvent::Key(chord("ctrl+d")))),
    );
    run(&mut stage.app, &mut stage.terminal, keys, &mut reported, &effects, false).await.unwrap();
    assert_eq!(stage.screen(), before);
}
