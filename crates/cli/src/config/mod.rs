//! The effective configuration: defaults, project file, user file, environment, flags. The later wins.
//!
//! The user's own file wins over the project's, so that a folder that someone else wrote cannot point a user's
//! profile, and with it a key, at another endpoint.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use etcetera::BaseStrategy;
use throughline_mediator::{AskMode, AskPolicy, Method};
use throughline_models::catalogue::Catalogue;

use crate::args::Global;

pub(crate) use file::{EndpointProfile, FileConfig, Profile, RolesSection, line as toml_line};

/// The project's file, in the current folder.
const PROJECT_FILE: &str = "throughline.toml";

/// The environment variable that says where replies are kept.
const CACHE_VARIABLE: &str = "THROUGHLINE_CACHE_DIR";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    File(PathBuf),
    Environment(&'static str),
    Experiment,
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment: {variable}"),
            Self::Experiment => formatter.write_str("experiment"),
            Self::Flag(flag) => write!(formatter, "flag: {flag}"),
        }
    }
}

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Setting<T> {
    fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Takes a value in, if there is one, unless a flag says another.
    fn take_below_flags(&mut self, value: Option<T>, origin: &Origin) {
        if !matches!(self.origin, Origin::Flag(_)) {
            self.take(value, origin);
        }
    }

    /// Takes a later value in, if there is one.
    fn take(&mut self, value: Option<T>, origin: &Origin) {
        if let Some(value) = value {
            *self = Self::new(value, origin.clone());
        }
    }
}

/// The effective configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The mediator's model: a profile or a model reference.
    pub(crate) mediator: Setting<String>,
    /// The assistant's model: a profile or a model reference.
    pub(crate) assistant: Setting<String>,
    /// The model that rewrites user turns in the settings that do so; the mediator's where there is none.
    pub(crate) rewriter: Setting<Option<String>>,
    /// The model that proposes steps where that is asked for; the mediator's where there is none.
    pub(crate) planner: Setting<Option<String>>,
    /// The model that speaks for simulated users where one does; the mediator's where there is none.
    pub(crate) user: Setting<Option<String>>,
    /// The model that judges what no rule can judge; the mediator's where there is none.
    pub(crate) judge: Setting<Option<String>>,
    /// The model that distils experience; the mediator's where there is none.
    pub(crate) refiner: Setting<Option<String>>,
    /// The model that shards instructions; the mediator's where there is none.
    pub(crate) sharder: Setting<Option<String>>,
    /// Experience files.
    pub(crate) experience: Setting<Vec<PathBuf>>,
    /// How many questions the mediator may ask in one conversation.
    pub(crate) questions: Setting<usize>,
    /// Whether the assistant reads the user's exact words, in their order, outside of replays.
    pub(crate) exact_words: Setting<bool>,
    /// When it asks.
    pub(crate) ask_mode: Setting<AskMode>,
    /// How the mediator understands a turn.
    pub(crate) method: Setting<Method>,
    /// The mediator's calibration of removals; the shipped one where there is none.
    pub(crate) calibration: Setting<Option<PathBuf>>,
    /// The mediator's agent file; the shipped one where there is none.
    pub(crate) mediator_agent: Setting<Option<PathBuf>>,
    /// The assistant's agent file; the shipped one where there is none.
    pub(crate) assistant_agent: Setting<Option<PathBuf>>,
    /// The rewriter's agent file; the shipped one where there is none.
    pub(crate) rewriter_agent: Setting<Option<PathBuf>>,
    /// The planner's agent file; the shipped one where there is none.
    pub(crate) planner_agent: Setting<Option<PathBuf>>,
    /// The agent file of the user simulator `model`; the shipped one where there is none.
    pub(crate) user_agent: Setting<Option<PathBuf>>,
    /// The judge's agent file; the shipped one where there is none.
    pub(crate) judge_agent: Setting<Option<PathBuf>>,
    /// The refiner's agent file; the shipped one where there is none.
    pub(crate) refiner_agent: Setting<Option<PathBuf>>,
    /// The sharder's agent file; the shipped one where there is none.
    pub(crate) sharder_agent: Setting<Option<PathBuf>>,
    /// The directory of the response cache; the user's cache directory where there is none.
    pub(crate) cache: Setting<Option<PathBuf>>,
    /// The profiles.
    pub(crate) models: BTreeMap<String, Setting<Profile>>,
}

impl Config {
    fn with_default_model(name: &str) -> Self {
        let unset = |value| Setting::new(value, Origin::Default);
        Self {
            mediator: Setting::new(name.to_owned(), Origin::Default),
            assistant: Setting::new(name.to_owned(), Origin::Default),
            rewriter: Setting::new(None, Origin::Default),
            planner: Setting::new(None, Origin::Default),
            user: Setting::new(None, Origin::Default),
            judge: Setting::new(None, Origin::Default),
            refiner: Setting::new(None, Origin::Default),
            sharder: Setting::new(None, Origin::Default),
            experience: Setting::new(Vec::new(), Origin::Default),
            exact_words: Setting::new(false, Origin::Default),
            questions: Setting::new(AskPolicy::default().budget, Origin::Default),
            ask_mode: Setting::new(AskMode::default(), Origin::Default),
            method: Setting::new(Method::default(), Origin::Default),
            calibration: unset(None),
            mediator_agent: unset(None),
            assistant_agent: unset(None),
            rewriter_agent: unset(None),
            planner_agent: unset(None),
            user_agent: unset(None),
            judge_agent: unset(None),
            refiner_agent: unset(None),
            sharder_agent: unset(None),
            cache: unset(None),
            models: BTreeMap::new(),
        }
    }

    /// The roles that run on the mediator's model unless they have one of their own, and the one that they have.
    pub(crate) fn further_roles(&self) -> [(&'static str, &Setting<Option<String>>); 6] {
        [
            ("rewriter", &self.rewriter),
            ("planner", &self.planner),
            ("user", &self.user),
            ("judge", &self.judge),
            ("refiner", &self.refiner),
            ("sharder", &self.sharder),
        ]
    }

    /// The rewriter's model: a profile or a model reference.
    pub(crate) fn rewriter(&self) -> &str {
        self.rewriter.value.as_deref().unwrap_or(&self.mediator.value)
    }

    /// The planner's model: a profile or a model reference.
    pub(crate) fn planner(&self) -> &str {
        self.planner.value.as_deref().unwrap_or(&self.mediator.value)
    }

    /// The model that speaks for simulated users: a profile or a model reference.
    pub(crate) fn user(&self) -> &str {
        self.user.value.as_deref().unwrap_or(&self.mediator.value)
    }

    /// The judge's model: a profile or a model reference.
    pub(crate) fn judge(&self) -> &str {
        self.judge.value.as_deref().unwrap_or(&self.mediator.value)
    }

    /// The refiner's model: a profile or a model reference.
    pub(crate) fn refiner(&self) -> &str {
        self.refiner.value.as_deref().unwrap_or(&self.mediator.value)
    }

    /// The sharder's model: a profile or a model reference.
    pub(crate) fn sharder(&self) -> &str {
        self.sharder.value.as_deref().unwrap_or(&self.mediator.value)
    }

    /// The directory of the response cache. It need not exist.
    pub(crate) fn cache_directory(&self) -> anyhow::Result<PathBuf> {
        match &self.cache.value {
            Some(directory) => Ok(directory.clone()),
            None => Ok(etcetera::choose_base_strategy()
                .with_context(|| format!("there is no home directory for the response cache; set {CACHE_VARIABLE}"))?
                .cache_dir()
                .join("throughline")),
        }
    }

    /// The same configuration with the roles of an experiment. Flags win over them.
    pub(crate) fn with_roles(mut self, roles: &RolesSection) -> Self {
        self.take_section(roles.clone(), &Origin::Experiment);
        self
    }

    /// Takes roles in, unless a flag says another.
    fn take_section(&mut self, roles: RolesSection, origin: &Origin) {
        let RolesSection { mediator, assistant, rewriter, planner, user, judge, refiner, sharder } = roles;
        self.mediator.take_below_flags(mediator, origin);
        self.assistant.take_below_flags(assistant, origin);
        self.rewriter.take(rewriter.map(Some), origin);
        self.planner.take(planner.map(Some), origin);
        self.user.take(user.map(Some), origin);
        self.judge.take(judge.map(Some), origin);
        self.refiner.take(refiner.map(Some), origin);
        self.sharder.take(sharder.map(Some), origin);
    }

    /// The same configuration with another assistant.
    pub(crate) fn with_assistant(mut self, name: &str) -> Self {
        self.assistant = Setting::new(name.to_owned(), Origin::Experiment);
        self
    }

    fn take_file(&mut self, path: &Path, file: FileConfig) {
        let origin = Origin::File(path.to_owned());
        // A path in a file is meant from where the file is.
        let beside = |agent: PathBuf| path.parent().unwrap_or(Path::new("")).join(agent);
        self.take_section(file.roles, &origin);
        self.experience.take(file.experience.files.map(|files| files.into_iter().map(beside).collect()), &origin);
        self.exact_words.take(file.assistant.exact_words, &origin);
        self.questions.take(file.mediator.questions, &origin);
        self.ask_mode.take(file.mediator.mode, &origin);
        self.method.take(file.mediator.method, &origin);
        self.calibration.take(file.mediator.calibration.map(|path| Some(beside(path))), &origin);
        self.mediator_agent.take(file.agents.mediator.map(|agent| Some(beside(agent))), &origin);
        self.assistant_agent.take(file.agents.assistant.map(|agent| Some(beside(agent))), &origin);
        self.rewriter_agent.take(file.agents.rewriter.map(|agent| Some(beside(agent))), &origin);
        self.planner_agent.take(file.agents.planner.map(|agent| Some(beside(agent))), &origin);
        self.user_agent.take(file.agents.user.map(|agent| Some(beside(agent))), &origin);
        self.judge_agent.take(file.agents.judge.map(|agent| Some(beside(agent))), &origin);
        self.refiner_agent.take(file.agents.refiner.map(|agent| Some(beside(agent))), &origin);
        self.sharder_agent.take(file.agents.sharder.map(|agent| Some(beside(agent))), &origin);
        self.cache.take(file.cache.directory.map(|directory| Some(beside(directory))), &origin);
        for (name, profile) in file.models {
            self.models.insert(name, Setting::new(profile, origin.clone()));
        }
    }

    fn take_roles(
        &mut self,
        both: Option<&str>,
        mediator: Option<&str>,
        assistant: Option<&str>,
        origins: [&Origin; 3],
    ) {
        let own = |name: Option<&str>| name.map(str::to_owned);
        self.mediator.take(own(both), origins[0]);
        self.assistant.take(own(both), origins[0]);
        self.mediator.take(own(mediator), origins[1]);
        self.assistant.take(own(assistant), origins[2]);
    }
}

/// The configuration that these flags, the environment and the files amount to.
pub(crate) fn load(global: &Global) -> anyhow::Result<Config> {
    let catalogue = Catalogue::embedded()?;
    let default = catalogue.default_entry().context("the model catalogue names no default")?;
    let mut config = Config::with_default_model(&default.name);
    let project = global.config.clone().unwrap_or_else(|| PathBuf::from(PROJECT_FILE));
    // A file that was asked for must be there; the others need not.
    let files = [(Some(project), global.config.is_some()), (user_file(), false)];
    for (path, required) in files {
        let Some(path) = path else { continue };
        if required || path.exists() {
            config.take_file(&path, file::read(&path)?);
        }
    }
    let variable = |name: &'static str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let names = ["THROUGHLINE_MODEL", "THROUGHLINE_MEDIATOR", "THROUGHLINE_ASSISTANT"];
    let [both, mediator, assistant] = names.map(variable);
    let origins = names.map(Origin::Environment);
    config.take_roles(both.as_deref(), mediator.as_deref(), assistant.as_deref(), origins.each_ref());
    let directory = variable(CACHE_VARIABLE).map(|directory| Some(directory.into()));
    config.cache.take(directory, &Origin::Environment(CACHE_VARIABLE));
    let origins = ["--model", "--mediator", "--assistant"].map(Origin::Flag);
    let flags = [&global.model, &global.mediator, &global.assistant].map(|flag| flag.as_deref());
    config.take_roles(flags[0], flags[1], flags[2], origins.each_ref());
    Ok(config)
}

/// The user's own file, where there is a home directory.
pub(crate) fn user_file() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("throughline").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_wins_and_says_where_it_came_from() {
        let mut config = Config::with_default_model("small");
        let file = file::parse("[roles]\nmediator = \"a\"\nassistant = \"a\"\n[mediator]\nquestions = 3\n").unwrap();
        config.take_file(Path::new("dir/throughline.toml"), file);
        let (environment, flag) = (Origin::Environment("THROUGHLINE_MODEL"), Origin::Flag("--assistant"));
        config.take_roles(Some("b"), None, None, [&environment; 3]);
        config.take_roles(None, None, Some("c"), [&flag; 3]);
        assert_eq!((config.mediator.value.as_str(), &config.mediator.origin), ("b", &environment));
        assert_eq!((config.assistant.value.as_str(), &config.assistant.origin), ("c", &flag));
        assert_eq!(config.questions.value, 3);
        assert_eq!(config.rewriter(), "b", "the mediator's model");
        let file = file::parse("[roles]\nrewriter = \"d\"\n").unwrap();
        config.take_file(Path::new("x.toml"), file);
        assert_eq!(config.rewriter(), "d");
    }

    #[test]
    fn agent_files_are_found_beside_the_file_that_names_them() {
        let mut config = Config::with_default_model("small");
        config.take_file(Path::new("dir/x.toml"), file::parse("[agents]\nmediator = \"m.md\"\n").unwrap());
        assert_eq!(config.mediator_agent.value, Some(PathBuf::from("dir/m.md")));
        config.take_file(Path::new("dir/x.toml"), file::parse("[cache]\ndirectory = \"kept\"\n").unwrap());
        assert_eq!(config.cache_directory().unwrap(), PathBuf::from("dir/kept"));
        config.take_file(Path::new("dir/x.toml"), file::parse("[experience]\nfiles = [\"a.toml\"]\n").unwrap());
        assert_eq!(config.experience.value, [PathBuf::from("dir/a.toml")]);
    }
}
