//! Pairs of settings, or of run sets, on the same instructions.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::cells::Cell;
use crate::compare::on_shared;
use crate::measures::mean;
use crate::names::{FULL, SHARDED};
use crate::report::{Comparison, Estimate, Figures};
use crate::run::CellKey;
use crate::statistics::{Bootstrap, Column, holm, minimum_detectable, sign_flip};

/// Every setting against the baseline of its task and model.
pub(crate) fn comparisons(cells: &[Cell<'_>], figures: &Figures, bootstrap: &Bootstrap) -> Vec<Comparison> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Cell<'_>>> = BTreeMap::new();
    for cell in cells {
        groups.entry((&cell.key.task, &cell.key.model)).or_default().push(cell);
    }
    let pairs: Vec<(&Cell<'_>, &Cell<'_>)> = groups
        .values()
        .flat_map(|cells| {
            let named = |name: &str| cells.iter().find(|cell| cell.key.setting.name == name).copied();
            let baseline = match &figures.baseline {
                Some(name) => named(name),
                None => named(SHARDED).or_else(|| named(FULL)),
            };
            let others = cells.iter().filter_map(move |cell| Some((*cell, baseline?)));
            others.filter(|(cell, baseline)| cell.key != baseline.key)
        })
        .collect();
    let of = |(cell, baseline): &(&Cell<'_>, &Cell<'_>)| {
        let names = [&cell.key.setting.name, &baseline.key.setting.name];
        comparison(cell, baseline, names.map(String::clone), figures, bootstrap)
    };
    adjusted(pairs.par_iter().filter_map(of).collect())
}

/// Every cell against its counterpart in another set of runs, which is called `name`: the cell of the same task, model
/// and setting, or else that of the same task and setting where each set holds one model, or of the same task and model
/// where each holds one setting.
pub(crate) fn between(
    cells: &[Cell<'_>],
    others: &[Cell<'_>],
    name: &str,
    figures: &Figures,
    bootstrap: &Bootstrap,
) -> Vec<Comparison> {
    let one = |of: fn(&CellKey) -> &str| {
        [cells, others].iter().all(|cells| cells.windows(2).all(|pair| of(pair[0].key) == of(pair[1].key)))
    };
    let (one_model, one_setting) = (one(|key| &key.model), one(|key| &key.setting.name));
    let counterpart = |cell: &Cell<'_>| {
        let find = |same: &dyn Fn(&CellKey) -> bool| {
            others.iter().find(|other| other.key.task == cell.key.task && same(other.key))
        };
        find(&|other| other == cell.key)
            .or_else(|| find(&|other| one_model && other.setting == cell.key.setting))
            .or_else(|| find(&|other| one_setting && other.model == cell.key.model))
    };
    let of = |cell: &Cell<'_>| {
        let other = counterpart(cell)?;
        let mut baseline = other.key.setting.name.clone();
        if other.key.model != cell.key.model {
            baseline = format!("{baseline} by {}", other.key.model);
        }
        let names = [cell.key.setting.name.clone(), format!("{baseline} in {name}")];
        comparison(cell, other, names, figures, bootstrap)
    };
    adjusted(cells.par_iter().filter_map(of).collect())
}

/// One comparison; `None` where they share no instruction.
fn comparison(
    cell: &Cell<'_>,
    baseline: &Cell<'_>,
    [subject, against]: [String; 2],
    figures: &Figures,
    bootstrap: &Bootstrap,
) -> Option<Comparison> {
    let columns = on_shared(&[&cell.performance(), &baseline.performance()]);
    let [own, other] = columns.as_slice() else { return None };
    let differences: Vec<f64> = own.iter().zip(other).map(|(own, other)| own - other).collect();
    let test = sign_flip(&differences, figures.resamples, figures.seed, &cell.key.task);
    Some(Comparison {
        task: cell.key.task.clone(),
        model: cell.key.model.clone(),
        subject,
        baseline: against,
        instances: differences.len(),
        subject_p: mean(own)?,
        baseline_p: mean(other)?,
        minimum_detectable: minimum_detectable(&differences, 1.0 - figures.level / 100.0),
        p_value: test.map(|test| test.p_value),
        exact: test.is_some_and(|test| test.exact),
        p_adjusted: None,
        difference: Estimate {
            value: mean(&differences),
            interval: bootstrap
                .interval(&[Column { stratum: &cell.key.task, values: differences }], |means| Some(means[0])),
        },
    })
}

/// The same comparisons, with p-values adjusted for how many they are.
fn adjusted(mut comparisons: Vec<Comparison>) -> Vec<Comparison> {
    let p_values: Vec<f64> = comparisons.iter().filter_map(|comparison| comparison.p_value).collect();
    let mut adjusted = holm(&p_values).into_iter();
    for comparison in comparisons.iter_mut().filter(|comparison| comparison.p_value.is_some()) {
        comparison.p_adjusted = adjusted.next();
    }
    comparisons
}
