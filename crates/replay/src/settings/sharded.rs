//! The conversation as it went: user and assistant in turn.

use throughline_models::Message;

use super::{Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct Sharded;

impl Setting for Sharded {
    fn name(&self) -> &'static str {
        "sharded"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        Ok(so_far.conversation())
    }
}
