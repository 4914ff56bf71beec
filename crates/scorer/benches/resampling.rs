//! How long the statistics take at the study's scale and beyond: 15 models in full, concat and sharded on 6 tasks of 100
//! instructions, 10 runs each, so 270 cells and 270,000 runs. Reading them is not timed.
//!
//! `cargo bench -p throughline-scorer --bench resampling`

use std::fmt::Write as _;
use std::io::Cursor;

use divan::Bencher;
use throughline_scorer::{Figures, Options, Scorer};

fn main() {
    divan::main();
}

/// One line a run; which of them succeed follows a fixed pattern that differs from instruction to instruction.
fn runs() -> String {
    let mut text = String::new();
    for task in ["code", "database", "actions", "data2text", "math", "summary"] {
        for model in 0..15 {
            for (setting, rate) in [("full", 90), ("concat", 85), ("sharded", 60)] {
                for instruction in 0..100 {
                    for run in 0..10 {
                        let hash = (instruction * 7919 + run * 104_729 + model * 1_299_709 + rate * 15_485_863) % 100;
                        let score = u8::from(hash < rate + instruction % 20 - 10);
                        let _ = writeln!(
                            text,
                            r#"{{"conv_id":"{task}-{model}-{setting}-{instruction}-{run}","conv_type":"{setting}","task":"{task}","task_id":"{task}-{instruction}","assistant_model":"model-{model}","trace":[],"score":{score}}}"#
                        );
                    }
                }
            }
        }
    }
    text
}

#[divan::bench(args = [0, 10_000], sample_count = 5, sample_size = 1)]
fn report(bencher: Bencher<'_, '_>, resamples: usize) {
    let text = runs();
    let read = || {
        let figures = Figures { resamples, ..Figures::default() };
        let mut scorer = Scorer::new(Options { figures, ..Options::default() });
        scorer.add_reader("runs", Cursor::new(text.clone())).map(|()| scorer)
    };
    bencher.with_inputs(read).bench_values(|scorer| scorer.and_then(Scorer::finish));
}
