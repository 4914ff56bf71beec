//! Entries of a transcript's trace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::log::LogEvent;
use crate::Role;

/// Who made an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryRole {
    /// Instructions to the assistant.
    System,
    /// The user, or the user simulator.
    User,
    /// The assistant, or the mediator's question.
    Assistant,
    /// The harness: something that was observed, not said.
    Log,
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "neither a text nor an object")]
pub enum Content {
    /// What was said.
    Text(String),
    /// What was observed: an object with a `type`.
    Event(Map<String, Value>),
}

/// One entry of a trace. Fields that are not named here survive a round trip unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend(
    "if" = json!({"properties": {"role": {"const": "log"}}}),
    "then" = json!({
        "properties": {"content": {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]}}
    }),
    "else" = json!({"properties": {"content": {"type": "string"}}})
))]
pub struct Entry {
    /// Who made it.
    pub role: EntryRole,
    /// What it holds.
    pub content: Content,
    /// Every other field: `timestamp`, `cost_usd`, …
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Entry {
    /// Something that was said.
    pub fn said(role: Role, text: impl Into<String>) -> Self {
        let role = match role {
            Role::System => EntryRole::System,
            Role::User => EntryRole::User,
            Role::Assistant => EntryRole::Assistant,
        };
        Self { role, content: Content::Text(text.into()), other: Map::new() }
    }

    /// Something that was observed.
    pub fn observed(event: &LogEvent) -> Self {
        Self { role: EntryRole::Log, content: Content::Event(event.to_content()), other: Map::new() }
    }

    /// The same entry, stamped with a time.
    #[must_use]
    pub fn at(mut self, timestamp: impl Into<String>) -> Self {
        self.other.insert("timestamp".into(), Value::String(timestamp.into()));
        self
    }

    /// What was said, unless this is an observation.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Event(_) => None,
        }
    }

    /// The observation, if it is of a type known here.
    pub fn log(&self) -> Option<LogEvent> {
        match &self.content {
            Content::Event(content) if self.role == EntryRole::Log => LogEvent::from_content(content),
            _ => None,
        }
    }
}
