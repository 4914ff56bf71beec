//! Scores by cell and instruction: all that is kept of the runs, and all that the measures (or a resampling that
//! draws instructions) need.

use std::collections::BTreeMap;

use crate::measures::{Measures, of_instruction, over_instructions};
use crate::run::{CellKey, Run};

/// The scores of every instruction of every cell, in the order of reports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    cells: BTreeMap<CellKey, BTreeMap<String, Vec<f64>>>,
}

/// One cell, measured.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) key: CellKey,
    /// The mean over the instructions.
    pub(crate) measures: Measures,
    /// P by instruction.
    pub(crate) performance: BTreeMap<String, f64>,
    pub(crate) runs: usize,
    /// The fewest and the most runs of an instruction.
    pub(crate) runs_per_instruction: (usize, usize),
}

impl Cells {
    pub(crate) fn add(&mut self, run: Run) {
        self.cells.entry(run.cell).or_default().entry(run.instruction).or_default().push(run.score);
    }

    /// Every cell, measured.
    pub(crate) fn measure(&self) -> Vec<Measured> {
        self.cells.iter().filter_map(|(key, instructions)| measure(key, instructions)).collect()
    }
}

/// `None` only for a cell without runs, which [`Cells::add`] cannot make.
fn measure(key: &CellKey, instructions: &BTreeMap<String, Vec<f64>>) -> Option<Measured> {
    let each: BTreeMap<&String, Measures> =
        instructions.iter().filter_map(|(id, scores)| Some((id, of_instruction(scores)?))).collect();
    let counts = || instructions.values().map(Vec::len);
    Some(Measured {
        key: key.clone(),
        measures: over_instructions(&each.values().copied().collect::<Vec<_>>())?,
        performance: each.iter().map(|(id, measures)| ((*id).clone(), measures.p)).collect(),
        runs: counts().sum(),
        runs_per_instruction: (counts().min()?, counts().max()?),
    })
}
