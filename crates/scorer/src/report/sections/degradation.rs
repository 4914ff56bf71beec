//! Settings against full over tasks, and over models.

use std::collections::{BTreeMap, BTreeSet};

use crate::cells::Cell;
use crate::measures::{Measures, mean, mean_of_ratios, over_instructions, ratio_of_means};
use crate::names::FULL;
use crate::report::{Degradation, Estimate, Ratios};
use crate::run::Setting;

/// A setting and full of the same task and model, over the instructions that both hold.
struct Pair<'a> {
    task: &'a str,
    model: &'a str,
    setting: Measures,
    full: Measures,
}

/// Every setting but full against full: by model, then over all models where there are several.
pub(crate) fn degradation(cells: &[Cell<'_>]) -> Vec<Degradation> {
    let pairs = pairs(cells);
    let models: BTreeSet<&str> = pairs.values().flatten().map(|pair| pair.model).collect();
    let mut found = Vec::new();
    for model in &models {
        for (setting, pairs) in &pairs {
            let own: Vec<&Pair<'_>> = pairs.iter().filter(|pair| pair.model == *model).collect();
            found.extend(of(Some(model), setting, &own));
        }
    }
    if models.len() > 1 {
        found.extend(pairs.iter().filter_map(|(setting, pairs)| of(None, setting, &pairs.iter().collect::<Vec<_>>())));
    }
    found
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
        let (own, others): (Vec<Measures>, Vec<Measures>) = cell
            .by_instruction
            .iter()
            .filter_map(|(id, measures)| Some((*measures, *full.by_instruction.get(id)?)))
            .unzip();
        if let (Some(setting), Some(full)) = (over_instructions(&own), over_instructions(&others)) {
            let pair = Pair { task: &cell.key.task, model: &cell.key.model, setting, full };
            pairs.entry(&cell.key.setting).or_default().push(pair);
        }
    }
    pairs
}

fn of(model: Option<&str>, setting: &Setting, pairs: &[&Pair<'_>]) -> Option<Degradation> {
    let tasks: BTreeSet<&str> = pairs.iter().map(|pair| pair.task).collect();
    let ratios = |measure: fn(&Measures) -> f64| ratios(pairs, measure, model.is_none());
    (!pairs.is_empty()).then(|| Degradation {
        model: model.map(str::to_owned),
        setting: setting.name.clone(),
        tasks: tasks.into_iter().map(str::to_owned).collect(),
        cells: pairs.len(),
        p: ratios(|measures| measures.p),
        a90: ratios(|measures| measures.a90),
        u90_10: ratios(|measures| measures.u90_10),
    })
}

fn ratios(pairs: &[&Pair<'_>], measure: fn(&Measures) -> f64, over_models: bool) -> Ratios {
    let values = |pairs: &[&Pair<'_>]| -> Vec<(f64, f64)> {
        pairs.iter().map(|pair| (measure(&pair.setting), measure(&pair.full))).collect()
    };
    let models: BTreeSet<&str> = pairs.iter().map(|pair| pair.model).filter(|_| over_models).collect();
    let by_model: Option<Vec<f64>> = models
        .iter()
        .map(|model| {
            let own: Vec<&Pair<'_>> = pairs.iter().filter(|pair| pair.model == *model).copied().collect();
            ratio_of_means(&values(&own))
        })
        .collect();
    let estimate = |value| Estimate { value, interval: None };
    Ratios {
        mean_of_ratios: estimate(mean_of_ratios(&values(pairs))),
        ratio_of_means: estimate(ratio_of_means(&values(pairs))),
        mean_of_model_ratios: estimate(by_model.and_then(|ratios| mean(&ratios))),
    }
}
