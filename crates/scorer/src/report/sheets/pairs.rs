//! Settings against each other.

use super::{Sheet, estimate, headings};
use crate::report::text::{figure, printable};
use crate::report::{Comparison, Ratios, Report};

pub(super) fn degradation(report: &Report) -> Sheet {
    let over_models = report.degradation.iter().any(|held| held.model.is_none());
    let mut names = headings(&["model", "setting", "measure", "cells", "mean of ratios", "ratio of means"]);
    names.extend(over_models.then(|| "mean of models' ratios".to_owned()));
    let rows = report.degradation.iter().flat_map(|held| {
        let of = |measure: &str, ratios: &Ratios| {
            let mut cells = vec![
                held.model.as_deref().map_or_else(|| "all".into(), printable),
                printable(&held.setting),
                measure.to_owned(),
                held.cells.to_string(),
                estimate(&ratios.mean_of_ratios),
                estimate(&ratios.ratio_of_means),
            ];
            cells.extend(over_models.then(|| estimate(&ratios.mean_of_model_ratios)));
            cells
        };
        [of("P", &held.p), of("A90", &held.a90), of("U90-10", &held.u90_10)]
    });
    Sheet {
        title: "Settings in percent of full, over tasks",
        headings: names,
        names: 3,
        rows: rows.collect(),
        note: "A mean of ratios divides in each cell (task and model) and then averages, as the study's table does; a ratio \
               of means averages first, as its headline does. The two differ. A ratio is missing where one of its \
               divisors is 0.".into(),
    }
}

pub(super) fn comparisons(report: &Report) -> Sheet {
    let rows = report.comparisons.iter().map(|held| {
        vec![
            printable(&held.task),
            printable(&held.model),
            printable(&held.subject),
            printable(&held.baseline),
            held.instances.to_string(),
            figure(Some(held.subject_p)),
            figure(Some(held.baseline_p)),
            estimate(&held.difference),
            p_value(held.p_value),
            p_value(held.p_adjusted),
            figure(held.minimum_detectable),
        ]
    });
    Sheet {
        title: "Differences in P on the same instructions",
        headings: headings(&[
            "task",
            "model",
            "setting",
            "against",
            "inst",
            "P",
            "P against",
            "difference",
            "p",
            "p (Holm)",
            "detectable",
        ]),
        names: 4,
        rows: rows.collect(),
        note: format!(
            "p says how often a difference of this size comes about by chance if there is none; p (Holm) is adjusted for \
             all the comparisons here. A true difference below the detectable one would probably not have been found; there is \
             none where all instructions differ alike. Tests: {}.",
            report.rules.test
        )
        .into(),
    }
}

/// With three decimals; what is smaller is not 0.
fn p_value(p: Option<f64>) -> String {
    match p {
        None => "-".into(),
        Some(p) if p < 0.001 => "<0.001".into(),
        Some(p) => format!("{p:.3}"),
    }
}

impl Comparison {
    /// Whether the difference stands after adjusting for all comparisons, at this level in percent.
    pub fn is_significant(&self, level: f64) -> bool {
        self.p_adjusted.is_some_and(|p| p <= 1.0 - level / 100.0)
    }
}
