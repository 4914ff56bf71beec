//! Each model and setting at its score and at its legibility.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::{Details, Estimate, LegibilityPoint, Row};
use crate::run::Setting;

use super::Mean;

/// The points; `details` belongs to `rows`, one to one. Every task weighs the same.
pub(crate) fn legibility(rows: &[Row], details: &[Details]) -> Vec<LegibilityPoint> {
    let mut groups: BTreeMap<(&str, Setting), Vec<(&Row, &Details)>> = BTreeMap::new();
    for (row, details) in rows.iter().zip(details) {
        groups.entry((&row.model, Setting::new(&row.setting))).or_default().push((row, details));
    }
    groups.into_iter().map(|((model, setting), cells)| point(model, setting.name, &cells)).collect()
}

fn point(model: &str, setting: String, cells: &[(&Row, &Details)]) -> LegibilityPoint {
    let mean = |of: &dyn Fn(&Row, &Details) -> Option<f64>| {
        cells.iter().filter_map(|(row, details)| of(row, details)).collect::<Mean>().value()
    };
    let tasks: BTreeSet<&String> = cells.iter().map(|(row, _)| &row.task).collect();
    LegibilityPoint {
        model: model.to_owned(),
        setting,
        tasks: tasks.into_iter().cloned().collect(),
        p: Estimate { value: mean(&|row, _| Some(row.p)), interval: None },
        coverage: mean(&|_, details| details.mediation.as_ref()?.coverage),
        precision: mean(&|_, details| details.mediation.as_ref()?.precision),
        calibration: mean(&|_, details| {
            let errors = details.calibration.iter().map(|method| 100.0 - 100.0 * method.ece);
            errors.collect::<Mean>().value()
        }),
        stability: mean(&|row, _| Some(100.0 - row.sensitivity?)),
    }
}
