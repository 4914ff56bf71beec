//! `throughline convert`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use throughline_scorer::{
    Conversation, Format, InspectLogs, LeftOut, Output, ScoreError, convert, read_from, read_path,
};

use crate::args::{Convert, Target};
use crate::output::{self, counted};

const NOTHING: &str = "there is no conversation to convert; nothing was written";

/// What is told of a conversion.
#[derive(Default)]
struct Told {
    conversations: usize,
    /// Entries that the format has no place for, and in how many conversations.
    entries: (usize, usize),
    /// Conversations that read otherwise in the new format.
    inexact: usize,
}

/// Writes recorded conversations in another format.
pub(crate) fn run(arguments: &Convert) -> anyhow::Result<ExitCode> {
    let mut left_out = LeftOut::new(arguments.keep_going);
    anyhow::ensure!(
        arguments.to == Target::InspectAi || arguments.output.extension().is_none_or(|ending| ending != "eval"),
        "{}: a file that ends in .eval is a log of inspect_ai; give `--to inspect-ai`, or another name",
        arguments.output.display()
    );
    let format = match arguments.to {
        Target::InspectAi => return logs(arguments, left_out),
        Target::Throughline => Format::Throughline,
        Target::Study => Format::Study,
        Target::Openai => Format::OpenAi,
        Target::Sharegpt => Format::ShareGpt,
        Target::Figures => Format::Figures,
    };
    let told = if arguments.output == Path::new("-") {
        all(arguments, format, &mut left_out, &mut io::stdout().lock())?
    } else {
        let mut file = Output::create(&arguments.output, arguments.force)?;
        let told = all(arguments, format, &mut left_out, &mut file)?;
        file.finish()?;
        told
    };
    output::note(&format!("{} written", counted(told.conversations, "conversation")));
    if told.entries.0 > 0 {
        let (entries, conversations) = told.entries;
        output::note(&format!(
            "{} with log entries that the format has no place for: left out {entries}",
            counted(conversations, "conversation")
        ));
    }
    if told.inexact > 0 {
        output::note(&format!(
            "{} with fields that the format has no place for: left out or changed",
            counted(told.inexact, "conversation")
        ));
    }
    output::left_out(&left_out.into_skipped());
    Ok(ExitCode::SUCCESS)
}

/// Writes logs of inspect_ai.
fn logs(arguments: &Convert, mut left_out: LeftOut) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        arguments.output != Path::new("-"),
        "logs of inspect_ai are archives and cannot go to standard output; give a file that ends in .eval, or a folder"
    );
    let mut logs = InspectLogs::new(&arguments.output, arguments.force);
    let mut written = 0_usize;
    let mut failed = None;
    let read = read(arguments, &mut |read| {
        let added = match read {
            Ok(conversation) => logs.add(&conversation.transcript),
            Err(error) => return left_out.put_aside(error),
        };
        written += usize::from(added.is_ok());
        added.map_err(|error| {
            failed = Some(error);
            ScoreError::Stopped
        })
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    read?;
    anyhow::ensure!(written > 0, NOTHING);
    let logs = logs.finish()?;
    output::note(&format!("{} written into {}", counted(written, "conversation"), counted(logs, "log")));
    output::left_out(&left_out.into_skipped());
    Ok(ExitCode::SUCCESS)
}

/// Reads every conversation that is named.
fn read(
    arguments: &Convert,
    take: &mut dyn FnMut(Result<Conversation, ScoreError>) -> Result<(), ScoreError>,
) -> Result<(), ScoreError> {
    let scorer = arguments.scorer.as_deref();
    arguments.paths.iter().try_for_each(|path| {
        if path == Path::new("-") {
            read_from("standard input", io::stdin(), scorer, &mut *take)
        } else {
            read_path(path, scorer, &mut *take)
        }
    })
}

fn all(arguments: &Convert, format: Format, left_out: &mut LeftOut, out: &mut dyn Write) -> anyhow::Result<Told> {
    let mut told = Told::default();
    // What went wrong with writing, beside which nothing matters that reading has to say.
    let mut unwritten = None;
    let read = read(arguments, &mut |read| {
        let converted = match read {
            Ok(conversation) => convert(&conversation.transcript, format).map_err(io::Error::from),
            Err(error) => return left_out.put_aside(error),
        };
        match converted.and_then(|converted| writeln!(out, "{}", converted.line).map(|()| converted)) {
            Ok(converted) => {
                told.conversations += 1;
                told.entries.0 += converted.left_out;
                told.entries.1 += usize::from(converted.left_out > 0);
                told.inexact += usize::from(!converted.exact);
                Ok(())
            }
            Err(error) => {
                unwritten = Some(error);
                Err(ScoreError::Stopped)
            }
        }
    });
    if let Some(error) = unwritten {
        let path = arguments.output.display().to_string();
        let name = if path == "-" { "standard output" } else { &path };
        return Err(error).with_context(|| format!("cannot write {name}"));
    }
    read?;
    anyhow::ensure!(told.conversations > 0, NOTHING);
    out.flush()?;
    Ok(told)
}
