//! Per conversation and per turn: what replies were, when answers came, how long they were, what they took up.

use std::collections::BTreeMap;

use throughline_conversation::TokenUsage;

use crate::cells::Recorded;
use crate::report::{AttemptDetails, Bucket, Conversations, EchoDetails, Tokens, TurnDetails, TurnSpent};
use crate::run::facts::{Calls, Echo, ResponseType, Share, Spent};

use super::details::Group;
use super::{Mean, as_f64};

/// Conversations are divided into fifths, as in the study's figures.
const GROUPS: usize = 5;

pub(super) fn conversations(group: &Group<'_>) -> Conversations {
    let mean = |of: &dyn Fn(&Recorded) -> Option<f64>| group.runs().filter_map(of).collect::<Mean>().value();
    let count = |of: &dyn Fn(&Recorded) -> usize| mean(&|run| Some(as_f64(of(run)))).unwrap_or_default();
    let mut stop_reasons = BTreeMap::new();
    for run in group.runs() {
        *stop_reasons.entry(run.facts.stop.name()).or_default() += 1;
    }
    let lengths = group.runs().flat_map(|run| &*run.facts.turns).map(|turn| turn.reply_length);
    let spent = |of: fn(&Spent) -> Option<f64>| mean(&|run| of(run.facts.spent.as_deref()?));
    Conversations {
        runs: group.runs().count(),
        stop_reasons,
        turns: count(&|run| run.facts.turns.len()),
        attempts: count(&|run| run.facts.attempts.len()),
        without_attempt: group.runs().filter(|run| run.facts.attempts.is_empty()).count(),
        reply_length: lengths.filter(|length| *length > 0).map(f64::from).collect::<Mean>().value(),
        tokens: tokens(group),
        assistant_usd: spent(|spent| spent.assistant_usd),
        other_usd: spent(|spent| spent.other_usd),
        seconds: spent(Spent::seconds),
    }
}

fn tokens(group: &Group<'_>) -> BTreeMap<String, Tokens> {
    let mut roles: BTreeMap<&str, (usize, TokenUsage)> = BTreeMap::new();
    for (role, calls) in group.runs().filter_map(|run| run.facts.spent.as_deref()).flat_map(|spent| &spent.calls) {
        let (runs, tokens) = roles.entry(role).or_default();
        *runs += 1;
        for calls in calls {
            *tokens += calls.tokens;
        }
    }
    let of_role = |(role, (runs, tokens)): (&str, (usize, TokenUsage))| {
        let (prompt, completion) = (share(tokens.prompt_tokens, runs), share(tokens.completion_tokens, runs));
        (role.to_owned(), Tokens { runs, prompt, completion })
    };
    roles.into_iter().map(of_role).collect()
}

/// What each turn took, by role.
fn spent_by_turn(group: &Group<'_>) -> Vec<BTreeMap<String, TurnSpent>> {
    #[derive(Clone, Default)]
    struct Held {
        runs: usize,
        tokens: TokenUsage,
        seconds: f64,
    }
    let mut turns: Vec<BTreeMap<&str, Held>> = Vec::new();
    for run in group.runs() {
        let Some(spent) = &run.facts.spent else { continue };
        turns.resize_with(turns.len().max(run.facts.turns.len()), BTreeMap::new);
        for (role, calls) in &spent.calls {
            // In a turn without a call it took nothing.
            for reached in &mut turns[..run.facts.turns.len()] {
                reached.entry(role).or_default().runs += 1;
            }
            for Calls { turn, tokens, seconds } in calls {
                if let Some(held) = turns.get_mut(*turn as usize).and_then(|roles| roles.get_mut(&**role)) {
                    held.tokens += *tokens;
                    held.seconds += seconds;
                }
            }
        }
    }
    let of_role = |(role, Held { runs, tokens, seconds }): (&str, Held)| {
        let (prompt, completion) = (share(tokens.prompt_tokens, runs), share(tokens.completion_tokens, runs));
        (role.to_owned(), TurnSpent { runs, prompt, completion, seconds: seconds / as_f64(runs) })
    };
    turns.into_iter().map(|roles| roles.into_iter().map(of_role).collect()).collect()
}

/// A mean of counts.
#[expect(clippy::cast_precision_loss, reason = "a mean of counts")]
fn share(sum: u64, count: usize) -> f64 {
    sum as f64 / as_f64(count)
}

pub(super) fn turns(group: &Group<'_>) -> Vec<TurnDetails> {
    #[derive(Default)]
    struct Held {
        responses: BTreeMap<ResponseType, usize>,
        length: u64,
        edits: u64,
        runs: usize,
        mediated: usize,
    }
    let mut turns: Vec<Held> = Vec::new();
    for run in group.runs() {
        for (index, turn) in run.facts.turns.iter().enumerate() {
            if turns.len() == index {
                turns.push(Held::default());
            }
            let held = &mut turns[index];
            held.runs += 1;
            held.length += u64::from(turn.reply_length);
            *held.responses.entry(turn.response).or_default() += 1;
            if run.facts.spec.is_some() {
                held.mediated += 1;
                held.edits += u64::from(turn.edits);
            }
        }
    }
    let mut spent = spent_by_turn(group);
    turns
        .into_iter()
        .enumerate()
        .map(|(index, held)| TurnDetails {
            turn: index + 1,
            runs: held.runs,
            responses: held.responses.into_iter().map(|(response, count)| (response.name(), count)).collect(),
            reply_length: share(held.length, held.runs),
            edits: (held.mediated > 0).then(|| share(held.edits, held.mediated)),
            spent: spent.get_mut(index).map(std::mem::take).unwrap_or_default(),
        })
        .collect()
}

/// The position of the first attempt is its turn in percent of the turns that the conversation could have had: one for
/// each shard that the instruction is known to have, or the turns that it did have if these are more. Dividing by the
/// latter alone would put every conversation that a right first attempt ends into the last group.
pub(super) fn first_attempt(group: &Group<'_>) -> Vec<Bucket> {
    let mut groups: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); GROUPS];
    for instruction in group.instructions() {
        for run in instruction.runs {
            let turns = run.facts.turns.len().max(instruction.shards.len());
            let Some(first) =
                run.facts.attempts.first().filter(|_| run.facts.turns.len() > 1 || !run.facts.shards.is_empty())
            else {
                continue;
            };
            let turn = (first.turn as usize).min(turns.saturating_sub(1));
            let (scores, means) = &mut groups[turn * GROUPS / turns.max(1)];
            scores.push(run.score);
            means.push(as_f64(turn + 1));
        }
    }
    buckets(groups)
}

/// Runs of a cell are ranked by the mean length of their replies; equal lengths share their middle rank.
pub(super) fn reply_length(group: &Group<'_>) -> Vec<Bucket> {
    let mut groups: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); GROUPS];
    for cell in group.by_cell() {
        let mut runs: Vec<(f64, f64)> = cell.iter().filter_map(|run| Some((mean_reply(run)?, run.score))).collect();
        runs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut below = 0;
        for tied in runs.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            // Twice the middle rank, so that it stays whole.
            let middle = 2 * below + tied.len();
            let (scores, means) = &mut groups[(middle * GROUPS / (2 * runs.len())).min(GROUPS - 1)];
            scores.extend(tied.iter().map(|(_, score)| score));
            means.extend(tied.iter().map(|(length, _)| length));
            below += tied.len();
        }
    }
    buckets(groups)
}

fn mean_reply(run: &Recorded) -> Option<f64> {
    let lengths = run.facts.turns.iter().filter(|turn| turn.reply_length > 0);
    lengths.map(|turn| f64::from(turn.reply_length)).collect::<Mean>().value()
}

/// The groups, with the scores and what was measured in each; none where all are empty.
fn buckets(groups: Vec<(Vec<f64>, Vec<f64>)>) -> Vec<Bucket> {
    if groups.iter().all(|(scores, _)| scores.is_empty()) {
        return Vec::new();
    }
    let edge = |index: usize| 100.0 * as_f64(index) / as_f64(GROUPS);
    groups
        .into_iter()
        .enumerate()
        .map(|(index, (scores, means))| Bucket {
            from: edge(index),
            to: edge(index + 1),
            runs: scores.len(),
            score: scores.into_iter().collect::<Mean>().value(),
            mean: means.into_iter().collect::<Mean>().value(),
        })
        .collect()
}

pub(super) fn attempts(group: &Group<'_>) -> Vec<AttemptDetails> {
    #[derive(Default)]
    struct Held {
        runs: usize,
        length: u64,
        first: u64,
        scores: Vec<f64>,
    }
    let mut attempts: Vec<Held> = Vec::new();
    for run in group.runs() {
        let Some(first) = run.facts.attempts.first() else { continue };
        for (index, attempt) in run.facts.attempts.iter().enumerate() {
            if attempts.len() == index {
                attempts.push(Held::default());
            }
            let held = &mut attempts[index];
            held.runs += 1;
            held.length += u64::from(attempt.length);
            held.first += u64::from(first.length);
            held.scores.extend(attempt.score.map(|score| 100.0 * score));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a mean of counts")]
    let whole = |sum: u64| sum as f64;
    attempts
        .into_iter()
        .enumerate()
        .map(|(index, held)| AttemptDetails {
            attempt: index + 1,
            runs: held.runs,
            length: whole(held.length) / as_f64(held.runs),
            of_first: (held.first > 0).then(|| 100.0 * whole(held.length) / whole(held.first)),
            score: held.scores.into_iter().collect::<Mean>().value(),
        })
        .collect()
}

pub(super) fn echo(group: &Group<'_>) -> Option<EchoDetails> {
    let echoes: Vec<Echo> = group.runs().filter_map(|run| run.facts.echo).collect();
    let mean = |of: fn(&Echo) -> Share| {
        echoes.iter().filter_map(|echo| of(echo).ratio()).map(|share| 100.0 * share).collect::<Mean>().value()
    };
    (!echoes.is_empty()).then(|| EchoDetails {
        runs: echoes.len(),
        first: mean(|echo| echo.first),
        middle: mean(|echo| echo.middle),
        last: mean(|echo| echo.last),
    })
}
