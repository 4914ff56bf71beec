//! What plots are drawn on.

use std::io;

use serde::Serialize;

use super::super::render;
use super::series::{Legend, Series};

const TEMPLATE: &str = include_str!("../assets/figure.xml");

/// How wide a character is at the plots' size of text, on average, in pixels.
const CHARACTER: f64 = 6.1;

/// A point in pixels, from the left and from the top.
pub(super) type At = (f64, f64);

/// A drawing in the making.
#[derive(Debug, Serialize)]
pub(in super::super) struct Canvas {
    width: f64,
    height: f64,
    /// What it shows, in words.
    label: String,
    marks: Vec<Mark>,
}

/// One thing that is drawn.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Mark {
    Line { x1: f64, y1: f64, x2: f64, y2: f64, class: String, dash: &'static str },
    Rect { x: f64, y: f64, width: f64, height: f64, class: String, pattern: Option<usize>, hint: String },
    Path { d: String, class: String, dash: &'static str },
    Marker { x: f64, y: f64, shape: &'static str, class: String, hint: String },
    Text { x: f64, y: f64, anchor: &'static str, class: &'static str, text: String, hint: String, upright: bool },
}

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Canvas {
    /// An empty drawing; `label` says what it will show.
    pub(super) fn new(width: f64, label: impl Into<String>) -> Self {
        Self { width, height: 0.0, label: label.into(), marks: Vec::new() }
    }

    /// The drawing as SVG, once its height is known.
    pub(in super::super) fn svg(&self) -> io::Result<String> {
        render("figure.xml", TEMPLATE, self)
    }

    /// Makes sure that everything down to `bottom` can be seen.
    pub(super) fn reach(&mut self, bottom: f64) {
        self.height = self.height.max(bottom.ceil());
    }

    /// A line that belongs to the frame of a plot: `axis`, `grid`, `reference`.
    pub(super) fn rule(&mut self, from: At, to: At, class: &str) {
        self.line(from, to, class.to_owned(), "");
    }

    /// A line that belongs to a series.
    pub(super) fn stroke(&mut self, from: At, to: At, series: &Series) {
        self.line(from, to, format!("{} stroke", series.class()), "");
    }

    fn line(&mut self, from: At, to: At, class: String, dash: &'static str) {
        self.marks.push(Mark::Line { x1: px(from.0), y1: px(from.1), x2: px(to.0), y2: px(to.1), class, dash });
    }

    /// A line through points, dashed as its series is.
    pub(super) fn polyline(&mut self, points: &[At], series: &Series) {
        let step =
            |(index, (x, y)): (usize, &At)| format!("{}{} {}", if index == 0 { 'M' } else { 'L' }, px(*x), px(*y));
        let d: Vec<String> = points.iter().enumerate().map(step).collect();
        let class = format!("{} stroke", series.class());
        self.marks.push(Mark::Path { d: d.join(""), class, dash: series.dash });
    }

    /// A box in the pattern of its series; `hint` is what a pointer resting on it is told.
    pub(super) fn boxed(&mut self, at: At, size: At, series: &Series, hint: String) {
        let class = format!("{} frame", series.class());
        self.rect(at, size, class, Some(series.number), hint);
    }

    /// A box without a pattern.
    pub(super) fn rect(&mut self, at: At, size: At, class: String, pattern: Option<usize>, hint: String) {
        let (width, height) = (px(size.0.max(0.0)), px(size.1.max(0.0)));
        self.marks.push(Mark::Rect { x: px(at.0), y: px(at.1), width, height, class, pattern, hint });
    }

    /// The marker of a series.
    pub(super) fn marker(&mut self, at: At, series: &Series, hint: String) {
        let class = format!("{} {}", series.class(), if series.filled { "filled" } else { "hollow" });
        self.marks.push(Mark::Marker { x: px(at.0), y: px(at.1), shape: series.shape, class, hint });
    }

    /// Free space around the marker of a series that comes next, where it stands on a pattern.
    pub(super) fn halo(&mut self, at: At, series: &Series) {
        let class = "halo".to_owned();
        self.marks.push(Mark::Marker { x: px(at.0), y: px(at.1), shape: series.shape, class, hint: String::new() });
    }

    /// A text; `class` may be `heading`, `soft` or nothing.
    pub(super) fn text(&mut self, at: At, anchor: Anchor, class: &'static str, text: impl Into<String>) {
        self.words(at, anchor, class, text.into(), String::new(), false);
    }

    /// A name that is cut where it is longer than `room`; the whole of it then stands in a hint.
    pub(super) fn name(&mut self, at: At, anchor: Anchor, class: &'static str, name: &str, room: f64) {
        let (short, hint) = match shortened(name, room) {
            Some(short) => (short, name.to_owned()),
            None => (name.to_owned(), String::new()),
        };
        self.words(at, anchor, class, short, hint, false);
    }

    /// A text that runs upwards, around its middle.
    pub(super) fn upright(&mut self, at: At, text: impl Into<String>) {
        self.words(at, Anchor::Middle, "", text.into(), String::new(), true);
    }

    fn words(&mut self, at: At, anchor: Anchor, class: &'static str, text: String, hint: String, upright: bool) {
        let anchor = anchor.name();
        self.marks.push(Mark::Text { x: px(at.0), y: px(at.1), anchor, class, text, hint, upright });
    }

    /// The markers of series with their names, from `at` on, in as many lines as they need; returns the lower end.
    pub(super) fn legend(&mut self, at: At, legend: &Legend, boxes: bool) -> f64 {
        let (mut x, mut y) = at;
        for one in legend.series() {
            let width = if boxes { 36.0 } else { 17.0 } + text_width(&one.name) + 18.0;
            if x > at.0 && x + width > self.width {
                (x, y) = (at.0, y + 17.0);
            }
            if boxes {
                self.boxed((x - 8.0, y - 8.5), (30.0, 9.0), one, String::new());
                self.halo((x + 7.0, y - 4.0), one);
            }
            self.marker((x + 7.0, y - 4.0), one, String::new());
            self.text((x + if boxes { 28.0 } else { 17.0 }, y), Anchor::Start, "", one.name.clone());
            x += width;
        }
        y + 8.0
    }
}

/// How wide a text will be, about.
pub(super) fn text_width(text: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a text of a plot is short")]
    let characters = text.chars().count() as f64;
    characters * CHARACTER
}

/// A name cut to fit; `None` where it fits.
fn shortened(name: &str, room: f64) -> Option<String> {
    if text_width(name) <= room {
        return None;
    }
    let mut short: String = name
        .chars()
        .scan(2.0 * CHARACTER, |width, character| {
            *width += CHARACTER;
            (*width <= room).then_some(character)
        })
        .collect();
    short.push('\u{2026}');
    Some(short)
}

/// Tenths of a pixel are enough, and keep the file small.
fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
