//! Files of lines that only ever grow by whole lines, whatever ends the process.
//!
//! A line counts once it is in the file with its end. A process that is killed while it writes leaves at most one line
//! without an end, which [`Journal::open`] cuts off; nothing else is ever dropped.

mod error;
mod journal;
mod lines;

pub use error::JournalError;
pub use journal::Journal;
pub use lines::{Tail, read_lines};
