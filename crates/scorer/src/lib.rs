//! The transcript scorer: averaged performance P, aptitude A90, unreliability U90-10, degradation and gap closed,
//! from recorded conversations. It needs no model and no network, and it prints nothing.
//!
//! [`Scorer`] streams any number of transcript files and keeps of each run its cell (task, model, setting), its
//! instruction, its score and a few hundred bytes of facts. [`Scorer::finish`] turns them into a [`Report`], one [`Row`]
//! per cell and the sections beside it, which states its percentile, aggregation and interval rules and renders itself as
//! a table, JSON, CSV, Markdown, LaTeX or an HTML page.
//!
//! ```
//! use std::path::Path;
//! use throughline_scorer::{Options, Scorer};
//!
//! # fn main() -> Result<(), throughline_scorer::ScoreError> {
//! let mut scorer = Scorer::new(Options::default());
//! scorer.add_path(Path::new("tests/data/small.jsonl"))?;
//! let report = scorer.finish()?;
//! for row in &report.rows {
//!     println!("{} {} {}: A90 {:.1}, U90-10 {:.1}", row.task, row.model, row.setting, row.a90, row.u90_10);
//! }
//! let sharded = report.rows.iter().find(|row| row.setting == "sharded").expect("recorded");
//! assert!((sharded.a90 - 95.0).abs() < 1e-9 && (sharded.u90_10 - 40.0).abs() < 1e-9);
//! # Ok(())
//! # }
//! ```
//!
//! The measures themselves are plain functions on slices: [`measures`], [`percentile()`].

mod aliases;
mod cells;
mod compare;
mod convert;
mod error;
mod figures;
mod input;
pub mod labelled;
mod left_out;
pub mod measures;
mod names;
mod output;
mod reevaluate;
pub mod report;
mod run;
mod scorer;
mod seen;
mod shards;
mod statistics;
mod unfinished;
mod words;

pub use aliases::{AliasError, Aliases};
pub use convert::{Converted, Format, InspectError, InspectLogs, convert};
pub use error::{Place, Problem, ScoreError};
pub use input::{Conversation, Glance, Spot, files, glance, is_run_directory, read_at, read_from, read_path};
pub use left_out::LeftOut;
pub use measures::{PERCENTILE_RULE, percentile, percentile_of_sorted};
pub use output::{Output, OutputError};
pub use reevaluate::{Agreement, Disagreement, Evaluated, Reevaluation, Reevaluator, SampleConflict, TaskAgreement};
pub use report::html::Archive;
pub use report::{Figures, Gate, GateError, Missing, Report, Row, Section, Sheet, Skipped, TableOptions, TableStyle};
pub use scorer::{Options, Scorer};
pub use shards::{SampleShards, ShardConflict};
