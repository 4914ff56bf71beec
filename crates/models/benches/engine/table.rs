//! What is printed: a Markdown table, one row a figure.

use crate::Bench;

/// The head of the table, with what was measured on what.
pub(crate) fn head(bench: &Bench) {
    println!(
        "{}, {} threads, medians of {} pairs, GOMP_SPINCOUNT={}\n",
        bench.model.file_name().unwrap_or_default().to_string_lossy(),
        bench.threads,
        bench.rounds,
        std::env::var("GOMP_SPINCOUNT").unwrap_or_else(|_| "not set".into())
    );
    println!("| what | here | peer | ratio (lowest to highest pair) |\n|---|---|---|---|");
}

/// One row: pairs of (here, peer).
pub(crate) fn row(what: &str, unit: &str, pairs: &[(f64, f64)]) {
    let here = median(pairs.iter().map(|pair| pair.0));
    let peer = median(pairs.iter().map(|pair| pair.1));
    let ratios: Vec<f64> = pairs.iter().map(|pair| pair.0 / pair.1).collect();
    let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    println!(
        "| {what} | {here:.1} {unit} | {peer:.1} {unit} | {:.3} ({lowest:.3} to {highest:.3}) |",
        median(ratios.iter().copied())
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}
