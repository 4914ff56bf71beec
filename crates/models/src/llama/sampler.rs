//! The choice of the next token.
//!
//! Applying a grammar to the whole vocabulary costs more than a small model's decode, so a token is drawn first and
//! only then shown to the grammar. A refused token is taken out and the draw repeated: the first token of such a
//! series that the grammar allows has the distribution of a draw among the allowed tokens alone (and is the likeliest
//! allowed token at temperature 0). After a few refusals the grammar is applied to the whole vocabulary instead. The
//! nucleus (`top_p` below 1) is taken before the grammar, and taken anew among the allowed tokens when none of it is
//! allowed.

use super::binding::{self, Candidate, Candidates, Model, Sampler, Token};
use crate::{ModelError, Sampling};

/// Draws before the grammar is applied to the whole vocabulary.
const DRAWS: usize = 16;
/// Below this temperature the likeliest token is taken: logits divided by less would overflow.
const GREEDY_BELOW: f32 = 1e-4;

/// Draws the tokens of one reply.
pub(super) struct TokenSampler {
    draw: Option<Draw>,
    grammar: Option<Sampler>,
    /// Where candidates are put, kept from token to token.
    space: Vec<Candidate>,
}

/// A draw by probability; its absence means the likeliest token.
struct Draw {
    shape: Sampler,
    choose: Sampler,
}

impl TokenSampler {
    pub(super) fn new(sampling: &Sampling, grammar: Option<Sampler>) -> Self {
        let draw = (sampling.temperature >= GREEDY_BELOW).then(|| Draw {
            shape: binding::shaping_sampler(sampling.temperature, sampling.top_p),
            choose: binding::choosing_sampler(sampling.seed),
        });
        Self { draw, grammar, space: Vec::new() }
    }

    /// The next token, already taken into account by the grammar.
    pub(super) fn next(&mut self, model: &Model, logits: &[f32]) -> Result<Token, ModelError> {
        let highest = highest(logits)
            .ok_or_else(|| engine("the model computed values that are not numbers; its file may be damaged"))?;
        let token = if self.grammar.is_some() { self.constrained(model, logits)? } else { self.free(logits, highest)? };
        if let Some(grammar) = self.grammar.as_mut().filter(|_| !model.is_end(token)) {
            grammar.try_accept(token).map_err(|error| engine(&format!("the grammar cannot go on: {error}")))?;
        }
        Ok(token)
    }

    fn free(&mut self, logits: &[f32], highest: f32) -> Result<Token, ModelError> {
        let place = match &mut self.draw {
            None => {
                let place = logits.iter().position(|logit| *logit >= highest);
                place.and_then(|place| i32::try_from(place).ok()).map(Token::new)
            }
            Some(draw) => {
                let mut candidates = binding::candidates(logits, std::mem::take(&mut self.space));
                draw.shape.apply(&mut candidates);
                draw.choose.apply(&mut candidates);
                let token = candidates.selected_token();
                self.space = candidates.data;
                token
            }
        };
        place.ok_or_else(|| engine("no token could be drawn"))
    }

    fn constrained(&mut self, model: &Model, logits: &[f32]) -> Result<Token, ModelError> {
        let Self { draw, grammar: Some(grammar), space } = self else {
            return Err(engine("a grammar was expected"));
        };
        // The text of a control token would fit a grammar that allows any text, but it is not text.
        let is_text = |token: Token| model.is_end(token) || !model.is_control(token);

        let mut candidates = binding::candidates(logits, std::mem::take(space));
        if let Some(draw) = draw {
            draw.shape.apply(&mut candidates);
        }
        for _ in 0..DRAWS {
            let Some(place) = choose(draw.as_mut(), &mut candidates) else { break };
            let token = candidates.data[place].id();
            if is_text(token) && binding::grammar_allows(grammar, token) {
                *space = candidates.data;
                return Ok(token);
            }
            candidates.data[place].set_logit(f32::NEG_INFINITY);
        }

        let mut candidates = binding::candidates(logits, candidates.data);
        grammar.apply(&mut candidates);
        candidates.data.retain(|data| data.logit() > f32::NEG_INFINITY && is_text(data.id()));
        if let Some(draw) = draw {
            draw.shape.apply(&mut candidates);
        }
        let token = choose(draw.as_mut(), &mut candidates).map(|place| candidates.data[place].id());
        *space = candidates.data;
        token.ok_or_else(|| engine("the grammar allows no token of this model"))
    }
}

fn choose(draw: Option<&mut Draw>, candidates: &mut Candidates) -> Option<usize> {
    match draw {
        None => likeliest_of(candidates.data.iter().map(Candidate::logit)),
        Some(draw) => {
            // Candidates that were taken out must not be chosen again, be they the only ones left.
            candidates.data.retain(|data| data.logit() > f32::NEG_INFINITY);
            draw.choose.apply(candidates);
            candidates.selected
        }
    }
}

/// The highest of the logits, where there are some and all of them are numbers. It is computed in lanes side by side,
/// since a vocabulary is long and this is done for every token.
fn highest(logits: &[f32]) -> Option<f32> {
    const LANES: usize = 16;
    let mut highest = [f32::NEG_INFINITY; LANES];
    let mut numbers = true;
    for chunk in logits.chunks(LANES) {
        for (highest, logit) in highest.iter_mut().zip(chunk) {
            *highest = if *logit > *highest { *logit } else { *highest };
            numbers &= !logit.is_nan();
        }
    }
    let highest = highest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    (numbers && highest > f32::NEG_INFINITY).then_some(highest)
}

/// Place of the highest value, the first of equal ones.
fn likeliest_of(logits: impl Iterator<Item = f32>) -> Option<usize> {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    logits.enumerate().reduce(better).filter(|(_, best)| *best > f32::NEG_INFINITY).map(|(place, _)| place)
}

fn engine(reason: &str) -> ModelError {
    ModelError::Engine { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_noticed() {
        assert_eq!(highest(&[]), None);
        assert_eq!(highest(&[1.0, f32::NAN, 2.0]), None);
        assert_eq!(highest(&[f32::NEG_INFINITY; 40]), None);
        assert_eq!(highest(&[f32::NEG_INFINITY, -3.0]), Some(-3.0));
    }

    proptest! {
        #[test]
        fn the_highest_is_found_in_every_lane(logits in prop::collection::vec(-50.0f32..50.0, 1..70)) {
            let expected = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!(highest(&logits), Some(expected));
        }
    }
}
