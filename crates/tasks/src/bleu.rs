//! BLEU, as sacrebleu computes it with its defaults.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::pattern::pattern;

/// The longest sequences of words that are compared.
const ORDER: usize = 4;

/// Splits words from punctuation as `mteval-v13a` does; each rule works on what the one before has left.
static RULES: LazyLock<[(Regex, &str); 4]> = LazyLock::new(|| {
    [
        // Every sign of ASCII but apostrophe, hyphen, comma and full stop stands alone,
        (pattern(r"([!-&(-+/:-@\[-`{-~ ])"), " $1 "),
        // full stops and commas but for those between digits,
        (pattern(r"([^0-9])([.,])"), "$1 $2 "),
        (pattern(r"([.,])([^0-9])"), " $1 $2"),
        // and hyphens behind a digit.
        (pattern(r"([0-9])(-)"), "$1 $2 "),
    ]
});
/// What stands for a sign in SGML.
const ENTITIES: [(&str, &str); 4] = [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")];

/// BLEU of a text against one or more references, from 0 to 100; 0 where there is none.
///
/// This is corpus BLEU of one segment: the tokenisation of `mteval-v13a`, case kept, sequences of up to 4 words, the
/// length of the reference that is closest, and exponential smoothing of sequences that are not found at all (Chen and
/// Cherry 2014, technique 3, as in `mteval-v13a`). It equals what sacrebleu 2 calls
/// `nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp`.
pub fn bleu(text: &str, references: &[&str]) -> f64 {
    let words = words(text);
    let references: Vec<Vec<String>> = references.iter().map(|reference| self::words(reference)).collect();
    let lengths = references.iter().map(Vec::len);
    // Of two that are equally close, the shorter counts.
    let Some(length) = lengths.min_by_key(|length| (length.abs_diff(words.len()), *length)) else { return 0.0 };
    let mut logarithms = 0.0;
    let mut smoothing = 1.0;
    let mut any = false;
    for order in 1..=ORDER {
        let total = (words.len() + 1).saturating_sub(order);
        if total == 0 {
            // A text of fewer words has no sequence of this order.
            return 0.0;
        }
        let found = found(&words, &references, order);
        any |= found > 0;
        let precision = if found == 0 {
            smoothing *= 2.0;
            1.0 / (smoothing * as_real(total))
        } else {
            as_real(found) / as_real(total)
        };
        logarithms += precision.ln();
    }
    if !any {
        return 0.0;
    }
    let brevity = if words.len() < length { (1.0 - as_real(length) / as_real(words.len())).exp() } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "it is 4")]
    let mean = logarithms / ORDER as f64;
    100.0 * brevity * mean.exp()
}

#[expect(clippy::cast_precision_loss, reason = "texts have far fewer words than 2^52")]
fn as_real(count: usize) -> f64 {
    count as f64
}

/// How many sequences of so many words are in a reference, each as often as it is in the one that holds it most often.
fn found(words: &[String], references: &[Vec<String>], order: usize) -> usize {
    let held: Vec<_> = references.iter().map(|reference| counted(reference, order)).collect();
    let most = |sequence| held.iter().filter_map(|counts| counts.get(sequence)).max().copied().unwrap_or(0);
    counted(words, order).into_iter().map(|(sequence, count)| count.min(most(sequence))).sum()
}

fn counted(words: &[String], order: usize) -> HashMap<&[String], usize> {
    let mut counts = HashMap::new();
    for sequence in words.windows(order) {
        *counts.entry(sequence).or_insert(0) += 1;
    }
    counts
}

/// The words of a text, with punctuation as words of its own.
fn words(text: &str) -> Vec<String> {
    let mut line = text.trim_end_matches(is_blank).replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    for (entity, sign) in ENTITIES {
        line = line.replace(entity, sign);
    }
    line = format!(" {line} ");
    for (rule, replacement) in RULES.iter() {
        line = rule.replace_all(&line, *replacement).into_owned();
    }
    line.split(is_blank).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// White space as Python has it: four separators of ASCII are among it.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_the_standard_tokeniser() {
        let split = |text: &str| words(text).join(" ");
        assert_eq!(split("It's $1,200.50 (well-known), isn't it?"), "It's $ 1,200.50 ( well-known ) , isn't it ?");
        assert_eq!(
            split("1990-95 &quot;a&amp;b&quot; x.y hy-\nphen\nend."),
            "1990 - 95 \" a & b \" x . y hyphen end ."
        );
        assert_eq!(split("„Ja“, sagte er…\u{a0}3,5 %"), "„Ja“ , sagte er… 3,5 %");
        assert_eq!(split(" \u{1c} "), "");
    }

    #[test]
    fn what_says_nothing_of_the_reference_scores_nothing() {
        let reference = "the cat sat on the mat today";
        assert!((bleu(reference, &[reference]) - 100.0).abs() < 1e-9);
        for text in ["", "the cat sat", "dogs ran in a park"] {
            assert!(bleu(text, &[reference]).abs() < 1e-12, "{text}");
        }
        assert!(bleu(reference, &[]).abs() < 1e-12);
        assert!(bleu(reference, &["", reference]) > 99.9);
    }
}
