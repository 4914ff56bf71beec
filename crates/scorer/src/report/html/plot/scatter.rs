//! One figure against another, a panel for each that P is put against.

use super::canvas::{Anchor, Canvas, text_width};
use super::scale::Scale;
use super::series::Legend;

/// One panel.
pub(in super::super) struct Panel {
    /// What its horizontal axis shows, from 0 to 100.
    pub(in super::super) axis: String,
    pub(in super::super) spots: Vec<Spot>,
}

/// One model and setting.
pub(in super::super) struct Spot {
    pub(in super::super) model: String,
    pub(in super::super) setting: String,
    pub(in super::super) x: f64,
    pub(in super::super) y: f64,
}

const SIDE: f64 = 300.0;
const LEFT: f64 = 52.0;
const COLUMNS: usize = 2;

/// The plot; both axes go from 0 to 100. Models are numbered, since their names would cover each other.
pub(in super::super) fn scatter(label: &str, axis: &str, panels: &[Panel]) -> Canvas {
    let columns = u16::try_from(panels.len().clamp(1, COLUMNS)).unwrap_or(1);
    let width = (f64::from(columns) * (LEFT + SIDE + 24.0)).max(500.0);
    let mut canvas = Canvas::new(width, label);
    let spots = || panels.iter().flat_map(|panel| &panel.spots);
    let legend = Legend::new(spots().map(|spot| spot.setting.as_str()));
    let mut models: Vec<&str> = spots().map(|spot| spot.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    let start = canvas.legend((LEFT, 14.0), &legend, false) + 8.0;
    let mut bottom = start;
    for (number, panel) in panels.iter().enumerate() {
        let place = |count: usize| f64::from(u16::try_from(count).unwrap_or(u16::MAX));
        let left = place(number % COLUMNS) * (LEFT + SIDE + 24.0) + LEFT;
        let top = start + place(number / COLUMNS) * (SIDE + 60.0);
        draw(&mut canvas, (left, top), axis, panel, &legend, &models);
        bottom = top + SIDE + 44.0;
    }
    if models.len() > 1 {
        bottom = keys(&mut canvas, (LEFT, bottom + 14.0), width, &models);
    }
    canvas.reach(bottom);
    canvas
}

fn draw(canvas: &mut Canvas, (left, top): (f64, f64), axis: &str, panel: &Panel, legend: &Legend, models: &[&str]) {
    let (right, bottom) = (left + SIDE, top + SIDE);
    let x = Scale::covering(0.0, 100.0, 5.0, (left, right));
    let y = Scale::covering(0.0, 100.0, 5.0, (bottom, top));
    x.frame_x(canvas, top, bottom, &panel.axis);
    y.frame_y(canvas, left, right, axis);
    for spot in &panel.spots {
        let at = (x.at(spot.x), y.at(spot.y));
        let hint = format!("{}, {}: {} {:.1}, {} {:.1}", spot.model, spot.setting, panel.axis, spot.x, axis, spot.y);
        if let Some(look) = legend.look(&spot.setting) {
            canvas.marker(at, look, hint);
        }
        if models.len() > 1 {
            canvas.text((at.0 + 6.0, at.1 - 3.0), Anchor::Start, "soft small", key(&spot.model, models));
        }
    }
}

/// Which number stands for which model.
fn keys(canvas: &mut Canvas, at: (f64, f64), width: f64, models: &[&str]) -> f64 {
    let (mut x, mut y) = at;
    for model in models {
        let text = format!("{} {model}", key(model, models));
        let needed = text_width(&text) + 18.0;
        if x > at.0 && x + needed > width {
            (x, y) = (at.0, y + 16.0);
        }
        canvas.name((x, y), Anchor::Start, "soft", &text, width - at.0);
        x += needed;
    }
    y + 8.0
}

fn key(model: &str, models: &[&str]) -> String {
    models.iter().position(|known| *known == model).map_or_else(String::new, |place| (place + 1).to_string())
}
