//! A text cut into lines, some megabytes at a time, so that lines can be read beside each other and memory stays small.

use std::io::{self, Read};
use std::mem;
use std::ops::Range;

use memchr::{memchr, memrchr};

/// How much text a block holds, unless a line is longer.
const BLOCK: usize = 1 << 22;

/// The longest line, or other record, that is read, in bytes: far longer than any conversation, far shorter than memory.
pub(crate) const LONGEST: usize = 1 << 26;

/// Whole lines.
pub(crate) struct Block {
    text: Vec<u8>,
    lines: Vec<(usize, Range<usize>)>,
    /// What stands behind them, if that is no other line.
    pub(crate) end: Option<(usize, End)>,
}

/// Why a line is not there.
pub(crate) enum End {
    /// It is longer than [`LONGEST`], and was passed over.
    TooLong,
    /// The input failed.
    Failed(io::Error),
}

impl Block {
    /// The lines and their numbers, from 1.
    pub(crate) fn lines(&self) -> Vec<(usize, &[u8])> {
        self.lines.iter().map(|(number, range)| (*number, &self.text[range.clone()])).collect()
    }
}

/// Reads blocks of lines. Lines of white space are left out, and so are the ends of lines.
pub(crate) struct Blocks<R> {
    input: R,
    /// The beginning of the line that the last block did not reach the end of.
    rest: Vec<u8>,
    /// The lines before `rest`.
    before: usize,
    /// Whether a line that is too long stands before `rest`, of which no end was found yet.
    passing: bool,
    ended: bool,
    block: usize,
    longest: usize,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(input: R) -> Self {
        Self::sized(input, BLOCK, LONGEST)
    }

    fn sized(input: R, block: usize, longest: usize) -> Self {
        Self { input, rest: Vec::new(), before: 0, passing: false, ended: false, block, longest }
    }

    /// The next block; `None` behind the last one.
    pub(crate) fn next(&mut self) -> Option<Block> {
        if self.ended {
            return None;
        }
        if self.passing {
            self.pass_over();
        }
        let mut text = mem::take(&mut self.rest);
        let (whole, end) = loop {
            let known = text.len();
            let read = (&mut self.input).take(self.block as u64).read_to_end(&mut text);
            let newline = memrchr(b'\n', &text[known..]).map(|at| known + at + 1);
            match (read, newline) {
                // What the input failed in is cut off.
                (Err(error), newline) => {
                    self.ended = true;
                    break (newline.unwrap_or(0), Some(End::Failed(error)));
                }
                (Ok(read), _) if read < self.block => {
                    self.ended = true;
                    break (text.len(), None);
                }
                (Ok(_), Some(newline)) => {
                    self.rest = text.split_off(newline);
                    break (newline, None);
                }
                (Ok(_), None) if text.len() > self.longest => break (0, Some(End::TooLong)),
                (Ok(_), None) => {}
            }
        };
        text.truncate(whole);
        let lines = self.cut(&text);
        let end = end.map(|end| (self.before + 1, end));
        self.passing = matches!(end, Some((_, End::TooLong)));
        Some(Block { text, lines, end })
    }

    fn cut(&mut self, text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let mut lines = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at);
            self.before += 1;
            let kept = text[start..end].strip_suffix(b"\r").map_or(end, |_| end - 1);
            if !text[start..kept].trim_ascii().is_empty() {
                lines.push((self.before, start..kept));
            }
            start = end + 1;
        }
        lines
    }

    /// Reads to the end of a line without keeping it.
    fn pass_over(&mut self) {
        self.before += 1;
        loop {
            let mut text = Vec::new();
            let read = (&mut self.input).take(self.block as u64).read_to_end(&mut text);
            if let Some(newline) = memchr(b'\n', &text) {
                self.rest = text.split_off(newline + 1);
                return;
            }
            // A failure shows again when the next block is read; an input that has ended shows it too.
            if !read.is_ok_and(|read| read == self.block) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], block: usize, longest: usize) -> (Vec<(usize, Vec<u8>)>, Vec<usize>) {
        let mut blocks = Blocks::sized(Cursor::new(text), block, longest);
        let (mut lines, mut too_long) = (Vec::new(), Vec::new());
        while let Some(block) = blocks.next() {
            lines.extend(block.lines().into_iter().map(|(number, line)| (number, line.to_owned())));
            too_long.extend(block.end.map(|(number, _)| number));
        }
        (lines, too_long)
    }

    proptest! {
        #[test]
        fn blocks_of_any_size_hold_the_same_lines(text in "[ab \r\n]{0,60}", block in 1..70_usize) {
            let expected: Vec<_> = text
                .split('\n')
                .enumerate()
                .map(|(index, line)| (index + 1, line.strip_suffix('\r').unwrap_or(line).as_bytes().to_owned()))
                .filter(|(_, line)| !line.trim_ascii().is_empty())
                .collect();
            prop_assert_eq!(read(text.as_bytes(), block, usize::MAX), (expected, vec![]));
        }

        #[test]
        fn a_line_that_is_too_long_costs_itself_alone(before in "[ab\n]{0,20}", after in "[ab\n]{0,20}", block in 1..9_usize) {
            let text = format!("{before}\n{}\n{after}", "x".repeat(60));
            let (lines, too_long) = read(text.as_bytes(), block, 40);
            prop_assert_eq!(too_long, vec![before.split('\n').count() + 1]);
            let expected: Vec<_> = text
                .split('\n')
                .enumerate()
                .map(|(index, line)| (index + 1, line.as_bytes().to_owned()))
                .filter(|(_, line)| !line.is_empty() && line.len() < 60)
                .collect();
            prop_assert_eq!(lines, expected);
        }
    }
}
