//! The loop between the terminal and the screen.

use std::time::Duration;

use crossterm::event::Event as TerminalEvent;
use futures::{StreamExt, stream};
use throughline_session::{Event, Lane};
use tokio::sync::mpsc;

use super::{chord, party};
use crate::message::Activity;
use crate::terminal::{Ended, run};
use crate::{Effect, Report};

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
