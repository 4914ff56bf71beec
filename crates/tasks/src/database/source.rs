//! Where databases are, and opening them.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags};

use super::query::{Budget, loads_others};
use crate::EvaluationError;

/// A database on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file of SQLite.
    File(PathBuf),
    /// Statements that make a database.
    Statements(PathBuf),
}

impl Source {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Statements(path) => path,
        }
    }

    /// Opens it for reading; what statements make is new each time, and in memory.
    ///
    /// # Errors
    /// [`EvaluationError::Database`] where it cannot be opened or made.
    pub(super) fn open(&self) -> Result<Connection, EvaluationError> {
        let failed = |reason: String| EvaluationError::Database { path: self.path().to_owned(), reason };
        let opened = match self {
            Self::File(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(path, flags)
            }
            Self::Statements(path) => {
                let statements = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                Connection::open_in_memory().and_then(|connection| made(connection, &statements))
            }
        };
        // Texts in double quotes, which Spider's queries hold, are read as texts.
        let opened = opened.and_then(|connection| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, true).map(|_| connection)
        });
        opened.map_err(|error| failed(error.to_string()))
    }
}

/// A database in memory that these statements make within the limits of an answer, from nothing but what they say.
fn made(connection: Connection, statements: &str) -> rusqlite::Result<Connection> {
    Budget::default().limit(&connection)?;
    connection.authorizer(Some(apart))?;
    connection.execute_batch(statements)?;
    Ok(connection)
}

/// Allows everything within the database, and no way out of it.
fn apart(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Authorization::Deny,
        AuthAction::Function { function_name } if loads_others(function_name) => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

/// The databases of that name in the first folder that has any, in the order of their names.
///
/// # Errors
/// [`EvaluationError::NoDatabase`] where none has.
pub(super) fn find(name: &str, folders: &[PathBuf]) -> Result<Vec<Source>, EvaluationError> {
    for folder in folders.iter().map(|folder| folder.join(name)) {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == "sqlite")).collect();
        if !files.is_empty() {
            files.sort();
            return Ok(files.into_iter().map(Source::File).collect());
        }
        let statements = folder.join(format!("{name}.sql"));
        if statements.is_file() {
            return Ok(vec![Source::Statements(statements)]);
        }
    }
    Err(EvaluationError::NoDatabase { name: name.to_owned(), folders: folders.to_vec() })
}
