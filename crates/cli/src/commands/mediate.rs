//! `throughline mediate`.

mod evaluate;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use throughline_conversation::{Conversation, Decision, Edit, EntryRole, Finding, Spec, Transcript, TranscriptError};
use throughline_mediator::{Considered, Mediation, Mediator, Reason};
use throughline_models::CancellationToken;

use crate::args::{Global, Mediate};
use crate::cast::Models;
use crate::config::Config;
use crate::experience::Experiences;
use crate::progress::Progress;
use crate::{output, understood};

/// A recorded conversation: what the user said, and what the user saw.
#[derive(Debug, Deserialize)]
struct Recorded {
    id: String,
    turns: Vec<RecordedTurn>,
}

#[derive(Debug, Deserialize)]
struct RecordedTurn {
    user: String,
    #[serde(default)]
    assistant: Option<String>,
}

/// What was understood of a conversation.
#[derive(Serialize)]
struct Mediated {
    id: String,
    turns: Vec<MediatedTurn>,
    spec: Spec,
    #[serde(skip)]
    conversation: Conversation,
}

#[derive(Serialize)]
struct MediatedTurn {
    edits: Vec<Edit>,
    findings: Vec<Finding>,
    decision: Decision,
    question: Option<String>,
    /// Why it was asked, or why not.
    reason: Reason,
    /// How probable it is that something essential is missing, where that was weighed.
    missing: Option<f64>,
    /// The likeliest changes of earlier clauses that the turn might have made, with what spoke for and against them.
    considered: Vec<Considered>,
}

/// So many considered changes are told of a turn.
const TOLD: usize = 5;

/// Mediates recorded conversations and prints what was understood of each.
pub(crate) async fn run(config: &Config, global: &Global, arguments: &Mediate) -> anyhow::Result<ExitCode> {
    if arguments.evaluate {
        return evaluate::run(config, global, arguments).await;
    }
    let mut recorded = read(&arguments.file)?;
    recorded.truncate(arguments.limit.unwrap_or(usize::MAX));
    let mut models = Models::new(config, global.quiet);
    models.experiences = Experiences::load(config, &arguments.experience)?;
    let mediator = models.mediator().await?;
    let mut progress = Progress::steps("conversations", recorded.len() as u64, global.quiet);
    let mut mediated = stream::iter(&recorded).map(|one| mediate(&mediator, one)).buffered(arguments.concurrency.get());
    let mut done = 0;
    while let Some(one) = mediated.next().await {
        let one = Mediated::new(&recorded[done], one?)?;
        let text = if arguments.json { serde_json::to_string(&one)? + "\n" } else { told(&one, &recorded[done])? };
        output::print(&text)?;
        done += 1;
        progress.set(done as u64);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the mediator made of each turn, with the reply that the user saw.
async fn mediate(mediator: &Mediator, recorded: &Recorded) -> anyhow::Result<Vec<Mediation>> {
    let mut conversation = Conversation::default();
    let mut mediations = Vec::new();
    let cancel = CancellationToken::new();
    for (index, said) in recorded.turns.iter().enumerate() {
        let mediation = mediator.listen(&conversation, &said.user, &cancel).await;
        let mut mediation = mediation.with_context(|| format!("conversation {}, turn {}", recorded.id, index + 1))?;
        mediation.turn.reply.clone_from(&said.assistant);
        conversation.turns.push(mediation.turn.clone());
        mediations.push(mediation);
    }
    Ok(mediations)
}

impl Mediated {
    fn new(recorded: &Recorded, mediations: Vec<Mediation>) -> anyhow::Result<Self> {
        let mut conversation = Conversation::default();
        let mut turns = Vec::new();
        for Mediation { turn, question, reason, missing, mut considered, .. } in mediations {
            considered.truncate(TOLD);
            let missing = missing.map(|missing| missing.probability);
            let (edits, findings) = (turn.edits.clone(), turn.findings.clone());
            turns.push(MediatedTurn {
                edits,
                findings,
                decision: turn.decision,
                question,
                reason,
                missing,
                considered,
            });
            conversation.turns.push(turn);
        }
        Ok(Self { id: recorded.id.clone(), turns, spec: conversation.spec()?, conversation })
    }
}

/// The conversation turn by turn, and the spec at its end.
fn told(mediated: &Mediated, recorded: &Recorded) -> anyhow::Result<String> {
    let mut text = format!("== {}\n", mediated.id);
    let mut before = Conversation::default();
    for ((index, turn), said) in mediated.conversation.turns.iter().enumerate().zip(&recorded.turns) {
        text += &format!("{}. {}\n", index + 1, output::tame(said.user.trim()));
        text += &output::tame(&understood::changes(turn, &before.spec()?));
        let MediatedTurn { question, reason, .. } = &mediated.turns[index];
        match question {
            Some(question) => text += &format!("  ? asks, because {reason}: {}\n", output::tame(question)),
            None => text += &format!("  > goes on, because {reason}\n"),
        }
        before.turns.push(turn.clone());
    }
    text += &output::tame(&understood::whole(&mediated.conversation, &mediated.spec));
    Ok(text + "\n")
}

/// Reads conversations or transcripts, a line each.
fn read(path: &Path) -> anyhow::Result<Vec<Recorded>> {
    let (name, input) = open(path)?;
    lines(input).context(name)
}

/// The input, and what messages call it.
pub(super) fn open(path: &Path) -> anyhow::Result<(String, Box<dyn BufRead>)> {
    if path == Path::new("-") {
        return Ok(("standard input".into(), Box::new(io::stdin().lock())));
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    Ok((name, Box::new(BufReader::new(file))))
}

fn lines(input: impl BufRead) -> anyhow::Result<Vec<Recorded>> {
    let mut recorded = Vec::new();
    for (index, line) in input.lines().enumerate() {
        let number = index + 1;
        let line = line.with_context(|| format!("line {number}"))?;
        if line.trim().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_str(&line).map_err(|error| not_json(&line, number, &error))?;
        recorded.push(if value.get("trace").is_some() {
            from_transcript(&Transcript::from_line(&line, number)?)
        } else {
            serde_json::from_value(value)
                .with_context(|| format!("line {number} is neither a conversation ({{\"id\", \"turns\": [{{\"user\", \"assistant\"}}]}}) nor a transcript"))?
        });
    }
    anyhow::ensure!(!recorded.is_empty(), "there is no conversation in it");
    Ok(recorded)
}

/// The error of a line that is not JSON, as for a transcript: with its place in the file, not in the line's own text.
fn not_json(text: &str, line: usize, error: &serde_json::Error) -> TranscriptError {
    if error.is_eof() {
        return TranscriptError::Truncated { line, length: text.len() };
    }
    let said = error.to_string();
    let reason = said.rfind(" at line ").and_then(|end| said.get(..end)).unwrap_or(&said).to_owned();
    TranscriptError::Malformed { line, column: error.column().max(1), reason }
}

fn from_transcript(transcript: &Transcript) -> Recorded {
    let mut turns: Vec<RecordedTurn> = Vec::new();
    for entry in &transcript.trace {
        match (entry.role, entry.text()) {
            (EntryRole::User, Some(text)) => turns.push(RecordedTurn { user: text.to_owned(), assistant: None }),
            (EntryRole::Assistant, Some(text)) => {
                if let Some(turn) = turns.last_mut() {
                    turn.assistant = Some(text.to_owned());
                }
            }
            _ => {}
        }
    }
    Recorded { id: transcript.conv_id.clone(), turns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_and_transcripts_are_read() {
        let text = concat!(
            "{\"id\": \"a\", \"turns\": [{\"user\": \"Hi\", \"assistant\": null}], \"note\": \"kept out\"}\n\n",
            "{\"conv_id\": \"b\", \"conv_type\": \"sharded\", \"task\": \"math\", \"task_id\": \"t\", \"assistant_model\": \"m\", ",
            "\"trace\": [{\"role\": \"user\", \"content\": \"One\"}, {\"role\": \"assistant\", \"content\": \"1\"}]}\n"
        );
        let recorded = lines(text.as_bytes()).unwrap();
        assert_eq!((recorded[0].id.as_str(), recorded[1].turns[0].assistant.as_deref()), ("a", Some("1")));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line) in [
            ("{\"id\": \"a\", \"turns\": []}\n{oops\n", "line 2"),
            ("{\"id\": 7}\n", "line 1"),
            ("", "no conversation"),
        ] {
            let error = format!("{:#}", lines(text.as_bytes()).unwrap_err());
            assert!(error.contains(line), "{error}");
        }
    }
}
