//! Messages as chat formats write them, and entries of a trace.

use serde_json::{Map, Value};
use throughline_conversation::{Content, Entry, EntryRole};

use super::Wrong;
use super::fields::kind;

/// How a format names the parts of a message, and those who speak.
pub(super) struct Dialect {
    pub(super) role: &'static str,
    pub(super) text: &'static str,
    /// System, user, assistant.
    pub(super) roles: [&'static str; 3],
}

/// Others' names for those who speak.
const ROLES: [(EntryRole, &[&str]); 4] = [
    (EntryRole::System, &["system", "developer"]),
    (EntryRole::User, &["user", "human"]),
    (EntryRole::Assistant, &["assistant", "gpt", "chatgpt", "bing", "bard", "claude", "model", "bot"]),
    // What tools were asked and gave is no turn of the conversation.
    (
        EntryRole::Log,
        &["tool", "function", "function_call", "function_response", "observation", "tool_call", "tool_response"],
    ),
];

/// The field of an entry that keeps what its message held otherwise.
const RECORDED_AS: &str = "recorded_as";

/// The log type of a message that is no turn of the conversation.
const MESSAGE: &str = "message";

/// The entries for the messages under the field `field`.
pub(super) fn read(messages: Value, field: &str, dialect: &Dialect) -> Result<Vec<Entry>, Wrong> {
    let Value::Array(messages) = messages else {
        return Err(Wrong::new(field, format!("{} is no list of messages", kind(&messages))));
    };
    let entries = messages.into_iter().enumerate().map(|(index, message)| {
        let path = format!("{field}[{index}]");
        match message {
            Value::Object(message) => entry(message, &path, dialect),
            other => Err(Wrong::new(path, format!("{} is no message", kind(&other)))),
        }
    });
    entries.collect()
}

/// The entry for one message. What the entry cannot hold in its own fields stands beside them as it was.
pub(super) fn entry(mut message: Map<String, Value>, path: &str, dialect: &Dialect) -> Result<Entry, Wrong> {
    let at = |field: &str| format!("{path}.{field}");
    let said = match message.get(dialect.role) {
        Some(Value::String(role)) => role.clone(),
        Some(other) => return Err(Wrong::new(at(dialect.role), format!("{} is no role", kind(other)))),
        None => return Err(Wrong::new(at(dialect.role), "it is missing")),
    };
    let Some((role, _)) = ROLES.iter().find(|(_, names)| names.contains(&said.to_ascii_lowercase().as_str())) else {
        return Err(Wrong::new(at(dialect.role), format!("{said:?} is not a role that is known here")));
    };
    if *role == EntryRole::Log {
        let mut content = Map::new();
        content.insert("type".into(), MESSAGE.into());
        content.insert(MESSAGE.into(), Value::Object(message));
        return Ok(Entry { role: *role, content: Content::Event(content), other: Map::new() });
    }
    let mut recorded = Map::new();
    message.shift_remove(dialect.role);
    if dialect.name(*role) != Some(said.as_str()) {
        recorded.insert(dialect.role.into(), said.into());
    }
    let text = match message.shift_remove(dialect.text) {
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => {
            let text = joined(&parts)
                .map_err(|(part, reason)| Wrong::new(at(&format!("{}[{part}]", dialect.text)), reason))?;
            recorded.insert(dialect.text.into(), Value::Array(parts));
            text
        }
        // A reply may consist of a call of a tool, or of a refusal, alone.
        None | Some(Value::Null) if *role == EntryRole::Assistant => {
            recorded.insert(dialect.text.into(), Value::Null);
            String::new()
        }
        None => return Err(Wrong::new(at(dialect.text), "it is missing")),
        Some(other) => return Err(Wrong::new(at(dialect.text), format!("{} is no text", kind(&other)))),
    };
    if !recorded.is_empty() {
        message.insert(RECORDED_AS.into(), Value::Object(recorded));
    }
    Ok(Entry { role: *role, content: Content::Text(text), other: message })
}

/// The texts among the parts of a message.
fn joined(parts: &[Value]) -> Result<String, (usize, String)> {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Value::String(part) => text += part,
            Value::Object(fields) => {
                if let Some(Value::String(part)) = fields.get("text") {
                    text += part;
                }
            }
            other => return Err((index, format!("{} is no part of a message", kind(other)))),
        }
    }
    Ok(text)
}

/// The messages for those entries that the format has a place for.
pub(super) fn written(trace: &[Entry], dialect: &Dialect) -> Vec<Value> {
    trace.iter().filter_map(|entry| message(entry, dialect)).map(Value::Object).collect()
}

/// The message for an entry; `None` where the format has no place for it.
pub(super) fn message(entry: &Entry, dialect: &Dialect) -> Option<Map<String, Value>> {
    let text = match &entry.content {
        Content::Text(text) => text,
        Content::Event(content) => {
            let message = content.get(MESSAGE).filter(|_| content.get("type").is_some_and(|kind| kind == MESSAGE))?;
            return message.as_object().filter(|message| message.contains_key(dialect.role)).cloned();
        }
    };
    let mut plain = Map::new();
    plain.insert(dialect.role.into(), dialect.name(entry.role)?.into());
    plain.insert(dialect.text.into(), text.as_str().into());
    for (name, value) in &entry.other {
        plain.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let as_recorded = entry.other.get(RECORDED_AS).and_then(Value::as_object).map(|recorded| {
        let mut message = plain.clone();
        message.shift_remove(RECORDED_AS);
        message.extend(recorded.clone());
        message
    });
    // Only what reads as the same entry again may stand for it.
    let same =
        |message: &Map<String, Value>| self::entry(message.clone(), "", dialect).is_ok_and(|read| read == *entry);
    as_recorded.filter(same).or(Some(plain))
}

impl Dialect {
    fn name(&self, role: EntryRole) -> Option<&'static str> {
        let [system, user, assistant] = self.roles;
        match role {
            EntryRole::System => Some(system),
            EntryRole::User => Some(user),
            EntryRole::Assistant => Some(assistant),
            EntryRole::Log => None,
        }
    }
}
