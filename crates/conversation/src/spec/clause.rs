//! Clauses: the units of a spec, each with the words it stands on.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Source;

/// Declares a newtype for an id that is unique within one spec.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}
pub(crate) use id;

id! {
    /// Names a clause within its spec: `c1`, `c2`, …
    ClauseId
}

/// What a clause is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClauseKind {
    /// Something that is so: a quantity, a name, a circumstance.
    #[default]
    Fact,
    /// Something that the result must or must not do.
    Constraint,
    /// How the result should be presented.
    Format,
    /// Something wished for, not required.
    Preference,
    /// A sample of what is wanted.
    Example,
}

/// Whether a clause is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// In force: the assistant reads it.
    #[default]
    Active,
    /// A later clause took its place.
    Superseded {
        /// The clause that holds instead.
        superseded_by: ClauseId,
    },
    /// The user took it back.
    Withdrawn {
        /// The turn in which it was taken back.
        withdrawn_at: usize,
    },
}

impl Status {
    /// Whether the assistant reads it.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// A clause as an edit brings it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewClause {
    /// Its name; unique within the spec.
    pub id: ClauseId,
    /// How it reads on its own: the quote itself, or a resolved text where the quote alone would mislead.
    pub text: String,
    /// The user's own words.
    pub quote: String,
    /// Where those words stand.
    pub source: Source,
    /// What it is about.
    #[serde(default)]
    pub kind: ClauseKind,
}

/// A clause of a spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clause {
    /// What it says and where it comes from.
    #[serde(flatten)]
    pub said: NewClause,
    /// Whether it is in force.
    #[serde(flatten)]
    pub status: Status,
    /// The clause that it seems to change, where that was not certain: both stay in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contests: Option<ClauseId>,
    /// Whether the user holds it fast: then only their own hands take it out of force.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

impl Clause {
    /// A clause in force.
    pub fn active(said: NewClause) -> Self {
        Self { said, status: Status::Active, contests: None, pinned: false }
    }

    /// Whether the text differs from the user's own words.
    pub fn is_resolved(&self) -> bool {
        self.said.text != self.said.quote
    }
}
