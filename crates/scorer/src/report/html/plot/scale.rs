//! From figures to pixels, and the axes that say so.

use super::canvas::{Anchor, Canvas};

/// Maps figures to pixels, in proportion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
    step: f64,
}

impl Scale {
    /// A scale over at least `low` to `high`, widened to whole steps of 1, 2 or 5 times a power of ten of which there
    /// are about `steps`.
    pub(super) fn covering(low: f64, high: f64, steps: f64, range: (f64, f64)) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() { (low.min(high), low.max(high)) } else { (0.0, 1.0) };
        let span = if high > low { high - low } else { 1.0 };
        let rough = span / steps;
        let power = 10_f64.powf(rough.log10().floor());
        let step = power * [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= rough).unwrap_or(10.0);
        let (first, last) = ((low / step).floor() * step, (high / step).ceil() * step);
        Self { domain: (first, if last > first { last } else { first + step }), range, step }
    }

    /// Where `value` is; outside of the domain, at its nearer end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        let share = (value.clamp(low, high) - low) / (high - low);
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// The steps, each with its name.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let (low, high) = self.domain;
        let decimals = if self.step >= 1.0 {
            0
        } else if self.step >= 0.1 {
            1
        } else {
            2
        };
        let tick = |number: u32| low + f64::from(number) * self.step;
        (0..100)
            .map(tick)
            .take_while(|value| *value <= high + self.step / 2.0)
            .map(|value| (value, format!("{:.decimals$}", value + 0.0)))
            .collect()
    }

    /// A horizontal axis along the bottom of what lies between `top` and `bottom`, with lines across it. The steps are
    /// named at the top as well where it is far away.
    pub(super) fn frame_x(&self, canvas: &mut Canvas, top: f64, bottom: f64, title: &str) {
        for (value, name) in self.ticks() {
            let x = self.at(value);
            canvas.rule((x, top), (x, bottom), "grid");
            canvas.rule((x, bottom), (x, bottom + 4.0), "axis");
            canvas.text((x, bottom + 16.0), Anchor::Middle, "", name.clone());
            if bottom - top > 300.0 {
                canvas.text((x, top - 5.0), Anchor::Middle, "", name);
            }
        }
        canvas.rule((self.range.0, bottom), (self.range.1, bottom), "axis");
        canvas.text((f64::midpoint(self.range.0, self.range.1), bottom + 32.0), Anchor::Middle, "", title);
    }

    /// A vertical axis along the left of what lies between `left` and `right`, with lines across it.
    pub(super) fn frame_y(&self, canvas: &mut Canvas, left: f64, right: f64, title: &str) {
        for (value, name) in self.ticks() {
            let y = self.at(value);
            canvas.rule((left, y), (right, y), "grid");
            canvas.rule((left - 4.0, y), (left, y), "axis");
            canvas.text((left - 7.0, y + 4.0), Anchor::End, "", name);
        }
        canvas.rule((left, self.range.0), (left, self.range.1), "axis");
        canvas.upright((left - 34.0, f64::midpoint(self.range.0, self.range.1)), title);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_are_whole() {
        let scale = Scale::covering(0.0, 100.0, 5.0, (0.0, 500.0));
        let ticks: Vec<String> = scale.ticks().into_iter().map(|(_, name)| name).collect();
        assert_eq!(ticks, ["0", "20", "40", "60", "80", "100"]);
        assert!((scale.at(50.0) - 250.0).abs() < 1e-9);
        assert!((scale.at(-50.0)).abs() < 1e-9 && (scale.at(1e9) - 500.0).abs() < 1e-9);
        let scale = Scale::covering(0.0, 1.0, 5.0, (0.0, 1.0));
        assert_eq!(scale.ticks()[1].1, "0.2");
    }

    proptest! {
        #[test]
        fn covers_what_it_is_asked_to(low in -1e6..1e6, width in 0.0..1e6, steps in 2.0..10.0) {
            let scale = Scale::covering(low, low + width, steps, (10.0, 20.0));
            prop_assert!(scale.domain.0 <= low + 1e-6 && scale.domain.1 >= low + width - 1e-6);
            prop_assert!((1..40).contains(&scale.ticks().len()));
            prop_assert!((10.0..=20.0).contains(&scale.at(low + width / 2.0)));
        }
    }
}
