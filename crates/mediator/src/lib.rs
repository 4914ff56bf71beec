//! The mediator: edits from a user turn, the guard that checks them, and the decision to ask or proceed.
//!
//! It reads the user's words and the spec, never the assistant's replies, except a numbered outline of the last
//! one, so that the user can point at a part of it.

mod mediate;

pub use mediate::{AskPolicy, Mediation, Mediator, MediatorError};
