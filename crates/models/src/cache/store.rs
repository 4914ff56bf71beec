//! The file that holds the replies.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

/// The name of the file within its directory.
const FILE: &str = "replies.sqlite";
/// What SQLite keeps beside it.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];
/// The version of the file's form.
const FORMAT: i64 = 1;
/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The directory cannot be made, or a file in it not be removed.
    #[error("the response cache: cannot {action} {}; name another directory, or go on with --no-cache", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is damaged, or no cache at all. It is left as it is.
    #[error(
        "the response cache {} is damaged: {reason}; move it away, delete it with `throughline cache clear`, or go on with --no-cache",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written by another version.
    #[error(
        "the response cache {} has the form {found}, and this version reads {FORMAT}; delete it with `throughline cache clear`, or go on with --no-cache",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The version of its form.
        found: i64,
    },
    /// The file cannot be read or written.
    #[error("the response cache {} cannot be used: {reason}; go on with --no-cache, or mend its directory", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

/// What a cache holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheStats {
    /// The file.
    pub path: PathBuf,
    /// Its size and that of what stands beside it, in bytes.
    pub bytes: u64,
    /// Replies by the identity of their model.
    pub models: Vec<(String, u64)>,
    /// When the oldest and the newest reply were kept.
    pub period: Option<(Timestamp, Timestamp)>,
}

impl CacheStats {
    /// All replies.
    pub fn replies(&self) -> u64 {
        self.models.iter().map(|(_, count)| count).sum()
    }
}

/// Replies on disk. Several processes may use one at a time; a process that is killed leaves every reply whole that it
/// had kept, and nothing of one that it had not.
pub struct CacheStore {
    path: PathBuf,
    connection: Mutex<Connection>,
    fault: Mutex<Option<String>>,
}

impl CacheStore {
    /// Opens the cache of that directory, and makes it where there is none. On Unix the directory is then the user's
    /// alone: replies may be private.
    ///
    /// # Errors
    /// [`CacheError`] when the file is no cache of this version or cannot be used.
    pub fn open(directory: &Path) -> Result<Self, CacheError> {
        create(directory).map_err(|source| CacheError::Io { action: "create", path: directory.to_owned(), source })?;
        let path = directory.join(FILE);
        let connection = prepare(&path).map_err(|source| about(&path, &source))?;
        let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
        let found = found.map_err(|source| about(&path, &source))?;
        if found != FORMAT {
            return Err(CacheError::Format { path, found });
        }
        // Another program's file may say the same of its form.
        let read = connection.prepare("SELECT key, model, created, reply FROM replies").map(drop);
        read.map_err(|source| about(&path, &source))?;
        Ok(Self { path, connection: Mutex::new(connection), fault: Mutex::default() })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first fault that this value met in reading or writing. Calls went on without the cache then.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the cache holds.
    ///
    /// # Errors
    /// [`CacheError`] when the file cannot be read.
    pub fn stats(&self) -> Result<CacheStats, CacheError> {
        let models = || -> rusqlite::Result<Vec<(String, u64)>> {
            let connection = self.connection();
            let mut statement =
                connection.prepare("SELECT model, count(*) FROM replies GROUP BY model ORDER BY model")?;
            statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, u32>(1)?.into())))?.collect()
        };
        let period = || -> rusqlite::Result<Option<(i64, i64)>> {
            self.connection().query_row("SELECT min(created), max(created) FROM replies", [], |row| {
                Ok(Option::zip(row.get(0)?, row.get(1)?))
            })
        };
        let period = period().map_err(|source| about(&self.path, &source))?;
        Ok(CacheStats {
            models: models().map_err(|source| about(&self.path, &source))?,
            period: period.and_then(|(first, last)| {
                Some((Timestamp::from_second(first).ok()?, Timestamp::from_second(last).ok()?))
            }),
            bytes: files(&self.path).filter_map(|file| Some(file.metadata().ok()?.len())).sum(),
            path: self.path.clone(),
        })
    }

    /// Deletes the cache of that directory, damaged or not; returns how many replies it held, where that can be told.
    ///
    /// # Errors
    /// [`CacheError`] when another process holds it for long, or a file cannot be removed.
    pub fn clear(directory: &Path) -> Result<Option<u64>, CacheError> {
        let path = directory.join(FILE);
        if !path.exists() {
            return Ok(Some(0));
        }
        // Damage may show only when the file is read as a whole.
        match Self::open(directory).and_then(|store| store.empty()) {
            Ok(deleted) => Ok(Some(deleted)),
            Err(CacheError::Damaged { .. } | CacheError::Format { .. }) => {
                for file in files(&path).filter(|file| file.exists()) {
                    std::fs::remove_file(&file).map_err(|source| CacheError::Io {
                        action: "remove",
                        path: file,
                        source,
                    })?;
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes all replies; returns how many there were. The file stays: another process may have it open.
    fn empty(&self) -> Result<u64, CacheError> {
        let connection = self.connection();
        let deleted = connection.execute("DELETE FROM replies", []);
        let deleted = deleted.and_then(|deleted| connection.execute_batch("VACUUM").map(|()| deleted));
        deleted.map(|deleted| deleted as u64).map_err(|source| about(&self.path, &source))
    }

    /// What is kept under that key.
    pub(super) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let connection = self.connection();
        let row = connection
            .prepare_cached("SELECT reply FROM replies WHERE key = ?1")
            .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional());
        row.unwrap_or_else(|error| self.met(&error))
    }

    /// Keeps something under that key; it is on disk when this returns.
    pub(super) fn put(&self, key: &[u8], model: &str, reply: &[u8]) {
        let connection = self.connection();
        let kept = connection
            .prepare_cached("INSERT OR REPLACE INTO replies (key, model, created, reply) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| statement.execute(params![key, model, Timestamp::now().as_second(), reply]));
        if let Err(error) = kept {
            self.met::<()>(&error);
        }
    }

    /// A reply is worth more than its copy: a fault of the cache fails no call, but is told once.
    fn met<T>(&self, error: &rusqlite::Error) -> Option<T> {
        let error = about(&self.path, error);
        tracing::warn!(%error, "the call goes on without the response cache");
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
        None
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    // Everything that was committed survives a killed process; only a power cut may take the last replies.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let empty: bool = transaction.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if empty {
        transaction.execute_batch(
            "CREATE TABLE replies (
                key BLOB PRIMARY KEY, model TEXT NOT NULL, created INTEGER NOT NULL, reply BLOB NOT NULL
            ) STRICT",
        )?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()?;
    Ok(connection)
}

fn about(path: &Path, error: &rusqlite::Error) -> CacheError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        // Unknown to the library is SQLite's general error: our statements do not fit what the file holds.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown) => {
            CacheError::Damaged { path, reason }
        }
        _ => CacheError::Store { path, reason },
    }
}

/// The file and what SQLite keeps beside it.
fn files(path: &Path) -> impl Iterator<Item = PathBuf> {
    let companion = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    std::iter::once(path.to_owned()).chain(COMPANIONS.map(companion))
}

fn create(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
