//! One configuration file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// What a file may hold; every part of it is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FileConfig {
    /// Which model a role uses.
    pub(crate) roles: RolesSection,
    /// How the mediator behaves.
    pub(crate) mediator: MediatorSection,
    /// Agent files that replace the shipped ones.
    pub(crate) agents: AgentsSection,
    /// Model profiles by name.
    pub(crate) models: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RolesSection {
    pub(crate) mediator: Option<String>,
    pub(crate) assistant: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MediatorSection {
    pub(crate) questions: Option<usize>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AgentsSection {
    pub(crate) mediator: Option<PathBuf>,
    pub(crate) assistant: Option<PathBuf>,
}

/// A model with its settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Profile {
    /// A GGUF in this process.
    LlamaCpp {
        /// A path, a catalogue name or a hub name.
        model: String,
        /// Tokens of one conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        context: Option<u32>,
        /// Conversations at the same time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slots: Option<u32>,
        /// Threads that compute.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threads: Option<u32>,
        /// Layers on a graphics card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gpu_layers: Option<u32>,
    },
    /// An OpenAI-compatible endpoint.
    #[serde(rename = "openai")]
    OpenAi {
        /// The address up to the API's version.
        base_url: String,
        /// The model's name as the endpoint spells it.
        model: String,
        /// The environment variable that holds the key; the key itself never stands in a file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_variable: Option<String>,
        /// Seconds of silence after which a call has failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        silence_timeout: Option<u64>,
        /// At most this many repetitions of a failed call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retries: Option<u32>,
    },
}

/// Reads a configuration file.
pub(crate) fn read(path: &Path) -> anyhow::Result<FileConfig> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
    parse(&text).with_context(|| format!("the configuration {} is not valid", path.display()))
}

/// Reads the text of a configuration file; an error names the line.
pub(crate) fn parse(text: &str) -> anyhow::Result<FileConfig> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        anyhow::anyhow!("line {line}: {}", error.message())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_both_kinds_are_read() {
        let file = parse(
            "[models.local]\nkind = \"llama-cpp\"\nmodel = \"smollm2\"\n[models.remote]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n",
        );
        assert_eq!(file.unwrap().models.len(), 2);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = parse("[roles]\nmediator = \"a\"\nasistant = \"b\"\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("asistant"), "{error}");
        let error = parse("[models.x]\nkind = \"lama\"\n").unwrap_err().to_string();
        assert!(error.contains("lama"), "{error}");
    }
}
