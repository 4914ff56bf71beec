//! Task families: samples in the study's format, their prompts, answer extraction and evaluators.
//!
//! A family is one [`TaskFamily`]; [`family`] finds it by name. Nothing here knows a model: a family turns a sample
//! into text, and a reply into an answer with a score. What an evaluator needs beside that, such as a sandbox for programs,
//! stands in the [`Environment`].
//!
//! # Adding a family
//! A family is one folder beside `math/`:
//!
//! 1. Write `src/<name>/mod.rs` with a unit struct that implements [`TaskFamily`]: its name as it stands in the
//!    field `task` of a sample, its prompts, how an answer is found in a reply, how it is judged, and, in
//!    [`TaskFamily::check`], which fields a sample must bring so that none of the others can fail later.
//! 2. Put a reference to it into the list behind [`families`].
//! 3. If older files spell the name differently, add that spelling to [`canonical_task`].
//!
//! Readers, settings, and the scorer find it by name; nothing else has to change.

mod actions;
mod bleu;
mod code;
mod data2text;
mod database;
mod environment;
mod family;
mod fenced;
mod import;
mod inquiry;
mod math;
mod pattern;
mod sample;
mod summary;
mod translation;

pub use actions::Actions;
pub use bleu::bleu;
pub use code::Code;
pub use data2text::DataToText;
pub use database::Database;
pub use environment::{Environment, EvaluationError};
pub use family::{Evaluation, TaskFamily, canonical_task, families, family};
pub use import::{ImportError, Imported, NotImported, PackageFile, import};
pub use inquiry::Inquiry;
pub use math::{Math, Revision, Unrevised, revise};
pub use sample::{
    Instruction, Sample, SampleError, Shard, instruction_id, read_any_samples, read_instructions, read_samples,
};
pub use summary::Summary;
pub use translation::Translation;
