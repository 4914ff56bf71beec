//! Files that can be named in a chat.

use std::time::{Duration, Instant};

use ignore::WalkBuilder;

/// More files than these are not looked through.
const MOST_FILES: usize = 20_000;

/// So many are offered.
const OFFERED: usize = 20;

/// How long what was found is taken for what is there.
const FRESH: Duration = Duration::from_secs(10);

/// The files of the current folder and those in it, without what version control ignores.
#[derive(Debug, Default)]
pub(crate) struct Files {
    found: Vec<String>,
    at: Option<Instant>,
}

impl Files {
    /// The paths that fit what was typed, the best first.
    pub(crate) async fn find(&mut self, typed: &str) -> Vec<String> {
        if self.at.is_none_or(|at| at.elapsed() > FRESH) {
            self.found = tokio::task::spawn_blocking(walk).await.unwrap_or_default();
            self.at = Some(Instant::now());
        }
        let fitting = throughline_tui::fitting(typed, &self.found);
        fitting.into_iter().take(OFFERED).filter_map(|place| self.found.get(place).cloned()).collect()
    }
}

fn walk() -> Vec<String> {
    let files =
        WalkBuilder::new(".").build().flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut paths: Vec<String> = files
        .filter_map(|entry| Some(entry.path().strip_prefix(".").unwrap_or(entry.path()).to_str()?.to_owned()))
        .take(MOST_FILES)
        .collect();
    paths.sort();
    paths
}
