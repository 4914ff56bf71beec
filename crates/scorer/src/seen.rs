//! Which conversations were read, and where: what tells a run that comes twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest, Sha256};

use crate::Place;

/// The first 128 bits of the SHA-256 of a conversation's id. Two different ids with the same hash would be reported as
/// a run that comes twice, never counted as one in silence; among a million ids the chance of that is below 10^-26.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdHash(u128);

impl IdHash {
    pub(crate) fn of(conv_id: &str) -> Self {
        let digest = Sha256::digest(conv_id.as_bytes());
        Self(digest.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte)))
    }
}

/// The places of all conversations that were read, in some 50 bytes each whatever their ids.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The inputs in the order of reading.
    names: Vec<String>,
    /// The input's index and the line.
    places: HashMap<IdHash, (u32, u32)>,
}

impl Seen {
    /// Whether the conversation was read.
    pub(crate) fn holds(&self, conversation: IdHash) -> bool {
        self.places.contains_key(&conversation)
    }

    /// Where the conversation was read before; `None`, and a note of it, if this is the first time.
    pub(crate) fn again(&mut self, conversation: IdHash, place: &Place) -> Option<Place> {
        match self.places.entry(conversation) {
            Entry::Occupied(first) => {
                let &(name, line) = first.get();
                let name = self.names.get(name as usize).cloned().unwrap_or_default();
                Some(Place { name, line: line as usize })
            }
            Entry::Vacant(vacant) => {
                if self.names.last() != Some(&place.name) {
                    self.names.push(place.name.clone());
                }
                let name = u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX);
                vacant.insert((name, u32::try_from(place.line).unwrap_or(u32::MAX)));
                None
            }
        }
    }
}
