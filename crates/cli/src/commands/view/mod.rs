//! `throughline view`: recorded conversations on a screen, or printed.

mod plain;
mod shelf;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use crossterm::event::EventStream;
use throughline_session::{Record, StoreError};
use throughline_tui::terminal::{self, Ended, Mode, Screen};
use throughline_tui::viewer::{Effect, Recording, Report, Viewer};
use tokio::sync::mpsc::{self, Sender, UnboundedReceiver};

use crate::args::View;
use crate::commands::sessions;
use crate::output;
use crate::terminal::{Ends, copy, suspend, theme};

pub(crate) use plain::turns;
use shelf::Shelf;

/// Reports that may wait for the screen; whoever makes more waits.
const REPORTS: usize = 64;

/// Shows recorded conversations or a saved chat.
pub(crate) async fn run(arguments: &View) -> anyhow::Result<ExitCode> {
    let plain = arguments.plain || !crate::is_terminal();
    if let Some(record) = saved(arguments)? {
        if plain {
            output::print(&output::tame(&sessions::shown(&record)))?;
        } else {
            let viewer = Viewer::of(Recording::of_chat(record), theme(arguments.theme.as_deref())?);
            let (reports, reported) = mpsc::channel(REPORTS);
            show(arguments, viewer, None, reports, reported).await?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let shelf = Shelf::new(arguments)?;
    if plain {
        plain::run(&shelf, arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    let theme = theme(arguments.theme.as_deref())?;
    let (reports, reported) = mpsc::channel(REPORTS);
    let viewer = if let Some(id) = &arguments.conversation {
        Viewer::of(shelf.named(id)?, theme)
    } else {
        // What cannot be read at all is said here, not on a screen without anything on it.
        shelf.first()?;
        shelf.list(reports.clone());
        Viewer::new(theme)
    };
    show(arguments, viewer, Some(shelf), reports, reported).await?;
    Ok(ExitCode::SUCCESS)
}

/// The saved chat that is meant, unless files are.
fn saved(arguments: &View) -> anyhow::Result<Option<Record>> {
    let [path] = arguments.paths.as_slice() else { return Ok(None) };
    let Some(name) = path.to_str().filter(|name| !name.contains(['*', '?', '[', '/', '\\']) && !path.exists()) else {
        return Ok(None);
    };
    let store = sessions::store()?;
    match store.find(name) {
        Ok(id) => Ok(Some(store.read(&id)?)),
        Err(StoreError::Unknown(_) | StoreError::NoneYet) => {
            anyhow::bail!("{name}: there is no such file or folder, and no saved chat of that name")
        }
        Err(error) => Err(error.into()),
    }
}

/// Shows the viewer until the user leaves or the program is asked to end.
async fn show(
    arguments: &View,
    mut viewer: Viewer,
    shelf: Option<Shelf>,
    reports: Sender<Report>,
    mut reported: mpsc::Receiver<Report>,
) -> anyhow::Result<()> {
    std::thread::spawn(throughline_tui::markdown::warm_up);
    let (effects, wanted) = mpsc::unbounded_channel();
    let mut ends = Ends::new().context("cannot watch for the end")?;
    let mut serving = std::pin::pin!(serve(shelf, wanted, reports));
    let mut screen =
        Screen::take(Mode { inline: None, mouse: !arguments.no_mouse }).context("cannot use the terminal")?;
    loop {
        // The stream goes before anything else reads the terminal.
        let events = EventStream::new();
        let ended = tokio::select! {
            ended = terminal::run(&mut viewer, screen.terminal(), events, &mut reported, &effects, false) => ended,
            () = ends.next() => Ok(Ended::Quit),
            () = &mut serving => Ok(Ended::Quit),
        };
        match ended.context("cannot use the terminal")? {
            Ended::Quit => return Ok(()),
            Ended::Moved => screen.aside(|| ()).context("cannot use the terminal")?,
            Ended::Aside(_) => screen.aside(suspend).context("cannot use the terminal")?,
        }
    }
}

/// Does what the viewer wants done, as long as it is there.
async fn serve(shelf: Option<Shelf>, mut wanted: UnboundedReceiver<Effect>, reports: Sender<Report>) {
    while let Some(effect) = wanted.recv().await {
        let report = match effect {
            Effect::Open(place) => {
                let Some(shelf) = shelf.clone() else { continue };
                let read = tokio::task::spawn_blocking(move || shelf.read(place)).await;
                read.map_err(anyhow::Error::from)
                    .and_then(|read| read)
                    .map(|recording| Report::Opened(place, Box::new(recording)))
            }
            Effect::Copy(text) => copy(&text).map(Report::Notice),
            // The loop's own.
            Effect::Suspend | Effect::Redraw | Effect::Quit => continue,
        };
        let report = report.unwrap_or_else(|error| Report::Trouble(output::chain(&error)));
        if reports.send(report).await.is_err() {
            return;
        }
    }
}

/// What files are called in what is told of them.
fn named(path: &Path) -> String {
    path.display().to_string()
}
