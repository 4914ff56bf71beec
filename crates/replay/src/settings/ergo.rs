//! The conversation as it went, until the model grows unsure: then a fresh context from the rewritten user turns, in
//! which the reply is given again and the conversation goes on (ERGO, arXiv 2510.14077).

use throughline_models::Message;

use super::{Needs, Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct Ergo;

impl Setting for Ergo {
    fn name(&self) -> &'static str {
        "ergo"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn needs(&self) -> Needs {
        Needs { rewriter: true, entropy: true, ..Needs::default() }
    }

    /// When the mean next-token entropy of the reply to this turn is more than tau above that of the reply that stands
    /// at the turn before.
    fn rewrites(&self, so_far: &SoFar<'_>) -> bool {
        let [.., Some(before), Some(now)] = so_far.entropies else { return false };
        so_far.entropies.len() == so_far.user_turns.len() && now - before > so_far.tau
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        Ok(so_far.conversation())
    }
}
