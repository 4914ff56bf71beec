//! `throughline chat`, line by line.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;
use throughline_conversation::{Conversation, Edit};
use throughline_mediator::Mediator;
use throughline_models::CancellationToken;
use throughline_replay::JUST_GO;
use tokio::sync::mpsc;

use crate::args::{Chat, Global};
use crate::cast::Models;
use crate::config::Config;
use crate::exchange::{Executor, Shown};
use crate::experience::Experiences;
use crate::interrupt::Interrupts;
use crate::{output, understood};

const HELP: &str = "/spec  what was understood so far\n/go    answer with what there is, without asking further\n/undo  take the last turn back\n/quit  end the chat\nEverything else is said to the mediator. Ctrl-C stops a reply.\n";

/// A mediated conversation on standard input and output.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Chat) -> anyhow::Result<ExitCode> {
    let mut models = Models::new(config, global.quiet);
    models.experiences = Experiences::load(config, &arguments.experience)?;
    let mediator = models.mediator().await?;
    let executor = Executor::new(&mut models, config, arguments.plan).await?;
    let mut chat = LineChat { mediator, executor, conversation: Conversation::default(), quiet: global.quiet };
    let interactive = io::stdin().is_terminal();
    if !global.quiet {
        output::note(&format!(
            "mediator {}, assistant {}; /help shows the commands",
            config.mediator.value, config.assistant.value
        ));
    }
    let mut lines = lines();
    let mut interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    loop {
        if interactive {
            output::print("> ")?;
        }
        let line = tokio::select! {
            line = lines.recv() => line,
            () = interrupts.next() => None,
        };
        let Some(line) = line else { break };
        match line.context("cannot read standard input as UTF-8 text")?.trim() {
            "" => {}
            "/quit" => break,
            "/help" => output::print(HELP)?,
            "/spec" => {
                output::print(&output::tame(&understood::whole(&chat.conversation, &chat.conversation.spec()?)))?;
            }
            "/undo" => chat.undo()?,
            "/go" => chat.say(JUST_GO, &mut interrupts).await?,
            command if command.starts_with('/') && !command.contains(' ') => {
                output::print_line(&format!("there is no command {}; /help shows them", output::tame(command)))?;
            }
            said => chat.say(said, &mut interrupts).await?,
        }
    }
    Ok(ExitCode::SUCCESS)
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
    mediator: Mediator,
    executor: Executor,
    conversation: Conversation,
    quiet: bool,
}

impl LineChat {
    /// Says something, and shows what came of it; an interrupt stops it. A model that fails does not end the chat.
    async fn say(&mut self, said: &str, interrupts: &mut Interrupts) -> anyhow::Result<()> {
        let cancel = CancellationToken::new();
        let mut exchange = std::pin::pin!(self.exchange(said, &cancel));
        let outcome = loop {
            tokio::select! {
                outcome = &mut exchange => break outcome,
                () = interrupts.next() => cancel.cancel(),
            }
        };
        match outcome {
            Err(error) if cancel.is_cancelled() && !output::is_broken_pipe(&error) => {
                output::print_line("(stopped; the turn was not recorded)")?;
                Ok(())
            }
            Err(error) if !output::is_broken_pipe(&error) => {
                output::complain(&output::tame(&output::chain(&error)));
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn exchange(&mut self, said: &str, cancel: &CancellationToken) -> anyhow::Result<()> {
        let before = self.conversation.spec()?;
        let mediation = self.mediator.listen(&self.conversation, said, cancel).await?;
        output::print(&output::tame(&understood::changes(&mediation.turn, &before)))?;
        self.conversation.turns.push(mediation.turn);
        if let Some(question) = mediation.question {
            output::print_line(&format!("? {}  (/go answers without)", output::tame(&question)))?;
            return Ok(());
        }
        let turn = self.conversation.turns.last();
        if turn.is_some_and(|turn| turn.edits.iter().all(|edit| matches!(edit, Edit::Chat { .. }))) {
            output::print_line("(nothing new; what was understood stands)")?;
            return Ok(());
        }
        let spec = self.conversation.spec()?;
        if spec.goal.is_none() && spec.active().next().is_none() {
            output::print_line("(nothing to do yet; say what you want)")?;
            return Ok(());
        }
        let show = |shown: Shown<'_>| match shown {
            Shown::Plan(plan) => output::print(&output::tame(&understood::plan(plan))),
            Shown::Reply(piece) => output::print(&output::tame(piece)),
        };
        let reply = self.executor.carry_out(&spec, cancel, show).await?;
        output::print_line(if reply.finished == "cancelled" { " (stopped)" } else { "" })?;
        if let Some(confidence) = reply.confidence.filter(|_| !self.quiet) {
            output::note(&format!("  (how sure the model was of its words, from 0 to 1: {confidence:.2})"));
        }
        if let Some(turn) = self.conversation.turns.last_mut() {
            turn.reply = Some(reply.text);
        }
        Ok(())
    }

    fn undo(&mut self) -> anyhow::Result<()> {
        match self.conversation.undo() {
            Some(turn) => output::print_line(&format!("took back: {}", output::tame(turn.user.trim())))?,
            None => output::print_line("there is nothing to take back")?,
        }
        Ok(())
    }
}
