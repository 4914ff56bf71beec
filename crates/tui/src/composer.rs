//! What the user is typing: several lines, with folded pastes, files by name, and what was typed before.

use crossterm::event::KeyEvent;
use ratatui_textarea::{CursorMove, DataCursor, TextArea, WrapMode};
use unicode_width::UnicodeWidthStr;

/// A paste is folded from so many characters on, or so many lines.
const LONG_PASTE: usize = 1000;
const MANY_LINES: usize = 12;

/// What is being typed.
pub(crate) struct Composer {
    area: TextArea<'static>,
    /// Folded pastes: what stands for them, and what they hold.
    folded: Vec<(String, String)>,
    /// Files that were named with `@`.
    files: Vec<String>,
    /// What was sent before, oldest first.
    history: Vec<String>,
    /// Which of it is shown, and what was being typed instead.
    recalled: Option<(usize, String)>,
}

/// What was typed, ready to be sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) text: String,
    pub(crate) files: Vec<String>,
}

impl Composer {
    pub(crate) fn new() -> Self {
        let mut composer = Self {
            area: TextArea::default(),
            folded: Vec::new(),
            files: Vec::new(),
            history: Vec::new(),
            recalled: None,
        };
        composer.put("");
        composer
    }

    /// The widget to draw.
    pub(crate) fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// What is shown, folded pastes by what stands for them.
    pub(crate) fn shown(&self) -> String {
        self.area.lines().join("\n")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// How many rows it takes at that width.
    pub(crate) fn rows(&self, width: u16) -> usize {
        let width = usize::from(width.max(1));
        // The cursor needs a cell behind the last character.
        self.area.lines().iter().map(|line| line.width() / width + 1).sum()
    }

    /// Takes a key that has no meaning of its own.
    pub(crate) fn key(&mut self, event: KeyEvent) {
        self.area.input(event);
    }

    pub(crate) fn newline(&mut self) {
        self.area.insert_newline();
    }

    /// Whether the line of the cursor ends in a backslash, before which Enter is a new line; it is one then.
    pub(crate) fn continues(&mut self) -> bool {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map(String::as_str).unwrap_or_default();
        let continues = line.ends_with('\\') && column == line.chars().count();
        if continues {
            self.area.delete_char();
            self.area.insert_newline();
        }
        continues
    }

    /// Takes a paste; a long one is folded.
    pub(crate) fn paste(&mut self, pasted: &str) {
        let kept = |character: &char| !character.is_control() || matches!(character, '\n' | '\t');
        let text: String = pasted.replace("\r\n", "\n").replace('\r', "\n").chars().filter(kept).collect();
        let (characters, lines) = (text.chars().count(), text.lines().count());
        if characters < LONG_PASTE && lines < MANY_LINES {
            self.area.insert_str(text);
            return;
        }
        let label = format!("[pasted {}: {characters} characters, {lines} lines]", self.folded.len() + 1);
        self.area.insert_str(&label);
        self.folded.push((label, text));
    }

    /// Puts a text in the place of what is typed, the cursor behind it.
    pub(crate) fn put(&mut self, text: &str) {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        self.area = area;
    }

    /// Empties it; nothing is sent.
    pub(crate) fn clear(&mut self) {
        self.put("");
        self.folded.clear();
        self.files.clear();
        self.recalled = None;
    }

    /// Puts what was to be sent before what was typed since.
    pub(crate) fn give_back(&mut self, typed: Typed) {
        let since = self.shown();
        let both = if since.trim().is_empty() { typed.text } else { [typed.text, since].join("\n") };
        self.put(&both);
        self.files.extend(typed.files);
    }

    /// Attaches a file that is named in what is typed.
    pub(crate) fn attach(&mut self, path: &str) {
        self.files.push(path.to_owned());
    }

    /// What is typed, with folded pastes unfolded.
    pub(crate) fn unfolded(&self) -> String {
        self.folded.iter().fold(self.shown(), |text, (label, content)| text.replace(label, content))
    }

    /// Takes what was typed, to be sent; it is remembered.
    pub(crate) fn take(&mut self) -> Typed {
        let shown = self.shown();
        let text = self.unfolded().trim().to_owned();
        let mut files = std::mem::take(&mut self.files);
        files.retain(|path| shown.contains(&format!("@{path}")));
        files.dedup();
        self.clear();
        self.remember(&text);
        Typed { text, files }
    }

    /// Remembers what was typed.
    pub(crate) fn remember(&mut self, text: &str) {
        if !text.is_empty() && self.history.last().map(String::as_str) != Some(text) {
            self.history.push(text.to_owned());
        }
    }

    /// Shows what was typed before; false where the cursor has to go up a line instead, or there is nothing before.
    pub(crate) fn earlier(&mut self) -> bool {
        let DataCursor(row, _) = self.area.cursor();
        let (place, draft) = match &self.recalled {
            Some((place, draft)) => (*place, draft.clone()),
            None => (self.history.len(), self.shown()),
        };
        let Some(before) = place.checked_sub(1).filter(|_| row == 0) else { return false };
        let text = self.history.get(before).cloned().unwrap_or_default();
        self.put(&text);
        self.recalled = Some((before, draft));
        true
    }

    /// Shows what was typed after that, at last what was being typed.
    pub(crate) fn later(&mut self) -> bool {
        let DataCursor(row, _) = self.area.cursor();
        if row + 1 < self.area.lines().len() {
            return false;
        }
        let Some((place, draft)) = self.recalled.take() else { return false };
        match self.history.get(place + 1).cloned() {
            Some(text) => {
                self.put(&text);
                self.recalled = Some((place + 1, draft));
            }
            None => self.put(&draft),
        }
        true
    }

    /// The word that ends at the cursor.
    pub(crate) fn word(&self) -> String {
        let DataCursor(row, column) = self.area.cursor();
        let line = self.area.lines().get(row).map(String::as_str).unwrap_or_default();
        let before: String = line.chars().take(column).collect();
        before.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned()
    }

    /// Puts a text in the place of the word that ends at the cursor.
    pub(crate) fn replace_word(&mut self, text: &str) {
        for _ in 0..self.word().chars().count() {
            self.area.delete_char();
        }
        self.area.insert_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Composer {
        let mut composer = Composer::new();
        composer.put(text);
        composer
    }

    #[test]
    fn what_was_typed_before_comes_back_and_the_draft_stays() {
        let mut composer = typed("one");
        composer.take();
        composer.put("two");
        composer.take();
        composer.put("half a thr");
        assert!(composer.earlier());
        assert_eq!(composer.shown(), "two");
        assert!(composer.earlier());
        assert!(!composer.earlier());
        assert_eq!(composer.shown(), "one");
        assert!(composer.later());
        assert!(composer.later());
        assert_eq!(composer.shown(), "half a thr");
        assert!(!composer.later());
    }

    #[test]
    fn a_long_paste_is_folded_and_sent_whole() {
        let mut composer = typed("Sum this up: ");
        let long = "line\n".repeat(40);
        composer.paste(&long);
        assert_eq!(composer.shown(), "Sum this up: [pasted 1: 200 characters, 40 lines]");
        assert_eq!(composer.take().text, format!("Sum this up: {}", long.trim_end()));
        composer.paste("short\r\nand \u{1b}[31mtame");
        assert_eq!(composer.take().text, "short\nand [31mtame");
    }

    #[test]
    fn a_file_goes_along_while_it_is_named() {
        let mut composer = typed("Compare @no");
        assert_eq!(composer.word(), "@no");
        composer.replace_word("@notes.txt ");
        composer.attach("notes.txt");
        composer.attach("other.txt");
        let expected = Typed { text: "Compare @notes.txt".into(), files: vec!["notes.txt".into()] };
        assert_eq!(composer.take(), expected);
    }

    #[test]
    fn a_backslash_at_the_end_makes_a_new_line() {
        let mut composer = typed("one\\");
        assert!(composer.continues());
        assert_eq!(composer.shown(), "one\n");
        assert!(!composer.continues());
    }
}
