//! What can go wrong with a queue.

use std::time::Duration;

use crate::Address;

/// Why a queue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The address is none.
    #[error("the address of the queue is not valid: {reason}")]
    Address {
        /// What is wrong with it, without any of its words: it may hold a password.
        reason: &'static str,
    },
    /// The queue cannot be opened, read or written.
    #[error("the queue at {address} cannot be used")]
    Unusable {
        /// Where it is.
        address: Address,
        /// What its engine says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The queue was lost while tasks were dealt out, and did not come back.
    #[error("the queue at {address} was lost, and did not come back within {} s", waited.as_secs())]
    Lost {
        /// Where it was.
        address: Address,
        /// How long it was waited for.
        waited: Duration,
        /// What its engine said last.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
