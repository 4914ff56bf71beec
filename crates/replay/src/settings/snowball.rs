//! The conversation as it went, in which each user turn first says again what the user said before.

use throughline_models::Message;

use super::{Setting, SoFar, Turns, bullets};
use crate::SettingError;

pub(super) struct Snowball;

impl Setting for Snowball {
    fn name(&self) -> &'static str {
        "snowball"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn wording(&self, earlier: &[&str], piece: &str) -> String {
        if earlier.is_empty() {
            return piece.to_owned();
        }
        format!("So far I told you:\n{}\n\nAnd now:\n{piece}", bullets(earlier))
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        Ok(so_far.conversation())
    }
}
