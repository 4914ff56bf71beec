//! What a chat can choose from and write to: models, saved sessions, files.

use std::path::PathBuf;

use throughline_models::catalogue::{self, Catalogue};
use throughline_session::{Record, Store};
use throughline_tui::{Choice, ExportFormat, Listed};

use crate::args;
use crate::commands::sessions::{self, minute};
use crate::config::{Config, Profile};
use crate::output::counted;

/// The profiles of the configuration and the models known by name.
pub(crate) fn models(config: &Config) -> anyhow::Result<Vec<Choice>> {
    let folder = catalogue::models_dir()?;
    let profiles = config.models.iter().map(|(name, profile)| Choice {
        name: name.clone(),
        detail: match &profile.value {
            Profile::LlamaCpp { model, .. } => format!("profile, {model}"),
            Profile::OpenAi(endpoint) => {
                format!("profile, {} at {}", endpoint.model, endpoint.base_url.all().join(", "))
            }
        },
    });
    let catalogue = Catalogue::embedded()?;
    let entries = catalogue.entries().iter().map(|entry| {
        let here = if entry.path_in(&folder).exists() { "here" } else { "not here yet" };
        Choice { name: entry.name.clone(), detail: format!("{}, {}, {here}", entry.title, entry.licence) }
    });
    Ok(profiles.chain(entries).collect())
}

/// Saved sessions, the one that was changed last first, or where the words stand.
pub(crate) fn listed(store: &Store, words: &str) -> anyhow::Result<Vec<Listed>> {
    if words.trim().is_empty() {
        let listed = store.list()?.into_iter().map(|summary| Listed {
            title: if summary.name.is_empty() { summary.id.to_string() } else { summary.name },
            detail: format!("{}, {}", counted(summary.turns, "turn"), minute(summary.changed)),
            id: summary.id,
        });
        return Ok(listed.collect());
    }
    let hits = store.search(words)?.into_iter().map(|hit| Listed {
        title: hit.name,
        detail: match hit.turn {
            Some(turn) => format!("turn {}: {}", turn + 1, hit.excerpt),
            None => hit.excerpt,
        },
        id: hit.session,
    });
    Ok(hits.collect())
}

/// Writes a session to a file, and tells which. What is there already is not the chat's to replace.
pub(crate) fn write(record: &Record, format: ExportFormat, path: Option<&str>) -> anyhow::Result<PathBuf> {
    let (format, extension) = match format {
        ExportFormat::Markdown => (args::ExportFormat::Markdown, "md"),
        ExportFormat::Html => (args::ExportFormat::Html, "html"),
        ExportFormat::Transcript => (args::ExportFormat::Transcript, "jsonl"),
        ExportFormat::Sample => (args::ExportFormat::Sample, "json"),
    };
    let path = path.map_or_else(|| PathBuf::from(format!("{}.{extension}", record.id)), PathBuf::from);
    anyhow::ensure!(path.as_os_str() != "-", "the chat has the terminal; name a file");
    sessions::write(&sessions::exported(record, format)?, &path, false)?;
    Ok(path)
}
