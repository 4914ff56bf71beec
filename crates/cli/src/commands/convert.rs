//! `throughline convert`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use throughline_scorer::{Conversation, Format, LeftOut, Output, ScoreError, convert, read_from, read_path};

use crate::args::{Convert, Target};
use crate::output::{self, counted};

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
    let told = if arguments.output == Path::new("-") {
        all(arguments, &mut left_out, &mut io::stdout().lock())?
    } else {
        let mut file = Output::create(&arguments.output, arguments.force)?;
        let told = all(arguments, &mut left_out, &mut file)?;
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

fn all(arguments: &Convert, left_out: &mut LeftOut, out: &mut dyn Write) -> anyhow::Result<Told> {
    let format = match arguments.to {
        Target::Throughline => Format::Throughline,
        Target::Study => Format::Study,
        Target::Openai => Format::OpenAi,
        Target::Sharegpt => Format::ShareGpt,
        Target::Figures => Format::Figures,
    };
    let mut told = Told::default();
    // What went wrong with writing, beside which nothing matters that reading has to say.
    let mut unwritten = None;
    let mut take = |read: Result<Conversation, ScoreError>| {
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
    };
    let scorer = arguments.scorer.as_deref();
    let read = arguments.paths.iter().try_for_each(|path| {
        if path == Path::new("-") {
            read_from("standard input", io::stdin(), scorer, &mut take)
        } else {
            read_path(path, scorer, &mut take)
        }
    });
    if let Some(error) = unwritten {
        let path = arguments.output.display().to_string();
        let name = if path == "-" { "standard output" } else { &path };
        return Err(error).with_context(|| format!("cannot write {name}"));
    }
    read?;
    anyhow::ensure!(told.conversations > 0, "there is no conversation to convert; nothing was written");
    out.flush()?;
    Ok(told)
}
