//! Each model and setting at its score and at its legibility.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::cells::Cell;
use crate::measures;
use crate::report::{Details, Estimate, LegibilityPoint, Row};
use crate::run::Setting;
use crate::statistics::{Bootstrap, Column};

use super::Mean;

/// A cell with its sections.
type Whole<'a> = (&'a Cell<'a>, &'a Row, &'a Details);

/// The points; `rows` and `details` belong to `cells`, one to one. Every task weighs the same.
pub(crate) fn legibility(
    cells: &[Cell<'_>],
    rows: &[Row],
    details: &[Details],
    bootstrap: &Bootstrap,
) -> Vec<LegibilityPoint> {
    let mut groups: BTreeMap<(&str, &Setting), Vec<Whole<'_>>> = BTreeMap::new();
    for ((cell, row), details) in cells.iter().zip(rows).zip(details) {
        groups.entry((&cell.key.model, &cell.key.setting)).or_default().push((cell, row, details));
    }
    groups.into_par_iter().map(|((model, setting), cells)| point(model, setting, &cells, bootstrap)).collect()
}

fn point(model: &str, setting: &Setting, cells: &[Whole<'_>], bootstrap: &Bootstrap) -> LegibilityPoint {
    let mean = |of: &dyn Fn(&Row, &Details) -> Option<f64>| {
        cells.iter().filter_map(|(_, row, details)| of(row, details)).collect::<Mean>().value()
    };
    let tasks: BTreeSet<&String> = cells.iter().map(|(_, row, _)| &row.task).collect();
    let columns: Vec<Column<'_>> = cells
        .iter()
        .map(|(cell, ..)| Column { stratum: &cell.key.task, values: cell.performance().into_values().collect() })
        .collect();
    LegibilityPoint {
        model: model.to_owned(),
        setting: setting.name.clone(),
        tasks: tasks.into_iter().cloned().collect(),
        p: Estimate { value: mean(&|row, _| Some(row.p)), interval: bootstrap.interval(&columns, measures::mean) },
        coverage: mean(&|_, details| details.mediation.as_ref()?.coverage),
        precision: mean(&|_, details| details.mediation.as_ref()?.precision),
        calibration: mean(&|_, details| {
            let errors = details.calibration.iter().map(|method| 100.0 - 100.0 * method.ece);
            errors.collect::<Mean>().value()
        }),
        stability: mean(&|row, _| Some(100.0 - row.sensitivity?)),
    }
}
