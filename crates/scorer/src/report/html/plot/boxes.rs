//! Aptitude and unreliability: for each model and setting a box from the tenth to the ninetieth percentile, with the mean
//! marked.

use super::canvas::{Anchor, Canvas, text_width};
use super::scale::Scale;
use super::series::{Legend, Series};

/// The boxes of one task.
pub(in super::super) struct BoxPanel {
    pub(in super::super) heading: String,
    pub(in super::super) groups: Vec<BoxGroup>,
}

/// The boxes of one model.
pub(in super::super) struct BoxGroup {
    pub(in super::super) name: String,
    pub(in super::super) boxes: Vec<Boxed>,
}

/// One box, from 0 to 100.
pub(in super::super) struct Boxed {
    pub(in super::super) setting: String,
    pub(in super::super) low: f64,
    pub(in super::super) high: f64,
    pub(in super::super) mean: f64,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 9.0;
const LINE: f64 = 13.0;
const NAME_MOST: f64 = 230.0;

/// The plot, one panel below the other.
pub(in super::super) fn boxes(label: &str, axis: &str, panels: &[BoxPanel]) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, label);
    let groups = || panels.iter().flat_map(|panel| &panel.groups);
    let legend = Legend::new(groups().flat_map(|group| &group.boxes).map(|boxed| boxed.setting.as_str()));
    let left = groups().map(|group| text_width(&group.name)).fold(60.0, f64::max).min(NAME_MOST) + 14.0;
    let scale = Scale::covering(0.0, 100.0, 5.0, (left, WIDTH - 16.0));
    let mut y = canvas.legend((left, 14.0), &legend, true) + 8.0;
    for panel in panels {
        y += 22.0;
        canvas.name((0.0, y - 5.0), Anchor::Start, "heading", &panel.heading, left - 10.0);
        let bottom = y + panel.groups.iter().map(group_height).sum::<f64>();
        scale.frame_x(&mut canvas, y, bottom, axis);
        for group in &panel.groups {
            let height = group_height(group);
            canvas.name((left - 10.0, y + height / 2.0 + 4.0), Anchor::End, "", &group.name, left - 12.0);
            for (line, boxed) in (0_u16..).zip(&group.boxes) {
                let Some(look) = legend.look(&boxed.setting) else { continue };
                draw(&mut canvas, &scale, y + 5.0 + LINE * f64::from(line), &group.name, boxed, look);
            }
            y += height;
            canvas.rule((left, y), (WIDTH - 16.0, y), "grid");
        }
        y = bottom + 44.0;
    }
    canvas.reach(y);
    canvas
}

fn draw(canvas: &mut Canvas, scale: &Scale, top: f64, name: &str, boxed: &Boxed, look: &Series) {
    let (low, high) = (scale.at(boxed.low), scale.at(boxed.high));
    let Boxed { setting, low: p10, high: a90, mean } = boxed;
    let hint =
        format!("{name}, {setting}: 10th percentile {p10:.1}, P {mean:.1}, A90 {a90:.1}, U90-10 {:.1}", a90 - p10);
    // A box without width is still a box.
    canvas.boxed((low.min(high - 1.5), top), ((high - low).max(1.5), HEIGHT), look, hint.clone());
    let middle = (scale.at(*mean), top + HEIGHT / 2.0);
    canvas.halo(middle, look);
    canvas.marker(middle, look, hint);
}

fn group_height(group: &BoxGroup) -> f64 {
    let lines = u16::try_from(group.boxes.len()).unwrap_or(u16::MAX);
    6.0 + LINE * f64::from(lines.max(1))
}
