//! How sure a model was of the answer within its reply.

use std::ops::Range;

use throughline_models::TokenLogprob;

/// The name of [`answer_span_confidence`] in transcripts.
pub const ANSWER_SPAN: &str = "answer-span";

/// The name of [`sample_agreement`] in transcripts.
pub const SAMPLE_AGREEMENT: &str = "sample-agreement";

/// The confidence in `answer`, from 0 to 1: the mean, over the tokens of a reply in which it is stated last, of the
/// difference between the two largest probabilities at that place (Wang and Zhou, "Chain-of-Thought Reasoning Without
/// Prompting", arXiv 2402.10200, section 3.1). `tokens` are those of the whole reply, each with its two likeliest
/// alternatives at least.
///
/// `None` where the tokens do not spell the answer as it is given, or come without alternatives.
pub fn answer_span_confidence(answer: &str, tokens: &[TokenLogprob]) -> Option<f64> {
    let reply: String = tokens.iter().map(|token| token.token.as_str()).collect();
    let span = last_place(&reply, answer)?;
    let (mut place, mut sum, mut count) = (0, 0.0, 0.0);
    for token in tokens {
        let next = place + token.token.len();
        if place < span.end && span.start < next {
            sum += margin(token)?;
            count += 1.0;
        }
        place = next;
    }
    (count > 0.0).then(|| sum / count)
}

/// As [`answer_span_confidence`], of a whole reply: for a conversation in which nothing says which part of a reply is the
/// answer.
pub fn reply_confidence(tokens: &[TokenLogprob]) -> Option<f64> {
    let margins: Option<Vec<f64>> = tokens.iter().map(margin).collect();
    let margins = margins.filter(|margins| !margins.is_empty())?;
    #[expect(clippy::cast_precision_loss, reason = "a reply has far fewer tokens than 2^52")]
    Some(margins.iter().sum::<f64>() / margins.len() as f64)
}

/// The confidence in an answer by the agreement of further samples, from 0 to 1: the share of them that give the same
/// answer, which a sample without an answer does not (after Wang et al., "Self-Consistency Improves Chain of Thought
/// Reasoning in Language Models", arXiv 2203.11171). It needs no log-probabilities, but samples that can differ: drawn
/// at a temperature above 0.
///
/// `None` without samples.
pub fn sample_agreement(agree: impl IntoIterator<Item = bool>) -> Option<f64> {
    let (agreeing, all) =
        agree.into_iter().fold((0_u32, 0_u32), |(agreeing, all), one| (agreeing + u32::from(one), all + 1));
    (all > 0).then(|| f64::from(agreeing) / f64::from(all))
}

/// Where `answer` stands last in `reply`, as a whole: not as a part of a longer number or word.
fn last_place(reply: &str, answer: &str) -> Option<Range<usize>> {
    let answer = answer.trim();
    if answer.is_empty() {
        return None;
    }
    let whole = |at: &usize| {
        let joins = |character: char| character.is_alphanumeric();
        let before = reply[..*at].chars().next_back().is_some_and(joins) && answer.starts_with(joins);
        let behind = reply[at + answer.len()..].chars().next().is_some_and(joins) && answer.ends_with(joins);
        !before && !behind
    };
    let start = reply.rmatch_indices(answer).map(|(at, _)| at).find(whole)?;
    Some(start..start + answer.len())
}

/// The difference between the two largest probabilities; `None` without alternatives.
fn margin(token: &TokenLogprob) -> Option<f64> {
    let probability = |index: usize| token.top.get(index).map(|(_, logprob)| f64::from(*logprob).exp());
    Some(probability(0)? - probability(1).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(text: &str, first: f64, second: f64) -> TokenLogprob {
        #[expect(clippy::cast_possible_truncation, reason = "a test's numbers")]
        let logprob = |probability: f64| probability.ln() as f32;
        let top = vec![(text.to_owned(), logprob(first)), ("other".to_owned(), logprob(second))];
        TokenLogprob { token: text.into(), logprob: logprob(first), top }
    }

    #[test]
    fn only_the_tokens_of_the_last_statement_count() {
        let tokens = [
            token("1", 0.5, 0.4),
            token("2, so", 0.9, 0.0),
            token(" ", 0.6, 0.1),
            token("1", 0.8, 0.1),
            token("2", 0.6, 0.1),
            token(".", 0.3, 0.3),
        ];
        let found = answer_span_confidence("12", &tokens).unwrap();
        assert!((found - 0.6).abs() < 1e-6, "{found}");
    }

    #[test]
    fn a_part_of_another_number_is_not_the_answer() {
        let tokens = [token("5", 0.9, 0.1), token(" of ", 0.9, 0.1), token("15", 0.4, 0.4)];
        let found = answer_span_confidence("5", &tokens).unwrap();
        assert!((found - 0.8).abs() < 1e-6, "{found}");
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        let tokens = [token("12", 0.9, 0.05)];
        assert_eq!(answer_span_confidence("13", &tokens), None);
        assert_eq!(answer_span_confidence(" ", &tokens), None);
        assert_eq!(answer_span_confidence("12", &[]), None);
        let bare = TokenLogprob { top: Vec::new(), ..token("12", 0.9, 0.05) };
        assert_eq!(answer_span_confidence("12", &[bare]), None);
    }

    #[test]
    fn a_reply_is_as_sure_as_its_tokens() {
        let found = reply_confidence(&[token("12", 0.9, 0.1), token(".", 0.5, 0.3)]).unwrap();
        assert!((found - 0.5).abs() < 1e-6, "{found}");
        assert_eq!(reply_confidence(&[]), None);
        assert_eq!(reply_confidence(&[TokenLogprob { top: Vec::new(), ..token("12", 0.9, 0.1) }]), None);
    }

    #[test]
    fn agreement_is_a_share() {
        assert_eq!(sample_agreement([true, false, true, true]), Some(0.75));
        assert_eq!(sample_agreement([]), None);
    }

    proptest! {
        #[test]
        fn it_is_a_share(pieces in prop::collection::vec(("[ 0-9a]{1,3}", 0.34_f64..1.0, 0.0_f64..0.33), 1..8), answer in "[0-9]{1,2}") {
            let tokens: Vec<_> = pieces.iter().map(|(text, first, second)| token(text, *first, *second)).collect();
            if let Some(found) = answer_span_confidence(&answer, &tokens) {
                prop_assert!((0.0..=1.0).contains(&found), "{}", found);
            }
        }
    }
}
