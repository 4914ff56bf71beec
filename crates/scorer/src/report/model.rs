//! What a report holds. Every rendering shows this model, or a part of it.
//!
//! Scores, and what is computed from them, are from 0 to 100; shares are in percent; counts are whole numbers. What is
//! undefined is `None`, never 0.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Problem;

/// Everything that the transcripts show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How the figures came about.
    pub rules: Rules,
    /// One row per cell (task, model, setting), in the order task, model, setting: full, concat, shuffle-concat,
    /// sharded, recap, snowball, user-only, ergo, free-rewrite, mediated, then the others alphabetically.
    pub rows: Vec<Row>,
    /// Settings against full over all tasks, by model and then over all models.
    pub degradation: Vec<Degradation>,
    /// Pairs of settings on the same instructions.
    pub comparisons: Vec<Comparison>,
    /// How the conversations of a cell went: one for each row, in the same order.
    pub details: Vec<Details>,
    /// The same for each setting over all tasks and models.
    pub settings: Vec<Details>,
    /// Each model and setting at its score and at its legibility.
    pub legibility: Vec<LegibilityPoint>,
    /// The rules behind the figures and what was understood of the inputs; a sentence or two each, in ASCII but for
    /// names from the inputs.
    pub notes: Vec<String>,
    /// What makes figures weaker than they look: too few runs or instructions, faults, what was left out.
    pub warnings: Vec<String>,
    /// What `keep_going` left out, by kind; empty without it.
    pub skipped: Vec<Skipped>,
    /// Runs of the run directories that ended in an error and are in no figure.
    pub failed_runs: usize,
    /// Run directories whose experiment is not finished; empty where all are. Directories of the same experiment count
    /// as one.
    pub missing_runs: Vec<Missing>,
}

/// How the figures came about: what must be stated for them to be comparable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rules {
    /// The percentile rule.
    pub percentile: String,
    /// How runs become the figures of a cell.
    pub aggregation: String,
    /// How intervals are made.
    pub interval: String,
    /// How p-values are made.
    pub test: String,
    /// The fewest runs of an instruction in any cell: the smallest N.
    pub runs_per_instruction_min: usize,
    /// The most runs of an instruction in any cell: the largest N.
    pub runs_per_instruction_max: usize,
    /// Bootstrap resamples behind each interval.
    pub resamples: usize,
    /// The seed of every random draw.
    pub seed: u64,
    /// The confidence level of intervals, in percent.
    pub level: f64,
}

/// The range in which a figure lies at the report's confidence level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A figure with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure; `None` where it is not defined.
    pub value: Option<f64>,
    /// Its interval; `None` where it is not defined, or where it cannot be resampled.
    pub interval: Option<Interval>,
}

/// What a row or a section belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CellName {
    /// The task family, under the study's final name; `None` for all of them.
    pub task: Option<String>,
    /// The model, as recorded; `None` for all of them.
    pub model: Option<String>,
    /// The setting, as recorded.
    pub setting: String,
}

/// The measures of one cell. Every figure that is not a count is on a scale of 0 to 100.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The task family, under the study's final name.
    pub task: String,
    /// The model, as recorded.
    pub model: String,
    /// The setting, as recorded.
    pub setting: String,
    /// Distinct instructions.
    pub instances: usize,
    /// Runs over all instructions.
    pub runs: usize,
    /// The fewest runs of an instruction.
    pub runs_per_instance_min: usize,
    /// The most runs of an instruction.
    pub runs_per_instance_max: usize,
    /// Averaged performance P.
    pub p: f64,
    /// Its interval.
    pub p_interval: Option<Interval>,
    /// Aptitude A90.
    pub a90: f64,
    /// Its interval.
    pub a90_interval: Option<Interval>,
    /// Unreliability U90-10.
    pub u90_10: f64,
    /// Its interval.
    pub u90_10_interval: Option<Interval>,
    /// P in percent of that of full, over the instructions that both hold: a ratio of means; 100 is no loss.
    pub degradation: Option<f64>,
    /// Its interval.
    pub degradation_interval: Option<Interval>,
    /// How many instructions `degradation` stands on.
    pub degradation_instances: usize,
    /// The share in percent of the gap in P between sharded and full that this setting closes, over the instructions
    /// that all three hold. Full has 100 and sharded 0; `None` where sharded is not below full.
    pub gap_closed: Option<f64>,
    /// Its interval.
    pub gap_closed_interval: Option<Interval>,
    /// How many instructions `gap_closed` stands on.
    pub gap_closed_instances: usize,
    /// Aptitude and unreliability at other percentiles than 90 and 10, where they were asked for.
    pub thresholds: Vec<Thresholds>,
    /// pass^k for the k that were asked for: the probability that k runs of an instruction all succeed.
    pub pass_k: Vec<PassK>,
    /// PromptSensiScore over the runs of an instruction: how far two of them differ in score, on average. `None` where
    /// no instruction has two runs.
    pub sensitivity: Option<f64>,
}

/// Aptitude and unreliability at a pair of percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// The upper percentile, from 0 to 100.
    pub high: f64,
    /// The lower percentile, from 0 to 100.
    pub low: f64,
    /// The upper percentile of the scores.
    pub aptitude: Estimate,
    /// The distance between the two percentiles of the scores.
    pub unreliability: Estimate,
}

/// The probability that k runs of an instruction all succeed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PassK {
    /// How many runs.
    pub k: usize,
    /// In percent, over the instructions with at least k runs; `None` where there is none.
    pub value: Option<f64>,
    /// How many instructions have at least k runs.
    pub instances: usize,
}

/// A setting against full, over tasks. Ratios are in percent, and of each measure over the instructions that both
/// settings hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Degradation {
    /// The model; `None` for all of them.
    pub model: Option<String>,
    /// The setting.
    pub setting: String,
    /// The tasks that it stands on.
    pub tasks: Vec<String>,
    /// The pairs of cells (one for each task and model) that it stands on.
    pub cells: usize,
    /// Of P.
    pub p: Ratios,
    /// Of A90.
    pub a90: Ratios,
    /// Of U90-10, where more than 100 is worse.
    pub u90_10: Ratios,
}

/// One ratio under its several names, in percent. They differ; a report says which one it quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Ratios {
    /// The ratio of each cell, averaged: as in the last columns of the study's main table.
    pub mean_of_ratios: Estimate,
    /// The mean over cells of the setting, divided by the mean of full: as in the study's headline figures.
    pub ratio_of_means: Estimate,
    /// Over all models only: the ratio of means of each model, averaged.
    pub mean_of_model_ratios: Estimate,
}

/// Two settings of a task and model on the instructions that both hold, in P.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The task family.
    pub task: String,
    /// The model.
    pub model: String,
    /// What is compared: a setting, or the run set that it belongs to.
    pub subject: String,
    /// What it is compared with.
    pub baseline: String,
    /// The instructions that both hold.
    pub instances: usize,
    /// P of the subject over them.
    pub subject_p: f64,
    /// P of the baseline over them.
    pub baseline_p: f64,
    /// P of the subject less P of the baseline, in points.
    pub difference: Estimate,
    /// How probable a difference at least this large is if the two do not differ, from 0 to 1. `None` with fewer than
    /// two instructions.
    pub p_value: Option<f64>,
    /// Whether every assignment of signs was counted, rather than a sample of them.
    pub exact: bool,
    /// `p_value` after Holm's correction for all comparisons of the report.
    pub p_adjusted: Option<f64>,
    /// The smallest true difference, in points, that a comparison of so many instructions that vary so much would find
    /// with a probability of 80 % at the report's confidence level.
    pub minimum_detectable: Option<f64>,
}

/// How the conversations of a cell, or of a setting, went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Details {
    /// What it is about.
    #[serde(flatten)]
    pub cell: CellName,
    /// Per conversation.
    pub conversations: Conversations,
    /// What the replies were, turn by turn.
    pub turns: Vec<TurnDetails>,
    /// Where the first answer attempt stands in the conversation against the score, in fifths of its possible turns;
    /// empty where conversations have a single turn.
    pub first_attempt: Vec<Bucket>,
    /// The length of answers, attempt by attempt.
    pub attempts: Vec<AttemptDetails>,
    /// The length of replies against the score, in fifths of the runs of a cell from the shortest to the longest.
    pub reply_length: Vec<Bucket>,
    /// Which turns' words the last reply takes up again; `None` without conversations of three turns.
    pub echo: Option<EchoDetails>,
    /// What went wrong, simulator and model apart.
    pub faults: Faults,
    /// How far recorded confidences can be believed, method by method.
    pub calibration: Vec<Calibration>,
    /// What became of the user's words in the spec; `None` where nothing was mediated.
    pub mediation: Option<Mediation>,
}

/// Figures per conversation. Means are over runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Conversations {
    /// Runs.
    pub runs: usize,
    /// Why they ended: `correct`, `shards_exhausted`, `turn_cap`, `ended` (not recorded), `other`.
    pub stop_reasons: BTreeMap<&'static str, usize>,
    /// Mean number of user turns.
    pub turns: f64,
    /// Mean number of answer attempts.
    pub attempts: f64,
    /// Runs without an answer attempt; they score 0.
    pub without_attempt: usize,
    /// Mean length of a reply, in characters.
    pub reply_length: Option<f64>,
    /// Mean tokens of a run by role, over the runs that record any.
    pub tokens: BTreeMap<String, Tokens>,
    /// Mean US dollars of a run for the assistant's replies, over the runs that record any.
    pub assistant_usd: Option<f64>,
    /// Mean US dollars of a run for everything else (simulated user, classification), over the runs that record any.
    pub other_usd: Option<f64>,
    /// Mean seconds of model calls of a run, over the runs that record any.
    pub seconds: Option<f64>,
}

/// Tokens of a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tokens {
    /// Runs that record them.
    pub runs: usize,
    /// Mean tokens read.
    pub prompt: f64,
    /// Mean tokens written.
    pub completion: f64,
}

/// One turn over all conversations that reach it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TurnDetails {
    /// The user turn, from 1.
    pub turn: usize,
    /// Conversations that reach it.
    pub runs: usize,
    /// What the replies were: the study's taxonomy, and `question` (of the mediator), `other`, `unclassified`.
    pub responses: BTreeMap<&'static str, usize>,
    /// Mean length of the reply, in characters.
    pub reply_length: f64,
    /// Mean edits of the spec; `None` where nothing was mediated.
    pub edits: Option<f64>,
    /// What the turn took, by role.
    pub spent: BTreeMap<String, TurnSpent>,
}

/// What one turn took of a role, over the conversations that reach it and record calls of this role in any turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TurnSpent {
    /// These conversations.
    pub runs: usize,
    /// Mean tokens read.
    pub prompt: f64,
    /// Mean tokens written.
    pub completion: f64,
    /// Mean seconds of model calls.
    pub seconds: f64,
}

/// A group of runs by something measured of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bucket {
    /// The lower end of the group, in percent of what the groups divide.
    pub from: f64,
    /// The upper end.
    pub to: f64,
    /// Its runs.
    pub runs: usize,
    /// Their mean score; `None` of no run.
    pub score: Option<f64>,
    /// The mean of what was measured: the turn (from 1), or characters.
    pub mean: Option<f64>,
}

/// The n-th answer attempt over all conversations that make it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AttemptDetails {
    /// The attempt, from 1.
    pub attempt: usize,
    /// Conversations that make it.
    pub runs: usize,
    /// Mean length of the extracted answer, in characters.
    pub length: f64,
    /// Its length in percent of that of the first attempt of the same conversations; `None` where that is 0.
    pub of_first: Option<f64>,
    /// Mean score of the attempt; `None` where no verdict was recorded.
    pub score: Option<f64>,
}

/// Of the words that a turn brought into the conversation, the share in percent that the last reply takes up again.
/// Computed over conversations of three turns or more. A reply need not repeat what it uses: compare turns and settings,
/// not absolute heights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EchoDetails {
    /// The conversations.
    pub runs: usize,
    /// Of the first turn.
    pub first: Option<f64>,
    /// Of the turns between.
    pub middle: Option<f64>,
    /// Of the last turn.
    pub last: Option<f64>,
}

/// What went wrong, in numbers of runs. What the simulated user did is not the model's fault: P without those runs
/// stands beside.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Faults {
    /// Runs in which the simulated user did something wrong.
    pub simulator: usize,
    /// P over the other runs; `None` where there is none.
    pub p_without: Option<f64>,
    /// A shard was revealed again.
    pub repeated_shard: usize,
    /// The simulated user chose a shard again, and the harness passed over it.
    pub ignored_duplicate: usize,
    /// The conversation ended without a right answer although shards were left.
    pub unrevealed_shards: usize,
    /// The limit of turns was reached.
    pub turn_cap: usize,
    /// A user turn has no word.
    pub empty_user_turn: usize,
    /// Revealed shards are logged under a name that the program's own simulated user does not look for, so that it never
    /// knew what it had revealed.
    pub unaware: usize,
    /// Faults that the transcript itself puts down to the simulated user.
    pub recorded_simulator: usize,
    /// The assistant's: a reply has no word.
    pub empty_reply: usize,
    /// Faults that the transcript puts down to others, such as the mediator.
    pub recorded_other: usize,
}

/// How far recorded confidences can be believed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// How the confidence was measured.
    pub method: String,
    /// Answer attempts with a confidence and a verdict.
    pub attempts: usize,
    /// Their mean confidence, from 0 to 1.
    pub confidence: f64,
    /// Their mean score, from 0 to 1.
    pub accuracy: f64,
    /// Expected calibration error over bins of equal width, from 0 (best) to 1.
    pub ece: f64,
    /// The same over bins of equal mass.
    pub adaptive_ece: f64,
    /// Brier score: the mean squared distance of confidence and score, from 0 (best) to 1.
    pub brier: f64,
    /// The probability that a right attempt has a higher confidence than a wrong one, ties counted half; `None` where
    /// all are right or all are wrong.
    pub auroc: Option<f64>,
    /// The bins of `ece`: the reliability diagram.
    pub bins: Vec<ReliabilityBin>,
}

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// The lower end, from 0 to 1; confidences above it belong to the bin (the first bin holds its lower end too).
    pub from: f64,
    /// The upper end; it belongs to the bin.
    pub to: f64,
    /// Attempts in the bin.
    pub attempts: usize,
    /// Their mean confidence; `None` of none.
    pub confidence: Option<f64>,
    /// Their mean score, from 0 to 1; `None` of none.
    pub accuracy: Option<f64>,
}

/// What became of the user's words in the spec of mediated conversations. Shares are in percent, per run, then per
/// instruction, then averaged. Words are compared by letters and digits, without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mediation {
    /// Mediated runs.
    pub runs: usize,
    /// Of the words that the user said (but for chat, approval and earned withdrawals), those that stand in clauses in
    /// force at the end: how much of the shards the assistant got to read.
    pub coverage: Option<f64>,
    /// The same for words with a digit.
    pub number_coverage: Option<f64>,
    /// The same with clauses that left force: how much the record holds.
    pub record: Option<f64>,
    /// Of the words of clauses in force, those that the user said.
    pub precision: Option<f64>,
    /// Clauses in force whose quote does not stand where they say, of all in force.
    pub unsupported: Option<f64>,
    /// Clauses in force at the end, per run.
    pub clauses: f64,
    /// Words of clauses in force that come from neither the user nor what the user pointed at nor a question, per run.
    pub invented: f64,
    /// Invented words that the guard refused, per run.
    pub refused: f64,
    /// Quotes that the user had not said, which the guard dropped, per run.
    pub dropped_quotes: f64,
    /// Removals that were contested, per run.
    pub contested: f64,
    /// Turns that entered verbatim because the mediator's draft could not be read, per run.
    pub unreadable: f64,
    /// Assumptions, per run.
    pub assumptions: f64,
    /// Edits by operation, per run.
    pub edits: BTreeMap<&'static str, f64>,
    /// Edits per user turn.
    pub edits_per_turn: Option<f64>,
    /// Runs whose edits do not fold into a spec; the shares above leave them out.
    pub broken: usize,
}

/// A model and setting at its score and at its legibility, over all its tasks (each task weighing the same). No single
/// figure of legibility is made of them: what one may be worth in another is for the reader to say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LegibilityPoint {
    /// The model.
    pub model: String,
    /// The setting.
    pub setting: String,
    /// The tasks that it stands on.
    pub tasks: Vec<String>,
    /// Averaged performance P.
    pub p: Estimate,
    /// Coverage of the spec, in percent; `None` where nothing was mediated.
    pub coverage: Option<f64>,
    /// Precision of the spec, in percent; `None` where nothing was mediated.
    pub precision: Option<f64>,
    /// Calibration: 100 less the expected calibration error in percent; `None` without recorded confidences.
    pub calibration: Option<f64>,
    /// Stability: 100 less the PromptSensiScore, so how alike runs of an instruction end; `None` with single runs.
    pub stability: Option<f64>,
}

/// An experiment that was interrupted, or still goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its run directory.
    pub directory: String,
    /// How many runs its manifest plans.
    pub planned: usize,
    /// How many of them neither have a transcript nor ended in an error.
    pub missing: usize,
}

/// Lines, or rests of inputs, that were left out for one kind of problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The kind.
    pub problem: Problem,
    /// How many.
    pub count: usize,
    /// Where the first one stands.
    pub first: String,
}
