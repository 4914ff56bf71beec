//! Archives of inspect_ai (`.eval`): a header and one file for each sample.

use std::fs::File;
use std::io::{BufReader, Read};

use serde::de::DeserializeOwned;
use serde_json::Value;
use throughline_conversation::TranscriptError;
use zip::ZipArchive;

use super::inspect::{Header, Sample};
use super::{Flow, Found, Wrong, place};
use crate::ScoreError;

/// Where the header stands: in a log that was finished, and in one that was not.
const HEADERS: [&str; 2] = ["header.json", "_journal/start.json"];

/// Where the samples stand.
const SAMPLES: &str = "samples/";

/// The longest sample that is read, in bytes. Most of it are events, which are not kept.
const LONGEST: u64 = 1 << 28;

/// Reads the samples of an archive.
pub(super) fn read<O: Send>(
    name: &str,
    mut archive: ZipArchive<File>,
    flow: &mut Flow<'_, O>,
) -> Result<(), ScoreError> {
    let header = match header(name, &mut archive) {
        Ok(header) => header,
        Err(error) => return (flow.take)(Err(error)),
    };
    for index in 0..archive.len() {
        if !archive.name_for_index(index).is_some_and(|member| member.starts_with(SAMPLES)) {
            continue;
        }
        let sample = member::<Sample>(name, &mut archive, index);
        let made = sample.and_then(|(sample, member)| {
            let place = place(&member, 1);
            let transcript = header.transcript(sample, flow.scorer).map_err(|wrong| wrong.at(&place))?;
            (flow.read)(Found::Transcript(Box::new(transcript)), &place)
        });
        (flow.take)(made)?;
    }
    Ok(())
}

fn header(name: &str, archive: &mut ZipArchive<File>) -> Result<Header, ScoreError> {
    let wrong = |reason: &str| Wrong::new("eval", reason).at(&place(name, 1));
    let Some(index) = HEADERS.iter().find_map(|header| archive.index_for_name(header)) else {
        return Err(wrong("the archive holds no header.json, so it is no log of inspect_ai"));
    };
    let (log, member) = member::<Value>(name, archive, index)?;
    let eval = log.get("eval").ok_or_else(|| wrong("it is missing"))?;
    Header::of(eval).map_err(|wrong| wrong.at(&place(&member, 1)))
}

/// Reads one file of the archive, and tells how errors call it.
fn member<T: DeserializeOwned>(
    name: &str,
    archive: &mut ZipArchive<File>,
    index: usize,
) -> Result<(T, String), ScoreError> {
    let called = format!("{name}/{}", archive.name_for_index(index).unwrap_or_default());
    let member = archive.by_index(index);
    let member = member.map_err(|error| ScoreError::Unreadable { at: called.clone(), reason: error.into() })?;
    let mut bounded = member.take(LONGEST);
    match serde_json::from_reader(BufReader::new(&mut bounded)) {
        Ok(read) => Ok((read, called)),
        Err(_) if bounded.limit() == 0 => Err(ScoreError::TooLong { place: place(&called, 1) }),
        Err(error) if error.is_io() => Err(ScoreError::Unreadable { at: called, reason: error.into() }),
        Err(error) => {
            let reason = TranscriptError::Malformed {
                line: error.line(),
                column: error.column().max(1),
                reason: super::said(&error),
            };
            Err(ScoreError::Transcript { name: called, reason })
        }
    }
}
