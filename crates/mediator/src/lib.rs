//! The mediator: edits from a user turn, the guard that checks them, and the decision to ask or proceed.
//!
//! It reads the user's words and the spec, never the assistant's replies, except a numbered outline of the last
//! one, so that the user can point at a part of it, and the question it ends with, where the user answers that in words that
//! mean nothing without it. [`Mediator::listen`] is the way in.

mod answer;
mod ask;
mod cues;
mod draft;
mod guard;
mod logistic;
mod mediate;
mod missing;
mod outline;
mod quote;
mod removal;
mod segments;
mod spent;
mod unguarded;
mod words;

pub use ask::{AskMode, AskPolicy, Reason};
pub use mediate::{Mediation, Mediator, MediatorError, Method};
pub use missing::Missing;
pub use removal::{Calibration, CalibrationError, Considered};
pub use words::{content as content_words, one_line, same_stem};

/// The mediator's agent file, as shipped.
pub const AGENT: &str = include_str!("../../../agents/mediator.md");
