//! Where a queue is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use apalis_redis::IntoConnectionInfo;
use redis::ConnectionInfo;

use crate::QueueError;

/// Where a queue is: a file of SQLite's, for the processes of one machine, or a Redis server.
#[derive(Clone)]
pub enum Address {
    /// The file, which is created where there is none.
    Sqlite(PathBuf),
    /// The server, with what it takes to log in.
    Redis(Box<ConnectionInfo>),
}

impl FromStr for Address {
    type Err = QueueError;

    /// Reads `redis://[user:password@]host[:port][/database]`, `redis+unix:///path`, or else the path of a file.
    fn from_str(text: &str) -> Result<Self, QueueError> {
        match text.split_once("://") {
            None if text.trim().is_empty() => Err(QueueError::Address { reason: "it is empty" }),
            None => Ok(Self::Sqlite(Path::new(text).to_owned())),
            Some(("rediss", _)) => Err(QueueError::Address {
                reason: "rediss:// needs TLS, which is not spoken; use redis:// through a tunnel",
            }),
            Some(("redis" | "redis+unix", _)) => text
                .into_connection_info()
                .map(|server| Self::Redis(Box::new(server)))
                .map_err(|_| QueueError::Address { reason: "it is no redis://[user:password@]host[:port][/database]" }),
            Some(_) => Err(QueueError::Address { reason: "it is neither redis://… nor the path of a file" }),
        }
    }
}

impl fmt::Display for Address {
    /// Without user and password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(formatter),
            Self::Redis(server) => write!(formatter, "redis://{}", server.addr()),
        }
    }
}

impl fmt::Debug for Address {
    /// Without user and password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_shown() {
        let shown = |text: &str| match text.parse::<Address>() {
            Ok(address) => format!("{address} {address:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            shown("redis://ada:hunter2@example.org:7000/3"),
            "redis://example.org:7000 redis://example.org:7000"
        );
        assert_eq!(shown("runs/queue.sqlite"), "runs/queue.sqlite runs/queue.sqlite");
        for refused in
            ["", "rediss://:hunter2@example.org", "postgres://ada:hunter2@example.org/runs", "redis://:hunter2@"]
        {
            let error = shown(refused);
            assert!(error.starts_with("the address of the queue is not valid: "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
