//! The conversations that are viewed: where they stand, and how they are read again. Of each only a line of the list is
//! kept in memory.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use throughline_scorer::{Glance, LeftOut, ScoreError, Skipped, Spot, files, glance, read_at};
use throughline_tui::viewer::{Entry, Recording, Report, in_words};
use tokio::sync::mpsc::Sender;

use super::named;
use crate::args::View;

/// How long conversations are gathered before they enter the list together.
const GATHER: Duration = Duration::from_millis(50);

/// So many enter it together at most.
const MOST: usize = 4096;

/// The conversations.
#[derive(Clone)]
pub(super) struct Shelf {
    files: Arc<[PathBuf]>,
    scorer: Option<String>,
    keep_going: bool,
    /// Where those of the list stand, in their order.
    stands: Arc<Mutex<Vec<(usize, Spot)>>>,
}

impl Shelf {
    /// What the paths stand for.
    pub(super) fn new(arguments: &View) -> anyhow::Result<Self> {
        let mut found = Vec::new();
        for path in &arguments.paths {
            found.extend(files(path)?);
        }
        let (scorer, keep_going) = (arguments.scorer.clone(), arguments.keep_going);
        Ok(Self { files: found.into(), scorer, keep_going, stands: Arc::default() })
    }

    /// Looks over all conversations, and tells what was left out.
    pub(super) fn each(
        &self,
        mut take: impl FnMut(usize, Glance) -> Result<(), ScoreError>,
    ) -> Result<Vec<Skipped>, ScoreError> {
        let mut left_out = LeftOut::new(self.keep_going);
        for (file, path) in self.files.iter().enumerate() {
            let take = |read: Result<Glance, ScoreError>| match read {
                Ok(glance) => take(file, glance),
                Err(error) => left_out.put_aside(error),
            };
            glance(path, self.scorer.as_deref(), take)?;
        }
        Ok(left_out.into_skipped())
    }

    /// Makes sure that there is a conversation to begin with.
    pub(super) fn first(&self) -> anyhow::Result<()> {
        let mut there = false;
        let looked = self.each(|_, _| {
            there = true;
            Err(ScoreError::Stopped)
        });
        if there {
            return Ok(());
        }
        looked?;
        anyhow::bail!("{}", self.nothing())
    }

    /// What is said where there is no conversation.
    pub(super) fn nothing(&self) -> String {
        match &*self.files {
            [one] => format!("{}: there is no conversation in it", named(one)),
            files => format!("there is no conversation in these {} files", files.len()),
        }
    }

    /// Lists all conversations on a thread of its own, until nobody listens any more.
    pub(super) fn list(&self, reports: Sender<Report>) {
        let own = self.clone();
        std::thread::spawn(move || {
            let mut entries = Vec::new();
            let mut since = Instant::now();
            let send = |report| reports.blocking_send(report).map_err(|_| ScoreError::Stopped);
            let looked = own.each(|file, glance| {
                own.stands.lock().unwrap_or_else(PoisonError::into_inner).push((file, glance.spot));
                entries.push(entry(glance));
                if entries.len() >= MOST || since.elapsed() >= GATHER {
                    since = Instant::now();
                    send(Report::Listed(std::mem::take(&mut entries)))?;
                }
                Ok(())
            });
            let last = send(Report::Listed(entries));
            let told = match looked {
                Ok(skipped) if skipped.is_empty() => Ok(()),
                Ok(skipped) => {
                    let told = skipped.iter().map(|skipped| {
                        format!("left out {}: {} (first at {})", skipped.count, skipped.problem.name(), skipped.first)
                    });
                    send(Report::Notice(told.collect::<Vec<_>>().join("; ")))
                }
                Err(error) => send(Report::Trouble(error.to_string())),
            };
            // Whoever listened is gone, and with them the need to tell.
            let _ = last.and(told).and_then(|()| send(Report::Complete));
        });
    }

    /// Reads the conversation at that place of the list.
    pub(super) fn read(&self, place: usize) -> anyhow::Result<Recording> {
        let stand = self.stands.lock().unwrap_or_else(PoisonError::into_inner).get(place).copied();
        let (file, spot) = stand.context("there is no such conversation in the list")?;
        self.at(file, spot)
    }

    fn at(&self, file: usize, spot: Spot) -> anyhow::Result<Recording> {
        let path = self.files.get(file).context("there is no such file")?;
        let conversation = read_at(path, spot, self.scorer.as_deref())?;
        Ok(Recording::of(&conversation.transcript))
    }

    /// Reads the conversation of that id, or the one whose id alone begins like that.
    pub(super) fn named(&self, id: &str) -> anyhow::Result<Recording> {
        let (mut exact, mut similar) = (None, Vec::new());
        let looked = self.each(|file, glance| {
            if glance.conv_id == id {
                exact = Some((file, glance.spot));
                return Err(ScoreError::Stopped);
            }
            if glance.conv_id.starts_with(id) {
                similar.push((file, glance.spot));
            }
            Ok(())
        });
        if let Some((file, spot)) = exact {
            return self.at(file, spot);
        }
        looked?;
        match similar.as_slice() {
            [(file, spot)] => self.at(*file, *spot),
            [] => anyhow::bail!("there is no conversation {id}; without `--conversation` all are listed"),
            several => anyhow::bail!("{id} begins the ids of {} conversations; give more of it", several.len()),
        }
    }
}

/// A line of the list.
pub(super) fn entry(glance: Glance) -> Entry {
    let Glance { conv_id, task, setting, model, verdict, .. } = glance;
    Entry { id: conv_id, task, setting, model, verdict: in_words(verdict) }
}
