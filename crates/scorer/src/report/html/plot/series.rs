//! What tells settings apart.

use std::io;

use serde::Serialize;

use super::super::render;

const TEMPLATE: &str = include_str!("../assets/patterns.xml");

const CIRCLE: &str = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z";
const SQUARE: &str = "M-3.6-3.6h7.2v7.2h-7.2z";
const UP: &str = "M0-4.6L4.4 3.4H-4.4z";
const DOWN: &str = "M0 4.6L4.4-3.4H-4.4z";
const DIAMOND: &str = "M0-5L4.6 0L0 5L-4.6 0z";
const CROSS: &str = "M-3.6-3.6L3.6 3.6M-3.6 3.6L3.6-3.6";
const PLUS: &str = "M-4.4 0H4.4M0-4.4V4.4";
const STAR: &str = "M-4.4 0H4.4M-2.2-3.8L2.2 3.8M-2.2 3.8L2.2-3.8";

/// The known settings, each with its marker (filled or not) and dash. The place is the number of its colour and pattern.
const KNOWN: [(&str, &str, bool, &str); 10] = [
    ("full", CIRCLE, true, ""),
    ("concat", SQUARE, true, "8 3"),
    ("shuffle-concat", SQUARE, false, "8 3 2 3"),
    ("sharded", UP, true, "2 3"),
    ("recap", DIAMOND, false, "10 4"),
    ("snowball", CIRCLE, false, "4 4"),
    ("user-only", DOWN, false, "12 3 3 3"),
    ("ergo", DOWN, true, "6 2 2 2 2 2"),
    ("free-rewrite", UP, false, "3 2 1 2"),
    ("mediated", DIAMOND, true, ""),
];

/// What fills boxes, as lines on a tile of 6 by 6; by number.
const PATTERNS: [&str; 11] = [
    "M0 1.5H6M0 4.5H6M1.5 0V6M4.5 0V6",
    "M-1 7L7-1M-1 1L1-1M5 7L7 5",
    "M-1-1L7 7M-1 5L1 7M5-1L7 1",
    "M1 1.5h1.4M4 4.5h1.4",
    "M0 3H6",
    "M3 0V6",
    "M-1 7L7-1M-1-1L7 7",
    "M0 1.5H6M0 4.5H6",
    "M1 1.5h1.4M4 1.5h1.4M1 4.5h1.4M4 4.5h1.4",
    "M1.5 0V6M4.5 0V6",
    "",
];

/// What is not known shares a colour and a pattern; the marker and the dash go by how many came before.
const OTHERS: [(&str, &str); 3] = [(CROSS, "1 4"), (PLUS, "1 2"), (STAR, "1 6")];

/// How one setting looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) shape: &'static str,
    pub(super) filled: bool,
    pub(super) dash: &'static str,
}

impl Series {
    pub(super) fn class(&self) -> String {
        format!("s{}", self.number)
    }
}

/// The settings of a figure, each with its look: known ones look the same in every figure of every report.
#[derive(Debug)]
pub(super) struct Legend(Vec<Series>);

impl Legend {
    /// Each setting once, known ones in the order of reports and then the others as they come.
    pub(super) fn new<'a>(settings: impl Iterator<Item = &'a str>) -> Self {
        let mut found: Vec<Series> = Vec::new();
        for setting in settings {
            if !found.iter().any(|series| series.name == setting) {
                let others = found.iter().filter(|series| series.number == KNOWN.len()).count();
                let known = KNOWN.iter().position(|(name, ..)| *name == setting);
                let (number, shape, filled, dash) = if let Some(number) = known {
                    let (_, shape, filled, dash) = KNOWN[number];
                    (number, shape, filled, dash)
                } else {
                    let (shape, dash) = OTHERS[others % OTHERS.len()];
                    (KNOWN.len(), shape, false, dash)
                };
                found.push(Series { name: setting.to_owned(), number, shape, filled, dash });
            }
        }
        found.sort_by_key(|series| series.number);
        Self(found)
    }

    /// The look of a setting; only of those that the legend was made of.
    pub(super) fn look(&self, setting: &str) -> Option<&Series> {
        self.0.iter().find(|series| series.name == setting)
    }

    pub(super) fn series(&self) -> &[Series] {
        &self.0
    }
}

/// The patterns of all series, as an element that the figures of a page refer to.
pub(in super::super) fn patterns() -> io::Result<String> {
    #[derive(Serialize)]
    struct Patterns {
        patterns: [&'static str; 11],
    }
    render("patterns.xml", TEMPLATE, &Patterns { patterns: PATTERNS })
}
