//! How unsure a model was of what it wrote.

use throughline_models::TokenLogprob;

/// The mean over a reply's tokens of the entropy of the next token's distribution, in nats; `None` where there is no
/// token, or no alternatives to one.
///
/// Only the likeliest tokens of each place are known. What is left of the probability is taken for one more token, so
/// the figure is a lower bound of the entropy over the whole vocabulary, and a close one wherever few tokens carry most
/// of the probability.
pub(crate) fn mean_entropy(tokens: &[TokenLogprob]) -> Option<f64> {
    let entropies: Option<Vec<f64>> = tokens.iter().map(entropy).collect();
    let entropies = entropies.filter(|entropies| !entropies.is_empty())?;
    #[expect(clippy::cast_precision_loss, reason = "a reply has far fewer tokens than 2^52")]
    Some(entropies.iter().sum::<f64>() / entropies.len() as f64)
}

fn entropy(token: &TokenLogprob) -> Option<f64> {
    let known = token.top.iter().map(|(_, logprob)| f64::from(*logprob).exp());
    let rest = 1.0 - known.clone().sum::<f64>();
    let of = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    (!token.top.is_empty()).then(|| known.map(of).sum::<f64>() + of(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(probabilities: &[f32]) -> TokenLogprob {
        let top = probabilities.iter().map(|p| ("x".to_owned(), p.ln())).collect();
        TokenLogprob { token: "x".into(), logprob: 0.0, top }
    }

    #[track_caller]
    fn near(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-6, "{found:?} is not {expected}");
    }

    #[test]
    fn entropy_is_in_nats_and_averaged() {
        near(mean_entropy(&[token(&[1.0])]), 0.0);
        near(mean_entropy(&[token(&[0.5, 0.5])]), 2.0_f64.ln());
        near(mean_entropy(&[token(&[0.25; 4]), token(&[1.0, 0.0])]), 4.0_f64.ln() / 2.0);
    }

    #[test]
    fn what_is_left_counts_as_one_token() {
        near(mean_entropy(&[token(&[0.5, 0.25])]), 0.5 * 2.0_f64.ln() + 0.5 * 4.0_f64.ln());
        // Rounding may leave a little less than nothing.
        near(mean_entropy(&[token(&[0.5, 0.500_000_1])]), 2.0_f64.ln());
    }

    #[test]
    fn without_alternatives_nothing_is_known() {
        assert_eq!(mean_entropy(&[]), None);
        assert_eq!(mean_entropy(&[token(&[1.0]), token(&[])]), None);
    }
}
