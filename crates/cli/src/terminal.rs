//! What screens that take the terminal over have in common.

use std::io;

use anyhow::Context;
use throughline_tui::terminal::Screen;
use throughline_tui::theme::Theme;

/// The theme of that name; where none is named, the usual one.
pub(crate) fn theme(name: Option<&str>) -> anyhow::Result<&'static Theme> {
    let Some(name) = name else {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        return Ok(Theme::usual(no_color));
    };
    let names = || Theme::names().collect::<Vec<_>>().join(", ");
    Theme::named(name).with_context(|| format!("there is no theme {name:?}; there are {}", names()))
}

/// Stops the program, as the terminal's Ctrl+Z does, until the shell continues it.
#[cfg(unix)]
pub(crate) fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

#[cfg(not(unix))]
pub(crate) fn suspend() {}

/// What asks the program to end.
#[cfg(unix)]
pub(crate) struct Ends([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Ends {
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    pub(crate) async fn next(&mut self) {
        let [terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub(crate) struct Ends;

#[cfg(not(unix))]
impl Ends {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}

/// Puts a text into the clipboard, and tells how: the system's where there is one here, and the terminal's, which may
/// stand on another machine.
pub(crate) fn copy(text: &str) -> anyhow::Result<String> {
    let remote = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|variable| std::env::var_os(variable).is_some());
    let here = !remote && arboard::Clipboard::new().and_then(|mut clipboard| clipboard.set_text(text)).is_ok();
    Screen::copy(text).context("the terminal takes no clipboard")?;
    let characters = text.chars().count();
    Ok(if here {
        format!("copied {characters} characters")
    } else {
        format!("copied {characters} characters by the terminal")
    })
}
