//! Experiment files: what `replay` is asked for, as a file that can be kept, sent and run again.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use serde::{Deserialize, Deserializer, Serialize};
use throughline_replay::{Setting, Shard, setting};

use crate::args::{Pace, Replay};
use crate::config::{RolesSection, toml_line};

/// What an experiment file ends in.
const EXTENSION: &str = "toml";

/// What an experiment file may hold; what it does not has its default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExperimentFile {
    /// The settings; full, concat, sharded and mediated unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<Vec<SettingName>>,
    /// The user simulator; `verbatim` unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// Recorded conversations whose user turns the simulator `recorded` repeats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) recorded: Vec<PathBuf>,
    /// Models to compare as assistants, in the place of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assistants: Option<Vec<String>>,
    /// How often each sample is replayed in each setting; 1 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeats: Option<NonZeroU32>,
    /// The seed that every draw is derived from; 0 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u32>,
    /// The assistant's temperature; 1 unless given.
    #[serde(deserialize_with = "not_negative", skip_serializing_if = "Option::is_none")]
    pub(crate) temperature: Option<f64>,
    /// The most tokens of a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_tokens: Option<NonZeroU32>,
    /// The threshold of `ergo`, in nats.
    #[serde(deserialize_with = "not_negative", skip_serializing_if = "Option::is_none")]
    pub(crate) ergo_tau: Option<f64>,
    /// Further samples for each answer attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agreement: Option<u32>,
    /// Whether the planner proposes steps in the setting `mediated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<bool>,
    /// How many conversations go on at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) concurrency: Option<NonZeroUsize>,
    /// Whether the response cache is read and written; it is unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache: Option<bool>,
    /// Which part of the experiment, as i/n.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<Shard>,
    /// Experience files, beside those of the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) experience: Vec<PathBuf>,
    /// Folders with databases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) databases: Vec<PathBuf>,
    /// The samples, file by file.
    pub(crate) samples: Vec<Samples>,
    /// Which model a role uses, over the configuration.
    pub(crate) roles: RolesSection,
    /// What all runs may take together.
    pub(crate) limits: LimitsSection,
}

/// Samples of a file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Samples {
    /// The file.
    pub(crate) file: PathBuf,
    /// Only these, by their `task_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) choose: Option<Vec<String>>,
    /// Only the first so many, of those that were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<usize>,
}

/// What all runs may take together.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsSection {
    /// US dollars.
    #[serde(deserialize_with = "not_negative", skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<f64>,
    /// Tokens read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<u64>,
}

/// The name of a setting that there is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(crate) struct SettingName(pub(crate) String);

impl TryFrom<String> for SettingName {
    type Error = throughline_replay::PlanError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        setting(name.trim()).map(|setting| Self(setting.name().to_owned()))
    }
}

impl SettingName {
    /// The setting.
    ///
    /// # Errors
    /// None: the name was looked up when it was read.
    pub(crate) fn setting(&self) -> Result<&'static dyn Setting, throughline_replay::PlanError> {
        setting(&self.0)
    }
}

impl ExperimentFile {
    /// What these arguments ask for: an experiment file, or files of samples, and over both what is given beside them.
    pub(crate) fn of(arguments: &Replay) -> anyhow::Result<Self> {
        let is_experiment = |path: &PathBuf| path.extension().is_some_and(|ending| ending == EXTENSION);
        let mut file = match arguments.files.as_slice() {
            [path] if is_experiment(path) => Self::read(path)?,
            files => {
                if let Some(path) = files.iter().find(|path| is_experiment(path)) {
                    return Err(anyhow!(
                        "{} is an experiment file; give it alone, and name the samples in it",
                        path.display()
                    ));
                }
                let samples = |file: &PathBuf| Samples { file: file.clone(), choose: None, limit: None };
                Self { samples: files.iter().map(samples).collect(), ..Self::default() }
            }
        };
        file.take(arguments)?;
        Ok(file)
    }

    /// Reads an experiment file. Its paths are meant from where it is.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the experiment {name}"))?;
        let mut file = Self::parse(&text).with_context(|| format!("the experiment {name} is not valid"))?;
        ensure!(!file.samples.is_empty(), "the experiment {name} names no samples; add [[samples]] with file = \"…\"");
        let folder = path.parent().unwrap_or(Path::new(""));
        file.each_path(|path| folder.join(path));
        Ok(file)
    }

    /// Reads the text of an experiment file; an error names the line and the field.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let told = |error: toml::de::Error| anyhow!("line {}: {}", toml_line(text, &error), error.message());
        let source = toml::Deserializer::parse(text).map_err(told)?;
        serde_path_to_error::deserialize(source).map_err(|error| {
            let field = error.path().to_string();
            let error = error.into_inner();
            let field = if field == "." { String::new() } else { format!("{field}: ") };
            anyhow!("line {}: {field}{}", toml_line(text, &error), error.message())
        })
    }

    /// Every path in it, as something else.
    pub(crate) fn each_path(&mut self, change: impl Fn(&Path) -> PathBuf) {
        let samples = self.samples.iter_mut().map(|samples| &mut samples.file);
        for path in samples.chain(&mut self.recorded).chain(&mut self.experience).chain(&mut self.databases) {
            *path = change(path);
        }
    }

    /// Takes over what was given beside it.
    fn take(&mut self, given: &Replay) -> anyhow::Result<()> {
        if let Some(names) = &given.settings {
            let names = names.iter().map(|name| SettingName::try_from(name.clone()));
            self.settings = Some(names.collect::<Result<_, _>>()?);
        }
        for samples in self.samples.iter_mut().filter(|_| given.limit.is_some()) {
            samples.limit = given.limit;
        }
        take(&mut self.user, given.user.as_ref());
        self.recorded.extend(given.recorded.iter().cloned());
        take(&mut self.assistants, given.assistants.as_ref());
        take(&mut self.repeats, given.repeats.as_ref());
        take(&mut self.seed, given.seed.as_ref());
        take(&mut self.temperature, given.temperature.as_ref());
        take(&mut self.max_tokens, given.max_tokens.as_ref());
        take(&mut self.ergo_tau, given.ergo_tau.as_ref());
        take(&mut self.agreement, given.agreement.as_ref());
        take(&mut self.plan, given.plan.then_some(&true));
        take(&mut self.shard, given.shard.as_ref());
        self.experience.extend(given.experience.iter().cloned());
        self.databases.extend(given.evaluating.databases.iter().cloned());
        self.pace(&given.pace);
        Ok(())
    }

    /// Takes over what may differ each time.
    pub(crate) fn pace(&mut self, given: &Pace) {
        take(&mut self.concurrency, given.concurrency.as_ref());
        take(&mut self.cache, given.no_cache.then_some(&false));
        take(&mut self.limits.cost, given.max_cost.as_ref());
        take(&mut self.limits.tokens, given.max_total_tokens.as_ref());
    }
}

fn take<T: Clone>(held: &mut Option<T>, given: Option<&T>) {
    if let Some(given) = given {
        *held = Some(given.clone());
    }
}

fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number >= 0.0 && number.is_finite() {
        Ok(Some(number))
    } else {
        Err(serde::de::Error::custom(format!("{number} is not 0 or above")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        format!("{:#}", ExperimentFile::parse(text).unwrap_err())
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_field() {
        let refusals = [
            "seed = 1\nsetings = [\"full\"]",
            "settings = [\"full\", \"shraded\"]",
            "repeats = 0",
            "temperature = -1.0",
            "temperature = nan",
            "shard = \"5/4\"",
            "[[samples]]\nfile = \"a.json\"\n[[samples]]\nlimit = 3",
            "[[samples]]\nfile = \"a.json\"\nlimit = -3",
            "[limits]\ntokens = 1.5",
            "[roles]\nasistant = \"x\"",
            "seed = ",
        ]
        .map(refusal);
        insta::assert_snapshot!(refusals.join("\n"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text =
            "settings = [\"full\", \" sharded\"]\nshard = \"2/3\"\ntemperature = 0.7\n[[samples]]\nfile = \"a.json\"\n";
        let file = ExperimentFile::parse(text).unwrap();
        let written = toml::to_string(&file).unwrap();
        assert_eq!(ExperimentFile::parse(&written).unwrap(), file);
        assert_eq!(ExperimentFile::default(), ExperimentFile::parse("").unwrap());
    }
}
