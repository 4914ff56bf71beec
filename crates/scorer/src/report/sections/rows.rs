//! The measures of each cell, and its setting against full and sharded.

use std::collections::BTreeMap;

use crate::cells::{Cell, scores};
use crate::compare::{self, Compared};
use crate::measures::sensitivity;
use crate::names::{FULL, SHARDED};
use crate::report::Row;

use super::Mean;

/// A row's comparisons, with the reasons where they have no value.
pub(crate) struct Comparisons {
    pub(crate) degradation: Compared,
    pub(crate) gap_closed: Compared,
}

/// Compares every cell with full and sharded of its task and model.
pub(crate) fn compare_all(cells: &[Cell<'_>]) -> Vec<Comparisons> {
    let performance: Vec<BTreeMap<&str, f64>> = cells.iter().map(performance).collect();
    let by_name: BTreeMap<_, _> = cells
        .iter()
        .zip(&performance)
        .map(|(cell, p)| ((&*cell.key.task, &*cell.key.model, &*cell.key.setting.name), p))
        .collect();
    cells
        .iter()
        .zip(&performance)
        .map(|(cell, own)| {
            let of = |setting| by_name.get(&(&*cell.key.task, &*cell.key.model, setting)).copied();
            let (full, sharded) = (of(FULL), of(SHARDED));
            Comparisons {
                degradation: compare::against_full(own, full),
                gap_closed: compare::of_gap(own, sharded, full),
            }
        })
        .collect()
}

fn performance<'a>(cell: &Cell<'a>) -> BTreeMap<&'a str, f64> {
    cell.by_instruction.iter().map(|(id, measures)| (*id, measures.p)).collect()
}

/// The rows; `compared` belongs to `cells`, one to one.
pub(crate) fn rows(cells: &[Cell<'_>], compared: &[Comparisons]) -> Vec<Row> {
    cells.iter().zip(compared).map(|(cell, compared)| row(cell, compared)).collect()
}

fn row(cell: &Cell<'_>, compared: &Comparisons) -> Row {
    let (runs_per_instance_min, runs_per_instance_max) = cell.runs_per_instruction;
    let each = cell.instructions.values().map(|runs| scores(runs));
    Row {
        task: cell.key.task.clone(),
        model: cell.key.model.clone(),
        setting: cell.key.setting.name.clone(),
        instances: cell.instructions.len(),
        runs: cell.runs,
        runs_per_instance_min,
        runs_per_instance_max,
        p: cell.measures.p,
        p_interval: None,
        a90: cell.measures.a90,
        a90_interval: None,
        u90_10: cell.measures.u90_10,
        u90_10_interval: None,
        degradation: compared.degradation.value.ok(),
        degradation_interval: None,
        degradation_instances: compared.degradation.instances,
        gap_closed: compared.gap_closed.value.ok(),
        gap_closed_interval: None,
        gap_closed_instances: compared.gap_closed.instances,
        thresholds: Vec::new(),
        pass_k: Vec::new(),
        sensitivity: each.filter_map(|scores| sensitivity(&scores)).collect::<Mean>().value(),
    }
}
