//! How well a mediator understands: its spec, operations, questions and removals against conversations that say what
//! it should have understood (`transcripts/README.md` describes the labels).
//!
//! [`read_labelled`] reads the labels. Each conversation that was mediated is an [`Outcome`]; [`evaluate`] judges those
//! of any number of settings against the labels, without a model, and sums them up as an [`Evaluation`].

mod costs;
mod evaluate;
mod figures;
mod judge;
mod labels;
mod operations;
mod removals;
mod sheets;
mod standing;
mod sums;
#[cfg(test)]
mod tests;

pub use costs::Cost;
pub use evaluate::{EvaluateError, Evaluated, evaluate};
pub use figures::{
    Costs, Detection, Evaluation, GroupFigures, OperationFigures, RemovalFigures, SettingFigures, Share, SpecFigures,
    TurnCosts, Verdict,
};
pub use judge::{Outcome, Understood, verbatim};
pub use labels::{LabelError, LabelledConversation, LabelledTurn, Stretch, read_labelled};
pub use operations::Operation;
pub use removals::is_wanted;
