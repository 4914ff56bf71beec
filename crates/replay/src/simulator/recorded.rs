//! The simulator `recorded`: repeats the user turns of recorded conversations as they were.

use std::collections::HashMap;

use serde_json::Value;
use throughline_conversation::{EntryRole, LogEvent, Transcript};
use throughline_tasks::{Sample, canonical_task, instruction_id};

use super::script::Script;
use super::{Said, Simulator, User};
use crate::{Cast, PlannedRun, RunError, sha256_hex};

/// The setting whose recordings are preferred: the user was as in the study.
const PREFERRED: &str = "sharded";

/// Recorded conversations, by the sample that they are of.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    by_sample: HashMap<(String, String), Vec<Recording>>,
    sha256: String,
}

/// The user's part of a recorded conversation.
#[derive(Clone, Debug)]
struct Recording {
    conv_id: String,
    setting: String,
    turns: Vec<Said>,
}

impl Recordings {
    /// The user's part of these conversations, in their order. Those without a user turn are left out.
    pub fn new(transcripts: impl IntoIterator<Item = Transcript>) -> Self {
        let mut by_sample: HashMap<_, Vec<Recording>> = HashMap::new();
        let mut told = Vec::new();
        for transcript in transcripts {
            let turns = turns(&transcript);
            if turns.is_empty() {
                continue;
            }
            let name = name(&transcript.task, &transcript.task_id);
            let words: Vec<_> = turns.iter().map(|said| (&said.text, &said.reveals)).collect();
            told.push(serde_json::json!([name, transcript.conv_type, words]));
            let recording = Recording { conv_id: transcript.conv_id, setting: transcript.conv_type, turns };
            by_sample.entry(name).or_default().push(recording);
        }
        for recordings in by_sample.values_mut() {
            if recordings.iter().any(|recording| recording.setting == PREFERRED) {
                recordings.retain(|recording| recording.setting == PREFERRED);
            }
        }
        Self { by_sample, sha256: sha256_hex(Value::from(told).to_string().as_bytes()) }
    }

    /// Whether there is a conversation of this sample.
    pub fn hold(&self, sample: &Sample) -> bool {
        self.by_sample.contains_key(&name(&sample.task, &sample.task_id))
    }

    /// The conversation that a repeat (from 0) of a sample takes: one after the other, and again from the first when
    /// there are no more.
    fn find(&self, sample: &Sample, repeat: u32) -> Option<&Recording> {
        let recordings = self.by_sample.get(&name(&sample.task, &sample.task_id))?;
        recordings.get(repeat as usize % recordings.len())
    }
}

/// Repeats the user turns of recorded conversations, whatever is replied to them now. Of the conversations of a sample,
/// those in the setting `sharded` count where there are any.
#[derive(Clone, Debug)]
pub struct Recorded(pub Recordings);

impl Recorded {
    /// The simulator's name.
    pub const NAME: &'static str = "recorded";
}

impl Simulator for Recorded {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn identity(&self) -> Option<&str> {
        Some(&self.0.sha256)
    }

    fn covers(&self, sample: &Sample) -> bool {
        self.0.hold(sample)
    }

    fn source(&self, run: &PlannedRun<'_>) -> Option<&str> {
        self.0.find(run.sample, run.repeat).map(|recording| recording.conv_id.as_str())
    }

    fn user<'a>(&'a self, run: &'a PlannedRun<'a>, _: &'a Cast) -> Result<Box<dyn User + 'a>, RunError> {
        // The plan refuses samples without a recording.
        let turns = self.0.find(run.sample, run.repeat).map(|recording| recording.turns.clone());
        Ok(Box::new(Script::new(turns.unwrap_or_default())))
    }
}

/// The one spelling of a sample's name.
fn name(task: &str, task_id: &str) -> (String, String) {
    (canonical_task(task).to_owned(), instruction_id(task_id).into_owned())
}

/// What the user said in each turn, and which shards the log says that it revealed.
fn turns(transcript: &Transcript) -> Vec<Said> {
    let mut turns: Vec<Said> = Vec::new();
    for entry in &transcript.trace {
        match (entry.role, entry.text(), entry.log()) {
            (EntryRole::User, Some(text), _) => turns.push(Said::revealing(text, Vec::new())),
            (EntryRole::Log, _, Some(LogEvent::ShardRevealed { shard_id })) => {
                if let Some(said) = turns.last_mut() {
                    said.reveals.push(shard_id);
                }
            }
            _ => {}
        }
    }
    turns
}
