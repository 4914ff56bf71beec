//! The user simulator `verbatim`: says the shards in order, word for word, and needs no model.

use std::borrow::Cow;

use throughline_tasks::{Sample, Shard};

/// What the simulated user says when it is asked and has nothing left to tell. The mediator must then proceed.
pub const JUST_GO: &str = "Just go ahead with what you have.";

/// One user turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// The words.
    pub text: Cow<'a, str>,
    /// The shard that they reveal; `None` where they reveal nothing.
    pub shard_id: Option<i64>,
}

/// Reveals one shard a turn, in the sample's order, whatever was replied.
#[derive(Clone, Debug)]
pub struct Verbatim<'a> {
    left: std::vec::IntoIter<&'a Shard>,
}

impl<'a> Verbatim<'a> {
    /// The simulator's name in manifests and transcripts.
    pub const NAME: &'static str = "verbatim";

    /// A user who has this sample's shards to tell; those without a word are passed over.
    pub fn new(sample: &'a Sample) -> Self {
        Self { left: sample.spoken().collect::<Vec<_>>().into_iter() }
    }

    /// The next user turn. When the user was `asked`, the next shard is the answer, and [`JUST_GO`] where none is
    /// left; otherwise the conversation ends with the last shard (`None`).
    pub fn next_turn(&mut self, asked: bool) -> Option<Said<'a>> {
        match self.left.next() {
            Some(shard) => Some(Said { text: Cow::Borrowed(&shard.shard), shard_id: Some(shard.shard_id) }),
            None => asked.then_some(Said { text: Cow::Borrowed(JUST_GO), shard_id: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn shards_come_in_order_and_then_the_user_says_go() {
        let shards = [(3, "b"), (2, " "), (1, "a")].map(|(shard_id, text)| Shard::new(shard_id, text));
        let sample = Sample { task_id: "t".into(), task: "math".into(), shards: shards.to_vec(), fields: Map::new() };
        let mut user = Verbatim::new(&sample);
        assert_eq!(user.next_turn(false), Some(Said { text: "b".into(), shard_id: Some(3) }));
        assert_eq!(user.next_turn(true), Some(Said { text: "a".into(), shard_id: Some(1) }));
        assert_eq!(user.next_turn(true), Some(Said { text: JUST_GO.into(), shard_id: None }));
        assert_eq!(user.next_turn(false), None);
    }
}
