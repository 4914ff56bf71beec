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
        let mut messages = vec![so_far.system()];
        for (index, turn) in so_far.user_turns.iter().enumerate() {
            messages.push(Message::user(turn));
            messages.extend(so_far.replies.get(index).map(Message::assistant));
        }
        Ok(messages)
    }
}
