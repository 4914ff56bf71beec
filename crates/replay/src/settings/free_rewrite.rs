//! Everything that the user said so far, freely rewritten into one request by a model, in a fresh context. This is how
//! a mediator was first published (arXiv 2602.07338).

use throughline_models::Message;

use super::{Needs, Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct FreeRewrite;

impl Setting for FreeRewrite {
    fn name(&self) -> &'static str {
        "free-rewrite"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn needs(&self) -> Needs {
        Needs { rewriter: true, ..Needs::default() }
    }

    /// Before each reply; never behind it, as the rewrite then stands for every turn.
    fn rewrites(&self, so_far: &SoFar<'_>) -> bool {
        so_far.rewrite.is_none_or(|rewrite| rewrite.turns < so_far.user_turns.len())
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        let rewrite = so_far.rewrite.ok_or(SettingError::NoRewrite { setting: self.name() })?;
        Ok(vec![so_far.system(), Message::user(&rewrite.text)])
    }
}
