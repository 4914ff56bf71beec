//! What the mediator understood so far, in a fresh context: the spec, never the history.

use throughline_assistant::{Brief, Wording};
use throughline_models::Message;

use super::{Needs, Setting, SoFar, Turns};
use crate::SettingError;

pub(super) struct Mediated;

impl Setting for Mediated {
    fn name(&self) -> &'static str {
        "mediated"
    }

    fn turns(&self) -> Turns {
        Turns::PerShard
    }

    fn needs(&self) -> Needs {
        Needs { mediator: true, ..Needs::default() }
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        let spec = so_far.spec.ok_or(SettingError::NoSpec { setting: self.name() })?;
        let system = so_far.family.system_prompt(so_far.sample);
        let wording = if so_far.family.exact_words() { Wording::Exact } else { Wording::Resolved };
        Ok((so_far.render)(spec, &Brief { system: Some(&system), wording, plan: so_far.plan })?)
    }
}
