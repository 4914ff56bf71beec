//! Damaged inputs of every format: whatever comes, it is read or refused, never met with a panic or without a bound.
//!
//! `./justw fuzz-score` runs a million of these. What fails is kept beside this file and tried first from then on.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::sync::LazyLock;

use proptest::prelude::*;
use throughline_scorer::{Figures, Format, Options, Scorer, Section, TableOptions, convert, read_from};

use crate::gzip;

/// Small inputs, one of each format.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    ["study.jsonl", "mediated.jsonl", "messages.jsonl", "sharegpt.json", "inspect.json"]
        .map(|name| fs::read(format!("tests/data/seeds/{name}")).unwrap())
        .into()
});

/// What parsers stumble over.
const STUMBLING: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "\n",
    "\r\n",
    "null",
    "true",
    "-",
    "1e999",
    "-0.0",
    "0.1e-400",
    "99999999999999999999",
    "\\ud800",
    "\\u0000",
    "\u{feff}",
    "\u{0}",
    "\"trace\":",
    "\"messages\":",
    "\"samples\":",
];

/// A change of a text; places are taken modulo its length.
#[derive(Clone, Debug)]
enum Damage {
    Replace(usize, u8),
    Delete(usize, usize),
    Insert(usize, &'static str),
    Repeat(usize, usize, usize),
    Nest(usize, &'static str, usize),
    Cut(usize),
    Splice(usize, usize, usize),
}

impl Damage {
    fn done_to(&self, text: &mut Vec<u8>) {
        let length = text.len();
        let at = |place: usize| place % (length + 1);
        let span = |place: usize, long: usize| at(place)..(at(place) + long).min(length);
        match *self {
            Self::Replace(place, byte) if length > 0 => text[place % length] = byte,
            Self::Replace(..) => {}
            Self::Delete(place, long) => drop(text.drain(span(place, long))),
            Self::Insert(place, token) => drop(text.splice(at(place)..at(place), token.bytes())),
            Self::Repeat(place, long, times) => {
                let part = text[span(place, long)].repeat(times);
                text.splice(at(place)..at(place), part);
            }
            Self::Nest(place, token, times) => drop(text.splice(at(place)..at(place), token.repeat(times).bytes())),
            Self::Cut(place) => text.truncate(at(place)),
            Self::Splice(place, seed, from) => {
                let other = &SEEDS[seed % SEEDS.len()];
                text.splice(at(place).., other[from % other.len()..].iter().copied());
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || any::<u16>().prop_map(usize::from);
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(place, byte)| Damage::Replace(place, byte)),
        3 => (place(), 1..200_usize).prop_map(|(place, long)| Damage::Delete(place, long)),
        6 => (place(), prop::sample::select(&STUMBLING[..])).prop_map(|(place, token)| Damage::Insert(place, token)),
        2 => (place(), 1..80_usize, 1..20_usize).prop_map(|(place, long, times)| Damage::Repeat(place, long, times)),
        1 => (place(), prop::sample::select(vec!["[", "{\"a\":", "\"", "1", "é"]), 1..2000_usize)
            .prop_map(|(place, token, times)| Damage::Nest(place, token, times)),
        2 => place().prop_map(Damage::Cut),
        2 => (place(), place(), place()).prop_map(|(place, seed, from)| Damage::Splice(place, seed, from)),
    ]
}

/// How the damaged text is wrapped, and whether the wrapping is damaged as well.
#[derive(Clone, Copy, Debug)]
enum Wrapping {
    Plain,
    Gzip,
    Zstd,
    Archive,
}

impl Wrapping {
    fn of(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => text.to_vec(),
            Self::Gzip => gzip(text),
            Self::Zstd => zstd::encode_all(text, 1).unwrap(),
            Self::Archive => {
                let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
                let options = zip::write::SimpleFileOptions::default();
                for (name, content) in [("header.json", &SEEDS[4][..]), ("samples/1_epoch_1.json", text)] {
                    archive.start_file(name, options).unwrap();
                    archive.write_all(content).unwrap();
                }
                archive.finish().unwrap().into_inner()
            }
        }
    }
}

/// Reads, scores, reports and converts.
fn everything(input: &[u8], keep_going: bool) {
    let figures = Figures { resamples: 2, ..Figures::default() };
    let mut scorer = Scorer::new(Options { keep_going, figures, ..Options::default() });
    let _ = scorer.add_reader("damaged", Cursor::new(input));
    if let Ok(report) = scorer.finish() {
        let _ = (
            report.to_json(),
            report.to_csv(),
            report.to_table(&Section::ALL, &TableOptions::default()),
            report.to_full_json(),
        );
    }
    let _ = read_from("damaged", Cursor::new(input), None, |read| {
        if let Ok(conversation) = read {
            for format in [Format::Throughline, Format::Study, Format::OpenAi, Format::ShareGpt, Format::Figures] {
                let converted = convert(&conversation.transcript, format).unwrap();
                assert!(!converted.line.contains('\n'), "{}", converted.line);
            }
        }
        Ok(())
    });
}

#[test]
fn the_seeds_themselves_are_read() {
    for (seed, runs) in SEEDS.iter().zip([3, 1, 1, 1, 1]) {
        let mut scorer = Scorer::new(Options::default());
        scorer.add_reader("seed", Cursor::new(seed)).unwrap();
        let report = scorer.finish().unwrap();
        assert_eq!(report.rows.iter().map(|row| row.runs).sum::<usize>(), runs, "{}", String::from_utf8_lossy(seed));
    }
}

proptest! {
    #[test]
    fn no_damage_is_too_much(
        seed in 0..5_usize,
        damages in prop::collection::vec(damage(), 1..5),
        wrapping in prop_oneof![
            12 => Just(Wrapping::Plain), 1 => Just(Wrapping::Gzip), 1 => Just(Wrapping::Zstd), 1 => Just(Wrapping::Archive),
        ],
        outside in prop::option::weighted(0.2, damage()),
        keep_going: bool,
    ) {
        let mut text = SEEDS[seed].clone();
        for damage in &damages {
            damage.done_to(&mut text);
        }
        let mut input = wrapping.of(&text);
        if let Some(damage) = outside {
            damage.done_to(&mut input);
        }
        everything(&input, keep_going);
    }
}

/// Letters without an end.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(b'a');
        Ok(buffer.len())
    }
}

#[test]
fn what_has_no_end_is_refused() {
    for start in ["{\"trace\": \"", "[\""] {
        let error =
            Scorer::new(Options::default()).add_reader("endless", Cursor::new(start).chain(Endless)).unwrap_err();
        assert!(error.to_string().contains("longer than 64 MiB"), "{start}: {error}");
    }
}

#[test]
fn a_small_file_that_unpacks_to_an_endless_line_costs_that_line_alone() {
    let run = "{\"messages\": [], \"score\": 1, \"task_id\": \"a\"}\n";
    let bomb = || Cursor::new(run).chain(Endless.take(200 << 20)).chain(Cursor::new("\n")).chain(Cursor::new(run));
    let packed = zstd::encode_all(bomb(), 1).unwrap();
    assert!(packed.len() < 1 << 17, "{}", packed.len());
    let mut scorer = Scorer::new(Options { keep_going: true, ..Options::default() });
    scorer.add_reader("bomb", Cursor::new(packed)).unwrap();
    let report = scorer.finish().unwrap();
    assert_eq!((report.rows[0].runs, report.skipped[0].count, &*report.skipped[0].first), (2, 1, "bomb: line 2"));
}
