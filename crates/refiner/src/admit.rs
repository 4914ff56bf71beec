//! What may be a rule. A model that is asked for guidelines also writes recipes and quotations; these do harm in other
//! conversations, and a quotation would carry one sample's content into another one's prompt.

use std::collections::HashSet;
use std::fmt;

use crate::Case;

/// The fewest and the most words of a rule.
const WORDS: std::ops::RangeInclusive<usize> = 3..=40;

/// So many words in a row that a case holds as well are a quotation.
const QUOTED: usize = 5;

/// Why something is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Too short to say anything, or too long for a guideline.
    Length,
    /// It holds a number, so it is about one task.
    Number,
    /// It quotes a conversation.
    Quotation,
    /// Another rule says the same.
    Repeated,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Length => "too short or too long for a guideline",
            Self::Number => "about one task: it holds a number",
            Self::Quotation => "quotes a conversation",
            Self::Repeated => "says what another rule says",
        })
    }
}

/// Checks rules against the cases that they were written from.
pub(crate) struct Gate {
    quotable: HashSet<Vec<String>>,
    admitted: HashSet<Vec<String>>,
}

impl Gate {
    pub(crate) fn new(cases: &[Case]) -> Self {
        let texts = cases.iter().flat_map(|case| case.turns.iter().chain([&case.reply, &case.instruction]));
        let quotable = texts.flat_map(|text| runs(&words(text))).collect();
        Self { quotable, admitted: HashSet::new() }
    }

    /// The rule on one line, without a number or a bullet in front.
    pub(crate) fn admit(&mut self, text: &str) -> Result<String, Refusal> {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let marks = |character: char| matches!(character, '-' | '*' | '•' | '.' | ')' | ' ');
        let unmarked = line.trim_start_matches(marks);
        let behind = unmarked.trim_start_matches(|character: char| character.is_ascii_digit());
        let numbered = behind.len() < unmarked.len() && behind.starts_with(['.', ')']);
        let line = if numbered { behind.trim_start_matches(marks) } else { unmarked };
        let said = words(line);
        if !WORDS.contains(&said.len()) {
            return Err(Refusal::Length);
        }
        if line.chars().any(char::is_numeric) {
            return Err(Refusal::Number);
        }
        if runs(&said).iter().any(|run| self.quotable.contains(run)) {
            return Err(Refusal::Quotation);
        }
        if !self.admitted.insert(said) {
            return Err(Refusal::Repeated);
        }
        Ok(line.to_owned())
    }
}

/// The words of a text in lower case, without punctuation.
fn words(text: &str) -> Vec<String> {
    let parted = text.split(|character: char| !character.is_alphanumeric() && character != '\'');
    parted.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// All runs of [`QUOTED`] words.
fn runs(words: &[String]) -> Vec<Vec<String>> {
    words.windows(QUOTED).map(<[String]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gate() -> Gate {
        Gate::new(&[Case {
            run: "r".into(),
            task_id: "t".into(),
            turns: vec!["How many apples does she buy?".into()],
            understood: Vec::new(),
            reply: "She buys a few.".into(),
            instruction: "Ann buys as many apples as Bob has pears.".into(),
        }])
    }

    #[test]
    fn general_rules_are_admitted_once() {
        let mut gate = gate();
        assert_eq!(gate.admit(" 2) Later turns\n add facts. "), Ok("Later turns add facts.".to_owned()));
        assert_eq!(gate.admit("- later turns add facts"), Err(Refusal::Repeated));
        assert_eq!(
            gate.admit("Wait until all quantities are known."),
            Ok("Wait until all quantities are known.".into())
        );
    }

    #[test]
    fn what_is_no_guideline_is_refused() {
        let mut gate = gate();
        assert_eq!(gate.admit("Add facts"), Err(Refusal::Length));
        assert_eq!(gate.admit(&"word ".repeat(41)), Err(Refusal::Length));
        assert_eq!(gate.admit("Multiply the price by 3"), Err(Refusal::Number));
        assert_eq!(gate.admit("Remember: ann BUYS as many apples always"), Err(Refusal::Quotation));
    }

    proptest! {
        #[test]
        fn a_rule_is_one_line_without_a_number(text in "\\PC{0,60}|[a-z0-9 .\n*)-]{0,80}") {
            if let Ok(rule) = gate().admit(&text) {
                prop_assert!(!rule.contains('\n') && !rule.chars().any(char::is_numeric) && rule.trim() == rule);
            }
        }
    }
}
