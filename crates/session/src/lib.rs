//! Chats as they are kept.
//!
//! A session file is append-only: one [`Line`] for each [`Event`], written as it happens, so that a crash loses nothing.
//! What a chat amounts to is its [`Record`], always the fold of its events.

mod event;
mod export;
mod record;
mod store;

pub use event::{Event, FORMAT, Fork, Lane, Line, Replied, SessionId, session_schema};
pub use export::{html, markdown, transcript};
pub use record::{Exchange, Failure, Record, RecordError, Reply};
pub use store::{Hit, Place, Session, Store, StoreError, Summary};
