//! Texts that are one JSON document over many lines: a list of records, a single record, or a log of inspect_ai.
//!
//! Records are taken out of a document one by one, so that its size does not matter.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use throughline_conversation::TranscriptError;

use super::inspect::{Header, Sample};
use super::lines::LONGEST;
use super::{Flow, Found, Wrong, place};
use crate::{Place, ScoreError};

/// Whether a text that begins so is a document rather than one record a line: it is a list, or an object that is broken
/// into lines, or a log of inspect_ai, which names its version first.
pub(super) fn starts_one(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let Some(fields) = head.strip_prefix(b"{") else { return head.starts_with(b"[") };
    let broken = head.split(|byte| *byte == b'\n').next().is_some_and(|first| {
        first.len() < head.len() && matches!(first.trim_ascii_end().last(), Some(b'{' | b'[' | b','))
    });
    broken || fields.trim_ascii_start().starts_with(b"\"version\"")
}

/// Reads the records of a document, or of several behind each other.
pub(super) fn read<O: Send>(name: &str, text: impl Read, flow: &mut Flow<'_, O>) -> Result<(), ScoreError> {
    let meter = Meter { line: Rc::new(Cell::new(1)), left: Rc::new(Cell::new(LONGEST)) };
    let metered = Metered { input: BufReader::new(text), meter: meter.clone() };
    let mut json = serde_json::Deserializer::from_reader(metered);
    let mut walk = Walk { name, flow, meter, ended: None };
    while json.end().is_err() {
        if let Err(error) = walk.deserialize(&mut json) {
            if let Some(ended) = walk.ended {
                return Err(ended);
            }
            let broken = walk.broken(error);
            return (walk.flow.take)(Err(broken));
        }
    }
    Ok(())
}

/// Where the reading of a document stands.
#[derive(Clone)]
struct Meter {
    /// The line, from 1.
    line: Rc<Cell<usize>>,
    /// How many bytes more the record at hand may have.
    left: Rc<Cell<usize>>,
}

/// A text that is read along with its meter, and ends where a record is too long.
struct Metered<R> {
    input: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.meter.left.get());
        if most == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.input.read(&mut buffer[..most])?;
        self.meter.left.set(self.meter.left.get() - read);
        let newlines = memchr::memchr_iter(b'\n', &buffer[..read]).count();
        self.meter.line.set(self.meter.line.get() + newlines);
        Ok(read)
    }
}

/// A walk through a document that hands on its records.
struct Walk<'a, 'f, O> {
    name: &'a str,
    flow: &'a mut Flow<'f, O>,
    meter: Meter,
    /// Why no more records are wanted.
    ended: Option<ScoreError>,
}

impl<O: Send> Walk<'_, '_, O> {
    /// Hands on what came of a record.
    fn take<E: Error>(&mut self, made: Result<O, ScoreError>) -> Result<(), E> {
        self.meter.left.set(LONGEST);
        (self.flow.take)(made).map_err(|error| {
            self.ended = Some(error);
            E::custom("no more records are wanted")
        })
    }

    /// Where a record begins whose end was just read.
    fn place(&self, record: &RawValue) -> Place {
        let lines = memchr::memchr_iter(b'\n', record.get().as_bytes()).count();
        place(self.name, self.meter.line.get() - lines)
    }

    fn record<E: Error>(&mut self, record: &RawValue) -> Result<(), E> {
        let place = self.place(record);
        let made = (self.flow.read)(Found::Record(record.get()), &place);
        self.take(made)
    }

    fn sample<E: Error>(&mut self, record: &RawValue, header: &Header) -> Result<(), E> {
        let place = self.place(record);
        let sample = serde_json::from_str::<Sample>(record.get());
        let sample = sample.map_err(|error| malformed(self.name, place.line - 1 + error.line(), &error));
        let made = sample.and_then(|sample| {
            let transcript = header.transcript(sample, self.flow.scorer).map_err(|wrong| wrong.at(&place))?;
            (self.flow.read)(Found::Transcript(Box::new(transcript)), &place)
        });
        self.take(made)
    }

    /// The error for a document that cannot be read on.
    fn broken(&self, error: serde_json::Error) -> ScoreError {
        if self.meter.left.get() == 0 {
            return ScoreError::TooLong { place: place(self.name, self.meter.line.get()) };
        }
        if error.is_io() {
            let at = place(self.name, self.meter.line.get()).to_string();
            return ScoreError::Unreadable { at, reason: error.into() };
        }
        malformed(self.name, error.line(), &error)
    }
}

fn malformed(name: &str, line: usize, error: &serde_json::Error) -> ScoreError {
    let reason = TranscriptError::Malformed { line, column: error.column().max(1), reason: super::said(error) };
    ScoreError::Transcript { name: name.into(), reason }
}

impl<'de, O: Send> DeserializeSeed<'de> for &mut Walk<'_, '_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<(), D::Error> {
        document.deserialize_any(self)
    }
}

impl<'de, O: Send> Visitor<'de> for &mut Walk<'_, '_, O> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("conversations: an object, or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        while let Some(record) = records.next_element::<Box<RawValue>>()? {
            self.record(&record)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let line = self.meter.line.get();
        let mut record = Map::new();
        while let Some(field) = fields.next_key::<String>()? {
            if field == "eval" && record.contains_key("version") {
                let header = Header::of(&fields.next_value()?);
                return match header {
                    Ok(header) => self.log(&header, fields),
                    Err(wrong) => {
                        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        self.take(Err(wrong.at(&place(self.name, line))))
                    }
                };
            }
            record.insert(field, fields.next_value::<Value>()?);
        }
        let made = (self.flow.read)(Found::Record(&Value::Object(record).to_string()), &place(self.name, line));
        self.take(made)
    }
}

impl<O: Send> Walk<'_, '_, O> {
    /// What stands behind the header of a log.
    fn log<'de, A: MapAccess<'de>>(&mut self, header: &Header, mut fields: A) -> Result<(), A::Error> {
        let mut sampled = false;
        while let Some(field) = fields.next_key::<String>()? {
            self.meter.left.set(LONGEST);
            if field == "samples" {
                sampled = true;
                fields.next_value_seed(Samples { walk: self, header })?;
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        if sampled {
            return Ok(());
        }
        let wrong = Wrong::new("samples", "the log holds none; it was written without them");
        self.take(Err(wrong.at(&place(self.name, self.meter.line.get()))))
    }
}

/// The samples of a log.
struct Samples<'s, 'a, 'f, O> {
    walk: &'s mut Walk<'a, 'f, O>,
    header: &'s Header,
}

impl<'de, O: Send> DeserializeSeed<'de> for Samples<'_, '_, '_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, samples: D) -> Result<(), D::Error> {
        samples.deserialize_seq(self)
    }
}

impl<'de, O: Send> Visitor<'de> for Samples<'_, '_, '_, O> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the list of a log's samples")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut samples: A) -> Result<(), A::Error> {
        while let Some(sample) = samples.next_element::<Box<RawValue>>()? {
            self.walk.sample(&sample, self.header)?;
        }
        Ok(())
    }
}
