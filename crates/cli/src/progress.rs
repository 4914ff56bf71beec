//! Progress of what takes over a second: a bar for a person, plain lines otherwise, nothing with `--quiet`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// How long plain lines are apart at least.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Takes what goes on, and how much of it is done, from 0 to 1, where that is known.
pub(crate) type Teller = Arc<dyn Fn(&str, Option<f64>) + Send + Sync>;

/// Who is told what goes on.
#[derive(Clone)]
pub(crate) enum Audience {
    /// Whoever looks at standard error.
    Terminal,
    /// Nobody.
    Nobody,
    /// Who takes it over.
    Teller(Teller),
}

impl Audience {
    /// Standard error, unless it is to be quiet.
    pub(crate) fn unless(quiet: bool) -> Self {
        if quiet { Self::Nobody } else { Self::Terminal }
    }

    /// Work of `total` steps.
    pub(crate) fn steps(&self, title: &str, total: u64) -> Progress {
        Progress::new(title, total, self, "{msg} [{bar:30}] {pos}/{len} {eta_precise} left")
    }

    /// Runs, of which more is told than how many are done.
    pub(crate) fn runs(&self, total: u64) -> Progress {
        let progress = Progress::new("runs", total, self, "runs [{bar:30}] {pos}/{len}{msg}");
        if let Kind::Bar(bar) = &progress.kind {
            bar.set_message("");
        }
        progress
    }

    /// Work of `total` bytes.
    pub(crate) fn bytes(&self, title: &str, total: u64) -> Progress {
        Progress::new(title, total, self, "{msg} [{bar:30}] {bytes}/{total_bytes} {eta} left")
    }
}

/// One piece of work that goes on.
pub(crate) struct Progress {
    kind: Kind,
    title: String,
}

enum Kind {
    Bar(ProgressBar),
    Lines { total: u64, done: u64, last: Instant },
    Told { teller: Teller, total: u64 },
    Quiet,
}

impl Progress {
    /// Work of `total` steps.
    pub(crate) fn steps(title: &str, total: u64, quiet: bool) -> Self {
        Audience::unless(quiet).steps(title, total)
    }

    fn new(title: &str, total: u64, audience: &Audience, template: &str) -> Self {
        let kind = match audience {
            Audience::Nobody => Kind::Quiet,
            Audience::Teller(teller) => Kind::Told { teller: Arc::clone(teller), total },
            Audience::Terminal if output::is_watched() => {
                let bar = ProgressBar::new(total).with_message(title.to_owned());
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.progress_chars("=> "));
                }
                bar.enable_steady_tick(Duration::from_millis(250));
                Kind::Bar(bar)
            }
            Audience::Terminal => Kind::Lines { total, done: 0, last: Instant::now() },
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
            #[expect(clippy::cast_precision_loss, reason = "a share to look at")]
            Kind::Told { teller, total } => {
                teller(&self.title, (*total > 0).then(|| position as f64 / *total as f64));
            }
            Kind::Quiet => {}
        }
    }

    /// It turned out to be so much in all.
    pub(crate) fn reaches(&mut self, all: u64) {
        match &mut self.kind {
            Kind::Bar(bar) => bar.set_length(all),
            Kind::Lines { total, .. } | Kind::Told { total, .. } => *total = all,
            Kind::Quiet => {}
        }
    }

    /// So much is done, and these lines tell more of it.
    pub(crate) fn tell(&mut self, position: u64, lines: impl FnOnce() -> Vec<String>) {
        match &mut self.kind {
            Kind::Bar(bar) => {
                bar.set_message(format!("\n  {}", lines().join("\n  ")));
                bar.set_position(position);
            }
            Kind::Lines { total, done, last } => {
                *done = position;
                if last.elapsed() >= BETWEEN_LINES {
                    *last = Instant::now();
                    output::note(&format!("{}: {done} of {total}; {}", self.title, lines().join("; ")));
                }
            }
            Kind::Told { .. } | Kind::Quiet => self.set(position),
        }
    }

    /// Says something without disturbing the bar.
    pub(crate) fn say(&self, text: &str) {
        match &self.kind {
            Kind::Bar(bar) => bar.suspend(|| output::note(text)),
            Kind::Lines { .. } => output::note(text),
            Kind::Told { .. } | Kind::Quiet => {}
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
