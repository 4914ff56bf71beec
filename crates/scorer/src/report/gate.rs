//! Figures that must not fall below a value.

use std::fmt;
use std::str::FromStr;

use super::text::{figure, printable};
use super::{Comparison, Report, Row};

/// A figure that must not be below a value: `[SETTING:]MEASURE=VALUE`. Without a setting, those of every cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    setting: Option<String>,
    measure: Measure,
    least: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    P,
    A90,
    /// 100 less U90-10, so that more is better, as with the others.
    Reliability,
    Degradation,
    GapClosed,
    Coverage,
    Precision,
    /// P less that of the baseline.
    Difference,
}

impl Measure {
    const ALL: [(&'static str, Self); 8] = [
        ("p", Self::P),
        ("a90", Self::A90),
        ("reliability", Self::Reliability),
        ("degradation", Self::Degradation),
        ("gap-closed", Self::GapClosed),
        ("coverage", Self::Coverage),
        ("precision", Self::Precision),
        ("difference", Self::Difference),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, measure)| *measure == self).map_or("", |(name, _)| name)
    }
}

/// A text that is no [`Gate`], or a gate that nothing in a report answers to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GateError {
    /// Not `[SETTING:]MEASURE=VALUE`.
    #[error("a gate is [SETTING:]MEASURE=VALUE, such as mediated:p=80")]
    Form,
    /// No such measure.
    #[error("unknown measure {name:?}; there are {}", Measure::ALL.map(|(name, _)| name).join(", "))]
    Measure {
        /// What was given.
        name: String,
    },
    /// Nothing to measure.
    #[error("{gate} has nothing to look at: {}", match gate.setting.as_deref() {
        Some(setting) => format!("no cell of the report has the setting {setting:?}"),
        None => "the report compares nothing".to_owned(),
    })]
    Nothing {
        /// The gate.
        gate: Gate,
    },
}

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let (what, least) = text.split_once('=').ok_or(GateError::Form)?;
        let (setting, name) = match what.rsplit_once(':') {
            Some((setting, name)) => (Some(setting.trim().to_owned()), name.trim()),
            None => (None, what.trim()),
        };
        let least = least.trim().parse().ok().filter(|least: &f64| least.is_finite()).ok_or(GateError::Form)?;
        let known = Measure::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, measure) = known.ok_or_else(|| GateError::Measure { name: name.to_owned() })?;
        Ok(Self { setting, measure: *measure, least })
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(setting) = &self.setting {
            write!(formatter, "{setting}:")?;
        }
        write!(formatter, "{}={}", self.measure.name(), self.least)
    }
}

impl Gate {
    /// What falls below, in a sentence each. A figure that is not defined does not pass either.
    ///
    /// # Errors
    /// [`GateError::Nothing`] where the report holds nothing that the gate is about: it would pass unseen.
    pub fn failures(&self, report: &Report) -> Result<Vec<String>, GateError> {
        let wanted = |setting: &str| self.setting.as_deref().is_none_or(|wanted| wanted == setting);
        let figures: Vec<(String, Option<f64>)> = if self.measure == Measure::Difference {
            let held = report.comparisons.iter().filter(|held| wanted(&held.subject));
            held.map(|held| (of_comparison(held), held.difference.value)).collect()
        } else {
            let rows = report.rows.iter().enumerate().filter(|(_, row)| wanted(&row.setting));
            rows.map(|(place, row)| (of_row(row), self.figure(report, place, row))).collect()
        };
        if figures.is_empty() {
            return Err(GateError::Nothing { gate: self.clone() });
        }
        let name = self.measure.name();
        Ok(figures
            .into_iter()
            .filter_map(|(cell, value)| match value {
                Some(value) if value >= self.least => None,
                Some(value) => Some(format!("{cell}: {name} is {}, below {}", figure(Some(value)), self.least)),
                None => Some(format!("{cell}: {name} is not defined, so not {} or more", self.least)),
            })
            .collect())
    }

    fn figure(&self, report: &Report, place: usize, row: &Row) -> Option<f64> {
        let mediation = || report.details.get(place)?.mediation.as_ref();
        match self.measure {
            Measure::P => Some(row.p),
            Measure::A90 => Some(row.a90),
            Measure::Reliability => Some(100.0 - row.u90_10),
            Measure::Degradation => row.degradation,
            Measure::GapClosed => row.gap_closed,
            Measure::Coverage => mediation()?.coverage,
            Measure::Precision => mediation()?.precision,
            Measure::Difference => None,
        }
    }
}

fn of_row(row: &Row) -> String {
    format!("{}/{}/{}", printable(&row.task), printable(&row.model), printable(&row.setting))
}

fn of_comparison(held: &Comparison) -> String {
    let names = [&held.task, &held.model, &held.subject].map(|name| printable(name)).join("/");
    format!("{names} against {}", printable(&held.baseline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["p=80", "mediated:gap-closed=50", "difference=-5", "a:b:a90=0.5"] {
            assert_eq!(text.parse::<Gate>().unwrap().to_string(), text);
        }
        assert_eq!(" P = 80 ".parse::<Gate>(), "p=80".parse());
    }

    #[test]
    fn says_what_is_wrong() {
        for text in ["", "p", "p=", "p=high", "p=nan", "p=inf"] {
            assert_eq!(text.parse::<Gate>(), Err(GateError::Form), "{text}");
        }
        let message = "u90_10=5".parse::<Gate>().unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown measure \"u90_10\"; there are p, a90, reliability, degradation, gap-closed, coverage, precision, \
             difference"
        );
    }
}
