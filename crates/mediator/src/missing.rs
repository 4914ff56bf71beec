//! Whether something essential is missing: what speaks for it in the words, and what a model makes of the spec.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use throughline_conversation::{Edit, Spec, Turn};
use throughline_models::{AgentFile, CancellationToken, ChatModel, ModelError, Output, Request};

use crate::cues::Said;
use crate::logistic::readings::{self, Readings};
use crate::logistic::{self, Weights, flag, logarithm};
use crate::removal::{Value, values};
use crate::segments::quoted;
use crate::spent::{Spent, share_of};
use crate::words::{QUESTION_MARKS, content, one_line};

/// The agent file of the question, as shipped.
#[expect(clippy::expect_used, reason = "the file is a part of the program, and the tests read it")]
static AGENT: LazyLock<AgentFile> =
    LazyLock::new(|| AgentFile::parse(include_str!("../../../agents/missing.md")).expect("missing.md is valid"));

/// The agent file that words a question, as shipped.
#[expect(clippy::expect_used, reason = "the file is a part of the program, and the tests read it")]
static WORDING: LazyLock<AgentFile> =
    LazyLock::new(|| AgentFile::parse(include_str!("../../../agents/question.md")).expect("question.md is valid"));

/// One question in one line, as a GBNF grammar.
const ONE_QUESTION: &str = r#"root ::= [^?？؟\n\t]+ ("?" | "？" | "؟")"#;

/// As many alternatives as can be had.
const ALTERNATIVES: u8 = 20;
/// Quoted text of more characters is material to work on.
const MATERIAL: usize = 20;

/// One thing that speaks for or against a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Feature {
    /// It is the user's first turn.
    First,
    /// The content words of the turn; ln(1 + n).
    Length,
    /// The content words in force; ln(1 + n).
    SpecLength,
    /// The values in force; ln(1 + n).
    Values,
    /// Quoted text or code to work on.
    Material,
    /// The turn asks how much, how many or how long.
    Quantity,
    /// The turn asks for something to be made up, in which what is open may be chosen.
    Creation,
    /// The turn asks for something to be done in the world.
    Action,
    /// The turn is a question.
    Question,
    /// The turn speaks of the user's own things ("my").
    Own,
    /// The turn gives the user's words for a change that more than one place fits.
    Ambiguous,
    /// The turn asks for something to be done to a text or to figures, and none are in force.
    WithoutMaterial,
    /// The turn asks for a quantity, and no value is in force.
    WithoutValues,
    /// The turn asks for something to be done in the world, and no value is in force.
    Unspecified,
    /// The turn corrects or takes back something, and it is not certain what.
    Unresolved,
    /// The model's reading: the logarithm of how much more probable it takes a question to be than to go.
    Reading,
}

type Features = logistic::Features<Feature>;

/// When a question is called for, and how probable that is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MissingCalibration {
    /// From this probability on the mediator asks.
    pub(crate) ask: f64,
    /// From this probability on, by the words alone, a model is worth asking.
    pub(crate) worth_reading: f64,
    /// The weights where no model is asked.
    pub(crate) words: Weights<Feature>,
    /// The weights with a model's reading, by the model's name.
    #[serde(default)]
    pub(crate) readings: Readings<Feature>,
}

impl MissingCalibration {
    /// The weights for readings by the model of that name, where there are some.
    pub(crate) fn readings_of(&self, model: &str) -> Option<&Weights<Feature>> {
        readings::of_model(&self.readings, model)
    }

    /// The same with its weights fitted anew.
    pub(crate) fn refitted(&self, examples: &[(&Missing, bool)], model: &str) -> Self {
        let examples: Vec<_> = examples.iter().map(|(missing, due)| (&missing.features, *due)).collect();
        let mut fitted = self.clone();
        fitted.words = readings::refit(&mut fitted.readings, &examples, &[Feature::Reading], model);
        fitted
    }

    /// The probability under this calibration.
    pub(crate) fn probability(&self, missing: &Missing, model: &str) -> f64 {
        readings::probability(&self.words, &self.readings, &missing.features, &[Feature::Reading], model)
    }
}

/// Whether something essential is missing after a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// How probable that is, from 0 to 1.
    pub probability: f64,
    /// The question that a model would put.
    pub question: Option<String>,
    features: Features,
}

impl Missing {
    /// Weighs what is missing after a turn that made `spec`. `model` is asked where the words leave it open and its
    /// readings are calibrated, or where the words alone call for a question, which it then words.
    pub(crate) async fn weigh(
        spec: &Spec,
        turn: &Turn,
        ambiguous: bool,
        calibration: &MissingCalibration,
        model: Option<(&dyn ChatModel, &str)>,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<Self, ModelError> {
        let features = features(spec, turn, ambiguous);
        let mut missing = Self { probability: calibration.words.probability(&features), question: None, features };
        let Some((model, name)) = model else { return Ok(missing) };
        if let Some(weights) = calibration.readings_of(name)
            && missing.probability >= calibration.worth_reading
        {
            missing.read(model, spec, weights, spent, cancel).await?;
        }
        // Whether to ask is decided; a model that would rather go on only words the question.
        if missing.probability >= calibration.ask && missing.question.is_none() {
            missing.question = word(model, spec, spent, cancel).await?;
        }
        Ok(missing)
    }

    /// Lets a model read what is in force: whether it would go on, and what it would ask otherwise.
    async fn read(
        &mut self,
        model: &dyn ChatModel,
        spec: &Spec,
        weights: &Weights<Feature>,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<(), ModelError> {
        let request = Request { logprobs: Some(ALTERNATIVES), ..AGENT.request(shown(spec), None) };
        let Some(completion) = spent.complete(model, request, cancel).await? else { return Ok(()) };
        if let Some(first) = completion.logprobs.first() {
            let goes = share_of(first, |token| token.eq_ignore_ascii_case("go")).clamp(1e-4, 1.0 - 1e-4);
            self.features = std::mem::take(&mut self.features).with(Feature::Reading, (1.0 - goes).ln() - goes.ln());
            self.probability = weights.probability(&self.features);
        }
        self.question = question(&completion.text);
        Ok(())
    }
}

/// The question that a model puts where one is called for.
async fn word(
    model: &dyn ChatModel,
    spec: &Spec,
    spent: &mut Spent,
    cancel: &CancellationToken,
) -> Result<Option<String>, ModelError> {
    let mut request = WORDING.request(shown(spec), None);
    if model.capabilities().grammar {
        request.output = Output::Grammar(ONE_QUESTION.to_owned());
    }
    Ok(spent.complete(model, request, cancel).await?.and_then(|completion| question(&completion.text)))
}

/// A reply that is a question.
fn question(reply: &str) -> Option<String> {
    let said = reply.trim();
    said.ends_with(QUESTION_MARKS).then(|| said.to_owned())
}

fn features(spec: &Spec, turn: &Turn, ambiguous: bool) -> Features {
    let user = turn.user.as_str();
    let in_force: Vec<&str> = spec.active().map(|clause| clause.said.text.as_str()).collect();
    let words: usize = in_force.iter().map(|text| content(text).len()).sum();
    let stated: Vec<Value> = in_force.iter().flat_map(|text| values(text)).collect();
    let material = |text: &str| text.contains('\n') || quoted(text).iter().any(|span| span.end - span.start > MATERIAL);
    let has_material = in_force.iter().any(|text| material(text));
    let figures = stated.iter().any(Value::is_figure);
    let said = Said::new(user);
    let (quantity, action) = (said.asks_for_a_quantity(), said.asks_for_an_action());
    let removals = || turn.edits.iter().filter_map(Edit::removal).filter(|removal| removal.probability.is_some());
    let corrects = said.corrects() || said.withdraws() || said.opens_a_correction();
    let unresolved = corrects && spec.goal.is_some() && removals().all(|removal| !removal.earned);
    Features::default()
        .with(Feature::WithoutMaterial, flag(said.asks_to_process() && !has_material && !figures))
        .with(Feature::WithoutValues, flag(quantity && !figures))
        .with(Feature::Unspecified, flag(action && !figures))
        .with(Feature::Unresolved, flag(unresolved))
        .with(Feature::First, flag(spec.clauses().all(|clause| clause.said.source.turn == 0)))
        .with(Feature::Length, logarithm(content(user).len()))
        .with(Feature::SpecLength, logarithm(words))
        .with(Feature::Values, logarithm(stated.len()))
        .with(Feature::Material, flag(has_material))
        .with(Feature::Quantity, flag(quantity))
        .with(Feature::Creation, flag(said.asks_for_a_creation()))
        .with(Feature::Action, flag(action))
        .with(Feature::Question, flag(user.trim_end().ends_with(QUESTION_MARKS)))
        .with(Feature::Own, flag(said.owns()))
        .with(Feature::Ambiguous, flag(ambiguous))
}

/// The spec as the model reads it.
fn shown(spec: &Spec) -> String {
    let mut text = String::new();
    for clause in spec.active() {
        let _ = writeln!(text, "- {}", one_line(&clause.said.text));
    }
    text.trim_end().to_owned()
}
