//! Prints P, A90 and U90-10 of every (task, model, setting) of recorded conversations, without intervals.
//!
//! `cargo run --release -p throughline-scorer --example score -- FILE...`

#![expect(clippy::print_stdout, reason = "an example may print")]

use std::path::Path;

use throughline_scorer::{Figures, Options, ScoreError, Scorer};

fn main() -> Result<(), ScoreError> {
    let figures = Figures { resamples: 0, ..Figures::default() };
    let mut scorer = Scorer::new(Options { figures, ..Options::default() });
    for path in std::env::args_os().skip(1) {
        scorer.add_path(Path::new(&path))?;
    }
    for row in scorer.finish()?.rows {
        println!("{},{},{},{},{},{}", row.task, row.model, row.setting, row.p, row.a90, row.u90_10);
    }
    Ok(())
}
