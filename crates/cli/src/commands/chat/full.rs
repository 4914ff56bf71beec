//! The chat on a terminal.

use std::ffi::OsString;
use std::io::Write;
use std::process::Command;

use anyhow::Context;
use crossterm::event::EventStream;
use throughline_session::Record;
use throughline_tui::terminal::{self, Ended, Mode, Screen};
use throughline_tui::{App, Effect, Msg, Report, Staff};
use tokio::sync::mpsc::{Receiver, UnboundedSender};

use crate::args::Chat;
use crate::terminal::{Ends, suspend, theme};

/// Shows the chat until the user leaves or the program is asked to end.
pub(super) async fn run(
    arguments: &Chat,
    record: Record,
    mut reports: Receiver<Report>,
    effects: UnboundedSender<Effect>,
) -> anyhow::Result<()> {
    let mut app = App::new(record, Staff::default(), theme(arguments.theme.as_deref())?);
    // The grammars of code are read while the first words are typed.
    std::thread::spawn(throughline_tui::markdown::warm_up);
    let mut ends = Ends::new().context("cannot watch for the end")?;
    // Behind lines the mouse is for the terminal's own scrollback.
    let mode = Mode { inline: arguments.inline, mouse: !arguments.no_mouse && arguments.inline.is_none() };
    let mut screen = Screen::take(mode).context("cannot use the terminal")?;
    loop {
        // The stream goes before anything else reads the terminal.
        let events = EventStream::new();
        let ended = tokio::select! {
            ended = terminal::run(&mut app, screen.terminal(), events, &mut reports, &effects, mode.inline.is_some()) => ended,
            () = ends.next() => Ok(Ended::Quit),
        };
        match ended.context("cannot use the terminal")? {
            Ended::Quit => break,
            Ended::Aside(Effect::Edit(text)) => {
                let report = match screen.aside(|| edit(&text)).context("cannot use the terminal")? {
                    Ok(text) => Report::Edited(text),
                    Err(error) => Report::Trouble(format!("{error:#}")),
                };
                app.update(Msg::Report(report));
            }
            Ended::Moved => screen.aside(|| ()).context("cannot use the terminal")?,
            Ended::Aside(_) => screen.aside(suspend).context("cannot use the terminal")?,
        }
    }
    if mode.inline.is_some() {
        terminal::hand_over(&mut app, screen.terminal(), true).context("cannot use the terminal")?;
    }
    Ok(())
}

/// Lets the user edit a text in their own editor.
fn edit(text: &str) -> anyhow::Result<String> {
    let mut file = tempfile::Builder::new().prefix("throughline-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    let path = file.into_temp_path();
    let named = |variable| std::env::var_os(variable).filter(|value| !value.is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR"));
    let mut command = editor_command(editor, path.as_os_str().to_owned());
    let status = command.status().context("cannot start the editor; set EDITOR")?;
    anyhow::ensure!(status.success(), "the editor ended with {status}; what was typed stays as it was");
    std::fs::read_to_string(&path).context("cannot read as UTF-8 what the editor wrote")
}

/// The editor may be named with arguments, which a shell takes apart.
#[cfg(unix)]
fn editor_command(editor: Option<OsString>, path: OsString) -> Command {
    let mut words = editor.unwrap_or_else(|| "vi".into());
    words.push(" \"$1\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(words).arg("sh").arg(path);
    command
}

#[cfg(not(unix))]
fn editor_command(editor: Option<OsString>, path: OsString) -> Command {
    let mut command = Command::new(editor.unwrap_or_else(|| "notepad".into()));
    command.arg(path);
    command
}
