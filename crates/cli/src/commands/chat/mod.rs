//! `throughline chat`: on the whole screen, in some lines of it, or line by line.

mod first;
mod full;
mod plain;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use throughline_session::Store;
use tokio::sync::mpsc;

use crate::args::{Chat, Global};
use crate::cast::Models;
use crate::commands::sessions;
use crate::config::{self, Config};
use crate::experience::Experiences;
use crate::live::Live;

/// Reports that may wait for the screen; whoever makes more waits.
const REPORTS: usize = 1024;

/// How long what is being written may take at the end.
const FAREWELL: Duration = Duration::from_secs(2);

/// A mediated conversation.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Chat) -> anyhow::Result<ExitCode> {
    let plain = arguments.plain || !crate::is_terminal();
    let store = sessions::store()?;
    if !plain && first::is_first(config, &store) {
        if !first::ask(arguments).await? {
            return Ok(ExitCode::SUCCESS);
        }
        let config = config::load(global)?;
        return open(&config, global, arguments, plain, store).await;
    }
    open(config, global, arguments, plain, store).await
}

/// Opens the chat.
async fn open(
    config: &Config,
    global: &Global,
    arguments: &Chat,
    plain: bool,
    store: Store,
) -> anyhow::Result<ExitCode> {
    let mut models = Models::new(config, global.quiet);
    models.experiences = Experiences::load(config, &arguments.experience)?;
    let session = match &arguments.resume {
        Some(name) => store.open(&store.find(name)?)?,
        None => store.create()?,
    };
    let record = session.record().clone();
    let (reports_in, reports) = mpsc::channel(REPORTS);
    let (effects, effects_out) = mpsc::unbounded_channel();
    let live = Live::new(models, config, arguments.plan, store, session, reports_in);
    let live = live.run(effects_out);
    let shown = async move {
        if plain {
            plain::run(config, global, record, reports, effects).await
        } else {
            full::run(arguments, record, reports, effects).await
        }
    };
    let mut live = std::pin::pin!(live);
    let mut shown = std::pin::pin!(shown);
    let outcome = tokio::select! {
        outcome = &mut shown => outcome,
        () = &mut live => shown.await,
    };
    // What happened last is still to be kept; a model that is being loaded is not waited for.
    let _ = tokio::time::timeout(FAREWELL, live).await;
    outcome.context("the chat broke off")?;
    Ok(ExitCode::SUCCESS)
}
