//! The measures of each cell, and its setting against full and sharded.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::cells::{Cell, scores};
use crate::compare::{self, Compared, Performance};
use crate::measures::{Measures, at_percentiles, degradation, gap_closed, mean, pass_hat_k, sensitivity};
use crate::names::{FULL, SHARDED};
use crate::report::{Estimate, Figures, Interval, PassK, Row, Thresholds};
use crate::statistics::{Bootstrap, Column};

use super::Mean;

/// A row's comparisons, with the reasons where they have no value.
pub(crate) struct Comparisons {
    pub(crate) degradation: Compared,
    pub(crate) gap_closed: Compared,
}

/// Compares every cell with full and sharded of its task and model.
pub(crate) fn compare_all(cells: &[Cell<'_>]) -> Vec<Comparisons> {
    let performance: Vec<Performance<'_>> = cells.iter().map(Cell::performance).collect();
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

/// The rows; `compared` belongs to `cells`, one to one.
pub(crate) fn rows(cells: &[Cell<'_>], compared: &[Comparisons], figures: &Figures, bootstrap: &Bootstrap) -> Vec<Row> {
    cells.par_iter().zip(compared).map(|(cell, compared)| row(cell, compared, figures, bootstrap)).collect()
}

fn row(cell: &Cell<'_>, compared: &Comparisons, figures: &Figures, bootstrap: &Bootstrap) -> Row {
    let (runs_per_instance_min, runs_per_instance_max) = cell.runs_per_instruction;
    let column = |values| Column { stratum: &cell.key.task, values };
    let of_measure = |measure: fn(&Measures) -> f64| {
        bootstrap.interval(&[column(cell.by_instruction.values().map(measure).collect())], |means| Some(means[0]))
    };
    let of_ratio = |compared: &Compared, of: fn(&[f64]) -> Option<f64>| -> Option<Interval> {
        compared.value.ok()?;
        bootstrap.interval(&compared.columns.iter().cloned().map(column).collect::<Vec<_>>(), of)
    };
    // Of a setting against itself there is nothing to be unsure about.
    let setting = cell.key.setting.name.as_str();
    let degradation_interval = Some(&compared.degradation)
        .filter(|_| setting != FULL)
        .and_then(|compared| of_ratio(compared, |p| degradation(p[0], p[1])));
    let gap_closed_interval = Some(&compared.gap_closed)
        .filter(|_| setting != FULL && setting != SHARDED)
        .and_then(|compared| of_ratio(compared, |p| gap_closed(p[0], p[1], p[2])));
    Row {
        task: cell.key.task.clone(),
        model: cell.key.model.clone(),
        setting: cell.key.setting.name.clone(),
        instances: cell.instructions.len(),
        runs: cell.runs,
        runs_per_instance_min,
        runs_per_instance_max,
        p: cell.measures.p,
        p_interval: of_measure(|measures| measures.p),
        a90: cell.measures.a90,
        a90_interval: of_measure(|measures| measures.a90),
        u90_10: cell.measures.u90_10,
        u90_10_interval: of_measure(|measures| measures.u90_10),
        degradation: compared.degradation.value.ok(),
        degradation_interval,
        degradation_instances: compared.degradation.instances(),
        gap_closed: compared.gap_closed.value.ok(),
        gap_closed_interval,
        gap_closed_instances: compared.gap_closed.instances(),
        thresholds: figures.thresholds.iter().map(|pair| thresholds(cell, *pair, bootstrap)).collect(),
        pass_k: figures.pass_k.iter().map(|k| pass_k(cell, *k)).collect(),
        sensitivity: scores_of(cell).filter_map(|scores| sensitivity(&scores)).collect::<Mean>().value(),
    }
}

fn scores_of(cell: &Cell<'_>) -> impl Iterator<Item = Vec<f64>> {
    cell.instructions.values().map(|runs| scores(runs))
}

fn thresholds(cell: &Cell<'_>, (high, low): (f64, f64), bootstrap: &Bootstrap) -> Thresholds {
    let (aptitude, unreliability): (Vec<f64>, Vec<f64>) =
        scores_of(cell).filter_map(|scores| at_percentiles(&scores, high, low)).unzip();
    let estimate = |values: Vec<f64>| Estimate {
        value: mean(&values),
        interval: bootstrap.interval(&[Column { stratum: &cell.key.task, values }], |means| Some(means[0])),
    };
    Thresholds { high, low, aptitude: estimate(aptitude), unreliability: estimate(unreliability) }
}

fn pass_k(cell: &Cell<'_>, k: usize) -> PassK {
    let each: Vec<f64> = scores_of(cell)
        .filter_map(|scores| pass_hat_k(scores.iter().filter(|score| **score >= 100.0).count(), scores.len(), k))
        .map(|share| 100.0 * share)
        .collect();
    PassK { k, value: mean(&each), instances: each.len() }
}
