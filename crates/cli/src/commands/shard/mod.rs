//! `throughline shard`.

mod drafts;
mod runs;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde_json::{Value, json};
use throughline_models::CancellationToken;
use throughline_replay::{derive_seed, sha256_hex};
use throughline_scorer::Output;
use throughline_sharder::{Measured, Sharder, Written, verify};
use throughline_tasks::{Instruction, Sample, Shard as Piece, read_instructions};

use crate::args::{Global, Shard};
use crate::cast::{self, Models};
use crate::config::Config;
use crate::interrupt::{INTERRUPTED, Interrupts, stop_on_interrupt};
use crate::output::{self, counted};
use crate::progress::Progress;
use drafts::Drafts;

/// Nothing can be used.
const NONE_KEPT: u8 = 1;

/// A sharded instruction, and what speaks against it.
struct Candidate {
    task_id: String,
    /// The sample with its shards; `None` where there are none.
    sample: Option<Sample>,
    /// Why it cannot be used.
    rejected: Vec<String>,
    /// What a person must look at.
    doubtful: Vec<String>,
    measured: Option<Measured>,
}

/// Makes shards of instructions, and keeps those of which nothing is lost.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Shard) -> anyhow::Result<ExitCode> {
    let mut file = Output::create(&arguments.output, arguments.force)?;
    let name = arguments.instructions.display().to_string();
    let input = File::open(&arguments.instructions).with_context(|| format!("cannot read {name}"))?;
    let mut instructions = read_instructions(input).with_context(|| name)?;
    instructions.truncate(arguments.limit.unwrap_or(usize::MAX));

    let Some(mut candidates) = written(config, global, arguments, &instructions).await? else {
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if let Some(repeats) = arguments.verify {
        let usable = candidates.iter().filter(|candidate| candidate.rejected.is_empty());
        let samples: Vec<Sample> = usable.filter_map(|candidate| candidate.sample.clone()).collect();
        if !samples.is_empty() {
            let directory = beside(&arguments.output, ".runs");
            let Some(measured) = runs::measured(config, global, arguments, samples, repeats, directory).await? else {
                return Ok(ExitCode::from(INTERRUPTED));
            };
            for candidate in &mut candidates {
                candidate.measure(&measured, repeats);
            }
        }
    }
    let kept: Vec<&Sample> = candidates.iter().filter_map(Candidate::kept).collect();
    review(&beside(&arguments.output, ".review.jsonl"), &candidates)?;
    output::print(&output::tame(&told(&candidates, arguments)))?;
    if kept.is_empty() {
        return Ok(ExitCode::from(NONE_KEPT));
    }
    file.write_all((serde_json::to_string_pretty(&kept)? + "\n").as_bytes())?;
    file.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// What the model wrote of each instruction, compared with it; `None` where the user stopped it.
async fn written(
    config: &Config,
    global: &Global,
    arguments: &Shard,
    instructions: &[Instruction],
) -> anyhow::Result<Option<Vec<Candidate>>> {
    let (agent, text) = cast::sharder_agent(config)?;
    let mut models = Models::new(config, global.quiet);
    let opened = models.open(config.sharder()).await?;
    let shaping = json!([opened.identity()?, sha256_hex(text.as_bytes()), arguments.seed]).to_string();
    let sharder = Sharder::new(opened.model, agent);
    let mut drafts = Drafts::open(&beside(&arguments.output, ".drafts.jsonl"))?;

    let cancel = CancellationToken::new();
    let interrupts = Interrupts::new().context("cannot watch for Ctrl-C")?;
    let stopping = (!global.quiet).then_some("stopping; every instruction that was sharded is kept");
    let stop = tokio::spawn(stop_on_interrupt(interrupts, cancel.clone(), stopping));
    let mut progress = Progress::steps("instructions", instructions.len() as u64, global.quiet);
    let mut candidates = Vec::new();
    for (place, instruction) in instructions.iter().enumerate() {
        let task_id = &instruction.sample.task_id;
        let key =
            sha256_hex(json!([shaping, instruction.sample.task, task_id, instruction.text]).to_string().as_bytes());
        let known = drafts.get(&key).cloned();
        let written = if let Some(known) = known {
            known
        } else {
            let seed = derive_seed(arguments.seed, &["sharder", task_id]);
            let written = sharder.shard(&instruction.text, seed, &cancel).await;
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let written = written.context("the sharder's model failed; the same command goes on from here")?;
            drafts.keep(key, task_id, &written)?;
            written
        };
        candidates.push(Candidate::of(instruction, written, &opened.name));
        progress.set(place as u64 + 1);
    }
    stop.abort();
    Ok(Some(candidates))
}

impl Candidate {
    fn of(instruction: &Instruction, written: Written, model: &str) -> Self {
        let task_id = instruction.sample.task_id.clone();
        let rejected = |reason: &str| Self {
            task_id: task_id.clone(),
            sample: None,
            rejected: vec![reason.to_owned()],
            doubtful: Vec::new(),
            measured: None,
        };
        let pieces = match written {
            Written::Shards(pieces) => pieces,
            Written::Unreadable => return rejected("the model wrote no shards"),
            Written::TooLong => return rejected("the instruction is too long for the model"),
        };
        let (hard, soft): (Vec<_>, Vec<_>) =
            verify(&instruction.text, &pieces).into_iter().partition(throughline_sharder::Finding::rejects);
        let mut sample = instruction.sample.clone();
        sample.shards = (1..).zip(&pieces).map(|(number, piece)| Piece::new(number, piece.shard.trim())).collect();
        let quotes: Vec<&str> = pieces.iter().map(|piece| piece.quote.as_str()).collect();
        sample.fields.insert("sharding".into(), json!({ "model": model, "quotes": quotes }));
        let told = |findings: Vec<throughline_sharder::Finding>| findings.iter().map(ToString::to_string).collect();
        Self { task_id, sample: Some(sample), rejected: told(hard), doubtful: told(soft), measured: None }
    }

    /// Takes in what came of the runs.
    fn measure(&mut self, measured: &BTreeMap<String, Measured>, repeats: NonZeroU32) {
        if !self.rejected.is_empty() {
            return;
        }
        match measured.get(&self.task_id) {
            Some(measured) => {
                self.measured = Some(*measured);
                self.rejected.extend(measured.holds().err());
                if let Some(sample) = &mut self.sample {
                    sample.fields["sharding"]["verified"] = json!(measured);
                }
            }
            None => self.rejected.push(format!("not all of its {repeats} runs in each setting were finished")),
        }
    }

    /// The sample, where nothing speaks against it.
    fn kept(&self) -> Option<&Sample> {
        self.sample.as_ref().filter(|_| self.rejected.is_empty() && self.doubtful.is_empty())
    }
}

/// A path beside the output: its name with this behind it.
fn beside(output: &Path, ending: &str) -> PathBuf {
    let mut name = output.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    output.with_file_name(name)
}

/// Writes down what was not kept, and why.
fn review(path: &Path, candidates: &[Candidate]) -> anyhow::Result<()> {
    let mut file = Output::create(path, true)?;
    for candidate in candidates.iter().filter(|candidate| candidate.kept().is_none()) {
        let verdict = if candidate.rejected.is_empty() { "doubtful" } else { "rejected" };
        let line: Value = json!({
            "task_id": candidate.task_id,
            "verdict": verdict,
            "reasons": candidate.rejected.iter().chain(&candidate.doubtful).collect::<Vec<_>>(),
            "measured": candidate.measured,
            "sample": candidate.sample,
        });
        writeln!(file, "{line}")?;
    }
    file.finish()?;
    Ok(())
}

fn told(candidates: &[Candidate], arguments: &Shard) -> String {
    let kept = candidates.iter().filter(|candidate| candidate.kept().is_some()).count();
    let rejected = candidates.iter().filter(|candidate| !candidate.rejected.is_empty()).count();
    let mut text = format!(
        "{}: {kept} kept, {} to look at, {rejected} rejected\n",
        counted(candidates.len(), "instruction"),
        candidates.len() - kept - rejected
    );
    for candidate in candidates.iter().filter(|candidate| candidate.kept().is_none()) {
        let (verdict, reasons) = match candidate.rejected.as_slice() {
            [] => ("look at", &candidate.doubtful),
            _ => ("rejected", &candidate.rejected),
        };
        text += &format!("{verdict} {}: {}\n", candidate.task_id, reasons.join("; "));
    }
    if kept < candidates.len() {
        text += &format!("what was not kept stands in {}\n", beside(&arguments.output, ".review.jsonl").display());
    }
    text + &if kept == 0 {
        "nothing was written\n".to_owned()
    } else {
        format!("written to {}\n", arguments.output.display())
    }
}
