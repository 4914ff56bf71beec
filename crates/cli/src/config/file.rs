//! One configuration file.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use throughline_mediator::{AskMode, Method};
use throughline_models::Limits;
use throughline_models::openai::Price;

/// What a file may hold; every part of it is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FileConfig {
    /// Which model a role uses.
    pub(crate) roles: RolesSection,
    /// How the mediator behaves.
    pub(crate) mediator: MediatorSection,
    /// How the assistant is told.
    pub(crate) assistant: AssistantSection,
    /// What earlier conversations taught.
    pub(crate) experience: ExperienceSection,
    /// Agent files that replace the shipped ones.
    pub(crate) agents: AgentsSection,
    /// Where replies are kept.
    pub(crate) cache: CacheSection,
    /// Model profiles by name.
    pub(crate) models: BTreeMap<String, Profile>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RolesSection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mediator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assistant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rewriter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) planner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) judge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refiner: Option<String>,
    pub(crate) sharder: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MediatorSection {
    pub(crate) questions: Option<usize>,
    pub(crate) mode: Option<AskMode>,
    pub(crate) method: Option<Method>,
    pub(crate) calibration: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AssistantSection {
    pub(crate) exact_words: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExperienceSection {
    pub(crate) files: Option<Vec<PathBuf>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AgentsSection {
    pub(crate) mediator: Option<PathBuf>,
    pub(crate) assistant: Option<PathBuf>,
    pub(crate) rewriter: Option<PathBuf>,
    pub(crate) planner: Option<PathBuf>,
    pub(crate) user: Option<PathBuf>,
    pub(crate) judge: Option<PathBuf>,
    pub(crate) refiner: Option<PathBuf>,
    pub(crate) sharder: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CacheSection {
    pub(crate) directory: Option<PathBuf>,
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
    OpenAi(EndpointProfile),
}

/// A model behind one or several OpenAI-compatible endpoints. Each limit holds for each of them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointProfile {
    /// The address up to the API's version, or those of a pool.
    pub(crate) base_url: BaseUrl,
    /// The model's name as the endpoint spells it.
    pub(crate) model: String,
    /// The environment variable that holds the key; the key itself never stands in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_variable: Option<String>,
    /// US dollars per million tokens of prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input_price: Option<f64>,
    /// US dollars per million tokens of replies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output_price: Option<f64>,
    /// Requests in any minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) requests_per_minute: Option<NonZeroU32>,
    /// Tokens in any minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_per_minute: Option<NonZeroU32>,
    /// Calls at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_concurrency: Option<NonZeroU32>,
    /// Seconds of silence after which a call has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) silence_timeout: Option<u64>,
    /// At most this many repetitions of a failed call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retries: Option<u32>,
}

/// Where an endpoint is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged, expecting = "base_url must be an address or a list of addresses")]
pub(crate) enum BaseUrl {
    One(String),
    Pool(Vec<String>),
}

impl BaseUrl {
    /// All addresses.
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(url) => std::slice::from_ref(url),
            Self::Pool(urls) => urls,
        }
    }
}

impl EndpointProfile {
    /// An endpoint of which nothing more is known.
    pub(crate) fn simple(base_url: &str, model: &str, key_variable: Option<String>) -> Self {
        Self {
            base_url: BaseUrl::One(base_url.to_owned()),
            model: model.to_owned(),
            key_variable,
            input_price: None,
            output_price: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            max_concurrency: None,
            silence_timeout: None,
            retries: None,
        }
    }

    /// The price, where there is one. Half of one would make every cost wrong.
    pub(crate) fn price(&self) -> anyhow::Result<Option<Price>> {
        match (self.input_price, self.output_price) {
            (None, None) => Ok(None),
            (Some(input), Some(output)) if input >= 0.0 && output >= 0.0 => Ok(Some(Price { input, output })),
            (Some(_), Some(_)) => anyhow::bail!("input_price and output_price must be 0 or above"),
            _ => anyhow::bail!("set both input_price and output_price, or neither"),
        }
    }

    /// What each endpoint may be asked for.
    pub(crate) fn limits(&self) -> Limits {
        let unset = Limits::default();
        Limits {
            requests_per_minute: self.requests_per_minute,
            tokens_per_minute: self.tokens_per_minute,
            max_concurrency: self.max_concurrency.unwrap_or(unset.max_concurrency),
        }
    }
}

/// Reads a configuration file.
pub(crate) fn read(path: &Path) -> anyhow::Result<FileConfig> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
    parse(&text).with_context(|| format!("the configuration {} is not valid", path.display()))
}

/// Reads the text of a configuration file; an error names the line.
pub(crate) fn parse(text: &str) -> anyhow::Result<FileConfig> {
    toml::from_str(text).map_err(|error| anyhow::anyhow!("line {}: {}", line(text, &error), error.message()))
}

/// The line of a text that toml's error speaks of, from 1.
pub(crate) fn line(text: &str, error: &toml::de::Error) -> usize {
    error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1)
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

    fn endpoint(fields: &str) -> anyhow::Result<EndpointProfile> {
        let mut file = parse(&format!("[models.m]\nkind = \"openai\"\nmodel = \"m\"\n{fields}"))?;
        match file.models.remove("m") {
            Some(Profile::OpenAi(profile)) => Ok(profile),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_endpoint_may_be_a_pool_with_limits_and_a_price() {
        let one = endpoint("base_url = \"http://a/v1\"").unwrap();
        assert_eq!((one.base_url.all().len(), one.limits(), one.price().unwrap()), (1, Limits::default(), None));
        let pool = endpoint(
            "base_url = [\"http://a/v1\", \"http://b/v1\"]\nrequests_per_minute = 60\nmax_concurrency = 8\ninput_price = 0.15\noutput_price = 1\n",
        );
        let pool = pool.unwrap();
        assert_eq!((pool.base_url.all().len(), pool.limits().max_concurrency.get()), (2, 8));
        assert_eq!(pool.limits().requests_per_minute, NonZeroU32::new(60));
        assert_eq!(pool.price().unwrap(), Some(Price { input: 0.15, output: 1.0 }));
    }

    #[test]
    fn what_makes_no_endpoint_is_named() {
        for (fields, named) in [
            ("base_url = 3", "list of addresses"),
            ("base_url = \"http://a/v1\"\nrequests_per_minute = 0", "zero"),
            ("base_url = \"http://a/v1\"\nprice = 0", "price"),
        ] {
            let error = endpoint(fields).unwrap_err().to_string();
            assert!(error.contains(named), "{fields}: {error}");
        }
        for half in ["input_price = 1", "output_price = 1", "input_price = -1\noutput_price = 1"] {
            let profile = endpoint(&format!("base_url = \"http://a/v1\"\n{half}")).unwrap();
            assert!(profile.price().unwrap_err().to_string().contains("output_price"), "{half}");
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = parse("[roles]\nmediator = \"a\"\nasistant = \"b\"\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("asistant"), "{error}");
        let error = parse("[models.x]\nkind = \"lama\"\n").unwrap_err().to_string();
        assert!(error.contains("lama"), "{error}");
    }
}
