//! The chat line by line, for pipes and screen readers.

use std::io::{self, BufRead, IsTerminal};

use anyhow::Context;
use throughline_conversation::Turn;
use throughline_session::{Event, Lane, Record};
use throughline_tui::commands::{self, Order};
use throughline_tui::keys::Action;
use throughline_tui::{Activity, Effect, Report};
use tokio::sync::mpsc::{self, Receiver, UnboundedSender};

use crate::args::Global;
use crate::config::Config;
use crate::interrupt::Interrupts;
use crate::live::is_something;
use crate::{output, understood};

/// Lets lines in and prints what comes of them, one after the other.
pub(super) async fn run(
    config: &Config,
    global: &Global,
    record: Record,
    mut reports: Receiver<Report>,
    effects: UnboundedSender<Effect>,
) -> anyhow::Result<()> {
    let mut chat = LineChat { record, quiet: global.quiet, effects, begun: false };
    let mut interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    // The models are loaded before anything is asked for.
    chat.wait(&mut reports, &mut interrupts).await?;
    if !global.quiet {
        let (mediator, assistant) = (&config.mediator.value, &config.assistant.value);
        output::note(&format!("mediator {mediator}, assistant {assistant}; /help shows the commands"));
    }
    let interactive = io::stdin().is_terminal();
    let mut lines = lines();
    loop {
        if interactive {
            output::print("> ")?;
        }
        let line = tokio::select! {
            line = lines.recv() => line,
            () = interrupts.next() => None,
        };
        let Some(line) = line else { return Ok(()) };
        let line = line.context("cannot read standard input as UTF-8 text")?;
        let Some(effect) = chat.effect(line.trim())? else { continue };
        if effect == Effect::Quit {
            return Ok(());
        }
        if chat.effects.send(effect).is_ok() {
            chat.wait(&mut reports, &mut interrupts).await?;
        }
    }
}

/// The lines of standard input, as they come. A thread of its own reads them, so that a reply can be stopped while
/// nothing is typed.
fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

struct LineChat {
    record: Record,
    quiet: bool,
    effects: UnboundedSender<Effect>,
    /// Whether a line of a reply is begun and not ended.
    begun: bool,
}

impl LineChat {
    /// What a line wants done, where that is not done at once.
    fn effect(&self, line: &str) -> anyhow::Result<Option<Effect>> {
        if line.is_empty() {
            return Ok(None);
        }
        let order = match commands::order(line) {
            None => return Ok(Some(Effect::Say { text: line.to_owned(), files: Vec::new() })),
            Some(Ok(order)) => order,
            Some(Err(wrong)) => {
                output::print_line(&output::tame(&wrong))?;
                return Ok(None);
            }
        };
        let effect = match order {
            Order::Want(effect) => effect,
            Order::Do(Action::JustGo) => Effect::Go,
            Order::Do(Action::Again) => Effect::Again,
            Order::Do(Action::Compare) => Effect::Compare,
            Order::Do(Action::Models) => Effect::ListModels,
            Order::Do(Action::ForkHere) => Effect::Fork(self.record.conversation.turns.len()),
            Order::Do(Action::UndoTurn) if self.record.conversation.turns.is_empty() => {
                output::print_line("there is nothing to take back")?;
                return Ok(None);
            }
            Order::Do(Action::UndoTurn) => Effect::Undo,
            Order::Do(Action::Help) => {
                output::print(&help())?;
                return Ok(None);
            }
            Order::Do(Action::TogglePanel) => {
                let whole = understood::whole(&self.record.conversation, self.record.spec());
                output::print(&output::tame(&whole))?;
                return Ok(None);
            }
            Order::DeleteThis => Effect::Delete(self.record.id.clone()),
            Order::Attach(path) => Effect::Say { text: String::new(), files: vec![path] },
            Order::Do(_) | Order::Theme(_) | Order::CopyCode(_) => {
                output::print_line("that is for the whole screen; leave out --plain")?;
                return Ok(None);
            }
        };
        Ok(Some(effect))
    }

    /// Prints what comes of an effect, until nothing more does; an interrupt stops it.
    async fn wait(&mut self, reports: &mut Receiver<Report>, interrupts: &mut Interrupts) -> anyhow::Result<()> {
        loop {
            let report = tokio::select! {
                report = reports.recv() => report,
                () = interrupts.next() => {
                    let _ = self.effects.send(Effect::Cancel);
                    continue;
                }
            };
            match report {
                None | Some(Report::Doing(Activity::Idle)) => return Ok(()),
                Some(report) => self.report(report)?,
            }
        }
    }

    fn report(&mut self, report: Report) -> anyhow::Result<()> {
        match report {
            Report::Happened(at, event) => {
                let before = self.record.spec().clone();
                let undone = (event == Event::Undone).then(|| self.record.conversation.turns.last().cloned()).flatten();
                self.record.apply(at, &event)?;
                match event {
                    Event::Heard { turn, question, .. } => self.heard(&turn, question.as_deref(), &before)?,
                    Event::Corrected { turn } => {
                        output::print(&output::tame(&understood::changes(&turn, &before)))?;
                    }
                    Event::Undone => {
                        let said = undone.map(|turn| turn.user).unwrap_or_default();
                        output::print_line(&format!("took back: {}", output::tame(said.trim())))?;
                    }
                    event => self.replying(event)?,
                }
            }
            Report::Opened(record) => {
                self.record = *record;
                output::print_line(&format!("session {}", self.record.id))?;
            }
            Report::Sessions(listed) => {
                for session in listed {
                    let line = format!("{}  {} ({})", session.id, session.title, session.detail);
                    output::print_line(&output::tame(&line))?;
                }
            }
            Report::Models(choices) => {
                for choice in choices {
                    output::print_line(&output::tame(&format!("{}  {}", choice.name, choice.detail)))?;
                }
            }
            Report::Notice(text) => output::print_line(&output::tame(&text))?,
            Report::Trouble(text) => output::complain(&output::tame(&text)),
            Report::Doing(_) | Report::Staff(_) | Report::Files(_) | Report::Edited(_) | Report::Unsent { .. } => {}
        }
        Ok(())
    }

    fn heard(
        &self,
        turn: &Turn,
        question: Option<&str>,
        before: &throughline_conversation::Spec,
    ) -> anyhow::Result<()> {
        output::print(&output::tame(&understood::changes(turn, before)))?;
        if let Some(question) = question {
            output::print_line(&format!("? {}  (/go answers without)", output::tame(question)))?;
        } else if !is_something(self.record.spec()) {
            output::print_line("(nothing to do yet; say what you want)")?;
        }
        Ok(())
    }

    fn replying(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Planned { text, .. } => output::print(&output::tame(&understood::plan(&text)))?,
            Event::Replying { lane: Lane::Unmediated, .. } => output::print_line("without the mediator:")?,
            Event::Piece { text, .. } => {
                self.begun = !text.ends_with('\n');
                output::print(&output::tame(&text))?;
            }
            Event::Replied { replied, .. } => {
                self.begun = false;
                output::print_line(if replied.reason == "cancelled" { " (stopped)" } else { "" })?;
                if let Some(confidence) = replied.confidence.filter(|_| !self.quiet) {
                    output::note(&format!("  (how sure the model was of its words, from 0 to 1: {confidence:.2})"));
                }
            }
            Event::Failed { role, message, .. } => {
                if std::mem::take(&mut self.begun) {
                    output::print_line("")?;
                }
                if role == "mediator" && message == "stopped" {
                    output::print_line("(stopped; the turn was not recorded)")?;
                } else {
                    output::complain(&output::tame(&message));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn help() -> String {
    let mut text = String::new();
    for command in commands::COMMANDS {
        let name = format!("/{} {}", command.name, command.arguments);
        text.push_str(&format!("{:<40} {}\n", name.trim_end(), command.help));
    }
    text + "Everything else is said to the mediator. Ctrl-C stops a reply.\n"
}
