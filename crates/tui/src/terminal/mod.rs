//! The real terminal: taking it over, giving it back whatever happens, and the loop between it and the screen.

mod screen;

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use futures::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType};
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use tokio::time::{sleep, sleep_until};

pub use screen::{Mode, Screen};

use crate::app::App;
use crate::message::{Effect, Msg, Report};

/// Two frames are so far apart at least; what happens in between is drawn together.
const FRAME: Duration = Duration::from_millis(16);

/// How often what moves by itself moves.
const SPIN: Duration = Duration::from_millis(120);

/// So many reports are taken in at once before a key is looked for again.
const MOST_REPORTS: usize = 256;

/// Why the loop came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user leaves, or the terminal is gone.
    Quit,
    /// Something has to be done with the terminal given back: [`Effect::Edit`] or [`Effect::Suspend`], or
    /// [`Effect::Redraw`] where lines of the terminal are to find their place again. The loop can be entered again after
    /// that, with a new stream of events.
    Aside(Effect),
}

/// Between the terminal and the screen: takes events and reports in, hands effects out, draws what became of it. `inline`
/// says that the screen is lines of a terminal, whose place another size changes.
///
/// # Errors
/// What the terminal says when it cannot be drawn on, as text.
pub async fn run<B: Backend>(
    app: &mut App,
    terminal: &mut Terminal<B>,
    events: impl Stream<Item = io::Result<Event>>,
    reports: &mut Receiver<Report>,
    effects: &UnboundedSender<Effect>,
    inline: bool,
) -> io::Result<Ended> {
    let mut events = std::pin::pin!(events);
    let started = Instant::now();
    let mut drawn: Option<tokio::time::Instant> = None;
    let mut dirty = true;
    loop {
        let due = drawn.map_or_else(tokio::time::Instant::now, |last| last + FRAME);
        let wanted = tokio::select! {
            biased;
            event = events.next() => {
                dirty = true;
                match event {
                    Some(Ok(Event::Resize(..))) if inline => return Ok(Ended::Aside(Effect::Redraw)),
                    Some(Ok(event)) => app.update(Msg::Terminal(event)),
                    Some(Err(error)) => return Err(error),
                    None => return Ok(Ended::Quit),
                }
            }
            () = sleep_until(due), if dirty => {
                draw(app, terminal)?;
                (drawn, dirty) = (Some(tokio::time::Instant::now()), false);
                continue;
            }
            report = reports.recv() => {
                dirty = true;
                let Some(report) = report else { return Ok(Ended::Quit) };
                let mut wanted = app.update(Msg::Report(report));
                for _ in 1..MOST_REPORTS {
                    let Ok(report) = reports.try_recv() else { break };
                    wanted.extend(app.update(Msg::Report(report)));
                }
                wanted
            }
            () = sleep(SPIN), if app.animates() => {
                dirty = true;
                app.update(Msg::Tick(started.elapsed()))
            }
        };
        for effect in wanted {
            match effect {
                Effect::Quit => return Ok(Ended::Quit),
                Effect::Edit(_) | Effect::Suspend => return Ok(Ended::Aside(effect)),
                Effect::Redraw => wipe(terminal).map_err(told)?,
                // Where nobody carries out effects any more, the chat is over.
                effect => {
                    if effects.send(effect).is_err() {
                        return Ok(Ended::Quit);
                    }
                }
            }
        }
    }
}

/// Draws the screen as it is now.
///
/// # Errors
/// What the terminal says when it cannot be drawn on, as text.
pub fn draw<B: Backend>(app: &mut App, terminal: &mut Terminal<B>) -> io::Result<()> {
    terminal
        .draw(|frame| {
            app.prepare(frame.area());
            app.view(frame);
        })
        .map_err(told)?;
    Ok(())
}

/// Empties what is drawn on, so that the next frame draws all of it. The terminal is asked nothing.
fn wipe<B: Backend>(terminal: &mut Terminal<B>) -> Result<(), B::Error> {
    let area = terminal.get_frame().area();
    let backend = terminal.backend_mut();
    backend.set_cursor_position(area.as_position())?;
    backend.clear_region(ClearType::AfterCursor)?;
    // What is drawn next is compared with the frame before it, which is gone.
    terminal.swap_buffers();
    Ok(())
}

/// A backend's own kind of error, as everybody understands it.
fn told<E: std::error::Error>(error: E) -> io::Error {
    io::Error::other(error.to_string())
}
