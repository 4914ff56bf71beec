//! The fences around code, by CommonMark's rules. A block of code that is being written is not parsed again with every
//! word that comes: its lines are taken one by one until the fence that ends it.

use std::borrow::Cow;

/// The fence that a block of code began with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fence {
    /// A backtick or a tilde.
    mark: u8,
    /// How many of them.
    length: usize,
    /// How many spaces stand before it, at most 3; as many cells are taken off each line.
    indent: usize,
}

impl Fence {
    /// Reads the line that begins a block.
    pub(super) fn opening(line: &str) -> Option<Self> {
        let indent = spaces(line);
        let mark = *line.as_bytes().get(indent).filter(|mark| matches!(mark, b'`' | b'~'))?;
        let length = run(&line[indent..], mark);
        (length >= 3 && indent < 4).then_some(Self { mark, length, indent })
    }

    /// Whether a line ends the block: as the parser has it, which allows spaces behind the fence and no tabs.
    pub(super) fn is_closed_by(self, line: &str) -> bool {
        let indent = spaces(line);
        let length = run(&line[indent..], self.mark);
        indent < 4 && length >= self.length && line[indent + length..].trim_matches(' ').is_empty()
    }

    /// The code in a line of the block. Of a tab, spaces may be left.
    pub(super) fn code(self, line: &str) -> Cow<'_, str> {
        let mut column = 0;
        let mut taken = 0;
        for byte in line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')) {
            if column >= self.indent {
                break;
            }
            column = if byte == b'\t' { column / 4 * 4 + 4 } else { column + 1 };
            taken += 1;
        }
        match column.saturating_sub(self.indent) {
            0 => Cow::Borrowed(&line[taken..]),
            left => Cow::Owned(format!("{}{}", " ".repeat(left), &line[taken..])),
        }
    }
}

fn spaces(line: &str) -> usize {
    run(line, b' ')
}

/// How many of a character a line begins with.
fn run(line: &str, mark: u8) -> usize {
    line.bytes().take_while(|byte| *byte == mark).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_ends_at_one_like_it() {
        let fence = Fence::opening("  ```rust").unwrap();
        for line in ["```", "   `````  "] {
            assert!(fence.is_closed_by(line), "{line:?}");
        }
        for line in ["``", "~~~", "```rust", "    ```", "", "\t```", "```\t"] {
            assert!(!fence.is_closed_by(line), "{line:?}");
        }
        assert!(!Fence::opening("~~~~").unwrap().is_closed_by("~~~"));
    }

    #[test]
    fn the_indent_of_the_fence_is_taken_off() {
        let fence = Fence::opening("  ```").unwrap();
        assert_eq!(
            ["    a", " b", "c", "", " \td", "\t"].map(|line| fence.code(line)),
            ["  a", "b", "c", "", "  d", "  "]
        );
    }

    #[test]
    fn other_lines_begin_no_block() {
        assert_eq!(["", "``", "text", "    ```", "# x"].map(Fence::opening), [None; 5]);
    }
}
