//! What an assistant makes of shards that are read at once, beside the whole instruction.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use throughline_conversation::Verdict;
use throughline_replay::{SampleSet, sha256_hex};
use throughline_scorer::read_path;
use throughline_sharder::Measured;
use throughline_tasks::Sample;

use crate::args::{Global, Shard};
use crate::config::Config;
use crate::evaluation::DATABASES;
use crate::experiment::{Ended, ExperimentFile, Which, carry_out};

const SETTINGS: [&str; 3] = ["full", "concat", "shuffle-concat"];

/// Mean scores of each sample whose runs were all finished; `None` where the user stopped it.
pub(super) async fn measured(
    config: &Config,
    global: &Global,
    arguments: &Shard,
    samples: Vec<Sample>,
    repeats: NonZeroU32,
    directory: PathBuf,
) -> anyhow::Result<Option<BTreeMap<String, Measured>>> {
    let text = serde_json::to_string(&samples)?;
    let file = arguments.output.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let set = SampleSet { file, sha256: sha256_hex(text.as_bytes()), samples };
    // Where `replay` looks for databases as well.
    let beside = arguments.instructions.with_file_name(DATABASES);
    let experiment = ExperimentFile {
        settings: Some(SETTINGS.into_iter().map(|name| name.to_owned().try_into()).collect::<Result<_, _>>()?),
        repeats: Some(repeats),
        seed: Some(arguments.seed),
        temperature: Some(arguments.temperature),
        max_tokens: arguments.max_tokens,
        concurrency: arguments.concurrency,
        databases: arguments.evaluating.databases.iter().cloned().chain([beside]).collect(),
        ..ExperimentFile::default()
    };
    let evaluating = &arguments.evaluating;
    let Ended { stopped, .. } =
        carry_out(config, global, &experiment, vec![set], &directory, evaluating, Which::Left).await?;
    if stopped {
        return Ok(None);
    }
    // By sample and setting: how many runs, and the sum of their scores.
    let mut sums = BTreeMap::<String, BTreeMap<String, (u32, f64)>>::new();
    read_path(&directory, None, |read| {
        let transcript = read?.transcript;
        if let Ok(Some(score)) = transcript.verdict().map(Verdict::score) {
            let sum = sums.entry(transcript.task_id).or_default().entry(transcript.conv_type).or_default();
            *sum = (sum.0 + 1, sum.1 + score);
        }
        Ok(())
    })?;
    let mean = |sums: &BTreeMap<String, (u32, f64)>, setting: &str| {
        sums.get(setting).filter(|(runs, _)| *runs == repeats.get()).map(|(runs, sum)| sum / f64::from(*runs))
    };
    let measured = sums.into_iter().filter_map(|(task_id, sums)| {
        let [full, concat, shuffle_concat] = SETTINGS.map(|setting| mean(&sums, setting));
        Some((task_id, Measured { runs: repeats.get(), full: full?, concat: concat?, shuffle_concat: shuffle_concat? }))
    });
    Ok(Some(measured.collect()))
}
