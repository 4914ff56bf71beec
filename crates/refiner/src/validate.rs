//! What an experience is worth: the same runs without and with it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use futures::StreamExt;
use serde::Deserialize;
use throughline_conversation::{TokenUsage, Transcript, Verdict};
use throughline_models::CancellationToken;
use throughline_replay::{Cast, Plan, PlannedRun, RunError, replay};

/// A run without the experience and the same run with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// The sample.
    pub task_id: String,
    /// Scores from 0 to 1: without, with.
    pub scores: [f64; 2],
    /// Tokens that every role read and wrote, as far as the models told: without, with.
    pub tokens: [u64; 2],
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validated {
    /// The pairs of which both runs came to their end.
    pub pairs: Vec<Paired>,
    /// The first error of each pair that did not. An error is no score: such a pair counts neither way.
    pub failed: Vec<String>,
}

impl Validated {
    /// Mean scores from 0 to 1: without, with; `None` where there is nothing to compare.
    pub fn means(&self) -> Option<[f64; 2]> {
        self.mean(|pair| pair.scores)
    }

    /// Mean tokens of a run: without, with.
    #[expect(clippy::cast_precision_loss, reason = "a run takes far fewer tokens than 2^52")]
    pub fn tokens(&self) -> Option<[f64; 2]> {
        self.mean(|pair| pair.tokens.map(|tokens| tokens as f64))
    }

    /// How many pairs scored better with the experience, and how many worse.
    pub fn changed(&self) -> (usize, usize) {
        let count = |better: fn(&[f64; 2]) -> bool| self.pairs.iter().filter(|pair| better(&pair.scores)).count();
        (count(|[without, with]| with > without), count(|[without, with]| with < without))
    }

    /// Whether the score is not lower with the experience. Nothing that was compared is no reason to keep it.
    pub fn keeps(&self) -> bool {
        let gained: f64 = self.pairs.iter().map(|pair| pair.scores[1] - pair.scores[0]).sum();
        // Scores are added in any order: what is lost to rounding is no loss.
        !self.pairs.is_empty() && gained > -1e-9
    }

    fn mean(&self, of: impl Fn(&Paired) -> [f64; 2]) -> Option<[f64; 2]> {
        let sum = self.pairs.iter().map(of).reduce(|[a, b], [c, d]| [a + c, b + d])?;
        #[expect(clippy::cast_precision_loss, reason = "a number of runs")]
        let count = self.pairs.len() as f64;
        Some(sum.map(|sum| sum / count))
    }
}

/// Carries the plan out twice, by the cast `without` the experience and by the cast `with` it. The two runs of a pair
/// draw with the same seeds. `done` is told after each pair how many there are.
///
/// # Errors
/// [`RunError`] only when `cancel` was cancelled.
pub async fn validate(
    plan: &Plan,
    [without, with]: [&Cast; 2],
    concurrency: NonZeroUsize,
    mut done: impl FnMut(usize),
    cancel: &CancellationToken,
) -> Result<Validated, RunError> {
    let runs: Vec<PlannedRun<'_>> = plan.runs().collect();
    let mut under_way = futures::stream::iter(&runs)
        .map(|run| async move { [replay(run, without, cancel).await, replay(run, with, cancel).await] })
        .buffered(concurrency.get());
    let mut validated = Validated::default();
    while let Some(outcome) = under_way.next().await {
        match outcome {
            [Ok(without), Ok(with)] => {
                let transcripts = [&without, &with];
                let scores = transcripts.map(|transcript| transcript.verdict().ok().and_then(Verdict::score));
                if let [Some(without), Some(with)] = scores {
                    let tokens = transcripts.map(tokens);
                    validated.pairs.push(Paired {
                        task_id: transcripts[0].task_id.clone(),
                        scores: [without, with],
                        tokens,
                    });
                }
            }
            [Err(error), _] | [_, Err(error)] if cancel.is_cancelled() => return Err(error),
            [Err(error), _] | [_, Err(error)] => validated.failed.push(told(&error)),
        }
        done(validated.pairs.len() + validated.failed.len());
    }
    Ok(validated)
}

/// Tokens that every role read and wrote.
fn tokens(transcript: &Transcript) -> u64 {
    let usage = transcript.other.get("usage").map(BTreeMap::<String, TokenUsage>::deserialize);
    let spent = usage.and_then(Result::ok).unwrap_or_default();
    spent.values().map(|spent| spent.prompt_tokens + spent.completion_tokens).sum()
}

/// An error and what caused it.
fn told(error: &RunError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use throughline_assistant::{AGENT, Assistant};
    use throughline_models::{
        AgentFile, ChatModel, Event, EventStream, Finish, FinishReason, ModelError, Request, terminated,
    };
    use throughline_replay::{ERGO_TAU, Grid, RoleRecord, Roles, SampleSet, Verbatim, setting};

    use super::*;
    use crate::sample::tests::math;

    /// Answers 4 to what its rule says, 5 to all else, and fails at what it cannot stand.
    struct Narrow {
        solves: &'static str,
    }

    impl ChatModel for Narrow {
        fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
            let told = &request.messages.last().unwrap().content;
            let usage = TokenUsage { prompt_tokens: 10, completion_tokens: u64::from(told.contains(self.solves)) };
            let answer = if told.contains(self.solves) { "Answer: 4" } else { "Answer: 5" };
            let events = if told.contains("broken") {
                vec![Err(ModelError::CutStream)]
            } else {
                vec![Ok(Event::Text(answer.into())), Ok(Event::Finished(Finish::new(FinishReason::Stop, Some(usage))))]
            };
            terminated(futures::stream::iter(events), cancel)
        }
    }

    async fn compared(questions: &[&str], without: &'static str, with: &'static str) -> Validated {
        let samples = (0..).zip(questions).map(|(n, question)| math(&format!("s{n}"), question)).collect();
        let samples = SampleSet { file: "s.json".into(), sha256: String::new(), samples };
        let settings = vec![setting("full").unwrap()];
        let grid = Grid { settings, user: Arc::new(Verbatim), repeats: 1, seed: 0, ergo_tau: ERGO_TAU, agreement: 0 };
        let roles = Roles { assistant: RoleRecord::default(), ..Roles::default() };
        let plan = Plan::new([samples], grid, roles).unwrap();
        let casts = [without, with]
            .map(|solves| Cast::new(Assistant::new(Arc::new(Narrow { solves }), AgentFile::parse(AGENT).unwrap())));
        let [without, with] = &casts;
        let mut last = 0;
        let token = CancellationToken::new();
        let validated = validate(&plan, [without, with], NonZeroUsize::MIN, |done| last = done, &token).await.unwrap();
        assert_eq!(last, questions.len());
        validated
    }

    #[tokio::test]
    async fn what_does_not_lower_the_score_is_kept() {
        let found = compared(&["apples", "pears", "plums"], "apples", "p").await;
        assert_eq!(found.means(), Some([1.0 / 3.0, 1.0]));
        assert_eq!((found.changed(), found.keeps()), ((2, 0), true));
        assert_eq!(found.tokens(), Some([10.0 + 1.0 / 3.0, 11.0]));
        let equal = compared(&["apples", "pears"], "apples", "pears").await;
        assert_eq!((equal.changed(), equal.keeps()), ((1, 1), true));
    }

    #[tokio::test]
    async fn what_lowers_the_score_is_not_kept() {
        let found = compared(&["apples", "pears"], "p", "pears").await;
        assert_eq!((found.changed(), found.keeps()), ((0, 1), false));
    }

    #[tokio::test]
    async fn an_error_is_no_score() {
        let found = compared(&["broken apples", "pears"], "p", "p").await;
        assert_eq!((found.pairs.len(), found.failed.len()), (1, 1));
        assert!(found.failed[0].contains("cut"), "{:?}", found.failed);
        let nothing = compared(&["broken"], "p", "p").await;
        assert_eq!((nothing.means(), nothing.keeps()), (None, false));
    }
}
