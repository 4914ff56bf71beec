//! What can be typed.

mod calibrate;
mod convert;
mod import;
mod mediate;
mod refine;
mod replay;
mod revise;
mod runs;
mod score;
mod sessions;
mod shard;
mod stores;
mod talk;
mod view;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use calibrate::Calibrate;
pub(crate) use convert::{Convert, Target};
pub(crate) use import::Import;
pub(crate) use mediate::{Mediate, Understanding};
pub(crate) use refine::{ReaderRole, Refine};
pub(crate) use replay::{Evaluating, Pace, Replay};
pub(crate) use revise::Revise;
pub(crate) use runs::{Merge, RetryErrors, Runs};
pub(crate) use score::{Format, Score};
pub(crate) use sessions::{ExportFormat, Sessions};
pub(crate) use shard::Shard;
pub(crate) use stores::{Cache, Models};
pub(crate) use talk::{Ask, Chat, Demo};
pub(crate) use view::View;

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
        after_help = "Exit code 1 where some runs failed, 3 where a limit was reached and runs are left, 130 where it was interrupted.\n\nExamples:\n  throughline replay transcripts/samples/math.json -o runs/first\n  throughline replay math.json --settings full,sharded,mediated --repeats 10 --limit 20 -o runs/math\n  throughline replay docs/experiment.toml -o runs/experiment\n  throughline replay math.json code.json --assistants small,large --max-cost 2.5 -o runs/compared\n  throughline replay math.json --shard 1/8 -o runs/math-1\n  throughline score runs/math"
    )]
    Replay(Replay),
    /// One run directory of several: the parts of an experiment, or the same part by several processes.
    #[command(
        after_help = "Refused where the directories are not of one experiment, or where two of them hold different recordings of one run.\n\nExamples:\n  throughline merge runs/math-1 runs/math-2 -o runs/math\n  throughline merge runs/math-* -o runs/math && throughline score runs/math"
    )]
    Merge(Merge),
    /// Run directories: list them, show how one stands, try again what failed.
    #[command(
        after_help = "Examples:\n  throughline runs list\n  throughline runs show runs/first\n  throughline runs retry-errors runs/first"
    )]
    Runs {
        /// What to do with them.
        #[command(subcommand)]
        command: Runs,
    },
    /// Aptitude, unreliability, degradation and gap closed, from transcripts; needs no model.
    #[command(
        after_help = "Examples:\n  throughline score runs/first\n  throughline score a.jsonl b.jsonl --format json\n  throughline score runs/first --html report.html\n  cat runs/*/transcripts.jsonl | throughline score -\n  throughline score runs/first --full --format markdown > report.md\n  throughline score logs --sections faults,calibration --pass-k 3 --thresholds 95,5\n  throughline score runs/new --against runs/old --fail-below difference=-5\n  throughline score runs/new --fail-below mediated:p=80\n  throughline score math.jsonl --reevaluate --samples tasks/math.json"
    )]
    Score(Score),
    /// Recorded conversations in another format; `export` is the same.
    #[command(
        visible_alias = "export",
        after_help = "Reads the study's transcripts, OpenAI-style messages, ShareGPT-style records and logs of inspect_ai, also compressed.\n\nExamples:\n  throughline convert chats.json -o chats.jsonl\n  throughline convert runs/first --to openai -o first.jsonl.zst\n  throughline convert 'logs/*.eval' --to study -o - | throughline score -\n  throughline export runs/first --to inspect-ai -o logs       then: inspect view --log-dir logs"
    )]
    Convert(Convert),
    /// Samples out of the files of benchmark packages: HumanEval, and the Berkeley Function-Calling Leaderboard.
    #[command(
        after_help = "Each sample has a single shard, the whole instruction: the setting `full` can be replayed at once, the others once\n`throughline shard` has made shards of it. BFCL's answers are found in the folder `possible_answer` beside the questions.\n\nExamples:\n  throughline import HumanEval.jsonl.gz -o humaneval.json\n  throughline import bfcl_eval/data/BFCL_v4_parallel.json -o parallel.json\n  throughline replay humaneval.json --settings full -o runs/humaneval"
    )]
    Import(Import),
    /// Shards of fully specified instructions, by a model; what is lost, invented or worth less is rejected.
    #[command(
        after_help = "The model of the role `sharder` (the mediator's unless named) cuts each instruction and says each piece as a user would.\nWithout a model, words and values of the shards are compared with the instruction. What was rejected, and what a person\nmust look at, stands in FILE.review.jsonl with the reasons. The same command goes on after an interruption.\nExit code 1 where no instruction is kept.\n\nExamples:\n  throughline shard parallel.json -o sharded.json --model qwen2.5-coder-1.5b\n  throughline shard humaneval.json -o sharded.json --verify 10"
    )]
    Shard(Shard),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
