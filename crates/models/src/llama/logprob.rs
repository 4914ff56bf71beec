//! Log-probabilities from a row of logits.

/// What the model thought of one token and of the likeliest ones, before any sampling setting.
#[derive(Debug, PartialEq)]
pub(super) struct Ranked {
    /// Natural logarithm of the token's probability.
    pub(super) logprob: f32,
    /// The likeliest tokens with theirs, likeliest first.
    pub(super) top: Vec<(usize, f32)>,
}

/// Log-softmax of `logits` at `token`, with the `top` likeliest tokens. Of equal ones the lower index comes first.
pub(super) fn rank(logits: &[f32], token: usize, top: usize) -> Ranked {
    let normalizer = log_sum_exp(logits);
    let logprob = |index: usize| {
        let logit = logits.get(index).copied().unwrap_or(f32::NEG_INFINITY);
        #[expect(clippy::cast_possible_truncation, reason = "a log-probability needs no more than single precision")]
        let value = (f64::from(logit) - normalizer) as f32;
        value.min(0.0)
    };
    Ranked {
        logprob: logprob(token),
        top: likeliest(logits, top).into_iter().map(|index| (index, logprob(index))).collect(),
    }
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from((logit - max).exp())).sum();
    f64::from(max) + sum.ln()
}

/// Indices of the `count` highest values, highest first.
fn likeliest(logits: &[f32], count: usize) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(count + 1);
    for (index, logit) in logits.iter().enumerate() {
        let full = best.len() == count;
        if full && best.last().is_none_or(|last| logits[*last] >= *logit) {
            continue;
        }
        let place = best.partition_point(|other| logits[*other] >= *logit);
        best.insert(place, index);
        best.truncate(count);
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_logits_share_the_probability() {
        let ranked = rank(&[2.0; 4], 3, 2);
        assert!((ranked.logprob - 0.25_f32.ln()).abs() < 1e-6);
        assert_eq!(ranked.top.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let ranked = rank(&[1000.0, 999.0, f32::NEG_INFINITY], 0, 0);
        assert!((ranked.logprob - (1.0_f32 / (1.0 + (-1.0_f32).exp())).ln()).abs() < 1e-6);
        assert!(ranked.top.is_empty());
        assert!(rank(&[0.0, f32::NEG_INFINITY], 1, 0).logprob < -1e30);
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_the_top_is_sorted(logits in prop::collection::vec(-30.0f32..30.0, 1..50)) {
            let ranked = rank(&logits, 0, logits.len());
            let sum: f64 = ranked.top.iter().map(|(_, logprob)| f64::from(*logprob).exp()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-4);
            prop_assert!(ranked.top.windows(2).all(|pair| pair[0].1 >= pair[1].1));
            prop_assert_eq!(ranked.top.len(), logits.len());
        }
    }
}
