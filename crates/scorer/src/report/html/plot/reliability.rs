//! Reliability diagrams: how right attempts are that were made with a given confidence.

use super::canvas::{Anchor, Canvas};
use super::scale::Scale;
use super::series::{Legend, Series};

/// One diagram.
pub(in super::super) struct Diagram {
    pub(in super::super) heading: String,
    pub(in super::super) setting: String,
    pub(in super::super) bins: Vec<Bin>,
}

/// One bin of confidences that is not empty; the figures are from 0 to 1.
pub(in super::super) struct Bin {
    pub(in super::super) from: f64,
    pub(in super::super) to: f64,
    pub(in super::super) confidence: f64,
    pub(in super::super) accuracy: f64,
    pub(in super::super) attempts: usize,
}

const SIDE: f64 = 230.0;
const LEFT: f64 = 52.0;
const COUNTS: f64 = 36.0;
const COLUMNS: usize = 3;

/// The plot: a square for each diagram, with how many attempts each bin holds below it.
pub(in super::super) fn reliability(label: &str, diagrams: &[Diagram]) -> Canvas {
    let columns = u16::try_from(diagrams.len().clamp(1, COLUMNS)).unwrap_or(1);
    let mut canvas = Canvas::new(f64::from(columns) * (LEFT + SIDE + 18.0), label);
    let legend = Legend::new(diagrams.iter().map(|diagram| diagram.setting.as_str()));
    for (number, diagram) in diagrams.iter().enumerate() {
        let place = |count: usize| f64::from(u16::try_from(count).unwrap_or(u16::MAX));
        let left = place(number % COLUMNS) * (LEFT + SIDE + 18.0) + LEFT;
        let top = place(number / COLUMNS) * (SIDE + COUNTS + 84.0) + 26.0;
        let Some(look) = legend.look(&diagram.setting) else { continue };
        draw(&mut canvas, (left, top), diagram, look);
    }
    canvas
}

fn draw(canvas: &mut Canvas, (left, top): (f64, f64), diagram: &Diagram, look: &Series) {
    let (right, bottom) = (left + SIDE, top + SIDE);
    canvas.name((left, top - 10.0), Anchor::Start, "heading", &diagram.heading, SIDE);
    let x = Scale::covering(0.0, 1.0, 5.0, (left, right));
    let y = Scale::covering(0.0, 1.0, 5.0, (bottom, top));
    let floor = bottom + COUNTS + 6.0;
    x.frame_x(canvas, top, floor, "mean confidence");
    y.frame_y(canvas, left, right, "mean score");
    canvas.rule((left, bottom), (right, top), "reference");
    let most = diagram.bins.iter().map(|bin| bin.attempts).max().unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "heights in pixels")]
    let share = |attempts: usize| attempts as f64 / most.max(1) as f64;
    let points: Vec<_> = diagram.bins.iter().map(|bin| (x.at(bin.confidence), y.at(bin.accuracy))).collect();
    canvas.polyline(&points, look);
    for (at, bin) in points.into_iter().zip(&diagram.bins) {
        let hint = format!(
            "confidence {:.2} to {:.2}: mean {:.2}, mean score {:.2}, {} attempts",
            bin.from, bin.to, bin.confidence, bin.accuracy, bin.attempts
        );
        canvas.marker(at, look, hint.clone());
        let height = COUNTS * share(bin.attempts);
        let (from, to) = (x.at(bin.from) + 1.0, x.at(bin.to) - 1.0);
        canvas.boxed((from, floor - height), (to - from, height), look, hint);
    }
    canvas.text((left - 7.0, floor - COUNTS + 7.0), Anchor::End, "soft", most.to_string());
    canvas.text((left - 7.0, floor + 1.0), Anchor::End, "soft", "0");
    canvas.upright((left - 34.0, floor - COUNTS / 2.0), "attempts");
    canvas.reach(floor + 40.0);
}
