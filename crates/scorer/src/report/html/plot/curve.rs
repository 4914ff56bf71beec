//! A score against the position in the conversation, a line for each setting.

use super::canvas::Canvas;
use super::scale::Scale;
use super::series::Legend;

/// The line of one setting.
pub(in super::super) struct Curve {
    pub(in super::super) setting: String,
    pub(in super::super) points: Vec<CurvePoint>,
}

/// One point.
pub(in super::super) struct CurvePoint {
    /// From 0 to 100.
    pub(in super::super) position: f64,
    /// From 0 to 100.
    pub(in super::super) score: f64,
    pub(in super::super) runs: usize,
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;

/// The plot; both axes go from 0 to 100.
pub(in super::super) fn curves(label: &str, axes: [&str; 2], curves: &[Curve]) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, label);
    let legend = Legend::new(curves.iter().map(|curve| curve.setting.as_str()));
    let top = canvas.legend((LEFT, 14.0), &legend, false) + 8.0;
    let bottom = top + HEIGHT;
    let x = Scale::covering(0.0, 100.0, 5.0, (LEFT, WIDTH - 16.0));
    let y = Scale::covering(0.0, 100.0, 5.0, (bottom, top));
    x.frame_x(&mut canvas, top, bottom, axes[0]);
    y.frame_y(&mut canvas, LEFT, WIDTH - 16.0, axes[1]);
    for curve in curves {
        let Some(look) = legend.look(&curve.setting) else { continue };
        let points: Vec<_> = curve.points.iter().map(|point| (x.at(point.position), y.at(point.score))).collect();
        canvas.polyline(&points, look);
        for (at, point) in points.into_iter().zip(&curve.points) {
            let hint = format!("{}: {:.1} over {} runs", curve.setting, point.score, point.runs);
            canvas.marker(at, look, hint);
        }
    }
    canvas.reach(bottom + 40.0);
    canvas
}
