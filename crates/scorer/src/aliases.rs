//! Models that go by several names, as the reader declares them. Nothing is merged that is not declared: two spellings
//! may be two deployments.

use std::collections::BTreeMap;

/// Names of models, and the name under which each is reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    names: BTreeMap<String, String>,
}

/// Why a file of aliases cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AliasError {
    /// The file is not TOML, or one of its values is not a name.
    #[error("{0}; write one alias a line, as in \"gpt-4o-2024-08-06\" = \"gpt-4o\"")]
    Malformed(String),
    /// The name under which a model is to be reported is itself an alias.
    #[error("`{alias}` stands for `{name}`, which is an alias of `{other}`; let both stand for the same name")]
    Chained {
        /// The alias.
        alias: String,
        /// What it stands for.
        name: String,
        /// What that stands for.
        other: String,
    },
}

/// How many runs were reported under another name than they were recorded with: by alias and name.
pub(crate) type Merged = BTreeMap<(String, String), usize>;

impl Aliases {
    /// Reads aliases from TOML, one a line: `"alias" = "name"`.
    ///
    /// # Errors
    /// [`AliasError`] naming the line or the alias.
    pub fn from_toml(text: &str) -> Result<Self, AliasError> {
        let names: BTreeMap<String, String> = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.split('\n').count();
            AliasError::Malformed(format!("line {line}: {}", error.message().replace('\n', " ")))
        })?;
        for (alias, name) in &names {
            if let Some(other) = names.get(name).filter(|_| alias != name) {
                return Err(AliasError::Chained { alias: alias.clone(), name: name.clone(), other: other.clone() });
            }
        }
        Ok(Self { names })
    }

    /// Puts the name in the place of its alias, and counts that.
    pub(crate) fn apply(&self, model: &mut String, merged: &mut Merged) {
        let Some(name) = self.names.get(model).filter(|name| *name != model) else { return };
        let alias = std::mem::replace(model, name.clone());
        *merged.entry((alias, name.clone())).or_default() += 1;
    }
}
