//! What an assistant makes of the shards, beside what it makes of the instruction.

use serde::{Deserialize, Serialize};

/// What share of the score of the whole instruction its shards must keep when they are read at once.
pub const KEPT: f64 = 0.8;

/// Mean scores of one sample, from 0 to 1, over so many runs in each setting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Runs in each setting.
    pub runs: u32,
    /// The whole instruction.
    pub full: f64,
    /// The shards in their order.
    pub concat: f64,
    /// The shards in orders that were drawn.
    pub shuffle_concat: f64,
}

impl Measured {
    /// Whether the shards keep what the instruction is worth.
    ///
    /// # Errors
    /// A sentence that says which setting falls below, or that nothing could be shown.
    pub fn holds(&self) -> Result<(), String> {
        let Self { runs, full, concat, shuffle_concat } = *self;
        if full <= 0.0 {
            return Err(format!("the whole instruction was answered in none of {runs} runs, so that nothing is shown"));
        }
        for (setting, score) in [("concat", concat), ("shuffle-concat", shuffle_concat)] {
            let kept = score / full;
            // A share that falls short by rounding alone holds.
            if kept < KEPT - 1e-9 {
                return Err(format!(
                    "{setting} scores {:.0} % of full over {runs} runs, less than {:.0} %",
                    kept * 100.0,
                    KEPT * 100.0
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_fifths_are_enough_and_less_is_not() {
        let measured = |full, concat, shuffle_concat| Measured { runs: 10, full, concat, shuffle_concat }.holds();
        assert_eq!(measured(1.0, 0.8, 1.0), Ok(()));
        assert_eq!(measured(0.1, 0.1, 0.08), Ok(()));
        assert!(measured(1.0, 0.7, 1.0).unwrap_err().contains("concat scores 70 %"));
        assert!(measured(0.5, 0.5, 0.3).unwrap_err().contains("shuffle-concat scores 60 %"));
        assert!(measured(0.0, 1.0, 1.0).unwrap_err().contains("none of 10 runs"));
    }
}
