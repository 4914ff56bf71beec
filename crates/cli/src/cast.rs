//! From names in the configuration to models and roles that are ready.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use throughline_assistant::{Assistant, Brief, Planner};
use throughline_conversation::Spec;
use throughline_mediator::{AskPolicy, Calibration, Mediator, Method};
use throughline_models::catalogue::{self, Entry, Resolved};
use throughline_models::openai::{Key, OpenAiChat, OpenAiOptions};
use throughline_models::{AgentFile, CacheStore, Cached, ChatModel};
#[cfg(feature = "llama-cpp")]
use throughline_models::{LlamaChat, LlamaOptions};
use throughline_refiner::{Reader, Refiner};
use throughline_replay::{Judge, Rewriter, UserModel};
use throughline_sharder::Sharder;

use crate::config::{Config, EndpointProfile, Profile};
use crate::experience::Experiences;
use crate::progress::{Audience, Progress};

/// A model that is ready, and what it is.
#[derive(Clone)]
pub(crate) struct Opened {
    /// Replies to messages.
    pub(crate) model: Arc<dyn ChatModel>,
    /// Its name, as transcripts and reports show it.
    pub(crate) name: String,
    /// What it is.
    pub(crate) place: Place,
    /// What else shapes its replies.
    pub(crate) settings: toml::Table,
    /// How it runs, in words.
    pub(crate) description: String,
}

impl Opened {
    /// The name by which the mediator's calibration knows the model's readings: the file's, or the endpoint's model.
    pub(crate) fn calibration_name(&self) -> String {
        match &self.place {
            Place::File(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Place::Endpoint { model, .. } => model.clone(),
        }
    }

    /// How many tokens its context holds, where that is known.
    pub(crate) fn context(&self) -> Option<u32> {
        self.settings.get("context")?.as_integer()?.try_into().ok()
    }

    /// What identifies the model for good.
    pub(crate) fn identity(&self) -> anyhow::Result<String> {
        self.place.identity().context("cannot identify the model")
    }

    /// The model, answering out of the store what was asked of it before.
    pub(crate) fn cached(&self, store: Option<&Arc<CacheStore>>) -> anyhow::Result<Arc<dyn ChatModel>> {
        let model = Arc::clone(&self.model);
        let Some(store) = store else { return Ok(model) };
        Ok(Arc::new(Cached::new(model, Arc::clone(store), &self.identity()?)))
    }
}

/// Where a model is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file, run in this process.
    #[cfg_attr(not(feature = "llama-cpp"), expect(dead_code, reason = "without llama.cpp no file is ever opened"))]
    File(PathBuf),
    /// One or several endpoints, with the name of their model.
    Endpoint { base_urls: String, model: String },
}

impl Place {
    /// What identifies the model for good: the file's hash, or the endpoint's address and model.
    pub(crate) fn identity(&self) -> anyhow::Result<String> {
        match self {
            Self::File(path) => {
                let folder = catalogue::models_dir()?;
                let hash = catalogue::remembered_sha256(path, &folder, &mut |_, _| ())
                    .with_context(|| format!("cannot read {}", path.display()))?;
                Ok(format!("sha256:{hash}"))
            }
            Self::Endpoint { base_urls, model } => Ok(format!("{base_urls} {model}")),
        }
    }
}

/// Opens models; what two roles share is loaded once.
pub(crate) struct Models<'a> {
    config: &'a Config,
    /// Who is told how far loading is.
    pub(crate) audience: Audience,
    /// What the mediator and the assistant read of earlier conversations.
    pub(crate) experiences: Experiences,
    opened: HashMap<String, Opened>,
    #[cfg(feature = "llama-cpp")]
    loaded: HashMap<LlamaOptions, LlamaChat>,
}

impl<'a> Models<'a> {
    /// Nothing is opened yet.
    pub(crate) fn new(config: &'a Config, quiet: bool) -> Self {
        Self {
            config,
            audience: Audience::unless(quiet),
            experiences: Experiences::default(),
            opened: HashMap::new(),
            #[cfg(feature = "llama-cpp")]
            loaded: HashMap::new(),
        }
    }

    /// The model of that name: a profile, or a model reference.
    pub(crate) async fn open(&mut self, name: &str) -> anyhow::Result<Opened> {
        if let Some(opened) = self.opened.get(name) {
            return Ok(opened.clone());
        }
        let opened = match self.config.models.get(name) {
            Some(profile) => {
                self.open_profile(name, &profile.value).await.with_context(|| format!("model profile `{name}`"))?
            }
            None => self.open_reference(name).await?,
        };
        self.opened.insert(name.to_owned(), opened.clone());
        Ok(opened)
    }

    /// The mediator, as configured.
    pub(crate) async fn mediator(&mut self) -> anyhow::Result<Mediator> {
        let opened = self.open(&self.config.mediator.value).await?;
        self.mediator_on(&opened, None)
    }

    /// The mediator on that model, answering out of the store what was asked of it before.
    pub(crate) fn mediator_on(&self, opened: &Opened, store: Option<&Arc<CacheStore>>) -> anyhow::Result<Mediator> {
        let (mut agent, _) = mediator_agent(self.config)?;
        self.experiences.teach(Reader::Mediator, &mut agent);
        let mediator = Mediator::new(opened.cached(store)?, agent, self.ask_policy());
        // What a mediator was taught stands in the prompt of its drafts.
        let taught = !self.experiences.section(Reader::Mediator).is_empty();
        let method = match self.config.method.value {
            Method::Auto if taught => Method::Drafts,
            method => method,
        };
        let mediator = mediator.by(method);
        Ok(mediator.calibrated(calibration(self.config)?.0, &opened.calibration_name()))
    }

    /// The assistant, as configured.
    pub(crate) async fn assistant(&mut self) -> anyhow::Result<Assistant> {
        let opened = self.open(&self.config.assistant.value).await?;
        self.assistant_on(&opened)
    }

    /// The assistant on that model.
    pub(crate) fn assistant_on(&self, opened: &Opened) -> anyhow::Result<Assistant> {
        let (agent, _) = assistant_agent(self.config)?;
        let assistant = assistant_on(Arc::clone(&opened.model), agent, self.config)?;
        Ok(assistant.with_experience(&self.experiences.section(Reader::Assistant)))
    }

    /// The planner, as configured.
    pub(crate) async fn planner(&mut self) -> anyhow::Result<Planner> {
        let model = self.open(self.config.planner()).await?.model;
        let (agent, _) = planner_agent(self.config)?;
        Ok(Planner::new(model, agent))
    }

    /// When the mediator asks.
    pub(crate) fn ask_policy(&self) -> AskPolicy {
        AskPolicy { budget: self.config.questions.value, mode: self.config.ask_mode.value }
    }

    async fn open_profile(&mut self, name: &str, profile: &Profile) -> anyhow::Result<Opened> {
        match profile {
            Profile::LlamaCpp { model, .. } => self.open_file(name, self.file(model).await?, profile).await,
            Profile::OpenAi(profile) => {
                let (base_urls, model) = (profile.base_url.all().join(", "), profile.model.clone());
                Ok(Opened {
                    model: Arc::new(OpenAiChat::new(&endpoint(profile)?)?),
                    name: name.to_owned(),
                    description: format!("{model} at {base_urls}"),
                    place: Place::Endpoint { base_urls, model },
                    settings: toml::Table::new(),
                })
            }
        }
    }

    async fn open_reference(&mut self, reference: &str) -> anyhow::Result<Opened> {
        let path = self.file(reference).await?;
        let model = reference.to_owned();
        let profile = Profile::LlamaCpp { model, context: None, slots: None, threads: None, gpu_layers: None };
        // A path is a poor name in a table: the file's own name stands for it.
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = if reference.contains(['/', '\\', ':']) || Path::new(reference).is_file() {
            stem.unwrap_or_else(|| reference.to_owned())
        } else {
            reference.to_owned()
        };
        self.open_file(&name, path, &profile).await
    }

    /// The file behind a model reference. The default model is fetched when it is not there; a larger one is not,
    /// without being asked for.
    async fn file(&self, reference: &str) -> anyhow::Result<PathBuf> {
        let folder = catalogue::models_dir()?;
        match catalogue::resolve(reference, &folder)? {
            Resolved::File(path) => Ok(path),
            Resolved::Model(entry) if entry.default || entry.path_in(&folder).exists() => {
                fetch(entry, folder, self.audience.clone()).await
            }
            Resolved::Model(_) => {
                bail!(
                    "the model `{reference}` is not on this machine; run `throughline models fetch {reference}`, or give the path of a GGUF file"
                )
            }
        }
    }

    #[cfg(feature = "llama-cpp")]
    async fn open_file(&mut self, name: &str, path: PathBuf, profile: &Profile) -> anyhow::Result<Opened> {
        let mut options = LlamaOptions::new(&path);
        if let Profile::LlamaCpp { context, slots, threads, gpu_layers, .. } = profile {
            (options.context, options.slots) = (*context, *slots);
            (options.threads, options.gpu_layers) = (*threads, *gpu_layers);
        }
        let loaded = self.load(name, options).await?;
        let info = loaded.info();
        let mut settings = toml::Table::new();
        settings.insert("context".into(), i64::from(info.context).into());
        settings.insert("slots".into(), i64::from(info.slots).into());
        let description = format!(
            "{}\n    {} architecture, {} M parameters, {} MB\n    {}",
            path.display(),
            info.architecture,
            info.parameters / 1_000_000,
            info.file_size / 1_000_000,
            info.reasons.join("\n    ")
        );
        let name = name.to_owned();
        Ok(Opened { model: Arc::new(loaded), name, place: Place::File(path), settings, description })
    }

    /// Loads a file, unless it was loaded to be run in the same way, whatever it was called then.
    #[cfg(feature = "llama-cpp")]
    async fn load(&mut self, name: &str, mut options: LlamaOptions) -> anyhow::Result<LlamaChat> {
        options.path = options.path.canonicalize().unwrap_or(options.path);
        if let Some(loaded) = self.loaded.get(&options) {
            return Ok(loaded.clone());
        }
        let mut progress = self.audience.steps(&format!("loading {name}"), 100);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share from 0 to 1")]
        let shown = move |share: f32| progress.set((share * 100.0) as u64);
        let asked = options.clone();
        let loaded = tokio::task::spawn_blocking(move || LlamaChat::load(asked, Some(Box::new(shown)))).await??;
        self.loaded.insert(options, loaded.clone());
        Ok(loaded)
    }

    #[cfg(not(feature = "llama-cpp"))]
    #[expect(clippy::unused_async, reason = "called as with llama.cpp, where loading takes its time")]
    async fn open_file(&mut self, name: &str, _: PathBuf, _: &Profile) -> anyhow::Result<Opened> {
        bail!(
            "`{name}` is a local model, but this build has no llama.cpp; build with the feature `llama-cpp`, or set a profile with kind = \"openai\""
        )
    }
}

/// Fetches a model of the catalogue, or finds it in place.
pub(crate) async fn fetch(entry: Entry, folder: PathBuf, audience: Audience) -> anyhow::Result<PathBuf> {
    let path = tokio::task::spawn_blocking(move || {
        let mut progress: Option<(&'static str, Progress)> = None;
        catalogue::fetch(&entry, &folder, &mut |step| {
            let (title, done, total) = match step {
                catalogue::Progress::Waiting => ("waiting for another fetch of", 0, None),
                catalogue::Progress::Downloading { done, total } => ("downloading", done, total),
                catalogue::Progress::Unpacking { done, total } => ("unpacking", done, total),
                catalogue::Progress::Verifying { done, total } => ("verifying", done, Some(total)),
            };
            if progress.as_ref().is_none_or(|(shown, _)| *shown != title) {
                let line = format!("{title} {}", entry.name);
                // The old bar goes before the new one comes.
                progress = None;
                let bar = audience.bytes(&line, total.or(entry.size).unwrap_or_default());
                if title == "downloading" {
                    bar.say(&format!("{line} ({})", entry.title));
                }
                progress = Some((title, bar));
            }
            if let Some((_, bar)) = &mut progress {
                bar.set(done);
            }
        })
    });
    Ok(path.await??)
}

/// The mediator's agent file, and its text.
pub(crate) fn mediator_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.mediator_agent.value.as_deref(), throughline_mediator::AGENT)
}

/// The mediator's calibration of removals, and its text.
pub(crate) fn calibration(config: &Config) -> anyhow::Result<(Calibration, String)> {
    let Some(path) = &config.calibration.value else {
        return Ok((Calibration::default(), Calibration::SHIPPED.to_owned()));
    };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the calibration {}", path.display()))?;
    let calibration =
        Calibration::parse(&text).with_context(|| format!("the calibration {} is not valid", path.display()))?;
    Ok((calibration, text))
}

/// The assistant's agent file, and its text.
pub(crate) fn assistant_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.assistant_agent.value.as_deref(), throughline_assistant::AGENT)
}

/// The rewriter's agent file, and its text.
pub(crate) fn rewriter_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.rewriter_agent.value.as_deref(), Rewriter::AGENT)
}

/// The planner's agent file, and its text.
pub(crate) fn planner_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.planner_agent.value.as_deref(), Planner::AGENT)
}

/// The agent file of the user simulator `model`, and its text.
pub(crate) fn user_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.user_agent.value.as_deref(), UserModel::AGENT)
}

/// The judge's agent file, and its text.
pub(crate) fn judge_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.judge_agent.value.as_deref(), Judge::AGENT)
}

/// The refiner's agent file, and its text.
pub(crate) fn refiner_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.refiner_agent.value.as_deref(), Refiner::AGENT)
}

/// The sharder's agent file, and its text.
pub(crate) fn sharder_agent(config: &Config) -> anyhow::Result<(AgentFile, String)> {
    agent(config.sharder_agent.value.as_deref(), Sharder::AGENT)
}

/// An assistant on that model, once its prompt has been found to render: a wrong agent file is told before any model is
/// called, and by its name.
pub(crate) fn assistant_on(model: Arc<dyn ChatModel>, agent: AgentFile, config: &Config) -> anyhow::Result<Assistant> {
    let assistant = Assistant::new(model, agent);
    assistant.prompt(&Spec::default(), &Brief::default()).with_context(|| match &config.assistant_agent.value {
        Some(path) => format!("the agent file {} is not valid", path.display()),
        None => "the shipped agent file is not valid".to_owned(),
    })?;
    Ok(assistant)
}

fn agent(path: Option<&Path>, shipped: &str) -> anyhow::Result<(AgentFile, String)> {
    let Some(path) = path else { return Ok((AgentFile::parse(shipped)?, shipped.to_owned())) };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the agent file {}", path.display()))?;
    let agent = AgentFile::parse(&text).with_context(|| format!("the agent file {} is not valid", path.display()))?;
    Ok((agent, text))
}

/// What an endpoint profile amounts to, with the key out of the environment.
pub(crate) fn endpoint(profile: &EndpointProfile) -> anyhow::Result<OpenAiOptions> {
    let mut options = OpenAiOptions::new("", &profile.model);
    options.base_urls = profile.base_url.all().to_vec();
    (options.price, options.limits) = (profile.price()?, profile.limits());
    if let Some(variable) = &profile.key_variable {
        options.key_variable.clone_from(variable);
        let key = std::env::var(variable).ok().filter(|key| !key.trim().is_empty());
        options.key =
            Some(Key::new(&key.with_context(|| format!("the environment variable {variable} holds no key; set it"))?));
    }
    if let Some(seconds) = profile.silence_timeout {
        options.silence_timeout = Duration::from_secs(seconds);
    }
    options.retries = profile.retries.unwrap_or(options.retries);
    Ok(options)
}

#[cfg(all(test, feature = "llama-cpp"))]
mod tests {
    use super::*;
    use crate::args::Global;
    use crate::config;

    /// Whatever a file is called: it is loaded once for all that run it in the same way.
    #[tokio::test]
    async fn roles_on_one_file_share_one_loaded_model() {
        let catalogue = catalogue::Catalogue::embedded().unwrap();
        let entry = catalogue.default_entry().unwrap();
        let file = entry.path_in(&catalogue::models_dir().unwrap());
        assert!(file.is_file(), "no model at {}; run `./justw models` to fetch it", file.display());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("throughline.toml");
        let profile = |name: &str, more: &str| {
            format!(
                "[models.{name}]\nkind = \"llama-cpp\"\nmodel = {:?}\ncontext = 512\n{more}",
                file.display().to_string()
            )
        };
        let profiles = [profile("listener", ""), profile("worker", ""), profile("other", "slots = 1\n")].concat();
        std::fs::write(&path, format!("{profiles}[roles]\nmediator = \"listener\"\nassistant = \"worker\"\n")).unwrap();
        let config = config::load(&Global { config: Some(path), ..Global::default() }).unwrap();
        let mut models = Models::new(&config, true);
        models.mediator().await.unwrap();
        models.assistant().await.unwrap();
        assert_eq!(models.loaded.len(), 1, "two profiles of one file");
        models.open("other").await.unwrap();
        assert_eq!(models.loaded.len(), 2, "one that runs it otherwise");
        models.open(&entry.name).await.unwrap();
        models.open(&file.display().to_string()).await.unwrap();
        assert_eq!(models.loaded.len(), 3, "by its name in the catalogue and by its path");
    }
}
