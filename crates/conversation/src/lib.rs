//! Messages, turns, the spec as a fold of edits, and transcript lines.
//!
//! Pure data: this crate opens no file, knows no model and no terminal. What a conversation *means* is a
//! [`Spec`], which is always the fold of the [`Edit`]s recorded so far; what a conversation *was* is a
//! [`Transcript`], one line of JSON that the Lost in Conversation study's tools read as well.

mod correction;
mod message;
mod source;
mod spec;
mod transcript;
mod turn;

pub use correction::{Correction, CorrectionError};
pub use message::{Message, Role};
pub use source::{Source, Span, SpanError};
pub use spec::Spec;
pub use spec::clause::{Clause, ClauseId, ClauseKind, NewClause, Status};
pub use spec::edit::{Edit, Removal};
pub use spec::finding::Finding;
pub use spec::fold::FoldError;
pub use spec::ids::Ids;
pub use spec::items::{
    Assumption, AssumptionId, AssumptionState, Question, QuestionId, QuestionState, Reference, ReferenceId,
};
pub use transcript::entry::{Content, Entry, EntryRole};
pub use transcript::log::{LogEvent, TokenUsage, Verification};
pub use transcript::read::{TranscriptError, TranscriptReader};
pub use transcript::schema::{spec_schema, transcript_schema};
pub use transcript::{Header, Transcript, Verdict};
pub use turn::{Conversation, Decision, Turn};
