//! `throughline ask`.

use std::io::{self, BufRead, IsTerminal, Read};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;
use throughline_conversation::Conversation;
use throughline_models::CancellationToken;
use throughline_replay::JUST_GO;

use crate::args::{Ask, Global};
use crate::cast::Models;
use crate::config::Config;
use crate::exchange::{Executor, Reply, Shown};
use crate::experience::Experiences;
use crate::live::quoted;
use crate::{output, understood};

/// One mediated exchange. A question is answered from the terminal where there is one; else it is left open, and
/// what it asked stands in the spec as an assumption.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Ask) -> anyhow::Result<ExitCode> {
    let user = request(arguments.request.as_deref())?;
    let mut models = Models::new(config, global.quiet);
    models.experiences = Experiences::load(config, &arguments.experience)?;
    let mediator = models.mediator().await?;
    let executor = Executor::new(&mut models, config, arguments.plan).await?;
    let cancel = CancellationToken::new();
    let mut conversation = Conversation::default();
    let mut asked = None;
    let mut next = Some(user);
    while let Some(user) = next.take() {
        let before = conversation.spec()?;
        let mediation = mediator.listen(&conversation, &user, &cancel).await?;
        if !global.quiet && !arguments.json {
            output::note(&output::tame(understood::changes(&mediation.turn, &before).trim_end()));
        }
        conversation.turns.push(mediation.turn);
        if let Some(question) = mediation.question {
            if !arguments.json {
                output::note(&format!("? {}", output::tame(&question)));
            }
            next = Some(answer()?);
            asked = Some(question);
        }
    }
    let spec = conversation.spec()?;
    let show = |shown: Shown<'_>| {
        match shown {
            Shown::Reply(piece) if !arguments.json => output::print(&output::tame(piece))?,
            Shown::Plan(plan) if !global.quiet && !arguments.json => {
                output::note(&output::tame(understood::plan(plan).trim_end()));
            }
            Shown::Reply(_) | Shown::Plan(_) => {}
        }
        Ok(())
    };
    let Reply { text, finished, plan, confidence } = executor.carry_out(&spec, &cancel, show).await?;
    if arguments.json {
        let findings: Vec<_> = conversation.turns.iter().flat_map(|turn| &turn.findings).collect();
        let mut object =
            json!({ "spec": spec, "findings": findings, "question": asked, "reply": text, "finish": finished });
        if let Some(plan) = plan {
            object["plan"] = plan.into();
        }
        if let Some(confidence) = confidence {
            object["confidence"] = confidence.into();
        }
        output::print_line(&object.to_string())?;
    } else {
        output::print_line("")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The request, with what is piped in as quoted content behind it.
fn request(given: Option<&str>) -> anyhow::Result<String> {
    let mut piped = String::new();
    if !io::stdin().is_terminal() {
        io::stdin().lock().read_to_string(&mut piped).context("cannot read standard input as UTF-8 text")?;
    }
    match (given.map(str::trim).filter(|given| !given.is_empty()), piped.trim()) {
        (Some(given), "") => Ok(given.to_owned()),
        (Some(given), piped) => Ok(format!("{given}\n\n{}", quoted(piped))),
        (None, "") => anyhow::bail!("there is nothing to do; give a request, or pipe one in"),
        (None, piped) => Ok(piped.to_owned()),
    }
}

/// The user's answer to a question; going ahead without one where there is nobody to ask.
fn answer() -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        return Ok(JUST_GO.to_owned());
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the answer")?;
    Ok(if line.trim().is_empty() { JUST_GO.to_owned() } else { line.trim().to_owned() })
}
