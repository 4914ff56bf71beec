//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use throughline_replay::ERGO_TAU;
use throughline_scorer::{Gate, Section};

/// Keeps an assistant on the line of what you mean.
///
/// A mediator listens to you and keeps a spec of what you want, in which every clause names your words. A separate
/// assistant carries out that spec alone. A scorer measures how much a model loses over many turns, with and
/// without the mediator.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Start here:\n  throughline demo          see the effect on a small model, in minutes\n  throughline               talk, and see what was understood\n  throughline doctor        what this machine and configuration can do"
)]
pub(crate) struct Arguments {
    /// What to do; on a terminal, the chat where nothing else is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Options of every command.
#[derive(Debug, Default, Args)]
pub(crate) struct Global {
    /// Read this configuration instead of `throughline.toml` in the current folder.
    #[arg(long, global = true, value_name = "FILE", env = "THROUGHLINE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Model of every role: a profile, a catalogue name, a path to a GGUF, or a hub name.
    #[arg(long, short, global = true, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Model of the mediator, where it differs.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) mediator: Option<String>,
    /// Model of the assistant, where it differs.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) assistant: Option<String>,
    /// Show no progress.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay a handful of shipped instructions with the default model and print the table.
    #[command(after_help = "Examples:\n  throughline demo\n  throughline demo --model ./larger.gguf -o runs/larger")]
    Demo(Demo),
    /// One mediated exchange: what was understood, then the reply.
    #[command(
        after_help = "Examples:\n  throughline ask 'How many weeks are 91 days?'\n  cat notes.txt | throughline ask 'Summarise this in one sentence.'"
    )]
    Ask(Ask),
    /// A mediated conversation: what you say, what was understood of it, and the replies.
    #[command(
        after_help = "Inside, ? shows the keys and commands. Line by line (--plain, or through a pipe): /spec shows the spec, /go answers\nwithout asking further, /undo takes the last turn back, /quit ends; Ctrl-C stops a reply, and at the prompt the chat.\n\nExamples:\n  throughline chat\n  throughline chat --resume last\n  throughline chat --assistant remote --mediator smollm2\n  throughline chat --plain"
    )]
    Chat(Chat),
    /// Saved chats: list, read, search, rename, delete, fork, export.
    #[command(
        after_help = "ID is a session's name, the beginning of one, or `last` for the one that was changed last.\n\nExamples:\n  throughline sessions list\n  throughline sessions search fence paint\n  throughline sessions show last\n  throughline sessions export last --to html -o fence.html"
    )]
    Sessions {
        /// What to do with them.
        #[command(subcommand)]
        command: Sessions,
    },
    /// Recorded conversations and saved chats on a screen, turn by turn: shards, attempts, verdicts, and the spec as of each.
    #[command(
        after_help = "PATH is a file or folder of recorded conversations of any format that `score` reads, a run directory, or a saved chat (its name or the beginning of it, or `last`). Inside, F1 shows the keys. Without a terminal, or with --plain, it prints id, task, setting, model and verdict of each, with tabs between them, or one conversation with --conversation.\n\nExamples:\n  throughline view runs/first\n  throughline view last\n  throughline view math.jsonl --plain | grep wrong\n  throughline view runs/first --plain --conversation sharded-GSM8K/8.mediated.0"
    )]
    View(View),
    /// What the mediator understands of recorded conversations, turn by turn.
    #[command(
        after_help = "FILE holds one conversation a line: {\"id\": …, \"turns\": [{\"user\": …, \"assistant\": …}]}, or transcripts.\nTo evaluate, labelled conversations, as in transcripts/mediation.\n\nExamples:\n  throughline mediate conversations.jsonl\n  throughline mediate conversations.jsonl --json --model qwen2.5-coder-1.5b > specs.jsonl\n  throughline mediate - < runs/demo/transcripts.jsonl\n  throughline mediate transcripts/mediation/conversations.jsonl --evaluate"
    )]
    Mediate(Mediate),
    /// Replay samples in settings, into a run directory; the same command continues it.
    #[command(
        after_help = "Examples:\n  throughline replay transcripts/samples/math.json -o runs/first\n  throughline replay math.json --settings full,sharded,mediated --repeats 10 --limit 20 -o runs/math\n  throughline score runs/math"
    )]
    Replay(Replay),
    /// Aptitude, unreliability, degradation and gap closed, from transcripts; needs no model.
    #[command(
        after_help = "Examples:\n  throughline score runs/first\n  throughline score a.jsonl b.jsonl --format json\n  throughline score runs/first --html report.html\n  cat runs/*/transcripts.jsonl | throughline score -\n  throughline score runs/first --full --format markdown > report.md\n  throughline score logs --sections faults,calibration --pass-k 3 --thresholds 95,5\n  throughline score runs/new --against runs/old --fail-below difference=-5\n  throughline score runs/new --fail-below mediated:p=80\n  throughline score math.jsonl --reevaluate --samples tasks/math.json"
    )]
    Score(Score),
    /// Recorded conversations in another format.
    #[command(
        after_help = "Reads the study's transcripts, OpenAI-style messages, ShareGPT-style records and logs of inspect_ai, also compressed.\n\nExamples:\n  throughline convert chats.json -o chats.jsonl\n  throughline convert runs/first --to openai -o first.jsonl.zst\n  throughline convert 'logs/*.eval' --to study -o - | throughline score -"
    )]
    Convert(Convert),
    /// Samples in which the user corrects a quantity in a later turn, from word problems that hold none.
    #[command(
        after_help = "Reads samples of the task math whose answers carry their calculations (<<2*12=24>>24), as GSM8K's do. Of each it changes\none quantity of one shard, makes the calculations anew, and lets a later shard correct it. Samples that leave anything to\nguess are left out and counted.\n\nExamples:\n  throughline revise transcripts/samples/math.json -o revised.json\n  throughline revise math.json --seed 7 --limit 30 -o revised.json\n  throughline replay revised.json --settings full,concat,sharded,free-rewrite,mediated -o runs/revised"
    )]
    Revise(Revise),
    /// General guidelines out of failed mediated or sharded runs, validated on samples kept aside.
    #[command(
        after_help = "Exit code 1 where the guidelines lower the score of the samples kept aside: then nothing is written.\n\nExamples:\n  throughline refine runs/first --samples math.json -o math-rules.toml\n  throughline refine runs/first --samples math.json --raw --words 150 -o math-pairs.toml\n  throughline replay math.json --experience math-rules.toml --settings sharded,mediated -o runs/second"
    )]
    Refine(Refine),
    /// Fit the mediator's calibration of removals to labelled conversations.
    #[command(
        after_help = "Lets the mediator listen to the conversations with the mediator's model, and fits the weights by which it takes the\nprobability that a turn takes something back. The figures are of conversations that the weights were not fitted to:\ncross-validation in ten parts, and the conversations of --validate.\n\nExamples:\n  throughline calibrate transcripts/mediation/conversations.jsonl -o agents/removal.toml --force\n  throughline calibrate labelled.jsonl --validate held-out.jsonl -m qwen2.5-coder-1.5b -o removal.toml"
    )]
    Calibrate(Calibrate),
    /// Models that are known by name.
    #[command(
        after_help = "Examples:\n  throughline models list\n  throughline models fetch\n  throughline models fetch qwen2.5-coder-1.5b"
    )]
    Models {
        /// What to do with them.
        #[command(subcommand)]
        command: Models,
    },
    /// Replies that experiments keep, so that the same call is not made twice.
    #[command(after_help = "Examples:\n  throughline cache stats\n  throughline cache clear")]
    Cache {
        /// What to do with them.
        #[command(subcommand)]
        command: Cache,
    },
    /// The effective configuration, and where each value came from.
    #[command(after_help = "Examples:\n  throughline config\n  THROUGHLINE_MODEL=remote throughline config")]
    Config,
    /// What this machine and configuration can do, and what is missing.
    #[command(after_help = "Examples:\n  throughline doctor\n  throughline doctor --model ./my.gguf")]
    Doctor,
    /// Completions for a shell, on standard output.
    #[command(
        after_help = "Examples:\n  throughline completions bash > ~/.local/share/bash-completion/completions/throughline\n  throughline completions zsh > ~/.zfunc/_throughline"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// The manual page, on standard output, or those of every command into a folder.
    #[command(
        after_help = "Examples:\n  throughline man | man -l -\n  throughline man --directory ~/.local/share/man/man1"
    )]
    Man {
        /// Write one page for each command into this folder.
        #[arg(long, short, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
    /// Who made the grammars that code is coloured by, with their licences.
    #[command(after_help = "Example:\n  throughline notices > NOTICES.md")]
    Notices,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The run directory.
    #[arg(long, short, value_name = "DIR", default_value = "runs/demo")]
    pub(crate) output: PathBuf,
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The request. What is piped into standard input follows it as quoted content.
    pub(crate) request: Option<String>,
    /// Print a JSON object with the spec, the findings and the reply.
    #[arg(long)]
    pub(crate) json: bool,
    /// Let the planner propose steps first, which the assistant then reads beside the spec.
    #[arg(long)]
    pub(crate) plan: bool,
    /// An experience file, beside those of the configuration; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
}

/// Arguments of `chat`.
#[derive(Debug, Default, Args)]
pub(crate) struct Chat {
    /// Line by line, without a full screen: for pipes and screen readers.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Go on with a saved session: its name or the beginning of it, or `last`.
    #[arg(long, short, value_name = "SESSION")]
    pub(crate) resume: Option<String>,
    /// In so many lines below what the terminal shows. Turns that are over go to its own scrollback, and the mouse is its own.
    #[arg(long, value_name = "LINES", num_args = 0..=1, default_missing_value = "20", conflicts_with = "plain")]
    pub(crate) inline: Option<u16>,
    /// Leave the mouse to the terminal.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) no_mouse: bool,
    /// Colours: dark, light, high-contrast or plain. Without it dark, and plain where `NO_COLOR` is set.
    #[arg(long, value_name = "NAME", conflicts_with = "plain")]
    pub(crate) theme: Option<String>,
    /// Let the planner propose steps first, which the assistant then reads beside the spec.
    #[arg(long)]
    pub(crate) plan: bool,
    /// An experience file, beside those of the configuration; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
}

/// Arguments of `view`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct View {
    /// Files of recorded conversations, run directories, folders, patterns; or a saved chat.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only the conversation of that id, or the one whose id alone begins like that.
    #[arg(long, short, value_name = "ID")]
    pub(crate) conversation: Option<String>,
    /// Print instead of showing a screen: for pipes and screen readers.
    #[arg(long)]
    pub(crate) plain: bool,
    /// Print also instructions, prompts, tokens and other logs of the conversation. On the screen, `d` shows them.
    #[arg(long, requires = "conversation")]
    pub(crate) details: bool,
    /// Leave out what cannot be read, and say how much that was.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scorer: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) no_mouse: bool,
    /// Colours: dark, light, high-contrast or plain. Without it dark, and plain where `NO_COLOR` is set.
    #[arg(long, value_name = "NAME", conflicts_with = "plain")]
    pub(crate) theme: Option<String>,
}

/// Arguments of `mediate`.
#[derive(Debug, Args)]
pub(crate) struct Mediate {
    /// The conversations, `-` for standard input.
    pub(crate) file: PathBuf,
    /// Print one JSON object for each conversation.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only the first so many conversations.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// How many conversations are mediated at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// Judge what was understood by the labels of the conversations, and print tables; with `--json`, one object.
    #[arg(long)]
    pub(crate) evaluate: bool,
    /// What is judged: the mediator, and what else could be made of the user's turns.
    #[arg(
        long,
        value_enum,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "mediated,concat",
        requires = "evaluate"
    )]
    pub(crate) settings: Vec<Understanding>,
    /// An experience file, beside those of the configuration; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) experience: Vec<PathBuf>,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long, requires = "evaluate")]
    pub(crate) no_cache: bool,
}

/// What can be made of a conversation without carrying it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Understanding {
    /// The mediator's spec.
    Mediated,
    /// Every user turn word for word; nothing is removed and nothing is asked.
    Concat,
    /// The mediator's drafts as the model wrote them, without the guard.
    Unguarded,
    /// All user turns so far, put into one request by the rewriter.
    FreeRewrite,
}

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

/// Arguments of `score`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Score {
    /// Files of recorded conversations, folders with them, patterns, `-` for standard input: one set of runs, except
    /// that two run directories alone are compared, the first against the second.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Compare with the runs in here, cell by cell on the same instructions; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Vec<PathBuf>,
    /// Take two run directories for one set.
    #[arg(long, conflicts_with = "against")]
    pub(crate) together: bool,
    /// A TOML file of models that go by several names, one a line: "alias" = "name".
    #[arg(long, value_name = "FILE")]
    pub(crate) aliases: Option<PathBuf>,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scorer: Option<String>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also write one self-contained page with the tables, figures and every conversation.
    #[arg(long, value_name = "FILE", conflicts_with = "reevaluate")]
    pub(crate) html: Option<PathBuf>,
    /// Tables to print: cells, intervals, degradation, comparisons, conversations, costs, turn-costs, turns,
    /// first-attempt, attempts, reply-length, echo, faults, calibration, mediation, edits, legibility.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = section)]
    pub(crate) sections: Vec<Section>,
    /// Everything: all tables that the transcripts have something for; in JSON, the whole report as one object.
    #[arg(long, conflicts_with = "sections")]
    pub(crate) full: bool,
    /// Aptitude and unreliability at these percentiles as well, beside 90 and 10.
    #[arg(long, value_name = "HIGH,LOW", value_parser = thresholds)]
    pub(crate) thresholds: Vec<(f64, f64)>,
    /// pass^k for these k: how probable it is that k runs of an instruction all succeed.
    #[arg(long, value_name = "K", value_delimiter = ',')]
    pub(crate) pass_k: Vec<std::num::NonZeroUsize>,
    /// The setting that the others are compared with; sharded, or full without it, unless given.
    #[arg(long, value_name = "SETTING")]
    pub(crate) baseline: Option<String>,
    /// Bootstrap resamples behind each interval; 0 for no intervals.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub(crate) resamples: u32,
    /// The seed of the resampling.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The confidence level of intervals, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = level)]
    pub(crate) level: f64,
    /// Exit with code 1 where a figure is below this: MEASURE=VALUE or SETTING:MEASURE=VALUE, with p, a90, reliability,
    /// degradation, gap-closed, coverage, precision or difference; may be given several times.
    #[arg(long, value_name = "GATE")]
    pub(crate) fail_below: Vec<Gate>,
    /// Leave out what cannot be read or was never evaluated, and count it in the report.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Instead of scoring, judge the recorded answers again and report where our verdicts differ from the recorded ones.
    #[arg(long, requires = "samples", conflicts_with_all = [
        "aliases", "scorer", "against", "together", "sections", "full", "thresholds", "pass_k", "baseline", "fail_below",
    ])]
    pub(crate) reevaluate: bool,
    /// The samples that were replayed, in the study's format: with them it is known which shards were never revealed;
    /// `--reevaluate` takes the gold answers from them.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) samples: Vec<PathBuf>,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}

fn tau(nats: &str) -> Result<f64, String> {
    let parsed = nats.parse().ok().filter(|tau: &f64| *tau >= 0.0);
    parsed.ok_or_else(|| "a number of nats, 0 or above".to_owned())
}

fn share(part: &str) -> Result<f64, String> {
    let parsed = part.parse().ok().filter(|share: &f64| 0.0 < *share && *share < 1.0);
    parsed.ok_or_else(|| "a number between 0 and 1".to_owned())
}

fn section(name: &str) -> Result<Section, String> {
    let names = || Section::ALL.map(Section::name).join(", ");
    let found = Section::ALL.into_iter().find(|section| section.name() == name);
    found.ok_or_else(|| format!("no section of that name; there are {}", names()))
}

fn thresholds(pair: &str) -> Result<(f64, f64), String> {
    let parsed =
        pair.split_once(',').and_then(|(high, low)| Some((high.trim().parse().ok()?, low.trim().parse().ok()?)));
    parsed
        .filter(|(high, low): &(f64, f64)| 0.0 <= *low && low < high && *high <= 100.0)
        .ok_or_else(|| "two percentiles from 0 to 100, the higher one first, such as 95,5".to_owned())
}

fn level(percent: &str) -> Result<f64, String> {
    let parsed = percent.parse().ok().filter(|level: &f64| 0.0 < *level && *level < 100.0);
    parsed.ok_or_else(|| "a number between 0 and 100".to_owned())
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// For reading in a terminal.
    #[default]
    Table,
    /// An array with one object for each cell, or each comparison of two sets; with `--full`, one object with everything.
    Json,
    /// Comma-separated values with a header, of one section.
    Csv,
    /// For a document.
    Markdown,
    /// For a paper: booktabs tables.
    Latex,
}

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// Files of recorded conversations, folders with them, patterns, `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The file to write, compressed if it ends in .gz or .zst; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The format to write.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) to: Target,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
    /// Leave out what cannot be read, and say how much that was.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The scorer whose scores count, where a log of inspect_ai holds those of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) scorer: Option<String>,
}

/// Arguments of `revise`.
#[derive(Debug, Args)]
pub(crate) struct Revise {
    /// The samples, in the study's format.
    pub(crate) samples: PathBuf,
    /// The file to write, `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The seed that quantities, wordings and places are drawn from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// At most so many revised samples.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Arguments of `refine`.
#[derive(Debug, Args)]
pub(crate) struct Refine {
    /// Run directories or files of transcripts.
    #[arg(required = true, value_name = "RUNS")]
    pub(crate) runs: Vec<PathBuf>,
    /// The samples that were replayed, in the study's format: the whole instructions are taken from them.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(crate) samples: Vec<PathBuf>,
    /// The experience file to write.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Keep the failed conversations themselves, each beside its whole instruction, instead of rules.
    #[arg(long)]
    pub(crate) raw: bool,
    /// Whose prompt the experience enters.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) reader: ReaderRole,
    /// At most so many rules or conversations.
    #[arg(long, value_name = "N", default_value = "6")]
    pub(crate) most: std::num::NonZeroUsize,
    /// At most so many words in the reader's prompt, so that rules and conversations can be compared at equal cost.
    #[arg(long, value_name = "N")]
    pub(crate) words: Option<usize>,
    /// The share of the samples that is kept aside for the validation.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    pub(crate) aside: f64,
    /// How often each sample kept aside is replayed, without and with the experience.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeats: u32,
    /// The seed that every draw is derived from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u32,
    /// How many conversations go on at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// The assistant's temperature in the validation; 1 as in the study.
    #[arg(long, value_name = "T", default_value_t = 1.0)]
    pub(crate) temperature: f32,
    /// The most tokens of a reply in the validation, instead of that of the agent file.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u32>,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
    /// What answers are judged with.
    #[command(flatten)]
    pub(crate) evaluating: Evaluating,
}

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// Labelled conversations, a line each.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The calibration to write. What it holds of other models' readings stays, where it is replaced.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Labelled conversations to validate on that are not fitted to.
    #[arg(long, value_name = "FILE")]
    pub(crate) validate: Option<PathBuf>,
    /// Fit the words alone, and call no model.
    #[arg(long)]
    pub(crate) words: bool,
    /// How many conversations go on at a time.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// Make every call anew, and keep no reply: neither read nor write the response cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Replace the file if it is there already.
    #[arg(long)]
    pub(crate) force: bool,
}

/// A role whose prompt experience can enter.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ReaderRole {
    /// Who listens to the user.
    #[default]
    Mediator,
    /// Who carries the spec out.
    Assistant,
}

/// Formats that conversations are written in, one a line.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Target {
    /// Transcripts with everything that was read.
    #[default]
    Throughline,
    /// Transcripts with the study's log types alone.
    Study,
    /// `messages` with `role` and `content`.
    Openai,
    /// `conversations` with `from` and `value`.
    Sharegpt,
}

/// What to do with saved chats.
#[derive(Debug, Subcommand)]
pub(crate) enum Sessions {
    /// All sessions, the one that was changed last first.
    List {
        /// Print a JSON object for each.
        #[arg(long)]
        json: bool,
    },
    /// What was said, understood and replied in a session.
    #[command(after_help = "Examples:\n  throughline sessions show last\n  throughline sessions show 20260102-03")]
    Show {
        /// The session.
        id: String,
    },
    /// Where these words stand: in titles, in what was said and in replies, in any case.
    #[command(
        after_help = "Examples:\n  throughline sessions search fence\n  throughline sessions search how much paint --json"
    )]
    Search {
        /// The words; all of them stand in each place that is found.
        #[arg(required = true)]
        words: Vec<String>,
        /// Print a JSON object for each place.
        #[arg(long)]
        json: bool,
    },
    /// Give a session a title.
    #[command(
        after_help = "Examples:\n  throughline sessions rename last 'Paint for the fence'\n  throughline sessions rename last ''"
    )]
    Rename {
        /// The session.
        id: String,
        /// The title; an empty one takes the title away.
        title: String,
    },
    /// Delete a session.
    #[command(after_help = "Examples:\n  throughline sessions delete 20260102-03 --yes")]
    Delete {
        /// The session.
        id: String,
        /// Delete it indeed. Without this, only what would be deleted is told.
        #[arg(long)]
        yes: bool,
    },
    /// Begin a new session with the first turns of another, and print its name.
    #[command(after_help = "Examples:\n  throughline sessions fork last --turns 2")]
    Fork {
        /// The session.
        id: String,
        /// How many of its turns; all unless given.
        #[arg(long, value_name = "N")]
        turns: Option<usize>,
    },
    /// Write a session in another format.
    #[command(
        after_help = "Examples:\n  throughline sessions export last > fence.md\n  throughline sessions export last --to html -o fence.html\n  throughline sessions export last --to transcript | throughline mediate -\n  throughline sessions export last --to sample -o fence.json"
    )]
    Export {
        /// The session.
        id: String,
        /// The format.
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
        to: ExportFormat,
        /// The file, `-` for standard output.
        #[arg(long, short, value_name = "FILE", default_value = "-")]
        output: PathBuf,
        /// Replace the file if it is there already.
        #[arg(long)]
        force: bool,
    },
}

/// Formats that chats are exported to.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ExportFormat {
    /// To read, and to pass on.
    #[default]
    Markdown,
    /// One page by itself, without scripts.
    Html,
    /// A line of a transcript file, which `view`, `convert` and `mediate` read.
    Transcript,
    /// A sample for `replay`, with the turns as its shards; `task` and `answer` are left for you to fill in.
    Sample,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// The models of the catalogue, and which of them are here.
    List,
    /// Fetch a model and verify it.
    Fetch {
        /// A name of the catalogue or a hub name; the default model unless given.
        name: Option<String>,
    },
}

/// What to do with the response cache.
#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// What is in it.
    Stats,
    /// Delete what is in it.
    Clear,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
