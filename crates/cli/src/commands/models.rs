//! `throughline models`.

use std::process::ExitCode;

use throughline_models::catalogue::{self, Catalogue, Resolved, Source};

use crate::args::{Global, Models};
use crate::progress::Audience;
use crate::{cast, output};

/// Lists the catalogue, or fetches a model.
pub(crate) async fn run(global: &Global, command: &Models) -> anyhow::Result<ExitCode> {
    let (catalogue, folder) = (Catalogue::embedded()?, catalogue::models_dir()?);
    match command {
        Models::List => {
            let mut text = format!("models in {}\n", folder.display());
            for entry in catalogue.entries() {
                let here = if entry.path_in(&folder).exists() { "here" } else { "not here" };
                let size =
                    entry.size.map_or_else(|| "size unknown".to_owned(), |size| format!("{} MB", size / 1_000_000));
                let source = match &entry.source {
                    Source::Pypi { package, .. } => format!("Python package {package}"),
                    Source::Hub { repo, .. } => format!("model hub, {repo}"),
                };
                let default = if entry.default { ", default" } else { "" };
                text += &format!(
                    "  {:<20} {:<8}  {} ({}, {size}, {}{default}; {source})\n",
                    entry.name, here, entry.title, entry.parameters, entry.licence
                );
            }
            text += "A path to a GGUF file, or a hub file as OWNER/REPO/FILE.gguf, works wherever a name does.\n";
            output::print(&text)?;
        }
        Models::Fetch { name } => {
            let name = name.as_deref().or(global.model.as_deref());
            let name = name.or(catalogue.default_entry().map(|entry| entry.name.as_str())).unwrap_or_default();
            let path = match catalogue::resolve(name, &folder)? {
                Resolved::File(path) => path,
                Resolved::Model(entry) => cast::fetch(entry, folder, Audience::unless(global.quiet)).await?,
            };
            output::print_line(&path.display().to_string())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
