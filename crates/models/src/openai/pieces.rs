//! The pieces of a streamed reply, out of server-sent events.
//!
//! Of the events only their data matters. A line of data is read as soon as it is there: servers write one a piece. One
//! that is not JSON by itself is put together with the lines of data that follow it, up to the empty line that ends the
//! event.

use std::pin::Pin;

use futures::future::{Either, select};
use reqwest::Response;
use tokio::time::{Instant, Sleep, sleep_until};

use super::chunk::Chunk;
use super::transport::Line;
use crate::ModelError;

/// Reads the pieces of one reply.
pub(super) struct Pieces {
    response: Response,
    line: Line,
    lines: Lines,
    /// When the endpoint last sent something.
    heard: Instant,
    /// Wakes when it may have been silent for too long. It is set anew only then: most pieces come long before.
    alarm: Pin<Box<Sleep>>,
}

impl Pieces {
    pub(super) fn new(response: Response, line: Line) -> Self {
        let heard = Instant::now();
        let alarm = Box::pin(sleep_until(heard + line.silence));
        Self { response, line, lines: Lines::default(), heard, alarm }
    }

    /// The next piece; `None` at the end of the stream, whether the reply is complete or not.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, ModelError> {
        loop {
            match self.lines.next() {
                Some(Ok(chunk)) => return Ok(Some(chunk)),
                Some(Err(reason)) => return Err(self.line.unreadable(&reason)),
                // What a server keeps open behind the end marker is not waited for.
                None if self.lines.done => return Ok(None),
                None => {}
            }
            if !self.receive().await? {
                return Ok(None);
            }
        }
    }

    /// Whether the stream said `[DONE]`.
    pub(super) fn is_done(&self) -> bool {
        self.lines.done
    }

    /// Waits for more; false at the end.
    async fn receive(&mut self) -> Result<bool, ModelError> {
        loop {
            let piece = std::pin::pin!(self.response.chunk());
            match select(piece, self.alarm.as_mut()).await {
                Either::Left((Ok(Some(bytes)), _)) => {
                    self.heard = Instant::now();
                    self.lines.push(&bytes);
                    return Ok(true);
                }
                Either::Left((Ok(None), _)) => {
                    self.lines.end();
                    return Ok(false);
                }
                Either::Left((Err(_), _)) => return Err(ModelError::CutStream),
                Either::Right(((), _)) => {}
            }
            let end = self.heard + self.line.silence;
            if end <= Instant::now() {
                return Err(self.line.silent());
            }
            self.alarm.as_mut().reset(end);
        }
    }
}

/// Cuts a body into lines, and reads those that hold data.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where no line end was found.
    searched: usize,
    /// Data that is not JSON yet.
    pending: String,
    done: bool,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The body is over: what stands behind its last line end may still be the end marker.
    fn end(&mut self) {
        self.done |= data(&self.buffer[self.start..]) == Some(b"[DONE]");
    }

    /// The next piece, or why it cannot be read; `None` where more bytes are needed.
    fn next(&mut self) -> Option<Result<Chunk, String>> {
        while let Some(length) = memchr::memchr(b'\n', &self.buffer[self.searched..]) {
            let line = &self.buffer[self.start..self.searched + length];
            self.start = self.searched + length + 1;
            self.searched = self.start;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() && !self.pending.is_empty() {
                return Some(Err(format!("it is not JSON: {:?}", std::mem::take(&mut self.pending))));
            }
            let Some(data) = data(line) else { continue };
            if data == b"[DONE]" {
                self.done = true;
                continue;
            }
            let Ok(data) = std::str::from_utf8(data) else { return Some(Err("it is not UTF-8".to_owned())) };
            if self.pending.is_empty() {
                match Chunk::parse(data) {
                    Ok(chunk) => return Some(Ok(chunk)),
                    Err(_) => data.clone_into(&mut self.pending),
                }
            } else {
                self.pending.push('\n');
                self.pending.push_str(data);
                if let Ok(chunk) = Chunk::parse(&self.pending) {
                    self.pending.clear();
                    return Some(Ok(chunk));
                }
            }
        }
        self.searched = self.buffer.len();
        None
    }
}

/// What a line of data holds; `None` for comments and other fields.
fn data(line: &[u8]) -> Option<&[u8]> {
    // A byte order mark may stand before the first line.
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let data = line.strip_prefix(b"data:")?;
    Some(data.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a body that comes in pieces of so many bytes, and whether it said that it is done.
    fn read(body: &str, piece: usize) -> (Vec<Result<String, String>>, bool) {
        let (mut lines, mut texts) = (Lines::default(), Vec::new());
        for bytes in body.as_bytes().chunks(piece) {
            lines.push(bytes);
            while let Some(chunk) = lines.next() {
                texts.push(chunk.map(|chunk| chunk.text));
            }
        }
        lines.end();
        (texts, lines.done)
    }

    fn says(text: &str) -> String {
        serde_json::json!({"choices": [{"delta": {"content": text}}]}).to_string()
    }

    #[test]
    fn events_are_read_in_whatever_pieces_they_come() {
        let body = format!(
            "\u{feff}data: {}\n\n: comment\r\nevent: x\r\ndata:{}\r\n\r\nid: 1\ndata: [DONE]",
            says("é"),
            says("世界")
        );
        for piece in 1..=body.len() {
            assert_eq!(read(&body, piece), (vec![Ok("é".into()), Ok("世界".into())], true), "pieces of {piece}");
        }
    }

    #[test]
    fn the_end_marker_is_a_line_of_its_own() {
        for (body, done) in [
            ("data: [DONE]\n\n", true),
            ("data:[DONE]", true),
            ("data: [DONE] \r\n", true),
            ("data: [DON", false),
            (": data: [DONE]\n", false),
            ("data: {\"choices\":[{\"delta\":{\"content\":\"data: [DONE]\"}}]}\n\n", false),
        ] {
            assert_eq!(read(body, 5).1, done, "{body:?}");
        }
    }

    #[test]
    fn data_may_span_lines() {
        let body = "data: {\"choices\": [\ndata: {\"delta\": {\"content\": \"Hi\"}}]}\n\n";
        assert_eq!(read(body, 7).0, [Ok("Hi".to_owned())]);
    }

    #[test]
    fn what_is_not_json_is_told_at_the_end_of_its_event() {
        let (read, _) = read(&format!("data: not JSON\n\ndata: {}\n\n", says("Hi")), 1000);
        assert!(read[0].as_ref().is_err_and(|reason| reason.contains("not JSON")), "{read:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_read_the_same_in_any_pieces(body in "(data: ?(\\{\"choices\":\\[\\]\\}|[a\\{\\}é]{0,4})?|:|\n|\r\n){0,12}", piece in 1_usize..9) {
            assert_eq!(read(&body, piece), read(&body, usize::MAX));
        }
    }
}
