//! `throughline doctor`.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use throughline_models::catalogue::{self, Resolved};
use throughline_models::openai::{Listing, OpenAiChat, Price};

use crate::args::Global;
use crate::cast::Models;
use crate::config::{Config, EndpointProfile, Profile, user_file};
use crate::{cast, output};

/// How long an endpoint may take to list its models.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at this machine and the configuration, and says what works and what is missing.
pub(crate) async fn run(config: &Config, global: &Global) -> anyhow::Result<ExitCode> {
    let mut text = format!("throughline {}\n", env!("CARGO_PKG_VERSION"));
    text += if cfg!(feature = "llama-cpp") {
        "local models: yes, llama.cpp is built in\n"
    } else {
        "local models: no, this build has no llama.cpp\n"
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let _ = writeln!(text, "processors: {threads}");
    text += &devices();
    let _ = writeln!(text, "models folder: {}", catalogue::models_dir()?.display());
    if let Some(path) = user_file() {
        let there = if path.exists() { "" } else { " (not there)" };
        let _ = writeln!(text, "your configuration: {}{there}", path.display());
    }
    let mut models = Models::new(config, global.quiet);
    let mut usable = true;
    let named = [("mediator", &config.mediator), ("assistant", &config.assistant)];
    let mut roles: Vec<_> = named.map(|(role, name)| (role, &name.value, &name.origin)).into();
    // These run on the mediator's model unless they have one of their own.
    for (role, name) in config.further_roles() {
        roles.extend(name.value.as_ref().map(|value| (role, value, &name.origin)));
    }
    for (role, name, origin) in roles {
        let (works, what) = match look(config, name, &mut models).await {
            Ok(what) => ("ok", what),
            Err(error) => {
                usable = false;
                ("PROBLEM", output::chain(&error))
            }
        };
        let _ = writeln!(text, "{role}: {name} ({origin}): {works}: {what}");
    }
    output::print(&text)?;
    Ok(if usable { ExitCode::SUCCESS } else { ExitCode::from(crate::FAILED) })
}

/// Whether a role's model can be used, in words.
async fn look(config: &Config, name: &str, models: &mut Models<'_>) -> anyhow::Result<String> {
    match config.models.get(name).map(|profile| &profile.value) {
        Some(Profile::OpenAi(profile)) => endpoint(profile).await,
        Some(Profile::LlamaCpp { model, .. }) => local(models, name, model).await,
        None => local(models, name, name).await,
    }
}

/// Asks each endpoint of a profile for its models, and says what it may be asked for. One that answers is enough.
async fn endpoint(profile: &EndpointProfile) -> anyhow::Result<String> {
    let chat = OpenAiChat::new(&cast::endpoint(profile)?)?;
    let model = &profile.model;
    let listed = chat.list_models(PATIENCE).await;
    let total = listed.len();
    let (mut answering, mut members) = (0, Vec::with_capacity(total));
    for Listing { base_url, models } in listed {
        members.push(match models {
            Ok(models) => {
                answering += 1;
                let known = if models.contains(model) { "" } else { ", which it does not list" };
                format!("{base_url} answers; model {model}{known}")
            }
            Err(error) if total == 1 => return Err(error.into()),
            Err(error) => format!("{base_url} PROBLEM: {}", output::chain(&error.into())),
        });
    }
    let text = format!("{answering} of {total} endpoints answer");
    // An error is one line.
    anyhow::ensure!(answering > 0, "{text}: {}", members.join("; "));
    let text = format!("{text}\n    {}", members.join("\n    "));
    Ok(format!("{text}\n    {}", allowed(profile)?))
}

/// What each endpoint of a profile may be asked for, and what it costs.
fn allowed(profile: &EndpointProfile) -> anyhow::Result<String> {
    let limits = profile.limits();
    let mut text = format!("at most {} calls at a time each", limits.max_concurrency);
    for (limit, what) in [(limits.requests_per_minute, "requests"), (limits.tokens_per_minute, "tokens")] {
        if let Some(limit) = limit {
            let _ = write!(text, ", {limit} {what} a minute each");
        }
    }
    if let Some(Price { input, output }) = profile.price()? {
        let _ = write!(text, "; USD {input} per million tokens read, {output} written");
    }
    Ok(text)
}

/// Loads a local model, if its file is there, and says how it would run. Nothing is fetched.
async fn local(models: &mut Models<'_>, name: &str, reference: &str) -> anyhow::Result<String> {
    let folder = catalogue::models_dir()?;
    if let Resolved::Model(entry) = catalogue::resolve(reference, &folder)?
        && !entry.path_in(&folder).exists()
    {
        anyhow::bail!("not fetched yet; run `throughline models fetch {reference}`");
    }
    Ok(models.open(name).await?.description)
}

/// How the engine's threads wait for each other, which decides how it fares on a busy machine.
#[cfg(feature = "llama-cpp")]
fn waiting() -> String {
    let set = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"]
        .into_iter()
        .find_map(|name| Some(format!("{name}={}", std::env::var(name).ok()?)));
    set.unwrap_or_else(|| {
        "not set; on a machine with other work to do, GOMP_SPINCOUNT=200 keeps local models fast".into()
    })
}

#[cfg(feature = "llama-cpp")]
fn devices() -> String {
    let mut text = format!("threads that wait for each other: {}\n", waiting());
    for device in throughline_models::devices() {
        let megabytes = |bytes: u64| bytes / (1024 * 1024);
        let _ = writeln!(
            text,
            "device: {} ({}), {:?}, {} of {} MiB free",
            device.name,
            device.description,
            device.kind,
            megabytes(device.memory_free),
            megabytes(device.memory_total)
        );
    }
    text
}

#[cfg(not(feature = "llama-cpp"))]
fn devices() -> String {
    String::new()
}
