//! Chats as they are kept.
//!
//! A session file is append-only: one [`Line`] for each [`Event`], written as it happens, so that a crash loses nothing.
//! What a chat amounts to is its [`Record`], always the fold of its events. A [`Store`] is a folder of such files; a
//! [`Session`] is one of them open for writing, where whatever happens is [appended](Session::append).

mod event;
mod export;
mod record;
mod store;

pub use event::{Event, FORMAT, Fork, Lane, Line, Replied, SessionId, Spent, session_schema};
pub use export::{html, markdown, sample, transcript};
pub use record::{Exchange, Failure, Record, RecordError, Reply};
pub use store::{Hit, Place, Session, Store, StoreError, Summary};
