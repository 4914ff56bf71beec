//! Progress of what takes over a second: a bar for a person, plain lines otherwise, nothing with `--quiet`.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// How long plain lines are apart at least.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// One piece of work that goes on.
pub(crate) struct Progress {
    kind: Kind,
    title: String,
}

enum Kind {
    Bar(ProgressBar),
    Lines { total: u64, done: u64, last: Instant },
    Quiet,
}

impl Progress {
    /// Work of `total` steps.
    pub(crate) fn steps(title: &str, total: u64, quiet: bool) -> Self {
        Self::new(title, total, quiet, "{msg} [{bar:30}] {pos}/{len} {eta_precise} left")
    }

    /// Work of `total` bytes.
    pub(crate) fn bytes(title: &str, total: u64, quiet: bool) -> Self {
        Self::new(title, total, quiet, "{msg} [{bar:30}] {bytes}/{total_bytes} {eta} left")
    }

    fn new(title: &str, total: u64, quiet: bool, template: &str) -> Self {
        let kind = if quiet {
            Kind::Quiet
        } else if output::is_watched() {
            let bar = ProgressBar::new(total).with_message(title.to_owned());
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(Duration::from_millis(250));
            Kind::Bar(bar)
        } else {
            Kind::Lines { total, done: 0, last: Instant::now() }
        };
        Self { kind, title: title.to_owned() }
    }

    /// So much is done.
    pub(crate) fn set(&mut self, position: u64) {
        match &mut self.kind {
            Kind::Bar(bar) => bar.set_position(position),
            Kind::Lines { total, done, last } => {
                *done = position;
                if last.elapsed() >= BETWEEN_LINES && *total > 0 {
                    *last = Instant::now();
                    output::note(&format!("{}: {} % ({done} of {total})", self.title, *done * 100 / *total));
                }
            }
            Kind::Quiet => {}
        }
    }

    /// Says something without disturbing the bar.
    pub(crate) fn say(&self, text: &str) {
        match &self.kind {
            Kind::Bar(bar) => bar.suspend(|| output::note(text)),
            Kind::Lines { .. } => output::note(text),
            Kind::Quiet => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}
