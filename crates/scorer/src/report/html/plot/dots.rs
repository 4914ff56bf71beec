//! Dot plots: one row for each name, one marker for each setting, with intervals.

use super::canvas::{Anchor, Canvas, text_width};
use super::scale::Scale;
use super::series::Legend;

/// Rows under a heading.
pub(in super::super) struct DotGroup {
    pub(in super::super) heading: String,
    pub(in super::super) rows: Vec<DotRow>,
}

/// One name.
pub(in super::super) struct DotRow {
    pub(in super::super) name: String,
    pub(in super::super) dots: Vec<Dot>,
}

/// One figure.
pub(in super::super) struct Dot {
    pub(in super::super) setting: String,
    pub(in super::super) value: f64,
    pub(in super::super) interval: Option<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const LINE: f64 = 8.0;
const NAME_MOST: f64 = 230.0;

/// The plot; `reference` is a value that a line marks.
pub(in super::super) fn dots(label: &str, axis: &str, groups: &[DotGroup], reference: f64) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, label);
    let each = || groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.dots);
    let legend = Legend::new(each().map(|dot| dot.setting.as_str()));
    let names = groups.iter().flat_map(|group| &group.rows).map(|row| text_width(&row.name));
    let left = names.fold(60.0, f64::max).min(NAME_MOST) + 14.0;
    let ends = || {
        each().flat_map(|dot| {
            [
                dot.value,
                dot.interval.map_or(dot.value, |(low, _)| low),
                dot.interval.map_or(dot.value, |(_, high)| high),
            ]
        })
    };
    let low = ends().fold(0.0, f64::min);
    let high = ends().fold(reference, f64::max);
    // A single ratio over a tiny base must not squeeze all others into a corner.
    let scale = Scale::covering(low, high.min(3.0 * reference), 9.0, (left, WIDTH - 16.0));

    let top = canvas.legend((left, 14.0), &legend, false) + 22.0;
    let height: f64 =
        groups.iter().map(|group| heading_height(group) + group.rows.iter().map(row_height).sum::<f64>()).sum();
    let bottom = top + height;
    scale.frame_x(&mut canvas, top, bottom, axis);
    canvas.rule((scale.at(reference), top), (scale.at(reference), bottom), "reference");

    let mut y = top;
    for group in groups {
        if !group.heading.is_empty() {
            canvas.name((0.0, y + 15.0), Anchor::Start, "heading", &group.heading, left);
        }
        y += heading_height(group);
        for row in &group.rows {
            let height = row_height(row);
            canvas.name((left - 10.0, y + height / 2.0 + 4.0), Anchor::End, "", &row.name, left - 12.0);
            for (line, dot) in (0_u16..).zip(&row.dots) {
                let at = y + 6.0 + LINE * (f64::from(line) + 0.5);
                let Some(look) = legend.look(&dot.setting) else { continue };
                if let Some((low, high)) = dot.interval {
                    canvas.stroke((scale.at(low), at), (scale.at(high), at), look);
                }
                canvas.marker((scale.at(dot.value), at), look, hint(&row.name, dot));
            }
            y += height;
            canvas.rule((left, y), (WIDTH - 16.0, y), "grid");
        }
    }
    canvas.reach(bottom + 40.0);
    canvas
}

fn heading_height(group: &DotGroup) -> f64 {
    if group.heading.is_empty() { 0.0 } else { 22.0 }
}

fn row_height(row: &DotRow) -> f64 {
    let lines = u16::try_from(row.dots.len()).unwrap_or(u16::MAX);
    12.0 + LINE * f64::from(lines.max(1))
}

fn hint(name: &str, dot: &Dot) -> String {
    let interval = dot.interval.map_or_else(String::new, |(low, high)| format!(" [{low:.1}, {high:.1}]"));
    format!("{name}, {}: {:.1}{interval}", dot.setting, dot.value)
}
