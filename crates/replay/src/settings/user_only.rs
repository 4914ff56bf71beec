//! Everything that the user said so far, in a fresh context: no word of the assistant's.

use throughline_models::Message;

use super::{Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct UserOnly;

impl Setting for UserOnly {
    fn name(&self) -> &'static str {
        "user-only"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        let said: Vec<&str> = so_far.user_turns.iter().map(String::as_str).collect();
        Ok(vec![so_far.system(), Message::user(so_far.family.concat_prompt(so_far.sample, &said))])
    }
}
