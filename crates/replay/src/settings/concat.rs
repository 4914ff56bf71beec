//! All shards as a list, at once.

use throughline_models::Message;

use super::{Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct Concat;

impl Setting for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn turns(&self) -> Turns {
        Turns::Single
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        let pieces = so_far.pieces();
        let pieces: Vec<&str> = pieces.iter().map(AsRef::as_ref).collect();
        let concat = so_far.family.concat_prompt(so_far.sample, &pieces);
        Ok(vec![so_far.system(), Message::user(concat)])
    }
}
