//! From what speaks for and against a removal to its probability: a logistic regression, fitted on labelled turns.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Considered;
use super::features::Feature;
use crate::logistic::Weights;
use crate::logistic::readings::{self, Readings};
use crate::missing::{Missing, MissingCalibration};

/// How probable removals are, and from where on they count. Kept as a small data file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// From this probability on a removal is earned.
    pub(crate) earned: f64,
    /// From this probability on it is contested; below, the words are an addition.
    pub(crate) contested: f64,
    /// From this probability on, by the words alone, a model is worth asking.
    pub(crate) worth_reading: f64,
    /// When a question is called for.
    pub(crate) missing: MissingCalibration,
    /// Whether every turn is weighed in full, as for fitting.
    #[serde(skip)]
    pub(crate) in_full: bool,
    /// The weights where no model is asked.
    pub(crate) words: Weights<Feature>,
    /// The weights with a model's reading, by the model's name.
    #[serde(default)]
    pub(crate) readings: Readings<Feature>,
}

/// Why a calibration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the calibration: {0}")]
pub struct CalibrationError(#[from] toml::de::Error);

/// The shipped calibration, read.
#[expect(clippy::expect_used, reason = "the file is a part of the program, and the tests read it")]
static SHIPPED: LazyLock<Calibration> =
    LazyLock::new(|| Calibration::parse(Calibration::SHIPPED).expect("removal.toml is valid"));

impl Default for Calibration {
    fn default() -> Self {
        SHIPPED.clone()
    }
}

impl Calibration {
    /// The calibration's file, as shipped.
    pub const SHIPPED: &str = include_str!("../../../../agents/removal.toml");

    /// Reads a calibration file.
    ///
    /// # Errors
    /// [`CalibrationError`] when it is not valid.
    pub fn parse(text: &str) -> Result<Self, CalibrationError> {
        Ok(toml::from_str(text)?)
    }

    /// The calibration as a file.
    ///
    /// # Errors
    /// When a number is none that TOML can hold.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// The probability from which on a removal is earned.
    pub fn earned(&self) -> f64 {
        self.earned
    }

    /// The same calibration, by which every turn is weighed in full and this model reads it where that is worth it, as if
    /// its readings were calibrated: for fitting.
    #[must_use]
    pub fn to_fit(&self, model: &str) -> Self {
        let mut calibration = Self { in_full: true, ..self.clone() };
        if !model.is_empty() && calibration.readings_of(model).is_none() {
            calibration.readings.insert(model.to_lowercase(), self.words.clone());
        }
        if !model.is_empty() && calibration.missing.readings_of(model).is_none() {
            calibration.missing.readings.insert(model.to_lowercase(), self.missing.words.clone());
        }
        calibration
    }

    /// The weights for readings by the model of that name, where there are some.
    pub(crate) fn readings_of(&self, model: &str) -> Option<&Weights<Feature>> {
        readings::of_model(&self.readings, model)
    }

    /// The same calibration with its weights fitted anew to changes that turns might have made, each with whether the
    /// user wanted it. `model` is whose readings are among them; weights for other models' readings stay as they are.
    #[must_use]
    pub fn refitted(&self, examples: &[(&Considered, bool)], model: &str) -> Self {
        let examples: Vec<_> = examples.iter().map(|(considered, wanted)| (&considered.features, *wanted)).collect();
        let mut fitted = self.clone();
        fitted.words = readings::refit(&mut fitted.readings, &examples, &READING, model);
        fitted
    }

    /// The same calibration with the weights of questions fitted anew to turns, each with whether a question was due.
    #[must_use]
    pub fn refitted_to_questions(&self, examples: &[(&Missing, bool)], model: &str) -> Self {
        Self { missing: self.missing.refitted(examples, model), ..self.clone() }
    }

    /// The probability that a question is due, under this calibration.
    pub fn question_probability(&self, missing: &Missing, model: &str) -> f64 {
        self.missing.probability(missing, model)
    }

    /// The probability from which on the mediator asks.
    pub fn ask(&self) -> f64 {
        self.missing.ask
    }

    /// The probability of a change under this calibration.
    pub fn probability(&self, considered: &Considered, model: &str) -> f64 {
        readings::probability(&self.words, &self.readings, &considered.features, &READING, model)
    }
}

/// What a model's reading adds.
const READING: [Feature; 2] = [Feature::Reading, Feature::OpenReading];
