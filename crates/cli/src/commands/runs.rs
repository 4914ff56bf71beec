//! `throughline runs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use ignore::WalkBuilder;
use jiff::Timestamp;
use serde_json::json;
use throughline_replay::{Failure, Manifest, Overview, RoleRecord, RunDirectory};

use super::replay::report;
use crate::args::{Global, RetryErrors, Runs};
use crate::config::Config;
use crate::experiment::{Which, carry_out, recorded};
use crate::output::{self, counted, grouped};

/// Looks after run directories.
pub(crate) async fn run(config: &Config, global: &Global, command: &Runs) -> anyhow::Result<ExitCode> {
    match command {
        Runs::List { folders, json } => list(folders, *json)?,
        Runs::Show { directory } => output::print(&output::tame(&shown(directory, &RunDirectory::look(directory)?)))?,
        Runs::RetryErrors(arguments) => return retry(config, global, arguments).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Tries what failed again, as it was last asked for.
async fn retry(config: &Config, global: &Global, arguments: &RetryErrors) -> anyhow::Result<ExitCode> {
    let RetryErrors { directory, pace, evaluating } = arguments;
    let failed = RunDirectory::look(directory)?.failures.len();
    if failed == 0 {
        output::note(&format!("no run in {} failed and was not finished since", directory.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut file = recorded(directory)?;
    file.pace(pace);
    file.databases.extend(evaluating.databases.iter().cloned());
    let config = file.configuration(config);
    let ended = carry_out(&config, global, &file, file.samples()?, directory, evaluating, Which::Failed).await?;
    Ok(report(&ended, global, directory))
}

/// The run directories in some folders, each with how it stands; what is damaged is said and passed over.
fn list(folders: &[PathBuf], as_json: bool) -> anyhow::Result<()> {
    let mut found = Vec::new();
    let mut damaged = false;
    for folder in folders {
        anyhow::ensure!(folder.is_dir(), "{} is no folder; give one that holds run directories", folder.display());
        let mut walk = WalkBuilder::new(folder);
        for entry in walk.standard_filters(false).hidden(true).sort_by_file_path(Path::cmp).build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    output::note(&error.to_string());
                    continue;
                }
            };
            let Some(directory) = entry.path().parent().filter(|_| entry.file_name() == RunDirectory::MANIFEST) else {
                continue;
            };
            match RunDirectory::look(directory) {
                Ok(overview) => found.push((directory.to_owned(), overview)),
                Err(error) => {
                    damaged = true;
                    output::note(&output::chain(&error.into()));
                }
            }
        }
    }
    let each =
        found.iter().map(
            |(path, overview)| {
                if as_json { as_object(path, overview).to_string() + "\n" } else { entry(path, overview) }
            },
        );
    let text: String = each.collect();
    if found.is_empty() && !damaged {
        output::note("no run directory is here; `throughline replay` makes them");
    }
    output::print(&output::tame(&text))?;
    Ok(())
}

/// One directory in the list: a line, and one more with its scores.
fn entry(path: &Path, overview: &Overview) -> String {
    let Overview { manifest, tally, failures, changed } = overview;
    let samples = match &manifest.shard {
        Some(shard) => format!("{} (part {}/{})", counted(shard.samples.len(), "sample"), shard.index, shard.of),
        None => counted(chosen(manifest), "sample"),
    };
    let mut text = format!("{}  {}/{} runs, {samples}", path.display(), tally.finished(), manifest.runs());
    if !failures.is_empty() {
        text += &format!(", {} failed", failures.len());
    }
    if let Some(changed) = changed.and_then(moment) {
        text += &format!(", changed {changed}");
    }
    let scores = cells(overview).into_iter().map(|(name, mean, runs)| match mean {
        Some(mean) => format!("{name} {:.1} ({runs})", mean * 100.0),
        None => format!("{name} -"),
    });
    text + &format!("\n  {}\n", scores.collect::<Vec<_>>().join(", "))
}

fn as_object(path: &Path, overview: &Overview) -> serde_json::Value {
    let Overview { manifest, tally, failures, changed } = overview;
    let tokens = tally.tokens();
    json!({
        "directory": path.display().to_string(),
        "samples": manifest.shard.as_ref().map_or(chosen(manifest), |shard| shard.samples.len()),
        "shard": manifest.shard.as_ref().map(|shard| format!("{}/{}", shard.index, shard.of)),
        "settings": manifest.settings,
        "runs": manifest.runs(),
        "finished": tally.finished(),
        "failed": failures.len(),
        "scores": cells(overview).into_iter().map(|(name, mean, _)| (name, json!(mean))).collect::<serde_json::Map<_, _>>(),
        "prompt_tokens": tokens.prompt_tokens,
        "completion_tokens": tokens.completion_tokens,
        "cost_usd": tally.calls.cost_usd,
        "changed": changed.and_then(moment),
    })
}

fn chosen(manifest: &Manifest) -> usize {
    manifest.samples.iter().map(|samples| samples.chosen.len()).sum()
}

/// Each setting, of each assistant where several are compared, with its mean score from 0 to 1 and how many runs that is
/// of.
fn cells(Overview { manifest, tally, .. }: &Overview) -> Vec<(String, Option<f64>, usize)> {
    let compared = !manifest.further_assistants.is_empty();
    let assistants = std::iter::once(&manifest.roles.assistant).chain(&manifest.further_assistants);
    let cell = |RoleRecord { name, .. }: &RoleRecord, setting: &String| {
        let scores = tally.scores.get(&(name.clone(), setting.clone())).copied().unwrap_or_default();
        (if compared { format!("{name} {setting}") } else { setting.clone() }, scores.mean(), scores.runs)
    };
    assistants.flat_map(|assistant| manifest.settings.iter().map(move |setting| cell(assistant, setting))).collect()
}

/// A run directory in words.
fn shown(path: &Path, overview: &Overview) -> String {
    let Overview { manifest, tally, failures, changed } = overview;
    let mut text = format!("{}\n\n", path.display());
    text += &experiment(manifest);
    let tokens = tally.tokens();
    let _ = write!(text, "\n{} of {} runs are finished", tally.finished(), manifest.runs());
    if let Some(changed) = changed.and_then(moment) {
        let _ = write!(text, "; last changed {changed}");
    }
    text += "\n";
    let all = cells(overview);
    let each = manifest.runs() / all.len().max(1);
    let width = all.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    for (name, mean, runs) in all {
        let mean = mean.map_or_else(String::new, |mean| format!("   mean score {:.1}", mean * 100.0));
        let _ = writeln!(text, "  {name:width$}  {runs} of {each}{mean}");
    }
    if !tally.stop_reasons.is_empty() {
        let reasons = tally.stop_reasons.iter().map(|(reason, count)| format!("{} {count}", reason.replace('_', " ")));
        let _ = writeln!(text, "conversations ended: {}", reasons.collect::<Vec<_>>().join(", "));
    }
    let _ = write!(
        text,
        "\ntaken: {} tokens read, {} written, {} calls ({} out of the cache, {} repeated), {:.0} s of conversation",
        grouped(tokens.prompt_tokens),
        grouped(tokens.completion_tokens),
        grouped(tally.calls.made.into()),
        grouped(tally.calls.cached.into()),
        grouped(tally.calls.retries.total().into()),
        tally.seconds
    );
    if let Some(cost) = tally.calls.cost_usd {
        let _ = write!(text, ", {cost:.4} USD");
    }
    text += "\n";
    for (role, tokens) in &tally.usage {
        let (read, written) = (grouped(tokens.prompt_tokens), grouped(tokens.completion_tokens));
        let _ = writeln!(text, "  {role}: {read} read, {written} written");
    }
    if !failures.is_empty() {
        let _ = writeln!(
            text,
            "\n{} failed; `throughline runs retry-errors {}` tries them again",
            counted(failures.len(), "run"),
            path.display()
        );
        text += &errors(failures);
    }
    text
}

/// What the manifest says, in words.
fn experiment(manifest: &Manifest) -> String {
    let mut text = String::new();
    for samples in &manifest.samples {
        let _ = writeln!(
            text,
            "{} of {} (sha256 {})",
            counted(samples.chosen.len(), "sample"),
            samples.file,
            short(&samples.sha256)
        );
    }
    if let Some(shard) = &manifest.shard {
        let _ = writeln!(text, "part {} of {}: {} of them", shard.index, shard.of, shard.samples.len());
    }
    let Manifest { settings, repeats, seed, user_simulator, program, created, roles, .. } = manifest;
    let _ = writeln!(
        text,
        "in {}; {}; seed {seed}; user simulator {user_simulator}",
        settings.join(", "),
        counted(*repeats as usize, "repeat")
    );
    let role = |text: &mut String, title: &str, RoleRecord { name, identity, agent_sha256, .. }: &RoleRecord| {
        let hash = identity.strip_prefix("sha256:").map(|hash| format!("sha256 {}", short(hash)));
        let identity = hash.unwrap_or_else(|| identity.clone());
        let _ = writeln!(text, "{title}: {name} ({identity}; agent file {})", short(agent_sha256));
    };
    role(&mut text, "assistant", &roles.assistant);
    for assistant in &manifest.further_assistants {
        role(&mut text, "assistant", assistant);
    }
    let others = [
        ("mediator", &roles.mediator),
        ("rewriter", &roles.rewriter),
        ("planner", &roles.planner),
        ("user", &roles.user),
        ("judge", &roles.judge),
    ];
    for (title, record) in others {
        if let Some(record) = record {
            role(&mut text, title, record);
        }
    }
    text + &format!("begun {created} UTC with {program}\n")
}

/// Errors by kind and class, each with an example.
fn errors(failures: &[Failure]) -> String {
    let mut kinds: BTreeMap<(&str, &str, &str), Vec<&Failure>> = BTreeMap::new();
    for failure in failures {
        kinds.entry((&failure.error, &failure.class, &failure.role)).or_default().push(failure);
    }
    let mut text = String::new();
    for ((error, class, role), failures) in kinds {
        let class = if class.is_empty() { String::new() } else { format!(", {class}") };
        let _ = writeln!(text, "  {} {error} ({role}{class})", failures.len());
        if let Some(first) = failures.first() {
            let _ = writeln!(text, "    {}: {}", first.conv_id, first.message);
        }
    }
    text
}

/// Enough of a hash to tell it from others.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// A moment, in UTC.
fn moment(time: SystemTime) -> Option<String> {
    Some(Timestamp::try_from(time).ok()?.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
