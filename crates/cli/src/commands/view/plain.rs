//! Recorded conversations, printed: for pipes and screen readers.

use std::io::{self, BufWriter, Write};

use throughline_conversation::Spec;
use throughline_scorer::ScoreError;
use throughline_session::Record;
use throughline_tui::viewer::{Entry, Observed, Recording, Remark};

use super::shelf::{Shelf, entry};
use crate::args::View;
use crate::commands::sessions::answered;
use crate::{output, understood};

/// Prints the conversation that is meant, or the list of all.
pub(super) fn run(shelf: &Shelf, arguments: &View) -> anyhow::Result<()> {
    if let Some(id) = &arguments.conversation {
        let recording = shelf.named(id)?;
        output::print(&output::tame(&whole(&recording, arguments.details)))?;
        return Ok(());
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut many, mut unwritten) = (false, None);
    let skipped = shelf.each(|_, glance| {
        many = true;
        let written = writeln!(out, "{}", line(&entry(glance)));
        written.map_err(|error| {
            unwritten = Some(error);
            ScoreError::Stopped
        })
    });
    let flushed = out.flush();
    if let Some(error) = unwritten.or(flushed.err()) {
        return Err(error.into());
    }
    output::left_out(&skipped?);
    anyhow::ensure!(many, "{}", shelf.nothing());
    Ok(())
}

/// A conversation of the list: id, task, setting, model and verdict, with tabs between them.
fn line(entry: &Entry) -> String {
    let Entry { id, task, setting, model, verdict } = entry;
    let fields = [id, task, setting, model, verdict];
    fields.map(|field| output::tame(&field.split_whitespace().collect::<Vec<_>>().join(" "))).join("\t")
}

/// One conversation, with its spec at the end.
fn whole(recording: &Recording, details: bool) -> String {
    let Recording { record, observed, about, mediated } = recording;
    let mut text = format!("{}\n{about}\n", record.id);
    text += &turns(record, observed, details);
    if *mediated {
        text = text + "\n" + &understood::whole(&record.conversation, record.spec());
    }
    text
}

/// What was said, understood, observed and replied, turn by turn.
pub(crate) fn turns(record: &Record, observed: &[Observed], details: bool) -> String {
    let remarks = |remarks: &[Remark]| -> String {
        let told = remarks.iter().filter(|remark| details || !remark.detail);
        told.fold(String::new(), |text, remark| {
            let words = remark.text.trim_end().replace('\n', "\n    ");
            text + &format!("  {} {}: {words}\n", remark.mark.sign(), remark.title)
        })
    };
    let mut text = String::new();
    let mut spec = Spec::default();
    for (place, (turn, exchange)) in record.conversation.turns.iter().zip(&record.exchanges).enumerate() {
        let by_hand = if exchange.corrected { "(by hand) " } else { "" };
        text += &format!("\n> {by_hand}{}\n", turn.user.trim_end().replace('\n', "\n  "));
        let observed = observed.get(place);
        text += &observed.map(|observed| remarks(&observed.before)).unwrap_or_default();
        text += &understood::changes(turn, &spec);
        for (place, edit) in turn.edits.iter().enumerate() {
            // A record holds only edits that fit.
            drop(spec.apply(place, edit));
        }
        text += &answered(exchange);
        text += &observed.map(|observed| remarks(&observed.after)).unwrap_or_default();
    }
    text
}
