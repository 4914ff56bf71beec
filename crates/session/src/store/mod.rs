//! Sessions on disk: a folder with one file for each.

mod error;
mod glance;
mod lines;
mod private;
mod search;
mod session;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::event::{self, Event, FORMAT, Fork, Line, SessionId};
use crate::record::Record;
pub use error::StoreError;
use glance::{Glance, Replies};
use search::Words;
pub use search::{Hit, Place};
pub use session::Session;

/// The ending of a session file's name.
const ENDING: &str = "jsonl";
/// What stands for the session that was changed last, where one is to be named.
const LAST: &str = "last";
/// Characters of a session's first words that stand for a title.
const BEGINNING: usize = 60;

/// The saved sessions of a folder.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A saved session, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Its name.
    pub id: SessionId,
    /// Its title, or the first words said in it, on one line; empty where nothing was said.
    pub name: String,
    /// Whether it was given that title.
    pub titled: bool,
    /// How many turns it has.
    pub turns: usize,
    /// When it began.
    pub started: Timestamp,
    /// When something last happened in it.
    pub changed: Timestamp,
    /// The size of its file in bytes.
    pub bytes: u64,
    /// Where it was forked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<Fork>,
    /// What cannot be read of it, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

impl Store {
    /// The sessions of that folder, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new session. Its file comes about with its first event, so that a chat in which nothing happens leaves nothing.
    ///
    /// # Errors
    /// [`StoreError`], but for no reason that a caller could give.
    pub fn create(&self) -> Result<Session, StoreError> {
        let (id, at) = name_now();
        let started = Line { at, event: Event::Started { format: FORMAT, id: id.clone(), forked_from: None } };
        Session::begin(self.file(&id)?, &[started])
    }

    /// Goes on with a session. What a killed program had not written to its end is cut off, and a reply that it was
    /// writing ends where it broke off.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such session, another program writes to it, or a line of it is damaged.
    pub fn open(&self, id: &SessionId) -> Result<Session, StoreError> {
        Session::open(self.file(id)?, id)
    }

    /// What a session amounts to, also while another program writes to it.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such session, or a line of it is damaged.
    pub fn read(&self, id: &SessionId) -> Result<Record, StoreError> {
        lines::read(&self.file(id)?, id)
    }

    /// All sessions, the one that was changed last first. Of a damaged one stands here what can be read.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Summary>, StoreError> {
        Ok(self.each(Replies::PassedOver, |_, _| ())?.into_iter().map(|(summary, ())| summary).collect())
    }

    /// Every place in which all these words stand, in any case: in titles, in what was said and in replies. Sessions come
    /// as in [`list`](Self::list); what was undone is not searched.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be read, or the words are too long to search for.
    pub fn search(&self, words: &str) -> Result<Vec<Hit>, StoreError> {
        let words = Words::new(words)?;
        let found = self.each(Replies::Read, |summary, glance| words.hits(&summary.id, &summary.name, glance))?;
        Ok(found.into_iter().flat_map(|(_, hits)| hits).collect())
    }

    /// The session that a person means: by its name, by the beginning of its name if no other begins like that, or by
    /// `last` the one that was changed last.
    ///
    /// # Errors
    /// [`StoreError`] when there is none or more than one, or the folder cannot be read.
    pub fn find(&self, name: &str) -> Result<SessionId, StoreError> {
        if name == LAST {
            return self.list()?.into_iter().next().map(|summary| summary.id).ok_or(StoreError::NoneYet);
        }
        let mut ids = self.ids()?;
        ids.retain(|id| id.0.starts_with(name) && !name.is_empty());
        if let Some(exact) = ids.iter().position(|id| id.0 == name) {
            return Ok(ids.swap_remove(exact));
        }
        match ids.len() {
            0 => Err(StoreError::Unknown(name.to_owned())),
            1 => Ok(ids.swap_remove(0)),
            _ => Err(StoreError::Ambiguous { name: name.to_owned(), ids }),
        }
    }

    /// Gives a session a title; an empty one takes its title away.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn rename(&self, id: &SessionId, title: &str) -> Result<(), StoreError> {
        self.open(id)?.append(Event::Renamed { title: title.to_owned() }).map(drop)
    }

    /// Deletes a session, also a damaged one.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such session, a program writes to it, or the system refuses.
    pub fn delete(&self, id: &SessionId) -> Result<(), StoreError> {
        let path = self.file(id)?;
        let _lock = session::lock(&path, id)?;
        let deleted = std::fs::remove_file(&path).and_then(|()| private::sync_folder(&self.folder));
        deleted.map_err(|source| StoreError::Io { action: "delete", path, source })
    }

    /// A new session that begins with the first turns of another one, which may be open.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such session, it is damaged or has fewer turns, or the new one cannot be written.
    pub fn fork(&self, id: &SessionId, turns: usize) -> Result<Session, StoreError> {
        let record = self.read(id)?;
        let has = record.exchanges.len();
        if turns > has {
            return Err(StoreError::TooFewTurns { id: id.clone(), has, asked: turns });
        }
        let (name, at) = name_now();
        let mut session = Session::begin(self.file(&name)?, &record.fork(turns, name, at).events())?;
        session.write()?;
        Ok(session)
    }

    /// The file of a session; only a name that can be one has a file.
    fn file(&self, id: &SessionId) -> Result<PathBuf, StoreError> {
        let is_name = !id.0.is_empty() && id.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name {
            return Err(StoreError::Unknown(id.to_string()));
        }
        Ok(self.folder.join(&id.0).with_extension(ENDING))
    }

    /// The names of all sessions, in no order.
    fn ids(&self) -> Result<Vec<SessionId>, StoreError> {
        let failed = |source| StoreError::Io { action: "read", path: self.folder.clone(), source };
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let stem = path.file_stem().and_then(OsStr::to_str).filter(|_| path.extension() == Some(ENDING.as_ref()));
            ids.extend(stem.map(|stem| SessionId(stem.to_owned())).filter(|id| self.file(id).is_ok()));
        }
        Ok(ids)
    }

    /// What is made of each session, the one that was changed last first.
    fn each<T>(
        &self,
        replies: Replies,
        make: impl Fn(&Summary, &Glance) -> T,
    ) -> Result<Vec<(Summary, T)>, StoreError> {
        let mut sessions = Vec::new();
        for id in self.ids()? {
            let (glance, bytes) = match Glance::at(&self.file(&id)?, replies) {
                Ok(read) => read,
                // It was deleted in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => (Glance { damaged: Some(error.to_string()), ..Glance::default() }, 0),
            };
            let summary = summary(id, &glance, bytes);
            let of_it = make(&summary, &glance);
            sessions.push((summary, of_it));
        }
        sessions.sort_by(|(one, _), (other, _)| (other.changed, &other.id).cmp(&(one.changed, &one.id)));
        Ok(sessions)
    }
}

fn summary(id: SessionId, glance: &Glance, bytes: u64) -> Summary {
    let said = glance.turns.first().map(|words| words.user.as_str()).or(glance.pending.as_deref());
    Summary {
        id,
        name: glance.title.clone().unwrap_or_else(|| beginning(said.unwrap_or_default())),
        titled: glance.title.is_some(),
        turns: glance.turns.len(),
        started: glance.started,
        changed: glance.changed,
        bytes,
        forked_from: glance.forked_from.clone(),
        damaged: glance.damaged.clone(),
    }
}

/// The first words of a text, on one line.
pub(crate) fn beginning(text: &str) -> String {
    let mut beginning = String::new();
    for word in text.split_whitespace() {
        if !beginning.is_empty() {
            beginning.push(' ');
        }
        beginning.push_str(word);
        if let Some((cut, _)) = beginning.char_indices().nth(BEGINNING) {
            beginning.truncate(cut);
            beginning.push('…');
            break;
        }
    }
    beginning
}

/// A name for a session that begins now: names sort as they were given, to the second.
fn name_now() -> (SessionId, Timestamp) {
    let now = event::now();
    (SessionId(format!("{}-{:04x}", now.strftime("%Y%m%d-%H%M%S"), rand::random::<u16>())), now)
}

#[cfg(test)]
mod tests;
