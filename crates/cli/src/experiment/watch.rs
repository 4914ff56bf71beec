//! How an experiment goes, while it does: a few lines that are kept up to date on a terminal, one line every few seconds
//! otherwise, nothing with `--quiet`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use throughline_replay::{Plan, Progress as Step, Tally};

use crate::output::grouped;
use crate::progress::{Audience, Progress};

/// Watches an experiment for whoever looks.
pub(super) struct Watch {
    progress: Option<Progress>,
    audience: Audience,
    state: State,
    started: Instant,
}

/// What is known of it.
#[derive(Debug, Default)]
struct State {
    /// The cells in the order in which they are shown.
    cells: Vec<(String, String)>,
    /// Whether cells are told apart by their assistants.
    compared: bool,
    /// Whether other workers do runs as well.
    shared: bool,
    runs: usize,
    earlier: usize,
    finished: usize,
    failed: BTreeMap<String, usize>,
    tally: Tally,
}

impl Watch {
    /// Nothing has happened yet.
    pub(super) fn new(plan: &Plan, quiet: bool) -> Self {
        let settings = || plan.grid().settings.iter().map(|setting| setting.name().to_owned());
        let assistants = plan.assistants().map(|assistant| assistant.name.clone());
        let cells = assistants.flat_map(|name| settings().map(move |setting| (name.clone(), setting))).collect();
        let state = State { cells, compared: plan.assistants().len() > 1, ..State::default() };
        Self { progress: None, audience: Audience::unless(quiet), state, started: Instant::now() }
    }

    /// Something happened.
    pub(super) fn see(&mut self, step: Step<'_>) {
        let Self { progress, state, .. } = self;
        match step {
            Step::Left { runs } => {
                (state.runs, state.shared) = (state.ended() + runs, true);
                if let Some(progress) = progress {
                    progress.reaches(state.runs as u64);
                }
                return;
            }
            Step::Planned { runs, finished, tally } => {
                (state.runs, state.earlier, state.tally) = (runs, finished, tally.clone());
                self.started = Instant::now();
                *progress = Some(self.audience.runs(runs as u64));
            }
            Step::Finished { transcript } => {
                state.finished += 1;
                state.tally.add(transcript);
            }
            Step::Failed { failure } => {
                *state.failed.entry(failure.error.clone()).or_default() += 1;
                state.tally.add_failure(failure);
                if let Some(progress) = progress {
                    progress.say(&format!("failed: {}: {}", failure.conv_id, failure.message));
                }
            }
        }
        if let Some(progress) = progress {
            progress.tell(state.ended() as u64, || state.told(self.started.elapsed()));
        }
    }
}

impl State {
    /// How many runs have ended, those of earlier invocations among them.
    fn ended(&self) -> usize {
        self.earlier + self.finished + self.failed.values().sum::<usize>()
    }

    /// What is worth knowing, a line each: pace, what it takes, scores so far, failures.
    fn told(&self, elapsed: Duration) -> Vec<String> {
        let tokens = self.tally.tokens();
        let mut spent =
            format!("{} tokens read, {} written", grouped(tokens.prompt_tokens), grouped(tokens.completion_tokens));
        if let Some(cost) = self.tally.calls.cost_usd {
            spent += &format!(", {cost:.4} USD");
        }
        let scores = self.cells.iter().filter_map(|cell| {
            let scores = self.tally.scores.get(cell)?;
            let name = if self.compared { format!("{} {}", cell.0, cell.1) } else { cell.1.clone() };
            Some(format!("{name} {:.1} ({})", scores.mean()? * 100.0, scores.runs))
        });
        let failed = self.failed.iter().map(|(error, count)| format!("{count} {error}")).collect::<Vec<_>>().join(", ");
        let lines = [
            self.pace(elapsed),
            spent,
            scores.collect::<Vec<_>>().join(", "),
            if failed.is_empty() { failed } else { format!("failed: {failed}") },
        ];
        lines.into_iter().filter(|line| !line.is_empty()).collect()
    }

    /// How fast runs end, and when the last one will at that rate, which is not told where others do some as well; empty
    /// before the first.
    fn pace(&self, elapsed: Duration) -> String {
        let ended = self.ended() - self.earlier;
        let left = self.runs.saturating_sub(self.ended());
        if ended == 0 || elapsed.is_zero() {
            return String::new();
        }
        #[expect(clippy::cast_precision_loss, reason = "numbers of runs")]
        let (rate, left) = (ended as f64 / elapsed.as_secs_f64(), left as f64);
        if self.shared {
            return format!("{:.1} runs a minute here", rate * 60.0);
        }
        let time = Duration::try_from_secs_f64(left / rate).unwrap_or(Duration::MAX);
        format!("{:.1} runs a minute, {} left", rate * 60.0, about(time))
    }
}

/// A duration in the two largest units that matter.
fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use throughline_conversation::{Header, Transcript};

    use super::*;

    fn transcript(setting: &str, score: f64) -> Transcript {
        let mut transcript = Transcript::new(Header {
            conv_id: String::new(),
            conv_type: setting.into(),
            task: String::new(),
            task_id: String::new(),
            dataset_fn: String::new(),
            assistant_model: "small".into(),
            system_model: String::new(),
            user_model: String::new(),
            git_version: String::new(),
        });
        transcript.set_score(score);
        let usage = serde_json::json!({"assistant": {"prompt_tokens": 1200, "completion_tokens": 30}});
        transcript.other.insert("usage".into(), usage);
        transcript.other.insert("calls".into(), serde_json::json!({"assistant": {"made": 1, "cost_usd": 0.0012}}));
        transcript
    }

    #[test]
    fn what_goes_on_is_told_in_a_few_lines() {
        let cells = ["full", "sharded", "mediated"].map(|setting| ("small".to_owned(), setting.to_owned())).to_vec();
        let mut state = State { cells, runs: 100, earlier: 10, ..State::default() };
        assert_eq!(state.told(Duration::from_secs(9)), ["0 tokens read, 0 written"]);
        for (setting, score) in [("sharded", 1.0), ("full", 1.0), ("sharded", 0.0)] {
            state.tally.add(&transcript(setting, score));
            state.finished += 1;
        }
        state.failed = BTreeMap::from([("timeout".to_owned(), 2), ("unreachable".to_owned(), 1)]);
        insta::assert_snapshot!(state.told(Duration::from_secs(90)).join("\n"));
        state.compared = true;
        assert!(state.told(Duration::from_secs(90))[2].starts_with("small full 100.0 (1)"));
        assert_eq!(about(Duration::from_secs(200_000)), "2 d 7 h");
        assert_eq!(about(Duration::from_secs(4000)), "1 h 6 min");
    }
}
