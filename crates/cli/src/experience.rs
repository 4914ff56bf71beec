//! Experience files that are in force.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use throughline_models::AgentFile;
use throughline_refiner::{Experience, Reader};
use throughline_replay::{SampleSet, sha256_hex};

use crate::config::Config;

/// What earlier conversations taught, and what identifies each file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Experiences(Vec<Loaded>);

#[derive(Clone, Debug)]
struct Loaded {
    name: String,
    sha256: String,
    experience: Experience,
}

impl Experiences {
    /// The files of the configuration, and those that were given beside them.
    pub(crate) fn load(config: &Config, given: &[PathBuf]) -> anyhow::Result<Self> {
        config.experience.value.iter().chain(given).map(|path| read(path)).collect::<anyhow::Result<_>>().map(Self)
    }

    /// One experience that is no file yet.
    pub(crate) fn of(experience: Experience, text: &str) -> Self {
        Self(vec![Loaded { name: String::new(), sha256: sha256_hex(text.as_bytes()), experience }])
    }

    /// Those that are for the samples' tasks, and says of each other one why it is not used. What went into those that are
    /// used is taken out of the samples.
    pub(crate) fn fit(self, sets: &mut [SampleSet], mut say: impl FnMut(&str)) -> anyhow::Result<Self> {
        let mut used = Vec::new();
        for loaded in self.0 {
            let Loaded { name, experience, .. } = &loaded;
            let (fitting, others): (Vec<_>, Vec<_>) =
                sets.iter().flat_map(|set| &set.samples).partition(|sample| experience.is_for(&sample.task));
            match (fitting.is_empty(), others.first()) {
                (true, _) => {
                    say(&format!("{name} is for {}, and not used here", experience.tasks.join(", ")));
                    continue;
                }
                (false, Some(other)) => anyhow::bail!(
                    "{name} is for {}, but sample {} is of {}; replay the tasks apart",
                    experience.tasks.join(", "),
                    other.task_id,
                    other.task
                ),
                (false, None) => {}
            }
            let left_out: usize = sets.iter_mut().map(|set| experience.leave_out(&mut set.samples)).sum();
            if left_out > 0 {
                say(&format!("left out {left_out} samples that {name} came from"));
            }
            let left = sets.iter().any(|set| !set.samples.is_empty());
            ensure!(left, "{name} came from every sample here; replay others with it");
            used.push(loaded);
        }
        Ok(Self(used))
    }

    /// What a role's system message ends with; empty where there is nothing.
    pub(crate) fn section(&self, reader: Reader) -> String {
        self.read_by(reader).map(|loaded| loaded.experience.section()).collect::<Vec<_>>().join("\n\n")
    }

    /// Adds the section to an agent's system message.
    pub(crate) fn teach(&self, reader: Reader, agent: &mut AgentFile) {
        let section = self.section(reader);
        if let Some(system) = agent.messages.first_mut().filter(|_| !section.is_empty()) {
            system.content = format!("{}\n\n{section}", system.content);
        }
    }

    /// What identifies a role's experience, for manifests; `None` where it has none.
    pub(crate) fn identity(&self, reader: Reader) -> Option<toml::Value> {
        let hashes: Vec<toml::Value> = self.read_by(reader).map(|loaded| loaded.sha256.clone().into()).collect();
        (!hashes.is_empty()).then(|| hashes.into())
    }

    fn read_by(&self, reader: Reader) -> impl Iterator<Item = &Loaded> {
        self.0.iter().filter(move |loaded| loaded.experience.reader == reader)
    }
}

fn read(path: &Path) -> anyhow::Result<Loaded> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the experience {name}"))?;
    let experience = Experience::parse(&text).with_context(|| format!("the experience {name} is not valid"))?;
    Ok(Loaded { sha256: sha256_hex(text.as_bytes()), name, experience })
}
