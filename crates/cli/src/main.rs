//! The throughline command line.

mod args;
mod cast;
mod commands;
mod config;
mod ensemble;
mod evaluation;
mod exchange;
mod experience;
mod experiment;
mod interrupt;
mod live;
mod output;
mod progress;
mod terminal;
mod understood;
mod user;

use std::fs::OpenOptions;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Mutex;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use args::{Arguments, Command};

/// Bad input, or a command that could not do its work.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    // Where this process was started to run an answer, it does nothing else.
    if let Some(code) = throughline_sandbox::helper() {
        return code;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output::note(&misuse(&error));
            return ExitCode::from(FAILED);
        }
        Err(help) => help.exit(),
    };
    init_tracing(arguments.command.as_ref());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("cannot start")),
    };
    let outcome = runtime.block_on(run(arguments));
    // A line that is still being read from a terminal must not hold the program back.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { command, global } = arguments;
    let Some(command) = command.or_else(|| is_terminal().then(|| Command::Chat(args::Chat::default()))) else {
        output::note(&Arguments::command().render_help().to_string());
        return Ok(ExitCode::from(FAILED));
    };
    match command {
        Command::Completions { shell } => commands::shell::completions(shell),
        Command::Man { directory } => commands::shell::man(directory.as_deref()),
        Command::Notices => commands::shell::notices(),
        Command::Score(score) => commands::score::run(&score),
        Command::Convert(convert) => commands::convert::run(&convert),
        Command::Revise(revise) => commands::revise::run(&revise),
        Command::Import(import) => commands::import::run(&import),
        Command::Sessions { command } => commands::sessions::run(&command),
        Command::View(view) => commands::view::run(&view).await,
        Command::Merge(merge) => commands::merge::run(&merge),
        command => {
            let config = config::load(&global)?;
            match command {
                Command::Demo(demo) => commands::demo::run(&config, &global, &demo).await,
                Command::Ask(ask) => commands::ask::run(&config, &global, &ask).await,
                Command::Chat(chat) => commands::chat::run(&config, &global, &chat).await,
                Command::Mediate(mediate) => commands::mediate::run(&config, &global, &mediate).await,
                Command::Replay(replay) => commands::replay::run(&config, &global, &replay).await,
                Command::Runs { command } => commands::runs::run(&config, &global, &command).await,
                Command::Refine(refine) => commands::refine::run(&config, &global, &refine).await,
                Command::Shard(shard) => commands::shard::run(&config, &global, &shard).await,
                Command::Calibrate(calibrate) => commands::calibrate::run(&config, &global, &calibrate).await,
                Command::Models { command } => commands::models::run(&global, &command).await,
                Command::Cache { command } => commands::cache::run(&config, &command),
                Command::Config => commands::config::run(&config),
                Command::Doctor => commands::doctor::run(&config, &global).await,
                Command::Score(_)
                | Command::Convert(_)
                | Command::Revise(_)
                | Command::Import(_)
                | Command::Sessions { .. }
                | Command::View(_)
                | Command::Merge(_)
                | Command::Completions { .. }
                | Command::Man { .. }
                | Command::Notices => Ok(ExitCode::SUCCESS),
            }
        }
    }
}

/// Whether somebody sits at a terminal.
fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// What is wrong with the arguments, on one line: clap's first paragraphs, without the usage that follows them.
fn misuse(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said =
        text.split("\n\n").take_while(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"));
    let mut parts: Vec<String> = said.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    parts.push("see `--help`".into());
    parts.join("; ")
}

fn failed(error: &anyhow::Error) -> ExitCode {
    output::complain(&output::chain(error));
    ExitCode::from(FAILED)
}

/// Diagnostics go to standard error, and only where `THROUGHLINE_LOG` asks for them. Where the screen is drawn on, they
/// go to a file in the data folder instead.
fn init_tracing(command: Option<&Command>) {
    let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("THROUGHLINE_LOG") else { return };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter);
    let draws = match command {
        None => true,
        Some(Command::Chat(chat)) => !chat.plain,
        Some(Command::View(view)) => !view.plain,
        Some(_) => false,
    };
    if !(draws && is_terminal()) {
        let _ = tracing::subscriber::set_global_default(subscriber.with_writer(std::io::stderr).finish());
        return;
    }
    let Ok(folder) = throughline_models::catalogue::data_dir() else { return };
    let file = std::fs::create_dir_all(&folder)
        .and_then(|()| OpenOptions::new().create(true).append(true).open(folder.join("throughline.log")));
    if let Ok(file) = file {
        let subscriber = subscriber.with_ansi(false).with_writer(Mutex::new(file));
        let _ = tracing::subscriber::set_global_default(subscriber.finish());
    }
}
