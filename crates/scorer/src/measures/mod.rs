//! The measures of "LLMs Get Lost in Multi-Turn Conversation" (Laban et al., 2025), as functions of scores.
//!
//! Scores, and everything computed from them here, are from 0 to 100. The scores of one instruction are those of its
//! N runs in one cell (task, model, setting); a run that never attempted an answer scores 0.

pub mod calibration;
mod percentile;

pub use percentile::{PERCENTILE_RULE, percentile, percentile_of_sorted};

/// P, A90 and U90-10: of one instruction, or their means over several.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// Averaged performance P, from 0 to 100.
    pub p: f64,
    /// Aptitude A90, from 0 to 100.
    pub a90: f64,
    /// Unreliability U90-10, from 0 to 100.
    pub u90_10: f64,
}

/// The measures of one instruction over the scores of its runs S: averaged performance `P = mean(S)`, aptitude
/// `A90 = percentile_90(S)`, unreliability `U90-10 = percentile_90(S) - percentile_10(S)`, with the percentiles of
/// [`percentile()`](crate::percentile()). The order of the scores does not matter, to the last bit.
///
/// `None` where there are no scores or one is not a number.
pub fn of_instruction(scores: &[f64]) -> Option<Measures> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let a90 = percentile_of_sorted(&sorted, 0.9)?;
    let p10 = percentile_of_sorted(&sorted, 0.1)?;
    Some(Measures { p: mean(&sorted)?, a90, u90_10: a90 - p10 })
}

/// The measures of a cell: the mean over its instructions of each measure, every instruction weighing the same
/// however many runs it has.
///
/// `None` where there are no instructions.
pub fn over_instructions(instructions: &[Measures]) -> Option<Measures> {
    let mean_of = |measure: fn(&Measures) -> f64| mean(&instructions.iter().map(measure).collect::<Vec<_>>());
    Some(Measures { p: mean_of(|one| one.p)?, a90: mean_of(|one| one.a90)?, u90_10: mean_of(|one| one.u90_10)? })
}

/// Aptitude and unreliability of one instruction at other percentiles than 90 and 10, both from 0 to 100:
/// `percentile_high(S)` and `percentile_high(S) - percentile_low(S)`.
///
/// `None` where there are no scores or one is not a number.
pub fn at_percentiles(scores: &[f64], high: f64, low: f64) -> Option<(f64, f64)> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let high = percentile_of_sorted(&sorted, high / 100.0)?;
    Some((high, high - percentile_of_sorted(&sorted, low / 100.0)?))
}

/// The probability, from 0 to 1, that `k` runs drawn from these `runs` without putting back all succeed:
/// `C(successes, k) / C(runs, k)`, the unbiased estimate behind pass^k (Yao et al., 2024, "tau-bench").
///
/// `None` where there are fewer than `k` runs, or `k` is 0.
pub fn pass_hat_k(successes: usize, runs: usize, k: usize) -> Option<f64> {
    if k == 0 || k > runs || successes > runs {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "no instruction has 2^52 runs")]
    let share = |drawn: usize| successes.saturating_sub(drawn) as f64 / (runs - drawn) as f64;
    Some((0..k).map(share).product())
}

/// How far two runs of an instruction differ in score, on average over all pairs of runs: the mean of `|S_i - S_j|`, on
/// the scale of the scores. Averaged over instructions this is the PromptSensiScore of ProSA (Zhuo et al., 2024), with
/// runs in the place of prompt variants. For c successes of n runs it is `2c(n - c) / (n(n - 1))` of the scale.
///
/// `None` where there are fewer than two scores or one is not a number.
pub fn sensitivity(scores: &[f64]) -> Option<f64> {
    if scores.len() < 2 || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "no instruction has 2^52 runs")]
    let (sum, pairs) = {
        // Sorted, the i-th score is the larger one in i pairs and the smaller one in n - 1 - i.
        let n = sorted.len() as f64;
        let sum: f64 = sorted.iter().enumerate().map(|(rank, score)| (2.0 * rank as f64 - (n - 1.0)) * score).sum();
        (sum, n * (n - 1.0) / 2.0)
    };
    Some((sum / pairs).max(0.0))
}

/// The mean over cells of `100 * setting / full`, for pairs `(setting, full)`: the last columns of the study's main
/// table. `None` where there is no cell, or one whose full is not above 0.
pub fn mean_of_ratios(pairs: &[(f64, f64)]) -> Option<f64> {
    let ratios: Option<Vec<f64>> = pairs.iter().map(|(setting, full)| degradation(*setting, *full)).collect();
    mean(&ratios?)
}

/// `100 * mean(setting) / mean(full)`, for pairs `(setting, full)`: the study's headline figures. `None` where there is
/// no cell, or the mean of full is not above 0.
pub fn ratio_of_means(pairs: &[(f64, f64)]) -> Option<f64> {
    let (settings, fulls): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    degradation(mean(&settings)?, mean(&fulls)?)
}

/// The arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "no sample comes near 2^52 values")]
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)
}

/// What a setting keeps of the fully specified performance, in percent: `100 * P(setting) / P(full)`. 100 means that
/// nothing is lost; the study's CONCAT/FULL and SHARDED/FULL columns are means of this ratio over tasks.
///
/// `None` where P(full) is not above 0.
pub fn degradation(setting: f64, full: f64) -> Option<f64> {
    (full > 0.0).then(|| 100.0 * setting / full)
}

/// The share of the multi-turn loss that a method wins back, in percent:
/// `100 * (P(method) - P(sharded)) / (P(full) - P(sharded))`. Below 0 the method is worse than doing nothing, above
/// 100 it is better than full; full itself has 100 and sharded 0.
///
/// `None` where P(full) is not above P(sharded): there is no gap to close.
pub fn gap_closed(method: f64, sharded: f64, full: f64) -> Option<f64> {
    (full > sharded).then(|| 100.0 * (method - sharded) / (full - sharded))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ten runs of which so many succeed.
    fn runs(successes: usize) -> Vec<f64> {
        (0..10).map(|run| if run < successes { 100.0 } else { 0.0 }).collect()
    }

    fn of_cell(instructions: &[Vec<f64>]) -> Measures {
        let each: Vec<_> = instructions.iter().map(|scores| of_instruction(scores).unwrap()).collect();
        over_instructions(&each).unwrap()
    }

    fn assert_measures(found: Measures, p: f64, a90: f64, u90_10: f64) {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(found.p, p) && close(found.a90, a90) && close(found.u90_10, u90_10), "{found:?}");
    }

    #[test]
    fn nine_perfect_instructions_and_one_that_always_fails() {
        let mut cell = vec![runs(10); 9];
        cell.push(runs(0));
        assert_measures(of_cell(&cell), 90.0, 90.0, 0.0);
    }

    #[test]
    fn three_ways_to_the_same_averaged_performance() {
        let mut reliable = vec![runs(10); 6];
        reliable.extend(vec![runs(0); 4]);
        assert_measures(of_cell(&reliable), 60.0, 60.0, 0.0);

        // Nine instructions that succeed two times in three, one that never does.
        let mut unreliable = vec![[100.0, 100.0, 0.0].repeat(10); 9];
        unreliable.push(runs(0));
        assert_measures(of_cell(&unreliable), 60.0, 90.0, 90.0);

        // Two that always succeed, six that do so two times in three, two that never do.
        let mut between = vec![runs(10); 2];
        between.extend(vec![[100.0, 100.0, 0.0].repeat(10); 6]);
        between.extend(vec![runs(0); 2]);
        assert_measures(of_cell(&between), 60.0, 80.0, 60.0);
    }

    #[test]
    fn nine_successes_of_ten_leave_a_tenth_percentile_of_ninety() {
        assert_measures(of_instruction(&runs(9)).unwrap(), 90.0, 100.0, 10.0);
    }

    #[test]
    fn weighs_every_instruction_the_same() {
        assert_measures(of_cell(&[runs(10), vec![0.0]]), 50.0, 50.0, 0.0);
    }

    #[test]
    fn has_no_measures_without_scores() {
        assert_eq!(of_instruction(&[]), None);
        assert_eq!(of_instruction(&[100.0, f64::NAN]), None);
        assert_eq!(over_instructions(&[]), None);
    }

    #[test]
    fn compares_settings() {
        assert_eq!(degradation(45.0, 90.0), Some(50.0));
        assert_eq!(degradation(45.0, 0.0), None);
        assert_eq!(gap_closed(75.0, 60.0, 90.0), Some(50.0));
        assert_eq!(gap_closed(50.0, 60.0, 80.0), Some(-50.0));
        assert_eq!(gap_closed(75.0, 60.0, 60.0), None);
        assert_eq!(gap_closed(75.0, 80.0, 60.0), None);
    }

    /// P of Llama-3.1-8B by task (code, database, actions, data-to-text, math, summary), from the study's main table.
    const LLAMA_FULL: [f64; 6] = [27.4, 64.1, 82.9, 13.7, 63.9, 7.6];
    const LLAMA_CONCAT: [f64; 6] = [21.2, 47.7, 83.0, 15.7, 62.6, 6.5];
    const LLAMA_SHARDED: [f64; 6] = [21.7, 25.9, 45.5, 13.3, 37.4, 3.4];

    #[test]
    fn the_published_ratios_follow_from_the_published_scores() {
        let pairs = |setting: [f64; 6]| -> Vec<(f64, f64)> { setting.into_iter().zip(LLAMA_FULL).collect() };
        let rounded = |ratio: Option<f64>| ratio.map(|ratio| format!("{ratio:.1}"));
        assert_eq!(rounded(mean_of_ratios(&pairs(LLAMA_SHARDED))).as_deref(), Some("62.5"));
        assert_eq!(rounded(ratio_of_means(&pairs(LLAMA_SHARDED))).as_deref(), Some("56.7"));
        // Published as 91.6, from scores that were not yet rounded.
        assert!(mean_of_ratios(&pairs(LLAMA_CONCAT)).is_some_and(|ratio| (ratio - 91.6).abs() < 0.1));
        assert_eq!(mean_of_ratios(&[]), None);
        assert_eq!(mean_of_ratios(&[(1.0, 2.0), (1.0, 0.0)]), None);
        assert_eq!(ratio_of_means(&[(1.0, 2.0), (1.0, 0.0)]), Some(100.0));
    }

    #[test]
    fn pass_hat_k_counts_draws_without_putting_back() {
        // 3 of 5: C(3, 2) / C(5, 2) = 3 / 10.
        assert!(pass_hat_k(3, 5, 2).is_some_and(|found| (found - 0.3).abs() < 1e-12));
        assert_eq!(pass_hat_k(3, 5, 1), Some(0.6));
        assert_eq!(pass_hat_k(3, 5, 4), Some(0.0));
        assert_eq!(pass_hat_k(5, 5, 5), Some(1.0));
        assert_eq!(pass_hat_k(5, 5, 6), None);
        assert_eq!(pass_hat_k(5, 5, 0), None);
        assert_eq!(pass_hat_k(6, 5, 1), None);
    }

    #[test]
    fn sensitivity_of_successes_has_a_closed_form() {
        for successes in 0..=10 {
            let c = f64::from(u8::try_from(successes).unwrap());
            let expected = 100.0 * 2.0 * c * (10.0 - c) / 90.0;
            assert!((sensitivity(&runs(successes)).unwrap() - expected).abs() < 1e-9);
        }
        assert_eq!(sensitivity(&[20.0, 50.0]), Some(30.0));
        assert_eq!(sensitivity(&[20.0]), None);
        assert_eq!(sensitivity(&[20.0, f64::NAN]), None);
    }

    #[test]
    fn other_percentiles_than_the_usual_ones() {
        let scores: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(at_percentiles(&scores, 95.0, 5.0), Some((95.0, 90.0)));
        assert_eq!(at_percentiles(&[], 95.0, 5.0), None);
    }

    proptest! {
        #[test]
        fn aptitude_is_at_least_the_tenth_percentile(scores in prop::collection::vec(0.0..=100.0, 1..30)) {
            let found = of_instruction(&scores).unwrap();
            let tenth = crate::percentile(&scores, 0.1).unwrap();
            prop_assert!(found.a90 >= tenth);
            prop_assert!((0.0..=100.0).contains(&found.u90_10));
            prop_assert!((0.0..=100.0 + 1e-9).contains(&found.p));
        }

        #[test]
        fn the_order_of_the_runs_does_not_matter(
            (scores, shuffled) in prop::collection::vec(0.0..=100.0, 1..30)
                .prop_flat_map(|scores| (Just(scores.clone()), Just(scores).prop_shuffle()))
        ) {
            prop_assert_eq!(of_instruction(&scores), of_instruction(&shuffled));
        }
    }
}
