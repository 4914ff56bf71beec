//! How the conversations of a cell went, and those of a setting over all cells.

use std::collections::{BTreeMap, BTreeSet};

use crate::cells::{Cell, Recorded};
use crate::report::{CellName, Details};
use crate::run::Setting;
use crate::shards::Shards;

use super::{calibration, conversations, faults, mediation};

/// One group of details for each cell.
pub(crate) fn by_cell(cells: &[Cell<'_>], shards: &Shards<'_>) -> Vec<Details> {
    cells
        .iter()
        .map(|cell| {
            let name = CellName {
                task: Some(cell.key.task.clone()),
                model: Some(cell.key.model.clone()),
                setting: cell.key.setting.name.clone(),
            };
            details(name, &Group { cells: vec![cell], shards })
        })
        .collect()
}

/// One group of details for each setting.
pub(crate) fn by_setting(cells: &[Cell<'_>], shards: &Shards<'_>) -> Vec<Details> {
    let mut settings: BTreeMap<&Setting, Vec<&Cell<'_>>> = BTreeMap::new();
    for cell in cells {
        settings.entry(&cell.key.setting).or_default().push(cell);
    }
    settings
        .into_iter()
        .map(|(setting, cells)| {
            let name = CellName { task: None, model: None, setting: setting.name.clone() };
            details(name, &Group { cells, shards })
        })
        .collect()
}

fn details(cell: CellName, group: &Group<'_>) -> Details {
    Details {
        cell,
        conversations: conversations::conversations(group),
        turns: conversations::turns(group),
        first_attempt: conversations::first_attempt(group),
        attempts: conversations::attempts(group),
        reply_length: conversations::reply_length(group),
        echo: conversations::echo(group),
        faults: faults::faults(group),
        calibration: calibration::calibration(group),
        mediation: mediation::mediation(group),
    }
}

/// Cells that are looked at together.
pub(super) struct Group<'a> {
    cells: Vec<&'a Cell<'a>>,
    shards: &'a Shards<'a>,
}

/// The runs of an instruction in a cell.
pub(super) struct Instruction<'a> {
    /// The shards that it is known to have.
    pub(super) shards: &'a BTreeSet<i64>,
    pub(super) runs: &'a [Recorded],
}

impl<'a> Group<'a> {
    /// Every instruction of every cell.
    pub(super) fn instructions(&self) -> impl Iterator<Item = Instruction<'a>> {
        self.cells.iter().flat_map(|cell| {
            let shards = |id| self.shards.of(&cell.key.task, id);
            cell.instructions.iter().map(move |(id, runs)| Instruction { shards: shards(id), runs })
        })
    }

    /// Every run.
    pub(super) fn runs(&self) -> impl Iterator<Item = &'a Recorded> {
        self.instructions().flat_map(|instruction| instruction.runs)
    }

    /// The runs of each cell.
    pub(super) fn by_cell(&self) -> impl Iterator<Item = Vec<&'a Recorded>> {
        self.cells.iter().map(|cell| cell.instructions.values().flatten().collect())
    }
}
