//! What recordings call by several names, and the order in which reports list settings.
//!
//! Names of models are never merged: two spellings may be two deployments, and only the reader can know.

pub(crate) use throughline_tasks::instruction_id as instruction;

/// Settings in the order of reports; the others follow alphabetically.
const SETTINGS: [&str; 10] = [
    "full",
    "concat",
    "shuffle-concat",
    "sharded",
    "recap",
    "snowball",
    "user-only",
    "ergo",
    "free-rewrite",
    "mediated",
];

/// What the study's transcripts write where there is no such thing.
pub(crate) const NOT_NAMED: &str = "NA";

/// The setting that everything is compared with.
pub(crate) const FULL: &str = "full";

/// The setting whose loss the others win back.
pub(crate) const SHARDED: &str = "sharded";

/// Where a setting stands in reports.
pub(crate) fn setting_rank(setting: &str) -> usize {
    SETTINGS.iter().position(|known| *known == setting).unwrap_or(SETTINGS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_an_id_are_one() {
        assert_eq!(instruction("sharded-BFCL/parallel_0"), instruction("sharded-BFCL-parallel_0"));
        assert_eq!(instruction("own-1"), "own-1");
    }

    #[test]
    fn unknown_settings_come_last() {
        assert!(setting_rank("full") < setting_rank("sharded"));
        assert!(setting_rank("mediated") < setting_rank("snowball-stateful"));
    }
}
