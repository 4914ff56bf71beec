//! Conversations without their traces, for lists of many; and one of them whole, by the place at which it stands.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use throughline_conversation::{Transcript, Verdict};

use super::files::{is_run_directory, is_transcripts};
use super::{Conversation, Flow, Found, whole};
use crate::{Place, ScoreError};

/// What a recorded conversation is, without what was said in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Glance {
    /// Names the run.
    pub conv_id: String,
    /// The task family.
    pub task: String,
    /// The sample.
    pub task_id: String,
    /// The setting.
    pub setting: String,
    /// The model that replied.
    pub model: String,
    /// How the run went; `None` where the transcript says something of it that makes no sense.
    pub verdict: Option<Verdict>,
    /// Where it can be read again.
    pub spot: Spot,
}

/// Where a conversation stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The line of its record, from 1.
    pub line: usize,
    /// How many records stand before it: a document may hold several on one line.
    pub nth: usize,
}

/// The fields of a transcript's line that a glance shows. What else there is, is passed over.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    conv_id: Cow<'a, str>,
    #[serde(borrow)]
    conv_type: Cow<'a, str>,
    #[serde(borrow)]
    task: Cow<'a, str>,
    #[serde(borrow)]
    task_id: Cow<'a, str>,
    #[serde(borrow)]
    assistant_model: Cow<'a, str>,
    #[serde(rename = "trace")]
    _trace: IgnoredAny,
    is_correct: Option<Value>,
    score: Option<Value>,
}

impl Glance {
    fn of(transcript: Transcript, line: usize) -> Self {
        Self {
            verdict: transcript.verdict().ok(),
            conv_id: transcript.conv_id,
            task: transcript.task,
            task_id: transcript.task_id,
            setting: transcript.conv_type,
            model: transcript.assistant_model,
            spot: Spot { line, nth: 0 },
        }
    }

    /// What the line of a transcript with a verdict shows without reading its trace; `None` where only the whole
    /// record can tell.
    fn of_line(text: &str, line: usize) -> Option<Self> {
        let read: Line<'_> = serde_json::from_str(text).ok()?;
        let verdict = Verdict::recorded(read.score.as_ref(), read.is_correct.as_ref()).ok()??;
        Some(Self {
            conv_id: read.conv_id.into_owned(),
            task: read.task.into_owned(),
            task_id: read.task_id.into_owned(),
            setting: read.conv_type.into_owned(),
            model: read.assistant_model.into_owned(),
            verdict: Some(verdict),
            spot: Spot { line, nth: 0 },
        })
    }
}

/// Looks over the conversations of one file of any format (see [`super::files()`]) without keeping what was said in
/// them. `take` gets each glance, or the error in its place; what it returns as an error ends the reading. The last
/// line of a run directory that is being written, or was when the process was killed, is passed over.
///
/// `scorer` names the scorer whose scores count, where a log of inspect_ai holds those of several.
///
/// # Errors
/// Whatever `take` returns.
pub fn glance(
    file: &Path,
    scorer: Option<&str>,
    mut take: impl FnMut(Result<Glance, ScoreError>) -> Result<(), ScoreError>,
) -> Result<(), ScoreError> {
    let grows = is_transcripts(file) && file.parent().is_some_and(is_run_directory);
    let (mut nth, mut cut) = (0, None);
    let read = |found: Found<'_>, place: &Place| {
        if let Found::Record(text) = &found
            && let Some(glance) = Glance::of_line(text, place.line)
        {
            return Ok(glance);
        }
        Ok(Glance::of(found.transcript(place)?, place.line))
    };
    let mut hand_on = |made: Result<Glance, ScoreError>| {
        if let Some(error) = cut.take() {
            take(Err(error))?;
        }
        let here = nth;
        nth += 1;
        match made {
            Err(error) if grows && error.is_cut() => cut = Some(error),
            made => take(made.map(|glance| Glance { spot: Spot { nth: here, ..glance.spot }, ..glance }))?,
        }
        Ok(())
    };
    Flow { read: &read, take: &mut hand_on, scorer }.file(file)
}

/// Reads the one conversation that stands at that spot of a file. Those before it are passed over, not read.
///
/// # Errors
/// [`ScoreError`] of the conversation or of the file; [`ScoreError::Gone`] where nothing stands there any more.
pub fn read_at(file: &Path, spot: Spot, scorer: Option<&str>) -> Result<Conversation, ScoreError> {
    let (mut nth, mut there) = (0, None);
    let read = |found: Found<'_>, place: &Place| {
        if place.line == spot.line { whole(found, place).map(Some) } else { Ok(None) }
    };
    let mut find = |made: Result<Option<Conversation>, ScoreError>| {
        let here = nth;
        nth += 1;
        if here < spot.nth {
            return Ok(());
        }
        there = made?;
        Err(ScoreError::Stopped)
    };
    let ended = Flow { read: &read, take: &mut find, scorer }.file(file);
    match (ended, there) {
        (Ok(()) | Err(ScoreError::Stopped), Some(conversation)) => Ok(conversation),
        (Ok(()) | Err(ScoreError::Stopped), None) => {
            Err(ScoreError::Gone { place: Place { name: file.display().to_string(), line: spot.line } })
        }
        (Err(error), _) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn transcript(id: &str, verdict: &str) -> String {
        format!(
            r#"{{"conv_id":"{id}","conv_type":"sharded","task":"math","task_id":"s/1","assistant_model":"m","trace":[{{"role":"user","content":"Question of {id}"}},{{"role":"log","content":{{"type":"system-verification","response":{{"response_type":"discussion"}}}}}}]{verdict}}}"#
        )
    }

    fn glances(file: &Path) -> Vec<Result<Glance, String>> {
        let mut found = Vec::new();
        let take = |read: Result<Glance, ScoreError>| {
            found.push(read.map_err(|error| error.to_string()));
            Ok(())
        };
        glance(file, None, take).unwrap();
        found
    }

    #[test]
    fn every_conversation_is_found_again_where_it_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let lines = [
            transcript("a", r#","score":0.5"#),
            String::new(),
            "{\"no\": \"conversation\"}".to_owned(),
            transcript("b", ""),
            r#"{"messages":[{"role":"user","content":"Question of c"}]}"#.to_owned(),
        ];
        let list = format!("[{},{},\n{}]", lines[0], lines[3], lines[4]);
        for (name, text, seen, bad) in [("a.jsonl", lines.join("\n"), 4, 1), ("b.json", list, 3, 0)] {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            let found = glances(&file);
            assert_eq!((found.len(), found.iter().filter(|read| read.is_err()).count()), (seen, bad), "{found:?}");
            for (glance, said) in found.iter().flatten().zip(["a", "b", "c"]) {
                let conversation = read_at(&file, glance.spot, None).unwrap();
                let text = conversation.transcript.trace[0].text().unwrap();
                assert_eq!(text, format!("Question of {said}"), "{glance:?}");
                assert_eq!(conversation.transcript.conv_id, glance.conv_id);
            }
            let verdicts: Vec<_> = found.iter().flatten().map(|glance| glance.verdict).collect();
            assert_eq!(verdicts, [Some(Verdict::Scored(0.5)), Some(Verdict::NoAttempt), Some(Verdict::Unevaluated)]);
        }
    }

    #[test]
    fn a_run_that_is_being_written_is_not_broken() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.toml"), "").unwrap();
        let file = folder.path().join("transcripts.jsonl");
        let line = transcript("a", r#","score":1"#);
        fs::write(&file, format!("{line}\n{}", &line[..60])).unwrap();
        let found = glances(&file);
        assert!(found.len() == 1 && found[0].is_ok(), "{found:?}");
        fs::write(&file, format!("{}\n{line}\n", &line[..60])).unwrap();
        let found = glances(&file);
        assert!(found.len() == 2 && found[0].is_err(), "it is broken where more stands behind it: {found:?}");
    }

    #[test]
    fn what_is_gone_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jsonl");
        fs::write(&file, transcript("a", r#","score":1"#)).unwrap();
        let gone = read_at(&file, Spot { line: 7, nth: 6 }, None).unwrap_err();
        assert!(gone.to_string().contains("a.jsonl: line 7"), "{gone}");
    }
}
