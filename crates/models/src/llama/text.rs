//! From token bytes to the text that may be shown: UTF-8 put together across tokens, stop texts held back.

use encoding_rs::{CoderResult, Decoder, UTF_8};

/// The text of one reply, as it grows.
pub(super) struct ReplyText {
    decoder: Decoder,
    stops: Vec<String>,
    /// Decoded, but it may be the start of a stop text.
    held: String,
    decoded: usize,
}

/// What a token added to the reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// Text that can be shown now.
    pub(super) text: String,
    /// A stop text was met; it and what follows are not part of the reply.
    pub(super) stopped: bool,
}

impl ReplyText {
    pub(super) fn new(stops: Vec<String>) -> Self {
        Self { decoder: UTF_8.new_decoder_without_bom_handling(), stops, held: String::new(), decoded: 0 }
    }

    /// Length in bytes of what was decoded so far, shown or held back.
    pub(super) fn decoded(&self) -> usize {
        self.decoded
    }

    /// Length in bytes of what was shown so far.
    pub(super) fn shown(&self) -> usize {
        self.decoded - self.held.len()
    }

    /// Adds a token's bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Piece {
        self.decode(bytes, false);
        if let Some(start) = self.first_stop() {
            let text = self.held[..start].to_owned();
            // The rest stays in `held`, so that it never counts as shown.
            self.held.drain(..start);
            return Piece { text, stopped: true };
        }
        let free = self.held.len() - self.longest_stop_start();
        Piece { text: self.held.drain(..free).collect(), stopped: false }
    }

    /// Ends the reply without a stop text: what was held back, and a replacement character for a cut character.
    pub(super) fn finish(&mut self) -> Piece {
        self.decode(&[], true);
        if let Some(start) = self.first_stop() {
            let text = self.held[..start].to_owned();
            self.held.drain(..start);
            return Piece { text, stopped: true };
        }
        Piece { text: std::mem::take(&mut self.held), stopped: false }
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool) {
        let before = self.held.len();
        loop {
            self.held.reserve(self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len()).max(16));
            let (result, read, _) = self.decoder.decode_to_string(bytes, &mut self.held, last);
            bytes = &bytes[read..];
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        self.decoded += self.held.len() - before;
    }

    /// Where the earliest stop text begins.
    fn first_stop(&self) -> Option<usize> {
        self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min()
    }

    /// Length of the longest end of the held text that a stop text begins with.
    fn longest_stop_start(&self) -> usize {
        let held = self.held.as_bytes();
        let longest = |stop: &String| {
            let most = held.len().min(stop.len() - 1);
            (1..=most).rev().find(|length| held.ends_with(&stop.as_bytes()[..*length])).unwrap_or(0)
        };
        // A stop text's first byte begins a character, so this never cuts one.
        self.stops.iter().map(longest).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(stops: &[&str], pieces: &[&[u8]]) -> (Vec<String>, bool) {
        let mut text = ReplyText::new(stops.iter().map(|stop| (*stop).to_owned()).collect());
        let mut shown = Vec::new();
        for bytes in pieces {
            let piece = text.push(bytes);
            shown.push(piece.text);
            if piece.stopped {
                return (shown, true);
            }
        }
        let piece = text.finish();
        shown.push(piece.text);
        (shown, piece.stopped)
    }

    #[test]
    fn characters_cut_by_tokens_are_put_together() {
        let (shown, _) = run(&[], &[b"a\xE2", b"\x82", b"\xAC!"]);
        assert_eq!(shown, ["a", "", "€!", ""]);
    }

    #[test]
    fn a_character_that_never_ends_is_replaced() {
        let (shown, _) = run(&[], &[b"a\xE2\x82"]);
        assert_eq!(shown.concat(), "a\u{FFFD}");
        let (shown, _) = run(&[], &[b"\xFF\xFFb"]);
        assert_eq!(shown.concat(), "\u{FFFD}\u{FFFD}b");
    }

    #[test]
    fn no_part_of_a_stop_text_is_shown() {
        let (shown, stopped) = run(&["\n\nUser:"], &[b"Hi.\n", b"\nUs", b"er", b": what"]);
        assert_eq!(shown, ["Hi.", "", "", ""]);
        assert!(stopped);
    }

    #[test]
    fn a_stop_text_that_does_not_come_is_given_back() {
        let (shown, stopped) = run(&["END"], &[b"an E", b"N", b"T", b" E"]);
        assert_eq!(shown, ["an ", "", "ENT", " ", "E"]);
        assert!(!stopped);
    }

    #[test]
    fn the_earliest_stop_text_wins() {
        let (shown, stopped) = run(&["cd", "b"], &[b"abcd"]);
        assert_eq!((shown.concat().as_str(), stopped), ("a", true));
    }

    #[test]
    fn positions_tell_shown_from_held() {
        let mut text = ReplyText::new(vec!["END".into()]);
        text.push(b"ab EN");
        assert_eq!((text.decoded(), text.shown()), (5, 3));
        text.push(b"D");
        assert_eq!((text.decoded(), text.shown()), (6, 3));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            whole in "[abé€\n]{0,40}",
            stops in prop::collection::vec("[abé€\n]{1,4}", 0..3),
            size in 1..5usize,
        ) {
            let expected = stops.iter().filter_map(|stop| whole.find(stop.as_str())).min();
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let pieces: Vec<&[u8]> = whole.as_bytes().chunks(size).collect();
            let (shown, stopped) = run(&stops, &pieces);
            prop_assert_eq!(stopped, expected.is_some());
            // Of two stop texts the one that is complete first ends the reply.
            if let Some(start) = expected {
                prop_assert!(whole.starts_with(&shown.concat()) && shown.concat().len() >= start);
            } else {
                prop_assert_eq!(shown.concat(), whole);
            }
            for stop in &stops {
                prop_assert!(!shown.concat().contains(stop));
            }
        }
    }
}
