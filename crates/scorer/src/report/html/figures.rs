//! The figures of the page, each with its data as a table.

use std::io;

use serde::Serialize;

use crate::names::FULL;
use crate::report::text::printable;
use crate::report::{Bucket, Details, LegibilityPoint, Report, Row, Section};

use super::plot::{
    Bin, BoxGroup, BoxPanel, Boxed, Canvas, Curve, CurvePoint, Diagram, Dot, DotGroup, DotRow, Panel, Spot, boxes,
    curves, dots, reliability, scatter,
};
use super::table::{Cell, Table};
use super::tables;

/// A figure as the page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    /// Its anchor.
    id: &'static str,
    title: &'static str,
    caption: String,
    svg: String,
    table: Table,
}

/// Every figure for which there is something to show.
pub(super) fn figures(report: &Report) -> io::Result<Vec<Figure>> {
    let all =
        [degradation(report)?, aptitude(report)?, first_attempt(report)?, calibration(report)?, legibility(report)?];
    Ok(all.into_iter().flatten().collect())
}

impl Figure {
    fn new(
        id: &'static str,
        title: &'static str,
        caption: String,
        canvas: &Canvas,
        table: Table,
    ) -> io::Result<Option<Self>> {
        Ok(Some(Self { id, title, caption, svg: canvas.svg()?, table }))
    }
}

/// A name and what belongs to it.
type Named<T> = (String, Vec<T>);

/// The rows by task and then by model, in their order.
fn by_task_and_model<'a>(rows: &[&'a Row]) -> Vec<Named<Named<&'a Row>>> {
    rows.chunk_by(|a, b| a.task == b.task)
        .map(|task| {
            let models = task.chunk_by(|a, b| a.model == b.model);
            (printable(&task[0].task), models.map(|model| (printable(&model[0].model), model.to_vec())).collect())
        })
        .collect()
}

fn degradation(report: &Report) -> io::Result<Option<Figure>> {
    let rows: Vec<&Row> = report.rows.iter().filter(|row| row.setting != FULL && row.degradation.is_some()).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let title = "Degradation by setting";
    let mut table = Table::new(title, "P in percent of P in full, on the instructions that both settings hold.")
        .names(&["task", "model", "setting"])
        .numbers(&["% of full", "instructions"]);
    for row in &rows {
        let [task, model, setting] = names(row);
        let value = Cell::figure(row.degradation).within(row.degradation_interval);
        table.row(vec![task, model, setting, value, Cell::count(row.degradation_instances)]);
    }
    let dot = |row: &&Row| Dot {
        setting: printable(&row.setting),
        value: row.degradation.unwrap_or_default(),
        interval: row.degradation_interval.map(|interval| (interval.low, interval.high)),
    };
    let groups: Vec<DotGroup> = by_task_and_model(&rows)
        .into_iter()
        .map(|(heading, models)| DotGroup {
            heading,
            rows: models
                .into_iter()
                .map(|(name, rows)| DotRow { name, dots: rows.iter().map(dot).collect() })
                .collect(),
        })
        .collect();
    let caption = format!(
        "What each setting keeps of the averaged performance in full, by task and model; the dashed line is full itself. \
         Lines through markers, where there are any, are {} % intervals; ratios above 300 % stand at the edge.",
        report.rules.level
    );
    let canvas = dots(title, "P in percent of P in full", &groups, 100.0);
    Figure::new("figure-degradation", title, caption, &canvas, table)
}

fn aptitude(report: &Report) -> io::Result<Option<Figure>> {
    let rows: Vec<&Row> = report.rows.iter().collect();
    let title = "Aptitude and unreliability";
    let mut table = Table::new(title, "Scores from 0 to 100.").names(&["task", "model", "setting"]).numbers(&[
        "10th percentile",
        "P",
        "A90",
        "U90-10",
    ]);
    for row in &rows {
        let [task, model, setting] = names(row);
        let figures = [row.a90 - row.u90_10, row.p, row.a90, row.u90_10].map(|value| Cell::figure(Some(value)));
        let mut cells = vec![task, model, setting];
        cells.extend(figures);
        table.row(cells);
    }
    let boxed =
        |row: &&Row| Boxed { setting: printable(&row.setting), low: row.a90 - row.u90_10, high: row.a90, mean: row.p };
    let panels: Vec<BoxPanel> = by_task_and_model(&rows)
        .into_iter()
        .map(|(heading, models)| BoxPanel {
            heading,
            groups: models
                .into_iter()
                .map(|(name, rows)| BoxGroup { name, boxes: rows.iter().map(boxed).collect() })
                .collect(),
        })
        .collect();
    let caption = "Each box reaches from the 10th percentile of the runs of an instruction to the 90th, averaged over \
                   the instructions: its right end is the aptitude A90, its width the unreliability U90-10. The marker \
                   is the averaged performance P."
        .to_owned();
    Figure::new("figure-aptitude", title, caption, &boxes(title, "score", &panels), table)
}

fn names(row: &Row) -> [Cell; 3] {
    [&row.task, &row.model, &row.setting].map(|name| Cell::name(&printable(name)))
}

fn first_attempt(report: &Report) -> io::Result<Option<Figure>> {
    let title = "First answer attempt";
    let curve = |details: &Details| {
        let point = |bucket: &Bucket| {
            let position = f64::midpoint(bucket.from, bucket.to);
            bucket.score.map(|score| CurvePoint { position, score, runs: bucket.runs })
        };
        let points = details.first_attempt.iter().filter_map(point).collect();
        Curve { setting: printable(&details.cell.setting), points }
    };
    let lines: Vec<Curve> = report.settings.iter().map(curve).filter(|curve| !curve.points.is_empty()).collect();
    let Some(table) = tables::of(report, Section::FirstAttempt).filter(|_| !lines.is_empty()) else {
        return Ok(None);
    };
    let caption = "Mean score of the runs whose first answer attempt falls into each fifth of the turns that the \
                   conversation could have had, over all tasks and models; a marker stands in the middle of its fifth."
        .to_owned();
    let axes = ["position of the first answer attempt, in % of the possible turns", "mean score"];
    Figure::new("figure-first-attempt", title, caption, &curves(title, axes, &lines), table)
}

fn calibration(report: &Report) -> io::Result<Option<Figure>> {
    let title = "Reliability of recorded confidences";
    let mut table = Table::new(title, "Confidences and scores from 0 to 1.")
        .names(&["setting", "method", "bin"])
        .numbers(&["attempts", "mean confidence", "mean score"]);
    let mut diagrams = Vec::new();
    for Details { cell, calibration, .. } in &report.settings {
        for held in calibration {
            let (setting, method) = (printable(&cell.setting), printable(&held.method));
            let mut bins = Vec::new();
            for bin in &held.bins {
                table.row(vec![
                    Cell::name(&setting),
                    Cell::name(&method),
                    Cell::name(&format!("{:.2} to {:.2}", bin.from, bin.to)),
                    Cell::count(bin.attempts),
                    Cell::fine(bin.confidence),
                    Cell::fine(bin.accuracy),
                ]);
                if let (Some(confidence), Some(accuracy)) = (bin.confidence, bin.accuracy) {
                    bins.push(Bin { from: bin.from, to: bin.to, confidence, accuracy, attempts: bin.attempts });
                }
            }
            diagrams.push(Diagram { heading: format!("{setting}, {method}"), setting, bins });
        }
    }
    if diagrams.is_empty() {
        return Ok(None);
    }
    let caption =
        "How right answer attempts are against how sure they were made; on the dashed line a confidence can be \
                   believed. The bars say how many attempts each bin holds."
            .to_owned();
    Figure::new("figure-reliability", title, caption, &reliability(title, &diagrams), table)
}

/// What legibility is made of: a name, and where it stands.
type Facet = (&'static str, fn(&LegibilityPoint) -> Option<f64>);

const FACETS: [Facet; 4] = [
    ("spec coverage, %", |point| point.coverage),
    ("spec precision, %", |point| point.precision),
    ("calibration, %", |point| point.calibration),
    ("stability, %", |point| point.stability),
];

fn legibility(report: &Report) -> io::Result<Option<Figure>> {
    let title = "Performance against interpretability";
    let panels: Vec<Panel> = FACETS
        .iter()
        .map(|(axis, of)| Panel {
            axis: (*axis).to_owned(),
            spots: report.legibility.iter().filter_map(|point| spot(point, of(point)?)).collect(),
        })
        .filter(|panel| !panel.spots.is_empty())
        .collect();
    let Some(table) = tables::of(report, Section::Legibility).filter(|_| !panels.is_empty()) else {
        return Ok(None);
    };
    let caption = "Each model and setting at its averaged performance and at what can be read from it. Up is better \
                   performance, right is better legibility; what one may be worth in the other \
                   is for the reader to say. Numbers stand for models."
        .to_owned();
    Figure::new("figure-legibility", title, caption, &scatter(title, "P", &panels), table)
}

fn spot(point: &LegibilityPoint, x: f64) -> Option<Spot> {
    Some(Spot { model: printable(&point.model), setting: printable(&point.setting), x, y: point.p.value? })
}
