//! The manifest: everything needed to repeat an experiment, and to tell it from another one.

use serde::{Deserialize, Deserializer, Serialize};
use toml::Value;

use crate::clock::now;
use crate::recorder::PROGRAM;
use crate::{Plan, RoleRecord, Roles, ShardRecord, sha256_hex};

/// The version of the manifest's own form. In form 1 there was one file of samples, and one assistant.
const FORMAT: u32 = 2;

/// Which samples of a file an experiment replays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplesRecord {
    /// The file's name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The samples that are replayed, in order.
    pub chosen: Vec<String>,
}

/// What `manifest.toml` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this form: 2; 1 is read as well.
    pub format: u32,
    /// The program and its version.
    pub program: String,
    /// When the experiment was begun: `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created: String,
    /// The root seed.
    pub seed: u32,
    /// How often each sample is replayed in each setting.
    pub repeats: u32,
    /// The settings.
    pub settings: Vec<String>,
    /// The threshold of the setting `ergo`, in nats; only where that setting is among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ergo_tau: Option<f64>,
    /// How many further samples are drawn for each answer attempt; only where any are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<u32>,
    /// The user simulator.
    pub user_simulator: String,
    /// What else identifies the user simulator: SHA-256 of the recorded user turns; only where it repeats any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_sha256: Option<String>,
    /// The samples, file by file.
    #[serde(deserialize_with = "one_or_many")]
    pub samples: Vec<SamplesRecord>,
    /// Who takes part.
    pub roles: Roles,
    /// Further assistants that are compared with that of the roles: each does everything that the first one does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_assistants: Vec<RoleRecord>,
    /// Which part of the experiment the directory holds; the whole where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// What else shapes the results. Holds no key, and nothing that may change between two invocations, such as
    /// how many runs go on at a time.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub config: toml::Table,
}

/// The first place in which two manifests differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) recorded: String,
    pub(crate) requested: String,
}

impl Manifest {
    /// The manifest of a plan; `config` is what else shapes its results.
    pub fn new(plan: &Plan, config: toml::Table) -> Self {
        let grid = plan.grid();
        let samples = plan.sets().iter().map(|set| SamplesRecord {
            file: set.file.clone(),
            sha256: set.sha256.clone(),
            chosen: set.samples.iter().map(|sample| sample.task_id.clone()).collect(),
        });
        Self {
            format: FORMAT,
            program: PROGRAM.to_owned(),
            created: now(),
            seed: grid.seed,
            repeats: grid.repeats,
            settings: grid.settings.iter().map(|setting| setting.name().to_owned()).collect(),
            ergo_tau: grid.settings.iter().any(|setting| setting.needs().entropy).then_some(grid.ergo_tau),
            agreement: Some(grid.agreement).filter(|samples| *samples > 0),
            user_simulator: grid.user.name().to_owned(),
            user_sha256: grid.user.identity().map(str::to_owned),
            samples: samples.collect(),
            roles: plan.roles().clone(),
            further_assistants: plan.assistants().skip(1).cloned().collect(),
            shard: plan.shard(),
            config,
        }
    }

    /// How many runs the directory is to hold.
    pub fn runs(&self) -> usize {
        let whole = || self.samples.iter().map(|samples| samples.chosen.len()).sum();
        let samples = self.shard.as_ref().map_or_else(whole, |shard| shard.samples.len());
        samples * self.settings.len() * self.repeats as usize * (1 + self.further_assistants.len())
    }

    /// A hash of all that tells the experiment, or the part of it, from others: of everything here but when it was begun.
    pub fn identity(&self) -> String {
        let timeless = Self { created: String::new(), ..self.clone() };
        // As JSON, which takes every manifest; it is only ever compared with those of the same program.
        sha256_hex(&serde_json::to_vec(&timeless).unwrap_or_default())
    }

    /// Reads the manifest's text.
    ///
    /// # Errors
    /// What is wrong with it, with the line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            format!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })?;
        match manifest.format {
            1..=FORMAT => Ok(manifest),
            other => Err(format!(
                "format {other} is not one of those known here, 1 to {FORMAT}; a newer throughline reads it"
            )),
        }
    }

    /// Where this recorded manifest differs from that of a requested experiment, the time of creation and the version of
    /// the form aside.
    pub(crate) fn difference(&self, requested: &Self) -> Result<Option<Difference>, toml::ser::Error> {
        let (created, format) = (self.created.clone(), self.format);
        let requested = Self { format, created, ..requested.clone() };
        Ok(difference("", Some(&Value::try_from(self)?), Some(&Value::try_from(&requested)?)))
    }
}

/// Form 1 held one file.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SamplesRecord>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "samples must hold file, sha256 and chosen")]
    enum Samples {
        One(SamplesRecord),
        Many(Vec<SamplesRecord>),
    }
    Ok(match Samples::deserialize(deserializer)? {
        Samples::One(samples) => vec![samples],
        Samples::Many(samples) => samples,
    })
}

fn difference(field: &str, recorded: Option<&Value>, requested: Option<&Value>) -> Option<Difference> {
    match (recorded, requested) {
        (Some(Value::Table(recorded)), Some(Value::Table(requested))) => {
            let added = requested.keys().filter(|key| !recorded.contains_key(*key));
            let mut keys: Vec<&String> = recorded.keys().chain(added).collect();
            keys.sort_by_key(|key| !FIRST.contains(&key.as_str()));
            keys.into_iter().find_map(|key| {
                let name = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                difference(&name, recorded.get(key), requested.get(key))
            })
        }
        (Some(Value::Array(recorded)), Some(Value::Array(requested))) => (0..recorded.len().max(requested.len()))
            .find_map(|index| difference(&format!("{field}[{index}]"), recorded.get(index), requested.get(index))),
        (recorded, requested) if recorded == requested => None,
        (recorded, requested) => {
            Some(Difference { field: field.to_owned(), recorded: shown(recorded), requested: shown(requested) })
        }
    }
}

/// What is told first where it differs: other differences follow from it, such as the roles that settings need.
const FIRST: [&str; 2] = ["samples", "settings"];

/// A value in an error message.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not given".to_owned(),
        Some(Value::Table(_)) => "given".to_owned(),
        Some(value) => value.to_string(),
    }
}
