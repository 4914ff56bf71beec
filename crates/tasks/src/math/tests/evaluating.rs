use proptest::prelude::*;

use super::{Math, judged, right, sample};
use crate::TaskFamily;
use crate::math::scan::{Notation, numbers};

#[test]
fn notation_does_not_matter() {
    for (answer, gold) in [
        ("$100.00", "100"),
        ("1,200", "1200"),
        ("1200", "5*240=1200\n#### 1,200"),
        ("1,234,567", "1234567"),
        ("$17,000.", "17000"),
        ("1'200", "1200"),
        ("3.0", "3"),
        (".5", "1/2"),
        ("1.200", "1.2"),
        ("1.234.567", "1234567"),
        ("1.234,50 €", "1234.5"),
        ("€12,50", "12.5"),
        ("12,50 €", "12.5"),
        (r"\$1,200.50", "1200.5"),
        ("US$5", "5"),
        ("Rs. 500", "500"),
        ("USD 500", "500"),
        ("-5", "-5"),
        ("\u{2212}5", "-5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("3/4", "0.75"),
        ("6/8", "3/4"),
        ("6 / 8", "3/4"),
        ("86⁄3", "86/3"),
        (r"\frac{3}{4}", "0.75"),
        (r"\dfrac34", "0.75"),
        (r"28\frac{2}{3}", "86/3"),
        (r"-1\frac{1}{2}", "-1.5"),
        ("1 1/2", "1.5"),
        ("-1 1/2", "-1.5"),
        ("1⅓", "4/3"),
        ("2 ½ cups", "5/2"),
        ("½", "0.5"),
        ("1.5 million", "1500000"),
        ("3 thousand", "3000"),
        ("3 trucks", "3"),
        ("3360 points", "3360"),
        ("12kg", "12"),
        ("12 per 100", "12"),
        ("2 + 3 = 5", "5"),
        ("x = 5", "5"),
        ("12 (6 x 2)", "12"),
        ("0005", "5"),
        ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
    ] {
        assert!(right(answer, gold), "{answer} should be right for {gold}");
    }
}

#[test]
fn typeset_thousands_are_read_in_replies_and_gold_answers_alone() {
    for (typeset, plain) in [
        ("$17\u{a0}000", "$17,000"),
        ("17\u{202f}000", "17,000"),
        ("17\u{2009}000.5", "17,000.5"),
        ("3{,}360", "3,360"),
        (r"17,\!000", "17,000"),
        (r"\$1\,017\,000", r"\$1,017,000"),
        ("5\u{a0}%", "5\u{a0}%"),
        ("2\u{a0}½", "2\u{a0}½"),
    ] {
        let sample = sample(&format!("#### {typeset}"));
        let found = Math.extract(&sample, &format!("It comes to this.\nAnswer: {typeset}")).unwrap();
        assert_eq!(found, plain);
        assert!(judged(&sample, &found).score >= 1.0, "{typeset}");
        assert_eq!(right(typeset, typeset), typeset == plain, "{typeset}");
    }
}

#[test]
fn what_is_merely_close_is_wrong() {
    for (answer, gold) in [
        ("", "3"),
        ("three", "3"),
        ("1200", "1.200"),
        ("3.01", "3"),
        ("-3", "3"),
        ("1,2", "12"),
        ("1,2345", "12345"),
        ("0.1000000000000000055511151231257827", "0.1"),
        ("3/0", "1"),
        ("1 3/2", "2.5"),
        ("10^3", "1000"),
    ] {
        assert!(!right(answer, gold), "{answer} should be wrong for {gold}");
    }
}

#[test]
fn percentages_have_a_fraction_reading() {
    for (answer, gold) in [
        ("50%", "50"),
        ("50", "50%"),
        ("50%", "0.5"),
        ("50%", "1/2"),
        ("0.5", "50%"),
        ("50 percent", "50%"),
        (r"40\%", "40"),
    ] {
        assert!(right(answer, gold), "{answer} should be right for {gold}");
    }
    for (answer, gold) in [("300%", "3"), ("50%", "5000%"), ("0.5%", "50%"), ("0.5", "50"), ("5%", "0.5")] {
        assert!(!right(answer, gold), "{answer} should be wrong for {gold}");
    }
}

#[test]
fn only_what_no_decimal_can_write_is_rounded() {
    for (answer, gold) in
        [("0.33", "1/3"), ("0.333", "1/3"), ("0.67", "2/3"), ("-0.67", "-2/3"), ("28.67", "86/3"), ("33.33%", "1/3")]
    {
        assert!(right(answer, gold), "{answer} should be right for {gold}");
    }
    for (answer, gold) in [
        ("0.3", "1/3"),
        ("0.334", "1/3"),
        ("0.66", "2/3"),
        ("0.13", "0.125"),
        ("0.13", "1/8"),
        ("29", "86/3"),
        ("33/100", "1/3"),
    ] {
        assert!(!right(answer, gold), "{answer} should be wrong for {gold}");
    }
}

#[test]
fn huge_digit_strings_are_no_numbers() {
    let digits = "9".repeat(100_000);
    assert!(!right(&digits, &digits));
    assert!(numbers(&format!("{digits} and 5"), Notation::Typeset).iter().all(|found| found.span.len() == 1));
}

/// Puts a separator between groups of three digits.
fn grouped(digits: &str, separator: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text += separator;
        }
        text.push(digit);
    }
    text
}

proptest! {
    #[test]
    fn a_decimal_is_right_in_any_notation(
        cents in -1_000_000_000_000_i64..1_000_000_000_000,
        separator in prop::sample::select(vec!["", ",", "{,}", r"\,", r",\!", "'", "\u{a0}", "\u{202f}", "\u{2009}"]),
        minus in prop::sample::select(vec!["-", "\u{2212}"]),
        before in prop::sample::select(vec!["", "$", r"\$", "€", "£", "USD ", "**", "about ", "= "]),
        behind in prop::sample::select(vec!["", ".", " apples", "kg", "**", " €", ", as asked", " per 100 people"]),
        exact in any::<bool>(),
    ) {
        let absolute = cents.unsigned_abs();
        let whole = grouped(&(absolute / 100).to_string(), separator);
        let decimals = if exact || absolute % 100 != 0 { format!(".{:02}", absolute % 100) } else { String::new() };
        let sign = if cents < 0 { minus } else { "" };
        let answer = format!("{before}{sign}{whole}{decimals}{behind}");
        let gold = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, absolute / 100, absolute % 100);
        let plain = Math.extract(&sample("1"), &format!("Answer: {answer}")).unwrap();
        prop_assert!(right(&plain, &gold), "{} for {}", answer, gold);
        prop_assert!(!right(&plain, &format!("{gold}1")), "{} for {}1", answer, gold);
    }

    #[test]
    fn a_fraction_is_right_in_any_notation(over in 1_u32..5000, under in 1_u32..5000, factor in 1_u32..9) {
        let gold = format!("{over}/{under}");
        let (scaled_over, scaled_under) = (over * factor, under * factor);
        for answer in [
            format!("{scaled_over}/{scaled_under}"),
            format!("{scaled_over}⁄{scaled_under} of it"),
            format!(r"$\frac{{{scaled_over}}}{{{scaled_under}}}$"),
        ] {
            prop_assert!(right(&answer, &gold), "{} for {}", answer, gold);
        }
        let (whole, part) = (over / under, over % under);
        if whole > 0 && part > 0 {
            for answer in [format!("{whole} {part}/{under}"), format!(r"{whole}\frac{{{part}}}{{{under}}}")] {
                prop_assert!(right(&answer, &gold), "{} for {}", answer, gold);
            }
        }
    }

    #[test]
    fn a_percentage_is_right_for_its_fraction(percent in 1_u32..100) {
        let answer = format!("{percent}%");
        prop_assert!(right(&answer, &percent.to_string()));
        let gold = format!("0.{percent:02}");
        prop_assert!(right(&answer, &gold));
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>(), gold in any::<String>()) {
        let _ = right(&text, &gold);
    }

    #[test]
    fn spans_are_parts_of_the_text_in_order(text in r"([-−–$€%.,/⁄½⅓ {}()\\!'a-z0-9\n\u{a0}]|\\frac|\*\*|million){0,60}") {
        let mut end = 0;
        for found in numbers(&text, Notation::Typeset) {
            prop_assert!(found.span.start >= end && found.span.end > found.span.start);
            prop_assert!(text.get(found.span.clone()).is_some());
            end = found.span.end;
        }
    }
}
