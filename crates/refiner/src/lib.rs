//! The refiner: distils experience from failed conversations, and validates it on samples that it kept aside.
//!
//! A [`Case`] is a failed run beside its whole instruction. The [`Refiner`] writes a few general rules from cases; what is
//! no guideline is refused without a model. [`validate`] replays samples that no case came from, without and with the
//! experience, on the same seeds. An [`Experience`] names every sample that went into it: none of them may count in a
//! score of it, see [`Experience::leave_out`].

mod admit;
mod case;
mod experience;
mod refiner;
mod sample;
mod validate;

pub use admit::Refusal;
pub use case::{Case, cases};
pub use experience::{Experience, ExperienceError, Origin, Pair, Reader, Rule, Validation, experience_schema};
pub use refiner::{Distilled, Refiner};
pub use sample::{UsedSample, keep_aside};
pub use validate::{Paired, Validated, validate};
