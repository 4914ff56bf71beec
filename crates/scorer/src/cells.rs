//! Runs by cell and instruction: all that is kept of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Performance;
use crate::measures::{Measures, of_instruction, over_instructions};
use crate::run::facts::Facts;
use crate::run::{CellKey, Run};
use crate::shards::{SampleShards, Shards};

/// A run within its cell and instruction.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// From 0 to 100.
    pub(crate) score: f64,
    pub(crate) facts: Facts,
}

/// The runs of a cell by instruction.
pub(crate) type Instructions = BTreeMap<String, Vec<Recorded>>;

/// All runs, in the order of reports.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    cells: BTreeMap<CellKey, Instructions>,
}

/// One cell, measured.
#[derive(Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) key: &'a CellKey,
    pub(crate) instructions: &'a Instructions,
    /// The mean over the instructions.
    pub(crate) measures: Measures,
    /// The measures of each instruction.
    pub(crate) by_instruction: BTreeMap<&'a str, Measures>,
    pub(crate) runs: usize,
    /// The fewest and the most runs of an instruction.
    pub(crate) runs_per_instruction: (usize, usize),
}

impl Cells {
    pub(crate) fn add(&mut self, run: Run) {
        let recorded = Recorded { score: run.score, facts: run.facts };
        self.cells.entry(run.cell).or_default().entry(run.instruction).or_default().push(recorded);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Every cell, measured.
    pub(crate) fn measure(&self) -> Vec<Cell<'_>> {
        self.cells.iter().filter_map(|(key, instructions)| Cell::new(key, instructions)).collect()
    }

    /// The shards of every instruction, by the samples where these say so.
    pub(crate) fn shards(&self, samples: &SampleShards) -> Shards<'_> {
        let mut revealed: BTreeMap<(&str, &str), BTreeSet<i64>> = BTreeMap::new();
        for (key, instructions) in &self.cells {
            for (id, runs) in instructions {
                let shards = runs.iter().flat_map(|run| run.facts.shards.iter().copied());
                revealed.entry((&key.task, id)).or_default().extend(shards);
            }
        }
        Shards::new(revealed, samples)
    }
}

impl<'a> Cell<'a> {
    /// `None` only for a cell without runs, which [`Cells::add`] cannot make.
    fn new(key: &'a CellKey, instructions: &'a Instructions) -> Option<Self> {
        let by_instruction: BTreeMap<&str, Measures> =
            instructions.iter().filter_map(|(id, runs)| Some((id.as_str(), of_instruction(&scores(runs))?))).collect();
        let counts = || instructions.values().map(Vec::len);
        Some(Self {
            key,
            instructions,
            measures: over_instructions(&by_instruction.values().copied().collect::<Vec<_>>())?,
            by_instruction,
            runs: counts().sum(),
            runs_per_instruction: (counts().min()?, counts().max()?),
        })
    }

    /// P by instruction.
    pub(crate) fn performance(&self) -> Performance<'a> {
        self.by_instruction.iter().map(|(id, measures)| (*id, measures.p)).collect()
    }
}

/// The scores of runs, in ascending order, so that nothing depends on the order in which they were read.
pub(crate) fn scores(runs: &[Recorded]) -> Vec<f64> {
    let mut scores: Vec<f64> = runs.iter().map(|run| run.score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    scores
}
