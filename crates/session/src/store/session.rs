//! A session that goes on.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use throughline_journal::{Journal, JournalError};

use super::{StoreError, lines, private};
use crate::event::{Event, Lane, Line, Replied, SessionId};
use crate::record::Record;

/// A session open for writing. No other program can write to it meanwhile.
#[derive(Debug)]
pub struct Session {
    record: Record,
    path: PathBuf,
    /// The file, once something was written.
    journal: Option<Journal>,
    /// Lines that the file does not hold yet, oldest first.
    waiting: VecDeque<String>,
    /// Whether one of these, or of those written since it was last so, must outlive a power failure.
    lasting: bool,
}

impl Session {
    /// A session that these lines begin. There is no file yet.
    pub(super) fn begin(path: PathBuf, begun: &[Line]) -> Result<Self, StoreError> {
        let mut session = Self::new(Record::default(), path, None);
        for line in begun {
            session.take(line)?;
        }
        Ok(session)
    }

    /// Goes on with the session in that file. What a killed program had not written to its end is cut off, and a reply
    /// that it was writing ends where it broke off.
    pub(super) fn open(path: PathBuf, id: &SessionId) -> Result<Self, StoreError> {
        let file = lock(&path, id)?;
        let mut record = Record::default();
        let (journal, _) = Journal::open(&path, file, lines::is_whole, lines::fold(&path, &mut record))?;
        lines::name(&path, &mut record, id)?;
        let mut session = Self::new(record, path, Some(journal));
        for lane in Lane::BOTH.into_iter().filter(|lane| session.record.is_replying(*lane)).collect::<Vec<_>>() {
            let replied = Replied { reason: Replied::INTERRUPTED.to_owned(), ..Replied::default() };
            session.append(Event::Replied { lane, replied })?;
        }
        Ok(session)
    }

    fn new(record: Record, path: PathBuf, journal: Option<Journal>) -> Self {
        Self { record, path, journal, waiting: VecDeque::new(), lasting: false }
    }

    /// What the session amounts to so far.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The session's file. There is none before the first event of a new session.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets an event happen now: takes it into the record and writes it. When this returns, the event outlives the
    /// program, and all but a piece of a reply also outlive a power failure. Returns the event's time.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the event cannot follow those before it: then nothing has changed. Any other error
    /// says that the file does not hold the event yet: the record does, and the next call writes it too.
    pub fn append(&mut self, event: Event) -> Result<Timestamp, StoreError> {
        let line = Line::now(event);
        self.take(&line)?;
        self.write()?;
        Ok(line.at)
    }

    fn take(&mut self, line: &Line) -> Result<(), StoreError> {
        self.record.apply(line.at, &line.event)?;
        let text = serde_json::to_string(line);
        let text = text.map_err(|error| self.io("write", error.into()))?;
        self.waiting.push_back(text);
        self.lasting |= !matches!(line.event, Event::Piece { .. });
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn write(&mut self) -> Result<(), StoreError> {
        if self.journal.is_none() {
            self.journal = Some(self.create()?);
        }
        let Some(journal) = &mut self.journal else { return Ok(()) };
        while let Some(line) = self.waiting.front() {
            // The last one takes those before it along to the disk.
            if self.lasting && self.waiting.len() == 1 {
                journal.append(line)?;
            } else {
                journal.append_unsynced(line)?;
            }
            self.waiting.pop_front();
        }
        self.lasting = false;
        Ok(())
    }

    fn create(&self) -> Result<Journal, StoreError> {
        let failed = |source| self.io("create", source);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private::create_folder(folder).map_err(failed)?;
        let file = private::create_file(&self.path).map_err(failed)?;
        let settled = file.try_lock().map_err(io::Error::from).and_then(|()| private::sync_folder(folder));
        settled.map_err(|error| {
            // The next attempt begins anew.
            let _ = std::fs::remove_file(&self.path);
            failed(error)
        })?;
        Ok(Journal::open::<JournalError>(&self.path, file, |_| false, |_, _| Ok(()))?.0)
    }

    fn io(&self, action: &'static str, source: io::Error) -> StoreError {
        StoreError::Io { action, path: self.path.clone(), source }
    }
}

/// The session's file, for this program alone to write to. The system lets go of it however the program ends.
pub(super) fn lock(path: &Path, id: &SessionId) -> Result<File, StoreError> {
    let file = OpenOptions::new().read(true).append(true).open(path).map_err(lines::unreadable(path, id))?;
    match file.try_lock() {
        // Whoever had it before may have deleted it.
        Ok(()) if path.exists() => Ok(file),
        Ok(()) => Err(StoreError::Unknown(id.to_string())),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(id.clone())),
        Err(TryLockError::Error(source)) => Err(StoreError::Io { action: "lock", path: path.to_owned(), source }),
    }
}
