//! The whole instruction at once.

use throughline_models::Message;

use super::{Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct Full;

impl Setting for Full {
    fn name(&self) -> &'static str {
        "full"
    }

    fn turns(&self) -> Turns {
        Turns::Single
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        Ok(vec![so_far.system(), Message::user(so_far.family.full_prompt(so_far.sample))])
    }
}
