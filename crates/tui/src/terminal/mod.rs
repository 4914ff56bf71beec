//! The real terminal: taking it over, giving it back whatever happens, and the loop between it and a screen.

mod anchored;
mod screen;

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use futures::{Stream, StreamExt};
use ratatui::backend::{Backend, ClearType};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use tokio::sync::mpsc::{Receiver, UnboundedSender};
use tokio::time::{sleep, sleep_until};

pub use anchored::Anchored;
pub use screen::{Mode, Screen};

use crate::app::App;
use crate::message::{Effect, Msg, Report};

/// A screen that [`run`] drives: what happens goes into `update`, what is to be done comes out of it.
pub trait Program {
    /// What it is told of what was done.
    type Report;
    /// What it wants done.
    type Effect;

    /// Takes in what it is told, and says what it wants done.
    fn update(&mut self, msg: Msg<Self::Report>) -> Vec<Self::Effect>;

    /// Makes ready what is to be drawn on a screen of that size.
    fn prepare(&mut self, area: Rect);

    /// Draws what was made ready.
    fn view(&self, frame: &mut Frame<'_>);

    /// Whether something on the screen moves by itself.
    fn animates(&self) -> bool;

    /// What is over and belongs to the terminal from now on, drawn at that width: pieces that follow each other. They are
    /// told once. `leaving` is for the last time, when everything is over.
    fn passed(&mut self, width: u16, leaving: bool) -> Vec<Buffer> {
        let _ = (width, leaving);
        Vec::new()
    }

    /// Who carries an effect out.
    fn step(effect: Self::Effect) -> Step<Self::Effect>;
}

/// Who carries an effect out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<E> {
    /// The loop ends.
    Quit,
    /// The loop ends until it is done, since it needs the terminal.
    Aside(E),
    /// The loop draws everything anew.
    Redraw,
    /// Whoever takes the effects.
    Do(E),
}

/// Two frames are so far apart at least; what happens in between is drawn together.
const FRAME: Duration = Duration::from_millis(16);

/// What the user does is drawn sooner: they wait for it. Keys that come faster than this are drawn together.
const PROMPT: Duration = Duration::from_millis(4);

/// How often what moves by itself moves.
const SPIN: Duration = Duration::from_millis(120);

/// So many reports are taken in at once before a key is looked for again.
const MOST_REPORTS: usize = 256;

/// Why the loop came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended<E> {
    /// The user leaves, or the terminal is gone.
    Quit,
    /// Something has to be done with the terminal given back. The loop can be entered again after that, with a new
    /// stream of events.
    Aside(E),
    /// The terminal has another size, so that lines of it are to find their place again. Then the loop can be entered
    /// again likewise.
    Moved,
}

impl Program for App {
    type Report = Report;
    type Effect = Effect;

    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        self.update(msg)
    }

    fn prepare(&mut self, area: Rect) {
        self.prepare(area);
    }

    fn view(&self, frame: &mut Frame<'_>) {
        self.view(frame);
    }

    fn animates(&self) -> bool {
        self.animates()
    }

    fn passed(&mut self, width: u16, leaving: bool) -> Vec<Buffer> {
        self.passed(width, leaving)
    }

    fn step(effect: Effect) -> Step<Effect> {
        match effect {
            Effect::Quit => Step::Quit,
            Effect::Edit(_) | Effect::Suspend => Step::Aside(effect),
            Effect::Redraw => Step::Redraw,
            effect => Step::Do(effect),
        }
    }
}

/// Between the terminal and the screen: takes events and reports in, hands effects out, draws what became of it. `inline`
/// says that the screen is lines of a terminal, whose place another size changes.
///
/// # Errors
/// What the terminal says when it cannot be drawn on, as text.
pub async fn run<P: Program, B: Backend>(
    app: &mut P,
    terminal: &mut Terminal<B>,
    events: impl Stream<Item = io::Result<Event>>,
    reports: &mut Receiver<P::Report>,
    effects: &UnboundedSender<P::Effect>,
    inline: bool,
) -> io::Result<Ended<P::Effect>> {
    let mut events = std::pin::pin!(events);
    let started = Instant::now();
    let mut drawn: Option<tokio::time::Instant> = None;
    let (mut dirty, mut prompt) = (true, false);
    loop {
        let apart = if prompt { PROMPT } else { FRAME };
        let due = drawn.map_or_else(tokio::time::Instant::now, |last| last + apart);
        let wanted = tokio::select! {
            biased;
            event = events.next() => {
                (dirty, prompt) = (true, true);
                match event {
                    Some(Ok(Event::Resize(..))) if inline => return Ok(Ended::Moved),
                    Some(Ok(event)) => app.update(Msg::Terminal(event)),
                    Some(Err(error)) => return Err(error),
                    None => return Ok(Ended::Quit),
                }
            }
            () = sleep_until(due), if dirty => {
                if inline {
                    hand_over(app, terminal, false)?;
                }
                draw(app, terminal)?;
                (drawn, dirty, prompt) = (Some(tokio::time::Instant::now()), false, false);
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
            match P::step(effect) {
                Step::Quit => return Ok(Ended::Quit),
                Step::Aside(effect) => return Ok(Ended::Aside(effect)),
                Step::Redraw => wipe(terminal).map_err(told)?,
                // Where nobody carries out effects any more, it is over.
                Step::Do(effect) => {
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
pub fn draw<P: Program, B: Backend>(app: &mut P, terminal: &mut Terminal<B>) -> io::Result<()> {
    terminal
        .draw(|frame| {
            app.prepare(frame.area());
            app.view(frame);
        })
        .map_err(told)?;
    Ok(())
}

/// Writes what is over above the lines that are drawn on, where the terminal keeps it; at the end, when `leaving`, all
/// that is left. Only for a screen in lines.
///
/// # Errors
/// What the terminal says when it cannot be drawn on, as text.
pub fn hand_over<P: Program, B: Backend>(app: &mut P, terminal: &mut Terminal<B>, leaving: bool) -> io::Result<()> {
    let width = terminal.get_frame().area().width;
    for piece in app.passed(width, leaving) {
        terminal.insert_before(piece.area.height, |above| *above = piece).map_err(told)?;
    }
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
