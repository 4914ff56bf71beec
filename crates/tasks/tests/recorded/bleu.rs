//! BLEU beside sacrebleu's, on texts made up at random and on real ones.

use std::io::Write;
use std::process::{Command, Stdio};

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use throughline_tasks::bleu;

use crate::{recordings, samples};

/// A text with its references.
type Case = (String, Vec<String>);

const SCRIPT: &str = "import json, sys, sacrebleu\n\
                      for line in sys.stdin:\n\
                      \x20   text, references = json.loads(line)\n\
                      \x20   print(repr(sacrebleu.corpus_bleu([text], [[one] for one in references]).score))";

/// What sacrebleu says of each; `None`, with a message, where it is not installed and nobody named an interpreter that
/// should have it.
fn reference(cases: &[Case]) -> Option<Vec<f64>> {
    let named = std::env::var_os("THROUGHLINE_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let installed = Command::new(&python).args(["-c", "import sacrebleu"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        assert!(named.is_none(), "{} does not import sacrebleu (`./justw setup` installs it)", python.display());
        eprintln!("skipped: {} does not import sacrebleu (set THROUGHLINE_PYTHON)", python.display());
        return None;
    }
    let mut process = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let lines: Vec<String> = cases.iter().map(|case| json!(case).to_string()).collect();
    let writer = std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    Some(said.lines().map(|line| line.parse().unwrap()).collect())
}

#[track_caller]
fn compare(cases: &[Case]) {
    let Some(expected) = reference(cases) else { return };
    assert_eq!(expected.len(), cases.len());
    for ((text, references), expected) in cases.iter().zip(expected) {
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        let found = bleu(text, &references);
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}: {text:?} against {references:?}");
    }
    // Comparing zeros would show nothing.
    let telling = cases.iter().filter(|(text, references)| {
        let references: Vec<&str> = references.iter().map(String::as_str).collect();
        (1.0..99.0).contains(&bleu(text, &references))
    });
    let telling = telling.count();
    assert!(telling > cases.len() / 3, "{telling} of {}", cases.len());
}

/// Words, signs and blanks of many kinds.
const PIECES: [&str; 48] = [
    "the",
    "the",
    "the",
    "a",
    "a",
    "of",
    "cat",
    "cat",
    "dog",
    "sat",
    "on",
    "mat",
    "The",
    "it's",
    "1,200",
    "3.5",
    "1990-95",
    "x-y",
    ".",
    ".",
    ",",
    ",",
    "!",
    "?",
    "\"",
    "(",
    ")",
    "$5",
    "50%",
    "&quot;",
    "&amp;",
    "&lt;b&gt;",
    "a.b",
    "U.S.",
    "e.g.,",
    "...",
    "-",
    "–",
    "„Straße“",
    "naïve",
    "日本",
    "😀",
    "<skipped>",
    "end-\n",
    "\n",
    "\u{a0}",
    "\t",
    "\u{1c}",
];

fn text(random: &mut ChaCha8Rng, most: usize) -> String {
    let length = random.random_range(0..=most);
    let mut text = String::new();
    for _ in 0..length {
        text += PIECES.choose(random).unwrap();
        if random.random_bool(0.85) {
            text.push(' ');
        }
    }
    text
}

/// The same text with pieces left out, doubled and put in.
fn changed(random: &mut ChaCha8Rng, text: &str) -> String {
    let mut changed = Vec::new();
    for word in text.split(' ') {
        match random.random_range(0..12) {
            0 => {}
            1 => changed.extend([word, word]),
            2 => changed.extend([*PIECES.choose(random).unwrap(), word]),
            _ => changed.push(word),
        }
    }
    changed.join(" ")
}

#[test]
fn bleu_of_random_texts_is_that_of_the_reference() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let cases: Vec<Case> = (0..2000)
        .map(|case| {
            let most = if case % 4 == 0 { 8 } else { 60 };
            let first = text(&mut random, most);
            let count = random.random_range(1..4);
            let references: Vec<String> = (0..count)
                .map(|_| if random.random_bool(0.2) { text(&mut random, most) } else { changed(&mut random, &first) })
                .collect();
            (first, references)
        })
        .collect();
    compare(&cases);
}

#[test]
fn bleu_of_real_documents_is_that_of_the_reference() {
    let Some(folder) = recordings() else { return };
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let samples = samples(&folder.join("tasks/translation.json"));
    assert_eq!(samples.len(), 30);
    let mut cases = Vec::new();
    for sample in &samples {
        let [german, english] = ["document_de", "document_en"].map(|field| sample.text(field).unwrap().to_owned());
        for _ in 0..5 {
            cases.push((changed(&mut random, &english), vec![english.clone()]));
            cases.push((changed(&mut random, &german), vec![german.clone(), english.clone()]));
        }
        cases.push((german.clone(), vec![english]));
    }
    compare(&cases);
}
