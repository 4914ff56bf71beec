//! Agent files: one role each, settings in front matter, prompt below.

use serde::Deserialize;
use throughline_conversation::Message;

use crate::{Request, Sampling};

/// A role's settings and its prompt.
///
/// The file starts with a `+++` line, TOML up to the next `+++` line (the fields of [`Sampling`]), and then the
/// prompt: the system message, and behind it any number of messages, each introduced by a line `[user]` or
/// `[assistant]` that holds nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentFile {
    /// How the role's model draws tokens.
    pub sampling: Sampling,
    /// The prompt's messages; the first is the system message.
    pub messages: Vec<Message>,
}

/// Why an agent file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AgentFileError {
    /// The front matter is missing or never closed.
    #[error("an agent file starts with a `+++` line, TOML settings and another `+++` line")]
    NoFrontMatter,
    /// The front matter is not valid.
    #[error("front matter: {0}")]
    FrontMatter(#[from] toml::de::Error),
}

impl AgentFile {
    /// Reads an agent file.
    ///
    /// # Errors
    /// [`AgentFileError`] when the front matter is missing or not valid.
    pub fn parse(text: &str) -> Result<Self, AgentFileError> {
        let body = text.trim_start_matches('\u{feff}').strip_prefix("+++").ok_or(AgentFileError::NoFrontMatter)?;
        let (front, prompt) = body.split_once("\n+++").ok_or(AgentFileError::NoFrontMatter)?;
        let deserializer = toml::Deserializer::parse(front)?;
        let sampling = Sampling::deserialize(deserializer)?;
        Ok(Self { sampling, messages: messages(prompt) })
    }

    /// The call of a model in this role to which `said` is said, behind the prompt. `seed` overrides that of the file.
    pub fn request(&self, said: impl Into<String>, seed: Option<u32>) -> Request {
        let mut messages = self.messages.clone();
        messages.push(Message::user(said));
        let mut sampling = self.sampling.clone();
        sampling.seed = seed.or(sampling.seed);
        Request::new(messages, sampling)
    }
}

fn messages(prompt: &str) -> Vec<Message> {
    let mut messages = vec![Message::system("")];
    for line in prompt.lines() {
        match (line.trim_end(), messages.last_mut()) {
            ("[user]", _) => messages.push(Message::user("")),
            ("[assistant]", _) => messages.push(Message::assistant("")),
            (line, Some(message)) => {
                message.content.push_str(line);
                message.content.push('\n');
            }
            (_, None) => {}
        }
    }
    for message in &mut messages {
        message.content = message.content.trim().to_owned();
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_prompt_are_told_apart() {
        let text = "+++\ntemperature = 0.0\nmax_tokens = 7\n+++\n\nSay it.\n\n[user]\nIt is\n[x].\n[assistant]\nIt.\n";
        let file = AgentFile::parse(text).unwrap();
        assert_eq!((file.sampling.temperature, file.sampling.max_tokens), (0.0, 7));
        let expected = [Message::system("Say it."), Message::user("It is\n[x]."), Message::assistant("It.")];
        assert_eq!(file.messages, expected);
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = AgentFile::parse("+++\ntemprature = 0.0\n+++\nHi").unwrap_err();
        assert!(error.to_string().contains("temprature"), "{error}");
    }

    #[test]
    fn a_file_without_front_matter_is_refused() {
        assert!(matches!(AgentFile::parse("Hi"), Err(AgentFileError::NoFrontMatter)));
    }
}
