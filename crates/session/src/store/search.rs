//! Finding words in saved sessions.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::Serialize;

use super::StoreError;
use super::glance::Glance;
use crate::event::{Lane, SessionId};

/// Letters around what was found.
const AROUND: usize = 40;

/// Where the words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the session's title.
    Title,
    /// In what the user said.
    User,
    /// In a reply to the spec.
    Mediated,
    /// In a reply without the mediator.
    Unmediated,
}

/// One place in which all the words stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The session.
    pub session: SessionId,
    /// The session's title, or the first words said in it.
    pub name: String,
    /// Index of the turn, from 0; `None` for the title.
    pub turn: Option<usize>,
    /// Who says it.
    pub place: Place,
    /// The words with what stands around them, on one line.
    pub excerpt: String,
}

/// Words to look for.
pub(super) struct Words(Vec<Regex>);

impl Words {
    /// The words of a text, each to be found in any case.
    pub(super) fn new(text: &str) -> Result<Self, StoreError> {
        let word = |word| RegexBuilder::new(&regex::escape(word)).case_insensitive(true).build();
        Ok(Self(text.split_whitespace().map(word).collect::<Result<_, _>>().map_err(StoreError::Words)?))
    }

    /// Every place of a session in which all words stand.
    pub(super) fn hits(&self, session: &SessionId, name: &str, glance: &Glance) -> Vec<Hit> {
        let title = glance.title.as_deref().map(|title| (None, Place::Title, title));
        let turns = glance.turns.iter().enumerate().flat_map(|(turn, words)| {
            [
                (Some(turn), Place::User, words.user.as_str()),
                (Some(turn), Place::Mediated, words.reply(Lane::Mediated)),
                (Some(turn), Place::Unmediated, words.reply(Lane::Unmediated)),
            ]
        });
        let hit = |(turn, place, text): (_, _, &str)| {
            let excerpt = excerpt(text, self.find(text)?);
            Some(Hit { session: session.clone(), name: name.to_owned(), turn, place, excerpt })
        };
        title.into_iter().chain(turns).filter_map(hit).collect()
    }

    /// Where the first word stands first, if all stand in the text. No words stand nowhere.
    fn find(&self, text: &str) -> Option<Range<usize>> {
        let (first, others) = self.0.split_first()?;
        let found = first.find(text)?.range();
        others.iter().all(|word| word.is_match(text)).then_some(found)
    }
}

/// A part of a text with what stands around it.
fn excerpt(text: &str, found: Range<usize>) -> String {
    let before = text.get(..found.start).unwrap_or_default();
    let after = text.get(found.end..).unwrap_or_default();
    let start = before.char_indices().rev().nth(AROUND - 1).map_or(0, |(place, _)| place);
    let end = after.char_indices().nth(AROUND).map_or(text.len(), |(place, _)| found.end + place);
    let words = text.get(start..end).unwrap_or(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let left = if start > 0 { "…" } else { "" };
    let right = if end < text.len() { "…" } else { "" };
    format!("{left}{words}{right}")
}
