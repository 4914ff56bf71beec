//! Plots as SVG, drawn from plain figures.
//!
//! A plot is a [`Canvas`] of marks in pixels; the page's style sheet gives the marks their colours, so that one drawing
//! serves light and dark pages and print. What belongs to a setting differs by shape, pattern and dash as well as by
//! colour: every plot can be read in black and white.

mod boxes;
mod canvas;
mod curve;
mod dots;
mod reliability;
mod scale;
mod scatter;
mod series;

pub(super) use boxes::{BoxGroup, BoxPanel, Boxed, boxes};
pub(super) use canvas::Canvas;
pub(super) use curve::{Curve, CurvePoint, curves};
pub(super) use dots::{Dot, DotGroup, DotRow, dots};
pub(super) use reliability::{Bin, Diagram, reliability};
pub(super) use scatter::{Panel, Spot, scatter};
pub(super) use series::patterns;

#[cfg(test)]
mod tests;
