//! What the sharder's model wrote, kept line by line, so that an interrupted command goes on where it stopped.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use throughline_journal::Journal;
use throughline_sharder::Written;

/// What decides what is written: which instruction, which model, which prompt and settings, which seed.
pub(crate) type Key = String;

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Draft {
    key: Key,
    task_id: String,
    written: Written,
}

/// The drafts of one command, and of those before it.
pub(crate) struct Drafts {
    journal: Journal,
    written: HashMap<Key, Written>,
}

impl Drafts {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let mut written = HashMap::new();
        let (journal, _) = Journal::open::<anyhow::Error>(
            path,
            file,
            |text| serde_json::from_str::<Draft>(text).is_ok(),
            |text, line| {
                let draft: Draft = serde_json::from_str(text).map_err(|reason| {
                    anyhow!("{}, line {line}: {reason}; delete the line, and it is written anew", path.display())
                })?;
                written.insert(draft.key, draft.written);
                Ok(())
            },
        )?;
        Ok(Self { journal, written })
    }

    /// What was written under that key.
    pub(crate) fn get(&self, key: &Key) -> Option<&Written> {
        self.written.get(key)
    }

    /// Keeps what was written.
    pub(crate) fn keep(&mut self, key: Key, task_id: &str, written: &Written) -> anyhow::Result<()> {
        let draft = Draft { key: key.clone(), task_id: task_id.to_owned(), written: written.clone() };
        self.journal.append(&serde_json::to_string(&draft)?)?;
        self.written.insert(key, draft.written);
        Ok(())
    }
}
