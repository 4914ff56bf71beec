//! Dealing named tasks out to workers that may die at any moment, over SQLite or Redis.
//!
//! A [`Queue`] is shared by all workers that know its [`Address`] and name. Whoever puts a task in, and however often: it is
//! in it once. A task is dealt to one worker at a time, and dealt again where that worker did not say that it is done:
//! at once when it hands the task back, else once it has shown no sign of life for [`DEAD_AFTER`]. So each task is done at
//! least once, and twice only where a worker died between doing it and saying so, or was taken for dead.

mod address;
mod deals;
mod error;
mod queue;

pub use address::Address;
pub use deals::{Deals, Dealt};
pub use error::QueueError;
pub use queue::{DEAD_AFTER, Queue, Task};

#[cfg(test)]
mod tests;
