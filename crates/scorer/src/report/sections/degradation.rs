//! Settings against full over tasks, and over models.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::cells::Cell;
use crate::measures::{Measures, mean, mean_of_ratios, ratio_of_means};
use crate::names::FULL;
use crate::report::{Degradation, Estimate, Ratios};
use crate::run::Setting;
use crate::statistics::{Bootstrap, Column};

/// A setting and full of the same task and model, over the instructions that both hold.
struct Pair<'a> {
    task: &'a str,
    model: &'a str,
    setting: Vec<Measures>,
    full: Vec<Measures>,
}

/// Every setting but full against full: by model, then over all models where there are several.
pub(crate) fn degradation(cells: &[Cell<'_>], bootstrap: &Bootstrap) -> Vec<Degradation> {
    let pairs = pairs(cells);
    let models: BTreeSet<&str> = pairs.values().flatten().map(|pair| pair.model).collect();
    let mut groups: Vec<(Option<&str>, &Setting, Vec<&Pair<'_>>)> = Vec::new();
    for model in &models {
        for (setting, pairs) in &pairs {
            groups.push((Some(model), setting, pairs.iter().filter(|pair| pair.model == *model).collect()));
        }
    }
    if models.len() > 1 {
        groups.extend(pairs.iter().map(|(setting, pairs)| (None, *setting, pairs.iter().collect())));
    }
    groups.retain(|(_, _, pairs)| !pairs.is_empty());
    groups.par_iter().map(|(model, setting, pairs)| of(*model, setting, pairs, bootstrap)).collect()
}

fn pairs<'a>(cells: &'a [Cell<'a>]) -> BTreeMap<&'a Setting, Vec<Pair<'a>>> {
    let fulls: BTreeMap<(&str, &str), &Cell<'_>> = cells
        .iter()
        .filter(|cell| cell.key.setting.name == FULL)
        .map(|cell| ((&*cell.key.task, &*cell.key.model), cell))
        .collect();
    let mut pairs: BTreeMap<&Setting, Vec<Pair<'_>>> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.key.setting.name != FULL) {
        let Some(full) = fulls.get(&(&*cell.key.task, &*cell.key.model)) else { continue };
        let (setting, full): (Vec<Measures>, Vec<Measures>) = cell
            .by_instruction
            .iter()
            .filter_map(|(id, measures)| Some((*measures, *full.by_instruction.get(id)?)))
            .unzip();
        if !setting.is_empty() {
            let pair = Pair { task: &cell.key.task, model: &cell.key.model, setting, full };
            pairs.entry(&cell.key.setting).or_default().push(pair);
        }
    }
    pairs
}

fn of(model: Option<&str>, setting: &Setting, pairs: &[&Pair<'_>], bootstrap: &Bootstrap) -> Degradation {
    let tasks: BTreeSet<&str> = pairs.iter().map(|pair| pair.task).collect();
    let ratios = |measure: fn(&Measures) -> f64| ratios(pairs, measure, model.is_none(), bootstrap);
    Degradation {
        model: model.map(str::to_owned),
        setting: setting.name.clone(),
        tasks: tasks.into_iter().map(str::to_owned).collect(),
        cells: pairs.len(),
        p: ratios(|measures| measures.p),
        a90: ratios(|measures| measures.a90),
        u90_10: ratios(|measures| measures.u90_10),
    }
}

fn ratios(pairs: &[&Pair<'_>], measure: fn(&Measures) -> f64, over_models: bool, bootstrap: &Bootstrap) -> Ratios {
    let column = |task, values: &[Measures]| Column { stratum: task, values: values.iter().map(measure).collect() };
    let columns: Vec<Column<'_>> =
        pairs.iter().flat_map(|pair| [column(pair.task, &pair.setting), column(pair.task, &pair.full)]).collect();
    let mut by_model: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate().filter(|_| over_models) {
        by_model.entry(pair.model).or_default().push(place);
    }
    let of = |means: &[f64]| {
        let pairs: Vec<(f64, f64)> = means.as_chunks::<2>().0.iter().map(|[setting, full]| (*setting, *full)).collect();
        let of_models: Option<Vec<f64>> = by_model
            .values()
            .map(|places| ratio_of_means(&places.iter().map(|place| pairs[*place]).collect::<Vec<_>>()))
            .collect();
        [mean_of_ratios(&pairs), ratio_of_means(&pairs), of_models.and_then(|ratios| mean(&ratios))]
    };
    let means: Option<Vec<f64>> = columns.iter().map(|column| mean(&column.values)).collect();
    let values = means.map_or([None; 3], |means| of(&means));
    let intervals = bootstrap.intervals(&columns, of);
    let estimate = |place: usize| Estimate {
        value: values[place],
        interval: intervals[place].filter(|_| values[place].is_some()),
    };
    Ratios { mean_of_ratios: estimate(0), ratio_of_means: estimate(1), mean_of_model_ratios: estimate(2) }
}
