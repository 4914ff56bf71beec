//! What can go wrong with saved sessions.

use std::path::PathBuf;

use throughline_journal::JournalError;

use crate::{RecordError, SessionId};

/// Why a saved session cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `read`, `create`, …
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The session's file cannot be read or written, or holds a damaged line.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another program writes to the session.
    #[error("session {0} is open in another program; end it there first")]
    InUse(SessionId),
    /// There is none of that name.
    #[error("there is no session {0}")]
    Unknown(String),
    /// There is none at all.
    #[error("there is no session yet")]
    NoneYet,
    /// Several begin like that.
    #[error("{name} could be any of {}; give more of the name", list(ids))]
    Ambiguous {
        /// What was given.
        name: String,
        /// The sessions that begin with it.
        ids: Vec<SessionId>,
    },
    /// The session has fewer turns.
    #[error("session {id} has {has} turns, so that nothing can begin with its first {asked}")]
    TooFewTurns {
        /// The session.
        id: SessionId,
        /// How many turns it has.
        has: usize,
        /// How many were asked for.
        asked: usize,
    },
    /// The event cannot follow those before it; it was not written.
    #[error(transparent)]
    Refused(#[from] RecordError),
    /// The words cannot be searched for.
    #[error("cannot search for these words; give fewer or shorter ones")]
    Words(#[source] regex::Error),
}

/// The first few names.
fn list(ids: &[SessionId]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = ids.iter().take(SHOWN).map(|id| id.0.as_str()).collect();
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    shown.join(", ") + more
}
