//! All shards as a list, at once, in an order that each run draws for itself.

use throughline_models::Message;

use super::{Setting, SoFar, Turns};
use crate::{SettingError, derive_seed};

pub(super) struct ShuffleConcat;

impl Setting for ShuffleConcat {
    fn name(&self) -> &'static str {
        "shuffle-concat"
    }

    fn turns(&self) -> Turns {
        Turns::Single
    }

    fn reads(&self, so_far: &SoFar<'_>) -> Result<Vec<Message>, SettingError> {
        // By hashes, so that the order of a seed is the same in every version of every library.
        let mut pieces: Vec<_> = so_far.pieces().into_iter().enumerate().collect();
        pieces.sort_by_cached_key(|(place, _)| derive_seed(so_far.seed, &[&place.to_string()]));
        let pieces: Vec<&str> = pieces.iter().map(|(_, piece)| &**piece).collect();
        Ok(vec![so_far.system(), Message::user(so_far.family.concat_prompt(so_far.sample, &pieces))])
    }
}
