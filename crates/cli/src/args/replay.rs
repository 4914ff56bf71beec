//! Arguments of `replay`.

use std::path::PathBuf;

use clap::Args;
use throughline_replay::ERGO_TAU;

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The samples, in the study's format.
    pub(crate) samples: PathBuf,
    /// The run directory.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// What the assistant gets to read: full, concat, shuffle-concat, sharded, recap, snowball, user-only, ergo,
    /// free-rewrite, mediated.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "full,concat,sharded,mediated")]
    pub(crate) settings: Vec<String>,
    /// Who says the shards: verbatim (in their order, word for word), shuffled (the first one first, the others in an
    /// order drawn for each sample and repeat), model (a model says them in its own words, within what a check lets
    /// pass), recorded (see --recorded).
    #[arg(long, value_name = "NAME", default_value = "verbatim")]
    pub(crate) user: String,
    /// Recorded conversations whose user turns are repeated as they were, with `--user recorded`: a file, a folder or a
    /// pattern, in any format that `score` reads; may be given several times. Samples without one are left out.
    #[arg(long, value_name = "PATH")]
    pub(crate) recorded: Vec<PathBuf>,
    /// How often each sample is replayed in each setting.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeats: u32,
    /// Only the first so many samples.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The seed that every draw is derived from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// How many conversations go on at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// The assistant's temperature; 1 as in the study.
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    pub(crate) temperature: f32,
    /// The most tokens of a reply, instead of that of the agent file.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u32>,
    /// By how much, in nats, the mean entropy of a reply's tokens must rise over that of the turn before for `ergo` to
    /// begin anew.
    #[arg(long, value_name = "TAU", default_value_t = ERGO_TAU, value_parser = tau)]
    pub(crate) ergo_tau: f64,
    /// Draw this many further samples for each answer attempt, and record which share of them gives the same answer. They
    /// need a temperature above 0.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    pub(crate) agreement: u32,
    /// In the setting `mediated`, let the planner propose steps first, which the assistant then reads beside the spec.
    #[arg(long)]
    pub(crate) plan: bool,
    /// An experience file for the setting `mediated`, beside those of the configuration; may be given several times. The
    /// samples that it came from are left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
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
    #[arg(long, value_name = "DIR")]
    pub(crate) databases: Vec<PathBuf>,
}

fn tau(nats: &str) -> Result<f64, String> {
    let parsed = nats.parse().ok().filter(|tau: &f64| *tau >= 0.0);
    parsed.ok_or_else(|| "a number of nats, 0 or above".to_owned())
}
