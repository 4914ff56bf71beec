//! `throughline sessions`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use throughline_models::catalogue;
use throughline_scorer::Output;
use throughline_session::{Exchange, Hit, Lane, Place, Record, Reply, SessionId, Store, Summary};

use crate::args::{ExportFormat, Sessions};
use crate::commands::view;
use crate::output::counted;
use crate::{output, understood};

/// The saved chats of the user: `sessions` in the data directory.
pub(crate) fn store() -> anyhow::Result<Store> {
    Ok(Store::new(catalogue::data_dir()?.join("sessions")))
}

/// Looks after saved chats.
pub(crate) fn run(command: &Sessions) -> anyhow::Result<ExitCode> {
    let store = store()?;
    match command {
        Sessions::List { json } => list(&store, *json)?,
        Sessions::Show { id } => {
            let record = store.read(&store.find(id)?)?;
            output::print(&output::tame(&shown(&record)))?;
        }
        Sessions::Search { words, json } => search(&store, &words.join(" "), *json)?,
        Sessions::Rename { id, title } => store.rename(&store.find(id)?, title)?,
        Sessions::Delete { id, yes } => delete(&store, &store.find(id)?, *yes)?,
        Sessions::Fork { id, turns } => {
            let id = store.find(id)?;
            let turns = turns.map_or_else(|| store.read(&id).map(|record| record.exchanges.len()), Ok)?;
            output::print_line(&store.fork(&id, turns)?.record().id.to_string())?;
        }
        Sessions::Export { id, to, output, force } => {
            let record = store.read(&store.find(id)?)?;
            write(&exported(&record, *to)?, output, *force)?;
            if matches!(to, ExportFormat::Sample) {
                output::note("before `replay` takes it, fill in `task` (such as math) and the gold answer in `answer`");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A chat in another format, a whole file.
pub(crate) fn exported(record: &Record, format: ExportFormat) -> anyhow::Result<String> {
    Ok(match format {
        // Control characters mean nothing in either, and could drive the terminal of whoever looks at the file.
        ExportFormat::Markdown => output::tame(&throughline_session::markdown(record)),
        ExportFormat::Html => output::tame(&throughline_session::html(record)?),
        ExportFormat::Transcript => throughline_session::transcript(record).to_line()? + "\n",
        ExportFormat::Sample => serde_json::to_string_pretty(&[throughline_session::sample(record)])? + "\n",
    })
}

pub(crate) fn write(text: &str, path: &Path, replace: bool) -> anyhow::Result<()> {
    if path == Path::new("-") {
        // In a file JSON stays as it is; a terminal takes some characters for commands that JSON does not escape.
        let text = if io::stdout().is_terminal() { &output::tame(text) } else { text };
        output::print(text)?;
    } else {
        let mut file = Output::create(path, replace)?;
        file.write_all(text.as_bytes())?;
        file.finish()?;
    }
    Ok(())
}

fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    let listed = store.list()?;
    if json {
        return print_json(&listed);
    }
    if listed.is_empty() {
        output::note(&format!("there is no session in {} yet", store.folder().display()));
    }
    let lines: String = listed.iter().map(line).collect();
    output::print(&output::tame(&lines))?;
    Ok(())
}

fn line(summary: &Summary) -> String {
    let Summary { id, name, turns, changed, damaged, .. } = summary;
    let damaged = damaged.as_ref().map(|why| format!("  (damaged: {why})")).unwrap_or_default();
    format!("{id:<20}  {}  {:>9}  {name}{damaged}\n", minute(*changed), counted(*turns, "turn"))
}

fn search(store: &Store, words: &str, json: bool) -> anyhow::Result<()> {
    let hits = store.search(words)?;
    if json {
        return print_json(&hits);
    }
    if hits.is_empty() {
        output::note("these words stand nowhere together");
    }
    let mut text = String::new();
    let mut session = None;
    for Hit { session: id, name, turn, place, excerpt } in &hits {
        if session != Some(id) {
            text += &format!("{id}  {name}\n");
            session = Some(id);
        }
        let who = match place {
            Place::Title => "title",
            Place::User => "you",
            Place::Mediated => "reply",
            Place::Unmediated => "reply without the mediator",
        };
        let turn = turn.map(|turn| format!("turn {}, ", turn + 1)).unwrap_or_default();
        text += &format!("  {turn}{who}: {excerpt}\n");
    }
    output::print(&output::tame(&text))?;
    Ok(())
}

fn delete(store: &Store, id: &SessionId, yes: bool) -> anyhow::Result<()> {
    if !yes {
        let named = store.list()?.into_iter().find(|summary| summary.id == *id);
        let what = named.map(|summary| format!(" (“{}”, {})", summary.name, counted(summary.turns, "turn")));
        anyhow::bail!("{}", output::tame(&format!("add --yes to delete session {id}{}", what.unwrap_or_default())));
    }
    store.delete(id)?;
    output::print_line(&format!("deleted {id}"))?;
    Ok(())
}

fn print_json(objects: &[impl Serialize]) -> anyhow::Result<()> {
    let lines: Result<String, serde_json::Error> =
        objects.iter().map(|object| Ok(serde_json::to_string(object)? + "\n")).collect();
    write(&lines?, Path::new("-"), false)
}

/// A chat as it would stand on the screen of `chat --plain`, with the whole spec at its end.
pub(crate) fn shown(record: &Record) -> String {
    let title = record.title.as_ref().map(|title| format!("  {title}")).unwrap_or_default();
    let turns = counted(record.exchanges.len(), "turn");
    let mut text = format!("{}{title}\nbegun {}, {turns}", record.id, minute(record.started));
    if let Some(fork) = &record.forked_from {
        text += &format!(", forked from {} after its turn {}", fork.session, fork.turns);
    }
    text += "\n";
    text += &view::turns(record, &[], false);
    if let Some(pending) = &record.pending {
        text += &format!("\n> {}\n(not heard yet)\n", pending.trim_end().replace('\n', "\n  "));
    }
    text + "\n" + &understood::whole(&record.conversation, record.spec())
}

/// What came back in a turn.
pub(crate) fn answered(exchange: &Exchange) -> String {
    let mut text = String::new();
    if let Some(question) = &exchange.question {
        text += &format!("? {question}\n");
    }
    if let Some(plan) = &exchange.plan {
        text += &understood::plan(plan);
    }
    for failure in &exchange.failures {
        text += &format!("({} failed: {})\n", failure.role, failure.message);
    }
    let replies = Lane::BOTH.into_iter().filter_map(|lane| Some((lane, exchange.reply(lane)?)));
    for (lane, Reply { model, text: said, ended, failure }) in replies {
        let without = if lane == Lane::Unmediated { ", without the mediator" } else { "" };
        let aside = if lane == exchange.kept { "" } else { ", set aside" };
        text += &format!("[{model}{without}{aside}]\n{}\n", said.trim_end());
        let ended = ended.as_ref().filter(|ended| ended.reason != "stop").map(|ended| &ended.reason);
        text.extend(ended.or(failure.as_ref()).map(|why| format!("(ended by: {why})\n")));
    }
    text
}

/// A time to the minute, where the user is.
pub(crate) fn minute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
