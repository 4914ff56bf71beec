//! The sharder: turns a fully specified instruction into the shards in which a user would reveal it, and checks without a
//! model that the shards say what the instruction says.
//!
//! [`Sharder::shard`] lets a model write shards, each beside the words of the instruction that it stands for. [`verify`]
//! compares them with the instruction: what is lost or invented is a [`Finding`]. [`Measured`] says whether an assistant
//! that reads the shards at once does as well as with the instruction.

mod measured;
mod sharder;
mod verify;

pub use measured::{KEPT, Measured};
pub use sharder::{Piece, Sharder, Written};
pub use verify::{FEWEST, Finding, verify};
