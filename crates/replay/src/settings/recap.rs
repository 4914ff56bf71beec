//! The conversation as it went, and one last user turn that says again all that the user said.

use throughline_models::Message;

use super::{Setting, SoFar, Turns, bullets};
use crate::SettingError;

pub(super) struct Recap;

impl Setting for Recap {
    fn name(&self) -> &'static str {
        "recap"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn closing(&self, said: &[&str]) -> Option<String> {
        Some(format!("To sum up, this is all I told you:\n{}\n\nNow give me the answer to all of it.", bullets(said)))
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        Ok(so_far.conversation())
    }
}
