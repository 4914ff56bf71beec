//! A model's reading of a turn: which clause it changes, if any, and how that clause reads then.

use std::fmt::Write as _;
use std::sync::LazyLock;

use throughline_conversation::{Clause, ClauseId};
use throughline_models::{AgentFile, CancellationToken, ChatModel, ModelError, Request};

use super::candidates::Features;
use super::features::Feature;
use crate::spent::{Spent, share_of};
use crate::words::one_line;

/// The agent file of the reading, as shipped.
#[expect(clippy::expect_used, reason = "the file is a part of the program, and the tests read it")]
static AGENT: LazyLock<AgentFile> =
    LazyLock::new(|| AgentFile::parse(include_str!("../../../../agents/removal.md")).expect("removal.md is valid"));

/// So many clauses are shown to the model at most: each has a number of one digit, and the cost of a turn does not grow
/// with the conversation.
pub(super) const SHOWN: usize = 9;
/// As many alternatives as can be had.
const ALTERNATIVES: u8 = 20;
/// What is taken for the probability of a reply that is not among the alternatives.
const LEAST: f64 = 1e-4;

/// What a model made of a turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    /// The probability that nothing is changed.
    none: f64,
    /// The probability that this clause is.
    each: Vec<(ClauseId, f64)>,
    /// The clause that is, and how it reads then; `None` for how it reads where nothing of it is left.
    pub(crate) changed: Option<(ClauseId, Option<String>)>,
}

impl Reading {
    /// Lets the model read the turn against these clauses, of which the first [`SHOWN`] are shown.
    pub(super) async fn of(
        model: &dyn ChatModel,
        clauses: &[&Clause],
        user: &str,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, ModelError> {
        let mut text = String::from("List:\n");
        for (place, clause) in clauses.iter().take(SHOWN).enumerate() {
            let _ = writeln!(text, "{}. {}", place + 1, one_line(&clause.said.text));
        }
        let _ = write!(text, "New message: {}", one_line(user));
        let request = Request { logprobs: Some(ALTERNATIVES), ..AGENT.request(text, None) };
        // What does not fit is not read; the words alone decide.
        let Some(completion) = spent.complete(model, request, cancel).await? else { return Ok(None) };
        let Some(first) = completion.logprobs.first() else { return Ok(None) };
        let none = share_of(first, |token| token.to_lowercase().starts_with("no"));
        let numbered = clauses.iter().take(SHOWN).enumerate();
        let each = numbered
            .map(|(place, clause)| {
                let number = (place + 1).to_string();
                (clause.said.id.clone(), share_of(first, |token| token == number))
            })
            .collect();
        Ok(Some(Self { none, each, changed: changed(&completion.text, clauses) }))
    }

    /// The features of a candidate that would change `clause`, with this reading among them.
    pub(super) fn added_to(&self, features: &Features, clause: &ClauseId) -> Features {
        let held = self.each.iter().find(|(id, _)| id == clause).map_or(0.0, |(_, probability)| *probability);
        let odds = (held + LEAST).ln() - (self.none + LEAST).ln();
        let open = if features.get(Feature::Open) > 0.0 { odds } else { 0.0 };
        features.clone().with(Feature::Reading, odds).with(Feature::OpenReading, open)
    }
}

/// The clause that a reply changes, and how it reads then.
fn changed(reply: &str, clauses: &[&Clause]) -> Option<(ClauseId, Option<String>)> {
    let (number, text) = reply.trim().split_once(['.', ':'])?;
    let clause = clauses.get(number.trim().parse::<usize>().ok()?.checked_sub(1)?)?;
    let text = text.trim();
    if text == one_line(&clause.said.text) {
        return None;
    }
    let gone = text.to_lowercase().trim_end_matches('.') == "gone";
    (gone || !text.is_empty()).then(|| (clause.said.id.clone(), (!gone).then(|| text.to_owned())))
}
