//! The first run: asks which model is to work, and writes the answer into the user's configuration.

use std::path::Path;

use anyhow::Context;
use crossterm::event::{Event, EventStream, KeyEventKind};
use futures::StreamExt;
use serde::Serialize;
use throughline_models::catalogue::{self, Catalogue, Resolved};
use throughline_session::Store;
use throughline_tui::first::{FirstRun, Setup, Step};
use throughline_tui::terminal::{Mode, Screen};

use crate::args::Chat;
use crate::cast;
use crate::config::{self, Config, EndpointProfile, Origin, Profile};
use crate::progress::Audience;
use crate::terminal::theme;

/// What is written.
#[derive(Serialize)]
struct Written {
    roles: Roles,
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Models>,
}

#[derive(Serialize)]
struct Roles {
    mediator: String,
    assistant: String,
}

#[derive(Serialize)]
struct Models {
    endpoint: Profile,
}

/// Whether nothing says yet which model is to work, and nobody has chatted here before.
pub(super) fn is_first(config: &Config, store: &Store) -> bool {
    let unset =
        [&config.mediator.origin, &config.assistant.origin].into_iter().all(|origin| *origin == Origin::Default);
    let written = config::user_file().is_none_or(|file| file.exists());
    unset && !written && config.models.is_empty() && store.list().is_ok_and(|listed| listed.is_empty())
}

/// Asks, writes the answer down, and fetches the model that was chosen where it is not here yet. False where the user
/// leaves instead.
pub(super) async fn ask(arguments: &Chat) -> anyhow::Result<bool> {
    let folder = catalogue::models_dir()?;
    let Some(chosen) = choose(arguments, &folder).await? else { return Ok(false) };
    // An endpoint is no model of the catalogue.
    if let Ok(Resolved::Model(entry)) = catalogue::resolve(&chosen, &folder)
        && !entry.path_in(&folder).exists()
    {
        cast::fetch(entry, folder, Audience::Terminal).await?;
    }
    Ok(true)
}

/// The name of the model that is to work, once it is written down.
async fn choose(arguments: &Chat, folder: &Path) -> anyhow::Result<Option<String>> {
    let catalogue = Catalogue::embedded()?;
    let default = catalogue.default_entry().context("the model catalogue names no default")?;
    let here = if default.path_in(folder).exists() { "It is here already." } else { "It is fetched once." };
    let size = default.size.map(|size| format!(", {} MB", size / 1_000_000)).unwrap_or_default();
    let words = format!("{}{size}. Runs anywhere, knows little: good for a look around. {here}", default.title);
    let mut first = FirstRun::new(&words, theme(arguments.theme.as_deref())?);
    let mut screen = Screen::take(Mode { inline: None, mouse: false }).context("cannot use the terminal")?;
    let mut events = EventStream::new();
    loop {
        screen.terminal().draw(|frame| first.view(frame)).context("cannot use the terminal")?;
        let step = match events.next().await.transpose().context("cannot read the terminal")? {
            None => Step::Leave,
            Some(Event::Key(event)) if event.kind != KeyEventKind::Release => first.key(&event),
            Some(Event::Paste(text)) => {
                first.paste(&text);
                Step::Stay
            }
            Some(_) => Step::Stay,
        };
        match step {
            Step::Stay => {}
            Step::Leave => return Ok(None),
            Step::Done(setup) => match written(setup, &default.name, folder).and_then(|written| write(&written)) {
                Ok(chosen) => return Ok(Some(chosen)),
                Err(error) => first.refuse(&format!("{error:#}")),
            },
        }
    }
}

fn written(setup: Setup, default: &str, folder: &Path) -> anyhow::Result<Written> {
    let both = |name: String| Roles { mediator: name.clone(), assistant: name };
    Ok(match setup {
        Setup::Default => Written { roles: both(default.to_owned()), models: None },
        Setup::Model(name) => {
            // What is not there is told now, while it can be put right.
            let name = match catalogue::resolve(&name, folder)? {
                Resolved::File(path) => path.canonicalize().unwrap_or(path).display().to_string(),
                Resolved::Model(_) => name,
            };
            Written { roles: both(name), models: None }
        }
        Setup::Endpoint { base_url, model, key_variable } => {
            anyhow::ensure!(
                base_url.starts_with("http://") || base_url.starts_with("https://"),
                "the address begins with http:// or https://"
            );
            if let Some(variable) = &key_variable {
                anyhow::ensure!(
                    std::env::var_os(variable).is_some(),
                    "the environment variable {variable} is not set; set it to the key and begin again"
                );
            }
            let endpoint = Profile::OpenAi(EndpointProfile::simple(&base_url, &model, key_variable));
            Written { roles: both("endpoint".to_owned()), models: Some(Models { endpoint }) }
        }
    })
}

/// Writes the user's configuration, which is not there yet.
fn write(written: &Written) -> anyhow::Result<String> {
    let path = config::user_file().context("there is no home directory for the configuration")?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let text = format!(
        "# Written by the first chat; docs and `throughline config` tell what else can stand here.\n\n{}",
        toml::to_string(written)?
    );
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    std::io::Write::write_all(&mut file, text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(written.roles.assistant.clone())
}
