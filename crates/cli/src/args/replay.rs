//! Arguments of `replay`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;
use throughline_replay::Shard;

/// Arguments of `replay`. What is given here wins over the experiment file.
#[derive(Debug, Default, Args)]
pub(crate) struct Replay {
    /// Files of samples in the study's format, or one experiment file (.toml; docs/replay.md), which holds what can be
    /// given here, and over which everything given here wins.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The run directory.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// What the assistant gets to read: full, concat, shuffle-concat, sharded, recap, snowball, user-only, ergo,
    /// free-rewrite, mediated [default: full,concat,sharded,mediated].
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) settings: Option<Vec<String>>,
    /// Who says the shards: verbatim (in their order, word for word), shuffled (the first one first, the others in an
    /// order drawn for each sample and repeat), model (a model says them in its own words, within what a check lets
    /// pass), recorded (see --recorded) [default: verbatim].
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Recorded conversations whose user turns are repeated as they were, with `--user recorded`: a file, a folder or a
    /// pattern, in any format that `score` reads; may be given several times. Samples without one are left out.
    #[arg(long, value_name = "PATH")]
    pub(crate) recorded: Vec<PathBuf>,
    /// Models to compare as assistants, in the place of one: each does everything.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) assistants: Option<Vec<String>>,
    /// How often each sample is replayed in each setting [default: 1].
    #[arg(long, value_name = "N")]
    pub(crate) repeats: Option<NonZeroU32>,
    /// Only the first so many samples of each file.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The seed that every draw is derived from [default: 0].
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u32>,
    /// The assistant's temperature [default: 1, as in the study].
    #[arg(long, value_name = "T", value_parser = not_negative, allow_negative_numbers = true)]
    pub(crate) temperature: Option<f64>,
    /// The most tokens of a reply, instead of that of the agent file.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<NonZeroU32>,
    /// By how much, in nats, the mean entropy of a reply's tokens must rise over that of the turn before for `ergo` to
    /// begin anew [default: 0.1].
    #[arg(long, value_name = "TAU", value_parser = not_negative, allow_negative_numbers = true)]
    pub(crate) ergo_tau: Option<f64>,
    /// Draw this many further samples for each answer attempt, and record which share of them gives the same answer [default: 0].
    /// They need a temperature above 0.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100))]
    pub(crate) agreement: Option<u32>,
    /// In the setting `mediated`, let the planner propose steps first, which the assistant then reads beside the spec.
    #[arg(long)]
    pub(crate) plan: bool,
    /// An experience file for the setting `mediated`, beside those of the configuration; may be given several times. The
    /// samples that it came from are left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
    /// Only the i-th of n parts of the experiment, to be put together by `throughline merge`. All runs of a sample are in
    /// the same part.
    #[arg(long, value_name = "i/n")]
    pub(crate) shard: Option<Shard>,
    /// Do the runs that a queue deals out, beside other workers of the same experiment, each with a run directory of its
    /// own, until none is left: `redis://[user:password@]host[:port][/database]`, or a file for the processes of one machine.
    /// Without an address, a file in the data folder.
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        env = "THROUGHLINE_QUEUE",
        hide_env_values = true
    )]
    pub(crate) queue: Option<String>,
    /// How it goes on.
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}

/// What may differ each time that an experiment is gone on with.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Pace {
    /// How many conversations go on at a time [default: as many as a local assistant decodes together, or an endpoint's
    /// `max_concurrency`, or 4].
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,
    /// Begin no further run once all runs together have cost so many US dollars, those of earlier invocations among them.
    /// Exit code 3 where runs are left by that.
    #[arg(long, value_name = "USD", value_parser = not_negative)]
    pub(crate) max_cost: Option<f64>,
    /// Begin no further run once all runs together have read and written so many tokens.
    #[arg(long, value_name = "N")]
    pub(crate) max_total_tokens: Option<u64>,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// What answers are judged with.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Evaluating {
    /// Where the system cannot isolate programs (it needs Linux with Landlock and seccomp), run the answers to tasks of
    /// the family `code` nevertheless. They can then do whatever you can.
    #[arg(long)]
    pub(crate) allow_unsafe_code: bool,
    /// A folder with the databases of the family `database`, each in a folder of its name; may be given several times. The
    /// folder `databases` beside the samples is looked through as well.
    #[arg(long, value_name = "DIR", value_parser = folder)]
    pub(crate) databases: Vec<PathBuf>,
}

fn folder(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    if path.is_dir() {
        Ok(path)
    } else {
        Err("there is no such folder; give the one that holds the databases' folders".to_owned())
    }
}

fn not_negative(number: &str) -> Result<f64, String> {
    let parsed = number.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite());
    parsed.ok_or_else(|| "it must be a number, 0 or above".to_owned())
}
