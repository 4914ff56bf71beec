//! `throughline revise`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use throughline_replay::{SampleSet, derive_seed};
use throughline_tasks::{Sample, Unrevised, revise};

use crate::args::Revise;
use crate::output;

/// Writes samples in which a later turn corrects a quantity, and says of how many samples that could be made.
pub(crate) fn run(arguments: &Revise) -> anyhow::Result<ExitCode> {
    let samples = SampleSet::load(&arguments.samples)?.samples;
    let most = arguments.limit.unwrap_or(usize::MAX);
    let (mut revised, mut left_out) = (Vec::new(), BTreeMap::<Unrevised, usize>::new());
    let mut read = 0;
    for sample in &samples {
        if revised.len() == most {
            break;
        }
        read += 1;
        match of(sample, arguments.seed) {
            Ok(sample) => revised.push(sample),
            Err(reason) => *left_out.entry(reason).or_default() += 1,
        }
    }
    let told: Vec<String> = left_out.iter().map(|(reason, count)| format!("{count} not revised: {reason}")).collect();
    anyhow::ensure!(!revised.is_empty(), "no sample can be revised; {}", told.join("; "));
    output::samples(&revised, &arguments.output, arguments.force)?;
    output::note(&format!("{} of {read} samples revised", revised.len()));
    for line in told {
        output::note(&line);
    }
    Ok(ExitCode::SUCCESS)
}

/// The revised sample, which depends on the seed and the sample alone.
fn of(sample: &Sample, seed: u32) -> Result<Sample, Unrevised> {
    revise(sample, u64::from(derive_seed(seed, &[&sample.task_id, "revision"])))
}
