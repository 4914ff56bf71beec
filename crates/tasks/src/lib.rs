//! Task families: samples in the study's format, their prompts, answer extraction and evaluators.
//!
//! A family is one [`TaskFamily`]; [`family`] finds it by name. Nothing here knows a model: a family turns a sample
//! into text, and a reply into an answer with a score.

mod family;
mod sample;

pub use family::{Evaluation, TaskFamily, families, family};
pub use sample::{Sample, SampleError, Shard, read_samples};
